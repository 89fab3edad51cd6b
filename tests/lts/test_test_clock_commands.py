"""Commands beside a server whose time stands still, or beside the store that it has left: that clock counts."""

from __future__ import annotations

from pathlib import Path

from dlt_web.lts.backup import back_up
from dlt_web.lts.clock import DAY_MS, SECOND_MS, SystemClock
from dlt_web.lts.identity import standing_clock_ms
from dlt_web.lts.store import SqliteStore
from dlt_web.slots import format_time
from tests.lts.export_world import cli, manifest_of
from tests.lts.world import CODE, World, report, uuid

YEARS_AHEAD_MS = 40 * 365 * DAY_MS


def test_months_are_over_and_changes_are_made_by_the_servers_clock(tmp_path: Path) -> None:
    path = tmp_path / "lts.db"
    world = World(SqliteStore(str(path)), YEARS_AHEAD_MS + 1_795_000_000_000)
    world.license("S", "per_scan")
    world.handshake("S", customer="ACME")
    world.authorize()
    world.report(1, [report(1, 3, slot=0)])
    month = format_time(world.clock.now_ms())[:7]
    world.advance(days=32)
    now = format_time(world.clock.now_ms())
    world.close()
    world.store.close()
    code, said = cli(path, "statement", "--customer", "ACME", "--month", month, "--tz", "Europe/Berlin")
    assert code == 0, said
    assert said["frozenAt"] == now
    code, said = cli(path, "license", "set", "S", "--quota", "7")
    assert (code, said["quota"]) == (0, 7)
    code, said = cli(path, "audit")
    assert [(entry["action"], entry["at"]) for entry in said[-2:]] == [("statement.freeze", now), ("license.set", now)]
    code, said = cli(path, "usage", "adjust", "--handshake", CODE, "--scans", "1", "--reason", "x")
    assert (code, said["bookedAt"]) == (0, now)


def test_a_sweep_removes_nobody_before_the_servers_clock_says_so(tmp_path: Path) -> None:
    path = tmp_path / "lts.db"
    # A server whose time stands still in the past: by the machine's time its devices are long gone.
    world = World(SqliteStore(str(path)), 1_600_000_000_000)
    world.license()
    world.handshake()
    world.authorize()
    world.advance(days=1)
    now_ms = world.clock.now_ms()
    world.close()
    world.store.close()
    assert cli(path, "sweep") == (0, {"removed": 0})
    store = SqliteStore(str(path))
    assert store.read(standing_clock_ms).result() == now_ms
    store.close()


def test_what_is_forgotten_exported_and_imported_is_stamped_by_the_servers_clock(tmp_path: Path) -> None:
    path, other = tmp_path / "lts.db", tmp_path / "other.db"
    world = World(SqliteStore(str(path)), YEARS_AHEAD_MS + 1_795_000_000_000)
    world.license()
    world.handshake()
    world.authorize()
    world.advance(days=1)
    now = format_time(world.clock.now_ms())
    world.close()
    world.store.close()
    code, said = cli(path, "devices", "forget", uuid(1))
    assert code == 0, said
    code, said = cli(path, "export", "--all", str(tmp_path / "export"))
    assert code == 0, said
    assert manifest_of(tmp_path / "export")["createdAt"] == now
    code, said = cli(other, "import", str(tmp_path / "export"))
    assert code == 0, said
    # An epoch's number is above all that were given out before, and so goes by the one clock that they all went by.
    assert int(said["storeEpoch"].rpartition(":")[2]) <= SystemClock().now_ms() // SECOND_MS
    code, said = cli(other, "audit")
    assert [(entry["action"], entry["at"]) for entry in said[-2:]] == [("device.forget", now), ("store.import", now)]
    back_up(str(path), str(tmp_path / "backup.db"))
    code, said = cli(other, "restore", str(tmp_path / "backup.db"))
    assert code == 0, said
    code, said = cli(other, "audit")
    assert [(entry["action"], entry["at"]) for entry in said[-2:]] == [("device.forget", now), ("store.restore", now)]
