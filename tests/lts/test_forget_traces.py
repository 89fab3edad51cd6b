"""What stays when a device is forgotten, and where bytes lie meanwhile: nothing that leads back to it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import apsw
import pytest

from dlt_web.lts.forgotten_streams import NOBODY
from dlt_web.lts.store import SqliteStore, erasure, sqlite_erasure, sqlite_files
from dlt_web.lts.verify import find_faults
from tests.lts.world import CODE, World, outcomes, report, uuid


def test_what_a_forgotten_device_sends_once_more_counts_once(world: World) -> None:
    """After a restore, or where answers were lost, a tracker sends what it keeps: closed reports and the open one."""
    world.license("S", charge_way="per_scan")
    world.handshake("S")
    world.authorize()
    sent = [report(1, 5), report(2, 7, slot=1), report(3, 2, slot=2)]
    world.report(1, sent)
    world.report(1, sent, reportToken=None)
    world.admin.forget_device(uuid(1))
    assert outcomes(world.report(1, sent[:1])) == ["duplicate"], "the same twice, and once more after a restart"
    assert outcomes(world.report(1, sent)) == ["duplicate"] * 3
    assert outcomes(world.report(1, sent, reportToken=None)) == ["duplicate"] * 3
    assert (world.usage().scans, world.usage().unverified_scans, world.used("S")) == (14, 14, (1, 14))
    grown = [report(3, 6, version=2, slot=2), report(4, 1, slot=3)]
    assert outcomes(world.report(1, grown)) == ["accepted"] * 2, "and its open report goes on"
    assert (world.usage().scans, world.used("S")) == (19, (1, 19))
    (stream,) = world.reads.streams(CODE, uuid(1))
    assert (stream.seq, stream.missing_numbers) == (4, 0)
    world.admin.forget_device(uuid(1))
    assert outcomes(world.report(1, grown)) == ["duplicate"] * 2
    assert find_faults(world.store) == []


def test_what_stays_of_a_stream_leads_nobody_to_its_device_and_goes_in_the_end(world: World) -> None:
    world.license()
    world.handshake()
    for device in (1, 2):
        world.authorize(device)
        world.report(device, [report(1, 5)])
    world.admin.forget_device(uuid(1))
    (left,) = world.store.read(lambda rows: rows.streams(CODE, NOBODY)).result()
    assert (left.key.device_uuid, len(left.key.stream_id), left.seq) == ("", 64, 1)
    assert uuid(1) not in repr(left)
    assert uuid(1, "4557") not in repr(left)
    assert world.reads.streams(CODE, uuid(2))[0].seq == 1, "and no other stream is touched"
    world.advance(days=399)
    assert world.store.read(lambda rows: rows.streams(CODE, NOBODY)).result() == [left]
    world.advance(days=2)
    assert world.store.read(lambda rows: rows.streams(CODE, NOBODY)).result() == []


def open_files() -> list[str]:
    names = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the list's own
            names.append(os.readlink(f"/proc/self/fd/{number}"))
    return names


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are looked at by Linux' /proc")
def test_what_it_takes_to_write_the_file_anew_lies_in_the_store_s_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the space was looked at; a temporary file has no name, but is a process's open file."""
    folder = tmp_path / "it's a store"
    folder.mkdir()
    path, found = str(folder / "lts.db"), set()
    store = SqliteStore(path)
    store.write(lambda rows: rows.put_info("big", "x" * 1_000_000)).result()
    store.close()

    def look() -> bool:
        found.update(os.path.dirname(name) for name in open_files() if name.endswith("(deleted)"))
        return False

    def connect(path: str) -> apsw.Connection:
        connection = sqlite_files.connect(path, cache_kib=10)
        connection.set_progress_handler(look, 10)
        return connection

    before = {os.path.dirname(name) for name in open_files() if name.endswith("(deleted)")}
    monkeypatch.setattr(sqlite_erasure, "connect", connect)
    erasure.write_anew(path)
    assert str(folder) in found
    assert found - before == {str(folder)}, "and nowhere else"
