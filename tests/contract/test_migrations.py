"""Stores as each earlier version left them, with everything in them: they migrate, verify, and go on counting."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from dlt_web.lts.activity import Run, Subject
from dlt_web.lts.alert_records import Oddities
from dlt_web.lts.audit import AuditHead, chain_entry
from dlt_web.lts.billing_records import FOLLOWED_FROM, Purpose, SeatCount
from dlt_web.lts.clock import DAY_MS
from dlt_web.lts.records import AdminKey, AuditEntry, AuthorizationRow, DeviceCounts, SlotRange
from dlt_web.lts.store import Reading, SqliteStore, StoreUnavailableError, sqlite_opening
from dlt_web.lts.store.migrate import LEDGER, migrations
from dlt_web.lts.store.sqlite_files import UseLock
from dlt_web.lts.verify import find_faults
from tests.lts.world import CODE, SLOT_0, T0_MS, World, report, uuid

STEPS = list(migrations())
# License items of which one was taken back twice (the last time counts), and one without a trace in the audit log.
REVOKED = {"gone": T0_MS - 1_000, "lost": 0}


def audit_entries() -> list[AuditEntry]:
    told = [("license.add", "A", 9_000), ("license.revoke", "gone", 5_000), ("license.revoke", "gone", 1_000)]
    entries = [AuditEntry(T0_MS - ago_ms, "cli:me", action, subject, "{}") for action, subject, ago_ms in told]
    head, chained = AuditHead(0, ""), []
    for entry in entries:
        chained.append(chain_entry(head, entry))
        head = AuditHead(chained[-1].number, chained[-1].hash)
    return chained


def fill(connection: apsw.Connection, last: int) -> None:
    """Write rows as the version whose last schema step is ``last`` kept them."""
    is_revoked = "is_revoked" if last < 3 else "revoked_ms"
    items = [
        # id, charge way, lifetime, revoked, seats, scans
        ("A", "per_device", 366 * 86_400, None, 3, 0),
        ("N", "concurrent_device", 180, None, 2, 0),
        ("S", "per_scan", 90 * 86_400, None, 1, 7),
        ("gone", "per_device", 86_400, REVOKED["gone"], 1, 0),
        ("lost", "per_device", 86_400, REVOKED["lost"], 0, 0),
    ]
    for name, way, lifetime_s, revoked_ms, seats, scans in items:
        flag = (0 if last < 3 else None) if revoked_ms is None else (1 if last < 3 else revoked_ms)
        connection.execute(
            f"""INSERT INTO license_item (id, product, charge_way, quota, device_lifetime_s, on_exhausted,
                grace_percent, {is_revoked}, seats, scans)
                VALUES (?, 'barcode-reader', ?, 9, ?, 'refuse-all', 0, ?, ?, ?)""",
            (name, way, lifetime_s, flag, seats, scans),
        )
    kept = "code, origins, allow_non_browser, password_hash, password_changed_ms, is_test"
    connection.execute(f"INSERT INTO handshake ({kept}) VALUES ('{CODE}', '[]', 0, NULL, 0, 0)")
    connection.execute(f"INSERT INTO handshake ({kept}) VALUES ('other', '[]', 0, NULL, 0, 1)")
    for code, names in ((CODE, ("A", "N", "S", "gone", "lost")), ("other", ("A", "N"))):
        for position, name in enumerate(names):
            connection.execute("INSERT INTO handshake_item VALUES (?, ?, ?)", (code, position, name))
    lifetimes = {name: lifetime_s * 1000 for name, _, lifetime_s, *_ in items}
    for number, code, seat, seen_ago_ms, is_unseated, storage, is_partitioned, scans in (
        (1, CODE, "A", 0, 0, "indexeddb", 0, 0),
        (2, CODE, "A", 180_000, 0, "memory", 1, 0),
        (3, "other", "A", 179_999, 0, "indexeddb", 1, 0),
        (4, CODE, "N", 10_000, 0, "memory", 0, 0),
        (5, "other", "N", 180_000, 0, "indexeddb", 0, 0),
        (6, CODE, "S", DAY_MS, 0, "indexeddb", 0, 7),
        (7, CODE, "gone", 1_000, 0, "indexeddb", 0, 0),
        (8, CODE, None, DAY_MS, 1, "indexeddb", 0, 2),
        (9, CODE, None, DAY_MS, 0, "indexeddb", 0, 1),
    ):
        seen_ms = T0_MS - seen_ago_ms
        row = (
            code, uuid(number), seat, is_unseated, "barcode-reader", seen_ms, seen_ms,
            seen_ms + lifetimes.get(seat or "A", 0), storage, is_partitioned, None, 0, scans, None, None,
        )  # fmt: skip
        connection.execute(f"INSERT INTO device VALUES ({', '.join('?' * len(row))})", row)
    connection.execute(f"INSERT INTO usage VALUES ('{CODE}', {SLOT_0}, 1, 'qr_code', 10)")
    connection.execute(f"INSERT INTO charge VALUES ('{CODE}', 'S', {SLOT_0}, 7)")
    entries = audit_entries()
    for entry in entries:
        row = (entry.number, entry.at_ms, entry.actor, entry.action, entry.subject, entry.detail)
        row += (entry.hash,) if last >= 2 else ()
        connection.execute(f"INSERT INTO audit VALUES ({', '.join('?' * len(row))})", row)
    if last >= 2:
        head = AuditHead(entries[-1].number, entries[-1].hash).format()
        connection.execute("INSERT INTO store_info VALUES ('audit_head', ?)", (head,))
    scope = ("name, key_hash, created_ms, scope", "'ops', 'hash', 5, 'manage'")
    names, values = scope if last >= 8 else ("name, key_hash, created_ms", "'ops', 'hash', 5")
    connection.execute(f"INSERT INTO admin_key ({names}) VALUES ({values})")
    if last >= 4:
        connection.execute(f"INSERT INTO authorization_count VALUES ('{CODE}', {T0_MS // DAY_MS}, 'GRANTED', 3)")
    count_as_then(connection, last)
    mark_and_spoil(connection, last)


def count_as_then(connection: apsw.Connection, last: int) -> None:
    """Write what that version counts of such rows, as its own steps say."""
    if last >= 5:
        begin = "INSERT INTO device_count"
        connection.execute(begin + STEPS[4].sql.partition(begin)[2])
    if last >= 8:
        for table in ("handshake_purpose", "seat_series", "device_day", "store_info"):
            begin = f"INSERT INTO {table}"
            connection.execute(begin + STEPS[7].sql.partition(begin)[2].partition(";")[0])


def mark_and_spoil(connection: apsw.Connection, last: int) -> None:
    """Put a refusal's mark on an item, and write what devices with a copied or a lost database leave."""
    if last >= 6:
        connection.execute(f"INSERT INTO exhausted VALUES ('{CODE}', 'N'), ('other', 'N')")
    else:
        connection.execute("UPDATE license_item SET is_exhausted = 1 WHERE id = 'N'")
    connection.execute("UPDATE device SET is_cloned = 1 WHERE device_uuid = ?", (uuid(6),))
    for stream, is_verified, missing in (("s1", 1, 2), ("s2", 1, 1), ("s3", 1, 0), ("s1", 0, 9)):
        row = (CODE, uuid(1), stream, is_verified, uuid(1), 9, 1, 1, 1, "{}", "{}", missing, 0, 0, T0_MS - 5)
        connection.execute(f"INSERT INTO stream VALUES ({', '.join('?' * len(row))})", row)
    if last >= 7:
        # What that version noted as it happened, as its own step says of what happened before.
        begin = "INSERT INTO oddity"
        connection.execute(begin + STEPS[6].sql.partition(begin)[2])


def store_of_version(path: Path, last: int) -> None:
    """Make the file that the version with the schema steps up to ``last`` has left."""
    connection = apsw.Connection(str(path))
    connection.create_scalar_function("audit_hash", lambda *_: "", deterministic=True)  # an empty log has no chain
    connection.execute(LEDGER)
    for step in STEPS[:last]:
        connection.execute(step.sql)
        connection.execute("INSERT INTO schema_migration VALUES (?, ?, ?)", (step.number, step.name, step.sha256))
    fill(connection, last)
    connection.close()


@pytest.fixture(params=range(1, len(STEPS)), ids=lambda last: STEPS[last - 1].name)
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteStore]:
    """A store as an earlier version left it, opened by this one."""
    path = tmp_path / "lts.db"
    store_of_version(path, request.param)
    store = SqliteStore(str(path))
    yield store
    store.close()


def test_it_verifies(migrated: SqliteStore) -> None:
    assert find_faults(migrated) == []


def test_what_it_held_is_there(migrated: SqliteStore, request: pytest.FixtureRequest) -> None:
    def look(rows: Reading) -> None:
        assert {item.id: item.revoked_ms for item in rows.licenses() if item.is_revoked} == REVOKED
        assert len(rows.devices(None)) == 9
        assert rows.admin_keys() == [AdminKey("ops", "hash", 5, "manage")]
        assert [entry.subject for entry in rows.audit(0, 9)] == ["A", "gone", "gone"]
        counted = rows.authorizations(CODE, SlotRange())
        last = request.node.callspec.params["migrated"]
        assert counted == ([AuthorizationRow(T0_MS // DAY_MS, "GRANTED", 3)] if last >= 4 else [])

    migrated.read(look).result()


def test_its_devices_are_counted(migrated: SqliteStore) -> None:
    def look(rows: Reading) -> None:
        assert rows.device_counts(CODE) == DeviceCounts(5, 1, 2, 1)
        assert rows.device_counts("other") == DeviceCounts(2, 0, 0, 1)
        assert rows.seats_of_code(CODE) == {"A": 2, "N": 1, "S": 1, "gone": 1}
        assert rows.seats_of_item("N") == {CODE: 1, "other": 1}

    migrated.read(look).result()


def test_its_active_devices_are_those_when_one_was_last_seen(migrated: SqliteStore) -> None:
    expected = {Subject("code", CODE): 3, Subject("code", "other"): 1, Subject("item", "A"): 2}
    expected |= {Subject("item", "N"): 1, Subject("item", "S"): 0, Subject("item", "gone"): 1}
    for of, devices in expected.items():
        assert migrated.read(lambda rows, of=of: rows.active(of, T0_MS)).result() == devices, of
        runs = migrated.read(lambda rows, of=of: rows.active_runs(of, SlotRange(), T0_MS, 9)).result()
        assert runs == ([Run(SLOT_0, SLOT_0 + 1, devices)] if devices else []), of


def test_a_refusal_that_stood_may_be_that_of_any_code_of_the_item(migrated: SqliteStore) -> None:
    def look(rows: Reading) -> None:
        assert rows.exhausted_by("N") == [CODE, "other"]
        assert [item.id for item in rows.licenses() if item.is_exhausted] == ["N"]

    migrated.read(look).result()


def test_its_seats_are_followed_from_when_one_was_last_seen(migrated: SqliteStore) -> None:
    def look(rows: Reading) -> None:
        assert rows.info(FOLLOWED_FROM) == str(T0_MS)
        seats = {name: SeatCount(number, number) for name, number in (("A", 2), ("N", 1), ("S", 1), ("gone", 1))}
        assert rows.seat_counts(CODE, SlotRange(SLOT_0, SLOT_0 + 1)) == seats
        assert rows.seat_counts(CODE, SlotRange(0, SLOT_0)) == {}

    migrated.read(look).result()


def test_its_test_codes_were_so_from_the_beginning(migrated: SqliteStore) -> None:
    assert migrated.read(lambda rows: rows.purposes()).result() == [Purpose("other", 0, True)]


def test_devices_with_gaps_and_clones_are_found_without_a_search(migrated: SqliteStore) -> None:
    found = migrated.read(lambda rows: rows.oddities(0)).result()
    assert found == [Oddities(CODE, "clone", 1, T0_MS - DAY_MS), Oddities(CODE, "gap", 1, T0_MS - 5)]


def test_it_goes_on_counting(migrated: SqliteStore) -> None:
    world = World(migrated, T0_MS + 60_000)
    assert world.authorize(20).status_code == 201
    assert world.report(20, [report(1, 2)]).status_code == 200
    usage = world.usage()
    assert (usage.devices, usage.scans) == (6, 12)
    # 1, 4 and 7 still are, and the new one.
    assert (usage.concurrent_devices, usage.peak_concurrent_devices) == (4, 4)
    world.advance(days=367)
    assert world.usage().devices == 0
    assert find_faults(migrated) == []
    world.close()


def test_a_store_that_an_earlier_version_works_on_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of that version goes on writing what it knows of: seats that it moves would be missing for good."""
    monkeypatch.setattr(sqlite_opening, "WAIT_S", 0.2)
    path = str(tmp_path / "lts.db")
    store_of_version(Path(path), 7)
    server = UseLock(path)
    with pytest.raises(StoreUnavailableError, match=r"of an earlier version, .* stop the server first"):
        SqliteStore(path)
    connection = apsw.Connection(path)
    assert connection.execute("SELECT max(number) FROM schema_migration").fetchall() == [(7,)]
    connection.close()
    server.release()
    store, beside = SqliteStore(path), SqliteStore(path)
    assert find_faults(store) == find_faults(beside) == []
    store.close()
    beside.close()


def test_who_meets_an_earlier_store_at_once_waits_for_the_one_that_brings_it_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "lts.db"
    store_of_version(path, 1)
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: SqliteStore(str(path)), range(4)))
    for store in stores:
        assert find_faults(store) == []
        store.close()


def test_a_server_writes_nothing_by_a_schema_that_is_no_longer_the_store_s(tmp_path: Path) -> None:
    path = str(tmp_path / "lts.db")
    store = SqliteStore(path)
    store.write(lambda rows: rows.put_info("name", "before")).result()
    newer = apsw.Connection(path)
    newer.execute("INSERT INTO schema_migration VALUES (9999, '9999_future.sql', 'x')")
    for _again in range(2):
        with pytest.raises(StoreUnavailableError, match="another version has brought it to schema step 9999"):
            store.write(lambda rows: rows.put_info("name", "after")).result()
    assert store.read(lambda rows: rows.info("name")).result() == "before"
    newer.execute("DELETE FROM schema_migration WHERE number = 9999")
    store.write(lambda rows: rows.put_info("name", "after")).result()
    newer.close()
    store.close()
