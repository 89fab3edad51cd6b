"""`lts verify`: a store that somebody wrote into by hand, in each way, and the sentence that says what is wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import apsw
import pytest

from dlt_web.lts.store import SqliteStore, Store, Writing
from dlt_web.lts.store.migrate import migrate, migrations
from dlt_web.lts.store.sqlite_checks import CHECKS
from dlt_web.lts.store.sqlite_files import connect
from dlt_web.lts.verify import find_faults
from tests.lts.world import SLOT_0, World, report


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed store with three audit entries, two seats at A, two scans charged to S."""
    path = tmp_path / "lts.db"
    store = SqliteStore(str(path))
    fill(store)
    assert find_faults(store) == []
    store.close()
    return path


def fill(store: Store) -> None:
    world = World(store)
    world.license("A")
    world.license("S", "per_scan")
    world.handshake("A", code="c")
    world.handshake("S", code="scans")
    for device in (1, 2):
        world.authorize(device, code="c")
    world.authorize(3, code="scans")
    world.report(3, [report(1, 2)], code="scans")
    world.report(1, [report(1, 5)], code="c")
    world.close()


def faults_after(path: Path, *statements: str) -> list[str]:
    connection = apsw.Connection(str(path))
    for statement in statements:
        connection.execute(statement)
    connection.close()
    store = SqliteStore(str(path))
    try:
        return find_faults(store)
    finally:
        store.close()


ENTRY_2 = "Audit log: entry 2 (license.add S) does not match its hash."


@pytest.mark.parametrize(
    ("statement", "faults"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE number = 2", [ENTRY_2]),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE number = 2", [ENTRY_2]),
        ("UPDATE audit SET detail = '{}' WHERE number = 2", [ENTRY_2]),
        ("UPDATE audit SET hash = '' WHERE number = 4", [
            "Audit log: entry 4 (handshake.add scans) does not match its hash.",
            "Audit log: it ends with entry 4, which is not what the store remembers as its end.",
        ]),
        ("DELETE FROM audit WHERE number = 1", ["Audit log: entry 1 is missing."]),
        ("DELETE FROM audit WHERE number IN (2, 3)", ["Audit log: entries 2 to 3 are missing."]),
        ("DELETE FROM audit WHERE number = 4", ["Audit log: entry 4 is missing at the end."]),
        ("DELETE FROM audit", ["Audit log: entries 1 to 4 are missing at the end."]),
        ("INSERT INTO audit VALUES (5, 1, 'x', 'license.add', 'B', '{}', '')", [
            "Audit log: entry 5 (license.add B) does not match its hash.",
            "Audit log: it ends with entry 5, which is not what the store remembers as its end.",
        ]),
        ("DELETE FROM store_info WHERE name = 'audit_head'", [
            "Audit log: it ends with entry 4, which is not what the store remembers as its end."
        ]),
        ("UPDATE license_item SET seats = 1 WHERE id = 'A'", [
            "License A: counts 1 seats, but 2 devices hold one."
        ]),
        ("UPDATE device SET license_id = NULL WHERE handshake_code = 'scans'", [
            "License S: counts 1 seats, but 0 devices hold one.",
            "Handshake code scans: counts 1 devices (0 in memory, 0 partitioned) at license S, "
            "but its rows are 0 (0, 0).",
            "Handshake code scans: 0 devices hold a seat at license S, but its seats over time come to 1.",
            "Handshake code scans: its series of active devices comes to 1, but 0 are active by their rows.",
            "License S: its series of active devices comes to 1, but 0 are active by their rows.",
        ]),
        ("UPDATE device SET storage = 'memory' WHERE scans = 5", [
            "Handshake code c: counts 2 devices (0 in memory, 0 partitioned) at license A, but its rows are 2 (1, 0)."
        ]),
        ("UPDATE seat_series SET seats = 3 WHERE handshake_code = 'c'", [
            "Handshake code c: 2 devices hold a seat at license A, but its seats over time come to 3."
        ]),
        ("UPDATE device_count SET devices = 3, partitioned = 1 WHERE handshake_code = 'c'", [
            "Handshake code c: counts 3 devices (0 in memory, 1 partitioned) at license A, but its rows are 2 (0, 0)."
        ]),
        ("INSERT INTO device_count VALUES ('c', '', 1, 0, 0)", [
            "Handshake code c: counts 1 devices (0 in memory, 0 partitioned) as unseated, but its rows are 0 (0, 0)."
        ]),
        ("DELETE FROM device_count WHERE handshake_code = 'c'", [
            "Handshake code c: counts 0 devices (0 in memory, 0 partitioned) at license A, but its rows are 2 (0, 0)."
        ]),
        ("UPDATE device SET removal_ms = removal_ms - 180000 WHERE scans = 5", [
            "Handshake code c: its series of active devices comes to 2, but 1 are active by their rows.",
            "License A: its series of active devices comes to 2, but 1 are active by their rows.",
        ]),
        ("UPDATE usage_day SET scans = scans + 1 WHERE handshake_code = 'c'", [
            "Handshake code c: counts 6 scans of day 20781 since the epoch (qr_code, verified), but its slots add up "
            "to 5."
        ]),
        ("UPDATE charge_day SET scans = scans + 1", [
            "Handshake code scans: counts 3 scans of day 20781 since the epoch as charged to S, but its charges add up "
            "to 2."
        ]),
        ("UPDATE code_activity SET net = 3, peak = 3 WHERE handshake_code = 'c'", [
            "Handshake code c: its series of active devices comes to 3, but 2 are active by their rows.",
        ]),
        ("INSERT INTO item_activity VALUES ('A', 1, 0, 1, 1), ('A', 9999999, NULL, -1, NULL)", [
            f"License A: slot {SLOT_0} begins with 0 active devices, but the slots before come to 1.",
        ]),
        ("UPDATE item_activity SET peak = 1 WHERE license_id = 'A'", [
            f"License A: slot {SLOT_0} has a peak of 1 active devices, but begins with 0 and ends with 2.",
        ]),
        ("UPDATE license_item SET scans = 7 WHERE id = 'S'", [
            "License S: counts 7 scans, but its charges add up to 2."
        ]),
        ("DELETE FROM charge", [
            "License S: counts 2 scans, but its charges add up to 0.",
            "Handshake code scans: counts 2 scans of day 20781 since the epoch as charged to S, but its charges add up "
            "to 0.",
        ]),
        ("UPDATE device SET scans = 6 WHERE scans = 5", [
            "Handshake code c: its devices have 6 scans, but its usage only 5."
        ]),
        ("UPDATE device SET is_unseated = 1 WHERE scans = 2", [
            "Table device: 00000000-0000-4000-8000-000000000003 under handshake code scans is both seated and marked "
            "as unseated."
        ]),
        ("INSERT INTO lost VALUES ('gone', 1, 1, 'purged', 1)", [
            "Table lost: 1 rows belong to the handshake code gone, which does not exist."
        ]),
    ],
)  # fmt: skip
def test_each_change_by_hand_is_found_where_it_was_made(path: Path, statement: str, faults: list[str]) -> None:
    assert faults_after(path, statement) == faults


def test_usage_that_was_taken_away_is_missed_by_devices_and_charges(path: Path) -> None:
    faults = faults_after(path, "DELETE FROM usage WHERE handshake_code = 'scans'")
    slot = "9975081"
    assert faults == [
        "Handshake code scans: its devices have 2 scans, but its usage only 0.",
        f"Handshake code scans: 2 scans of slot {slot} are charged, but its usage there has only 0.",
        "Handshake code scans: counts 2 scans of day 20781 since the epoch (qr_code, verified), but its slots add up "
        "to 0.",
    ]


def test_rows_that_name_what_does_not_exist_are_found(path: Path) -> None:
    faults = faults_after(path, "PRAGMA foreign_keys = OFF", "DELETE FROM license_item WHERE id = 'A'")
    assert faults == [
        "Table activity_mark: 1 rows name a license_item that does not exist.",
        "Table device: 2 rows name a license_item that does not exist.",
        "Table handshake_item: 1 rows name a license_item that does not exist.",
        "Table item_activity: 1 rows name a license_item that does not exist.",
        "Table seat_series: 1 rows name a license_item that does not exist.",
        "Handshake code c: its series of active devices comes to 2, but 0 are active by their rows.",
        "License A: its series of active devices comes to 2, but 0 are active by their rows.",
    ]


def test_a_damaged_file_is_found(path: Path) -> None:
    connection = apsw.Connection(str(path))
    (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'charge'").fetchone()  # type: ignore[misc]
    start = (int(str(root)) - 1) * int(str(connection.pragma("page_size")))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    content[start : start + 100] = b"\xff" * 100
    path.write_bytes(content)
    faults = faults_after(path)
    assert faults
    assert all(fault.startswith("Database file: ") for fault in faults)


def test_a_log_from_before_the_chain_is_chained_once(tmp_path: Path) -> None:
    path = tmp_path / "lts.db"
    first = next(migrations())
    connection = apsw.Connection(str(path))
    connection.execute(
        "CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL)"
    )
    connection.execute(first.sql)
    connection.execute("INSERT INTO schema_migration VALUES (?, ?, ?)", (first.number, first.name, first.sha256))
    for number in range(3):
        connection.execute(
            "INSERT INTO audit VALUES (?, 5, 'cli:me', 'license.add', ?, '{}')", (number + 1, f"L{number}")
        )
    connection.close()
    assert faults_after(path) == []
    assert faults_after(path, "UPDATE audit SET subject = 'other' WHERE number = 2") == [
        "Audit log: entry 2 (license.add other) does not match its hash."
    ]


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


def test_every_store_finds_counters_that_do_not_equal_their_rows(filled: Store) -> None:
    assert find_faults(filled) == []

    def spoil(rows: Writing) -> None:
        rows.free_seat("A")

    filled.write(spoil).result()
    assert find_faults(filled) == ["License A: counts 1 seats, but 2 devices hold one."]


@pytest.mark.parametrize(("sentence", "statement"), CHECKS)
def test_no_check_holds_every_row_of_one_table_against_every_row_of_another(sentence: str, statement: str) -> None:
    """A year of days under a hundred codes are some 200 000 rows: row against row that would be more than an hour."""
    connection = connect(":memory:")
    migrate(connection)
    scans = Counter[int]()
    for _id, parent, _unused, detail in connection.execute(f"EXPLAIN QUERY PLAN {statement}"):
        scans[int(str(parent))] += str(detail).startswith("SCAN")
    connection.close()
    assert max(scans.values()) == 1, sentence
