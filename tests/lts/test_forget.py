"""A device that is forgotten: nothing in the store names it, and all that it was part of stays as it was."""

from __future__ import annotations

import dataclasses
import json
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner

from dlt_web.errors import OptionError
from dlt_web.lts import forget
from dlt_web.lts.admin_erasure import Forgotten
from dlt_web.lts.audit import AuditHead, ChainWalk
from dlt_web.lts.backup import back_up
from dlt_web.lts.cli import lts
from dlt_web.lts.clock import DAY_MS
from dlt_web.lts.devices import DeviceFilter
from dlt_web.lts.records import AuditEntry
from dlt_web.lts.store import MemoryStore, SqliteStore, StoreUnavailableError, erasure
from dlt_web.lts.verify import find_faults
from tests.lts.test_cli import refused
from tests.lts.world import CODE, T0_MS, World, outcomes, report, uuid, world_over


def busy_device(world: World) -> None:
    """Let device 1 leave its traces everywhere: under two codes, seated, released by name, with a gap and a copy."""
    world.license(quota=5)
    world.license("S", charge_way="per_scan", quota=1_000)
    world.handshake()
    world.handshake("S", code="other")
    for device in (1, 2):
        for code in (CODE, "other"):
            world.authorize(device, code=code, deviceFriendlyName=f"Till {device}")
            world.report(device, [report(1, 5), report(4, 2)], code=code)
    world.report(1, [report(4, 9)])
    world.report(1, [report(1, 3)], reportToken=None, streamId=uuid(77))
    world.admin.release_device(CODE, uuid(1))
    world.admin.release_device(CODE, uuid(2))
    world.authorize(1)
    world.authorize(2)
    world.admin.release_devices(DeviceFilter(CODE, storage="indexeddb"))
    world.authorize(1)


def test_all_that_is_known_of_it_goes_and_its_sums_stay(world: World) -> None:
    busy_device(world)
    usage, other = world.usage(), world.usage("other")
    before = {
        code: (view.scans, view.unverified_scans, view.by_symbology) for code, view in ((CODE, usage), ("x", other))
    }
    assert world.admin.forget_device(uuid(1).upper()) == Forgotten(
        rows={"audit": 2, "device": 2, "oddity": 3, "stream": 3}, seats={CODE: "L", "other": "S"}, scans=14
    )
    for code in (CODE, "other"):
        assert [one.device_uuid for one in world.reads.devices(code)] == [uuid(2)]
        assert world.store.read(lambda rows, code=code: rows.streams(code, uuid(1))).result() == []  # type: ignore[misc]
    usage, other = world.usage(), world.usage("other")
    after = {
        code: (view.scans, view.unverified_scans, view.by_symbology) for code, view in ((CODE, usage), ("x", other))
    }
    assert after == before
    assert world.used("S") == (1, 14)
    assert world.used("L") == (0, 0)
    assert usage.concurrent_devices == 0
    assert world.store.read(lambda rows: rows.audit_naming(uuid(1))).result() == []
    assert find_faults(world.store) == []


def test_the_audit_log_keeps_what_was_done_and_its_chain(world: World) -> None:
    busy_device(world)
    before = world.reads.audit()
    world.admin.forget_device(uuid(1))
    after = world.reads.audit()
    assert len(after) == len(before) + 1
    assert [entry.hash for entry in after[:-1]] == [entry.hash for entry in before]
    changed = [new for old, new in zip(before, after, strict=False) if old != new]
    assert [entry.subject for entry in changed] == [f"{CODE} forgotten", CODE]
    assert [CODE, "forgotten", "L"] in json.loads(changed[1].detail)["released"]
    assert [CODE, uuid(2), "L"] in json.loads(changed[1].detail)["released"]
    last = after[-1]
    assert (last.action, last.subject) == ("device.forget", f"{CODE} other")
    assert json.loads(last.detail)["redacted"].keys() == {str(entry.number) for entry in changed}
    assert uuid(1) not in "".join(entry.subject + entry.detail for entry in after)
    # A second device in the same entry: what is known of it is what was written last.
    world.admin.forget_device(uuid(2))
    assert find_faults(world.store) == []
    entries = world.reads.audit()
    assert uuid(2) not in "".join(entry.subject + entry.detail for entry in entries)
    head = AuditHead(entries[-1].number, entries[-1].hash)
    assert breaks(entries, head) == []
    number = changed[1].number
    spoiled = [entry if entry.number != number else _with(entry, actor="somebody") for entry in entries]
    assert breaks(spoiled, head) == [f"Audit log: entry {number} (devices.release {CODE}) does not match its hash."]
    spoiled = [entry if entry.number != number else _with(entry, hash="0" * 64) for entry in entries]
    assert len(breaks(spoiled, head)) == 1
    unsaid = [entry for entry in entries if entry.action != "device.forget"]
    assert len(breaks(unsaid, head)) > 1


def breaks(entries: list[AuditEntry], head: AuditHead) -> list[str]:
    walk = ChainWalk()
    walk.take(entries)
    return walk.breaks(head, lambda after, limit: [one for one in entries if one.number > after][:limit])


def _with(entry: Any, **changes: Any) -> Any:
    return dataclasses.replace(entry, **changes)


def test_a_redaction_that_cannot_be_read_is_none() -> None:
    world = World(MemoryStore())
    world.license()
    (entry,) = world.reads.audit()
    for detail in ("[]", "x", '{"redacted": 5}', '{"redacted": {"a": "b"}}', "{}"):
        forged = _with(entry, action="device.forget", detail=detail)
        # It is held as any other entry, and found to be another one than was written.
        assert breaks([forged], AuditHead(1, entry.hash)) == [
            "Audit log: entry 1 (device.forget L) does not match its hash."
        ]
    world.close()


def test_a_device_that_goes_on_reporting_is_a_new_one(world: World) -> None:
    world.license()
    world.handshake()
    world.authorize()
    world.report(1, [report(1, 5)])
    world.admin.forget_device(uuid(1))
    world.advance(days=1)
    assert outcomes(world.report(1, [report(2, 3, slot=480)])) == ["accepted"]
    (device,) = world.reads.devices(CODE)
    assert (device.first_seen_ms, device.scans, device.license_id) == (T0_MS + DAY_MS, 3, "L")
    assert world.usage().scans == 8
    assert find_faults(world.store) == []


def test_nobody_is_found_and_nothing_is_written(world: World) -> None:
    world.license()
    world.handshake()
    before = world.reads.audit()
    assert world.admin.forget_device(uuid(1)) == Forgotten({}, {}, 0)
    assert world.reads.audit() == before
    with pytest.raises(OptionError, match="A device's UUID looks like"):
        world.admin.forget_device("till-1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with a device that left its traces, deleted and written over again and again."""
    path = tmp_path / "lts.db"
    with world_over(SqliteStore(str(path))) as world:
        busy_device(world)
        for number in range(300, 700):
            world.authorize(number)
        world.advance(days=367)
        world.authorize(1)
        world.report(1, [report(9, slot=367 * 480)])
    return path


def cli(path: Path, *words: str) -> tuple[int, Any]:
    result = CliRunner().invoke(lts, [*words, "--json"], env={"DLT_WEB_STORE": f"sqlite:///{path}"})
    return result.exit_code, json.loads(result.stdout)


def test_the_proof_says_what_was_found_where_and_that_it_is_gone(path: Path) -> None:
    back_up(str(path), f"{path}.replaced-20261124T100300Z")
    held = SqliteStore(str(path))  # as a running server does
    held.write(lambda rows: rows.put_info("name", "value")).result()
    total = held.read(lambda rows: [item.scans for item in rows.licenses()]).result()
    assert path.read_bytes().count(uuid(1).encode()) > 0
    code, proof = cli(path, "devices", "forget", uuid(1))
    assert (code, proof["proved"], proof["left"]) == (0, True, {})
    assert proof["found"] == {"audit": 2, "device": 2, "oddity": 3, "stream": 3}
    assert proof["erased"] == proof["found"]
    assert proof["seatsFreed"] == {CODE: "L"}
    assert proof["scansThatStayCounted"] == 15
    assert proof["files"][str(path)]["before"] > 8, "also where rows once lay"
    assert {one["now"] for one in proof["files"].values()} == {0}
    assert set(proof["files"]) >= {str(path), f"{path}-wal"}
    assert list(proof["elsewhere"]) == [f"{path}.replaced-20261124T100300Z"]
    for file in erasure.own_files(str(path)):
        assert uuid(1).encode() not in Path(file).read_bytes(), file
        assert b"Till 1" not in Path(file).read_bytes(), file
    assert uuid(2).encode() in path.read_bytes()
    assert held.read(lambda rows: [item.scans for item in rows.licenses()]).result() == total
    held.write(lambda rows: rows.put_info("name", "other")).result()
    held.close()
    assert cli(path, "verify") == (0, {"faults": []})
    exit_code, said = refused(path, "devices", "forget", uuid(1))
    assert (exit_code, said) == (1, f"Error: There is no device {uuid(1)}, and no trace of one in the store's files.")


def test_traces_of_a_device_whose_rows_are_gone_already_are_found_too(path: Path) -> None:
    store = SqliteStore(str(path))
    store.write(lambda rows: rows.remove_device(CODE, uuid(300), T0_MS)).result()
    store.close()
    assert erasure.rows_naming(str(path), uuid(300)) == {"gone_device": 1}
    assert path.read_bytes().count(uuid(300).encode()) > 0
    code, proof = cli(path, "devices", "forget", uuid(300))
    assert (code, proof["proved"], proof["found"], proof["erased"]) == (0, True, {"gone_device": 1}, {"gone_device": 1})
    assert uuid(300).encode() not in path.read_bytes()


def test_what_cannot_be_erased_is_no_proof(path: Path) -> None:
    """Say, of a table that a later version has and that this one forgets to look into."""
    store = SqliteStore(str(path))
    store.write(lambda rows: rows.put_info("note", f"seen {uuid(1)}")).result()
    store.close()
    code, proof = cli(path, "devices", "forget", uuid(1))
    assert (code, proof["proved"], proof["left"]) == (1, False, {"store_info": 1})


def test_a_disk_without_room_is_told_before_anything_changes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 2**20})
    monkeypatch.setattr("dlt_web.lts.store.sqlite_erasure.shutil.disk_usage", lambda _folder: usage)
    monkeypatch.setattr("dlt_web.lts.store.sqlite_erasure.SPACE_FACTOR", 1_000)
    code, said = refused(path, "devices", "forget", uuid(1))
    assert code == 1
    assert "cannot be written anew" in said
    assert said.endswith("Nothing was changed.")
    assert erasure.rows_naming(str(path), uuid(1)) == {"audit": 2, "device": 2, "oddity": 3, "stream": 3}


def test_a_store_that_is_held_up_is_told_and_a_second_call_ends_the_work(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_path: str) -> None:
        raise StoreUnavailableError("The store cannot be used now: database is locked.")

    with monkeypatch.context() as patch:
        patch.setattr(erasure, "write_anew", away)
        assert refused(path, "devices", "forget", uuid(1))[0] == 1
    code, proof = cli(path, "devices", "forget", uuid(1))
    assert (code, proof["proved"], proof["found"]) == (0, True, {})


def test_no_store_and_no_uuid_are_said_in_a_sentence(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.db", "devices", "forget", uuid(1))[0] == 1
    assert not (tmp_path / "no.db").exists()
    code, said = refused(tmp_path / "no.db", "devices", "forget", "till-1")
    assert (code, "A device's UUID looks like" in said) == (2, True)


def test_a_file_is_searched_across_the_pieces_that_it_is_read_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dlt_web.lts.store.sqlite_erasure.CHUNK_BYTES", 7)
    file = tmp_path / "file"
    for before in range(15):
        file.write_bytes(b"." * before + b"needle" + b"." * 9 + b"needle" + b"pin")
        assert erasure.count_bytes(str(file), [b"needle", b"pin"]) == 3, before
    file.write_bytes(b"needl")
    assert erasure.count_bytes(str(file), [b"needle"]) == 0
    assert forget.ELSEWHERE


def test_who_holds_the_store_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here a reader holds the log for longer than SQLite waits by itself."""
    monkeypatch.setattr("dlt_web.lts.store.sqlite_files.BUSY_TIMEOUT_MS", 100)
    held = apsw.Connection(str(path))
    held.execute("BEGIN")
    held.execute("SELECT count(*) FROM device").fetchall()
    timer = threading.Timer(1.0, lambda: held.execute("COMMIT"))
    timer.start()
    code, proof = cli(path, "devices", "forget", uuid(1))
    timer.join()
    held.close()
    assert (code, proof["proved"]) == (0, True)


def test_a_store_that_nobody_lets_go_of_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlt_web.lts.store.sqlite_erasure.PATIENCE_S", 0.1)
    monkeypatch.setattr("dlt_web.lts.store.sqlite_files.BUSY_TIMEOUT_MS", 100)
    held = apsw.Connection(str(path))
    held.execute("BEGIN")
    held.execute("SELECT count(*) FROM device").fetchall()
    code, said = refused(path, "devices", "forget", uuid(1))
    held.close()
    done = "The device's rows are erased; run this again to erase what they left in the store's files."
    assert (code, said) == (1, f"Error: {done} The store {path} cannot be used now: database is locked.")
