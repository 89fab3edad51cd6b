"""A full or failing disk at every write of a request: 503, nothing acknowledged lost, and service once repaired."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from dlt_web.lts.store import SqliteStore, sqlite_checkpoints, sqlite_prefetch
from dlt_web.lts.verify import find_faults
from tests.durability.disk import Disk, FailingVfs
from tests.lts.world import World, code_of, outcomes, report


@pytest.fixture
def disk() -> Iterator[Disk]:
    """The disk under every SQLite file that is opened meanwhile."""
    disk = Disk()
    vfs = FailingVfs(disk)
    yield disk
    vfs.unregister()


@pytest.fixture
def world(disk: Disk, tmp_path: Path) -> Iterator[World]:
    store = SqliteStore(str(tmp_path / "lts.db"))
    world = World(store)
    world.license(quota=10_000)
    world.handshake()
    world.authorize(1)
    yield world
    disk.repair()
    assert find_faults(store) == []
    world.close()
    store.close()


@pytest.mark.parametrize("error", [apsw.FullError, apsw.IOError])
def test_at_every_write_of_a_report(world: World, disk: Disk, error: type[apsw.Error]) -> None:
    seq = fails_from = 0
    while True:
        fails_from += 1
        seq += 1
        disk.start(error, fails_from)
        response = world.report(1, [report(seq, 2)])
        was_reached = disk.failed > 0
        if was_reached:
            assert code_of(response) == (503, "STORE_UNAVAILABLE")
            assert int(response.headers["retry-after"]) > 0
            assert code_of(world.report(1, [report(seq, 2)])) == (503, "STORE_UNAVAILABLE"), "the disk is still bad"
        disk.repair()
        # The tracker tries again: booked once, whatever reached the disk the first time.
        assert outcomes(world.report(1, [report(seq, 2)])) in (["accepted"], ["duplicate"])
        assert world.usage().scans == 2 * seq
        if not was_reached:
            break
    assert fails_from > 3, "a report takes several writes"


@pytest.mark.parametrize("error", [apsw.FullError, apsw.IOError])
def test_at_every_write_of_an_authorization(world: World, disk: Disk, error: type[apsw.Error]) -> None:
    device = 1
    for fails_from in range(1, 100):
        device += 1
        disk.start(error, fails_from)
        response = world.authorize(device)
        was_reached = disk.failed > 0
        disk.repair()
        if not was_reached:
            assert response.status_code == 201
            break
        assert code_of(response) == (503, "STORE_UNAVAILABLE")
        assert world.authorize(device).status_code == 201
    assert world.used() == (device, 0)
    assert device > 4


@pytest.mark.parametrize("error", [apsw.FullError, apsw.IOError])
def test_reads_go_on_while_nothing_can_be_written(world: World, disk: Disk, error: type[apsw.Error]) -> None:
    disk.start(error, 1)
    assert code_of(world.report(1, [report(1)])) == (503, "STORE_UNAVAILABLE")
    assert world.call("GET", "/healthz").status_code == 200
    assert world.usage().scans == 0
    disk.repair()
    assert outcomes(world.report(1, [report(1)])) == ["accepted"]


def test_commits_go_on_while_checkpoints_fail_and_the_log_is_emptied_afterwards(
    world: World, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "CHECKPOINT_PAGES", 1)
    monkeypatch.setattr(sqlite_checkpoints, "RESTART_PAGES", 1)
    disk.thread = "lts-checkpoint"
    disk.start(apsw.IOError, 1)
    seq = 0
    while disk.failed < 3:
        seq += 1
        assert outcomes(world.report(1, [report(seq)])) == ["accepted"]
    disk.repair()
    before = (tmp_path / "lts.db").read_bytes()
    while (tmp_path / "lts.db").read_bytes() == before:
        seq += 1
        assert outcomes(world.report(1, [report(seq)])) == ["accepted"]
    assert world.usage().scans == seq


def test_reports_are_booked_while_nothing_can_be_fetched_ahead(
    world: World, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = iter(range(10_000))
    monkeypatch.setattr(sqlite_prefetch, "WINDOW_WRITES", 1)
    monkeypatch.setattr(sqlite_prefetch, "pages_read", lambda: next(pages))
    monkeypatch.setattr(disk, "fails_to_read", "lts-fetch")
    seq = 0
    while disk.failed < 3:
        seq += 1
        assert outcomes(world.report(1, [report(seq)])) == ["accepted"]
    assert world.usage().scans == seq
