"""What every store must do (dlt_web.lts.store.protocol)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dlt_web.lts.records import (
    AdminKey,
    AuditEntry,
    DeviceCounts,
    Handshake,
    Key,
    LicenseItem,
    SlotRange,
    Stream,
    UsageRow,
)
from dlt_web.lts.store import Store, StoreUnavailableError, Writing
from tests.contract.rows import ITEM, KEY, STREAM, device


def test_what_is_put_comes_back(filled: Store) -> None:
    one = device("u1", friendly_name="Till", is_cloned=True, scans=9, token_issued_ms=3, token_expires_ms=4)
    secret = Key("signing", "k1", b"\x00\xff", 5)

    def put(rows: Writing) -> None:
        rows.put_info("name", "one")
        rows.put_info("name", "two")
        rows.put_device(one)
        rows.put_stream(STREAM)
        rows.add_key(secret)
        rows.add_key(Key("signing", "k2", b"", 5))
        rows.add_key(Key("report", "k3", b"", 5))
        rows.add_key(Key("report", "k4", b"", 5))
        assert (rows.delete_key("k4"), rows.delete_key("k4")) == (True, False)
        rows.put_admin_key(AdminKey("ops", "hash", 6, "read"))

    filled.write(put).result()

    def look(rows: Writing) -> None:
        assert rows.info("name") == "two"
        assert rows.info("other") is None
        assert rows.device("c", "u1") == one
        assert rows.device("c", "u2") is None
        assert rows.stream(KEY) == STREAM
        assert rows.stream(replace(KEY, is_verified=False)) is None
        assert rows.streams("c", "u1") == [STREAM]
        assert [key.id for key in rows.keys("signing")] == ["k2", "k1"]
        assert rows.keys("signing")[1] == secret
        assert [key.id for key in rows.keys("report")] == ["k3"]
        assert rows.admin_keys() == [AdminKey("ops", "hash", 6, "read")]
        assert rows.admin_key("hash") == AdminKey("ops", "hash", 6, "read")
        assert rows.admin_key("ops") is None
        assert rows.handshake("c") == Handshake("c", ("B", "A"), ("https://a.example",), True, "hash", 7, True)
        assert rows.handshakes() == [rows.handshake("c")]
        assert rows.handshake("d") is None
        assert rows.license("A") == ITEM
        assert rows.license("Z") is None
        assert [item.id for item in rows.licenses()] == ["A", "B"]
        assert [item.id for item in rows.items_of("c")] == ["B", "A"]
        assert rows.items_of("d") == []

    filled.read(look).result()  # type: ignore[arg-type]


def test_what_is_put_again_replaces_all_of_it(filled: Store) -> None:
    """A device where it sat, and one that moved; a stream whose key alone is the same."""
    before = [device("u1"), device("u2"), device("u3", None, is_unseated=True)]
    every = {"product": "p", "first_seen_ms": 3, "last_seen_ms": 4, "storage": "memory", "is_partitioned": False}
    every |= {"friendly_name": "Till", "is_cloned": True, "scans": 9, "token_issued_ms": 3, "token_expires_ms": 4}
    after = [device(name, place, 6_000, **every) for name, place in (("u1", "A"), ("u2", "B"), ("u3", "B"))]
    other = Stream(KEY, "r2", 5, 3, 102, 103, {"ean_13": 7}, {}, 4, 2, 1, 2_000)

    def put(rows: Writing) -> None:
        for row in before:
            rows.put_device(row)
        rows.put_stream(STREAM)

    def put_again(rows: Writing) -> None:
        for row in after:
            rows.put_device(row)
        rows.put_stream(other)

    filled.write(put).result()
    filled.write(put_again).result()
    assert filled.read(lambda rows: rows.devices("c")).result() == after
    assert filled.read(lambda rows: rows.streams("c", "u1")).result() == [other]


def test_a_failed_write_leaves_nothing_and_hurts_no_neighbour(filled: Store) -> None:
    def fail(rows: Writing) -> None:
        rows.put_info("lost", "yes")
        assert rows.info("lost") == "yes"
        raise ValueError("no")

    first = filled.write(lambda rows: rows.put_info("before", "yes"))
    failed = filled.write(fail)
    last = filled.write(lambda rows: rows.put_info("after", "yes"))
    first.result()
    last.result()
    with pytest.raises(ValueError, match="no"):
        failed.result()
    names = ("before", "lost", "after")
    assert filled.read(lambda rows: [rows.info(name) for name in names]).result() == ["yes", None, "yes"]


def test_settings_leave_the_counters_alone(filled: Store) -> None:
    def change(rows: Writing) -> LicenseItem | None:
        assert rows.take_seat("A", 100)
        rows.charge("c", "A", 5, 11)
        rows.mark_exhausted("c", "A")
        rows.put_license(replace(ITEM, quota=9, seats=77, scans=77))
        return rows.license("A")

    assert filled.write(change).result() == replace(ITEM, quota=9, seats=1, scans=11, is_exhausted=True)


def test_charges_add_up_in_rows_and_counter(filled: Store) -> None:
    def work(rows: Writing) -> tuple[int, int]:
        for slot, scans in ((1, 2), (1, 3), (2, 4)):
            rows.charge("c", "A", slot, scans)
        item = rows.license("A")
        return rows.charged("A"), item.scans if item else 0

    assert filled.write(work).result() == (9, 9)


def test_devices_are_listed_counted_and_due(filled: Store) -> None:
    def work(rows: Writing) -> None:
        rows.put_device(device("u3", "B", 30, storage="memory"))
        rows.put_device(device("u1", "A", 20))
        rows.put_device(device("u2", "A", 10))
        rows.put_device(device("u4", None, 15, is_unseated=True, storage="memory"))
        rows.put_device(device("u5", None, 1))

        def due(license_id: str | None, now_ms: int, limit: int = 9) -> list[str]:
            return [found.device_uuid for found in rows.due_devices(license_id, now_ms, limit)]

        assert [found.device_uuid for found in rows.devices("c")] == ["u1", "u2", "u3", "u4", "u5"]
        assert [found.device_uuid for found in rows.devices(None, "A")] == ["u1", "u2"]
        assert rows.devices("d") == []
        assert rows.device_counts("c") == DeviceCounts(seated=3, unseated=1, in_memory=1, partitioned=3)
        assert rows.device_counts("d") == DeviceCounts(0, 0)
        assert (due("A", 9), due("A", 10), due("A", 20), due("A", 20, 1)) == ([], ["u2"], ["u2", "u1"], ["u2"])
        assert (due(None, 14), due(None, 15)) == ([], ["u4"])
        assert (rows.next_removal_ms(concurrent=True), rows.next_removal_ms(concurrent=False)) == (30, 10)
        rows.set_lifetime("A", 5, 40)
        assert {found.removal_ms for found in rows.devices("c", "A")} == {5_002}
        assert (rows.next_removal_ms(concurrent=False)) == 15
        rows.remove_device("c", "u4", 41)
        rows.remove_device("c", "u3", 41)
        assert (rows.next_removal_ms(concurrent=True), rows.next_removal_ms(concurrent=False)) == (None, 5_002)

    filled.write(work).result()


def test_usage_adds_up_by_period_and_apart_by_verification(filled: Store) -> None:
    def work(rows: Writing) -> None:
        rows.add_usage("c", 480, {"qr_code": 1}, {}, is_verified=True)
        rows.add_usage("c", 480, {"qr_code": 2, "ean_13": 1}, {"purged": 1}, is_verified=True)
        rows.add_usage("c", 499, {"qr_code": 4}, {"purged": 2, "setBack": 4}, is_verified=True)
        rows.add_usage("c", 500, {"qr_code": 8}, {}, is_verified=True)
        rows.add_usage("c", 480, {"qr_code": 16}, {"purged": 32}, is_verified=False)
        rows.add_usage("d", 480, {"qr_code": 64}, {}, is_verified=True)

        def usage(period: int | None, slots: SlotRange, verified: bool = True) -> list[tuple[int, str, int]]:
            found = rows.usage("c", is_verified=verified, slots=slots, period_slots=period)
            assert all(isinstance(row, UsageRow) for row in found)
            return [(row.slot, row.symbology, row.scans) for row in found]

        assert usage(None, SlotRange()) == [(0, "ean_13", 1), (0, "qr_code", 15)]
        assert usage(None, SlotRange(), False) == [(0, "qr_code", 16)]
        assert usage(20, SlotRange()) == [(480, "ean_13", 1), (480, "qr_code", 7), (500, "qr_code", 8)]
        assert usage(1, SlotRange(499, 500)) == [(499, "qr_code", 4)]
        assert rows.lost("c", SlotRange()) == {"purged": 3, "setBack": 4}
        assert rows.lost("c", SlotRange(481)) == {"purged": 2, "setBack": 4}

    filled.write(work).result()


def test_old_streams_and_removed_devices_are_forgotten_in_chunks(filled: Store) -> None:
    def work(rows: Writing) -> None:
        for number in range(5):
            key = replace(KEY, stream_id=f"s{number}")
            rows.put_stream(replace(STREAM, key=key, last_seen_ms=number))
        rows.put_device(device("seated"))
        rows.put_device(device("unseated", None, is_unseated=True))
        rows.put_device(device("removed", None, removal_ms=3))
        rows.put_device(device("just removed", None))
        for holder in ("seated", "unseated", "just removed"):
            rows.put_stream(replace(STREAM, key=replace(KEY, device_uuid=holder), last_seen_ms=0))
        old = [rows.old_streams(4, limit) for limit in (3, 9)]
        assert rows.oldest_seen_ms() == 0
        assert [{key.stream_id for key in keys} <= {"s0", "s1", "s2", "s3"} for keys in old] == [True, True]
        assert [len(keys) for keys in old] == [3, 4]
        rows.put_stream(replace(STREAM, key=old[1][0], last_seen_ms=4))  # seen again meanwhile
        assert rows.forget_streams(old[1], 4) == 3
        assert rows.forget_streams(old[1], 4) == 0
        assert rows.old_streams(4, 9) == []
        assert [rows.forget_devices(4, 3), rows.forget_devices(4, 3)] == [1, 0]
        rows.put_stream(replace(STREAM, key=old[1][0], last_seen_ms=0))
        assert rows.forget_streams([old[1][0], replace(KEY, device_uuid="seated")], 4) == 1
        assert [stream.key.stream_id for stream in rows.streams("c", "u1")] == ["s4"]
        assert {found.device_uuid for found in rows.devices("c")} == {"seated", "unseated", "just removed"}
        assert all(len(rows.streams("c", holder)) == 1 for holder in ("seated", "unseated", "just removed"))

    filled.write(work).result()


def test_who_was_seen_longest_ago_is_a_stream_or_a_device_that_holds_nothing(filled: Store) -> None:
    def work(rows: Writing) -> None:
        assert rows.oldest_seen_ms() is None
        rows.put_device(device("seated", last_seen_ms=1))
        rows.put_device(device("unseated", None, is_unseated=True, last_seen_ms=1))
        assert rows.oldest_seen_ms() is None
        rows.put_device(device("removed", None, last_seen_ms=7))
        assert rows.oldest_seen_ms() == 7
        rows.put_stream(replace(STREAM, last_seen_ms=5))
        assert rows.oldest_seen_ms() == 5

    filled.write(work).result()


def test_the_audit_log_numbers_its_entries(store: Store) -> None:
    def work(rows: Writing) -> list[AuditEntry]:
        for number in range(3):
            rows.add_audit(AuditEntry(number, "me", "license.add", "A", "{}"))
        return rows.audit(1, 1)

    [entry] = store.write(work).result()
    assert entry == AuditEntry(1, "me", "license.add", "A", "{}", 2, entry.hash)
    assert len(entry.hash) == 64


def test_admin_keys_go(store: Store) -> None:
    store.write(lambda rows: rows.put_admin_key(AdminKey("ops", "hash", 6))).result()
    assert store.write(lambda rows: [rows.delete_admin_key("ops"), rows.delete_admin_key("ops")]).result() == [
        True,
        False,
    ]


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreUnavailableError):
        store.read(lambda rows: rows.licenses()).result()
    with pytest.raises(StoreUnavailableError):
        store.write(lambda rows: rows.licenses()).result()
