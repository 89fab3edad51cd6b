"""Seats, their limits and ``refuse-all`` marks, in every store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace

from dlt_web.lts.records import Handshake
from dlt_web.lts.store import Store, Writing
from tests.contract.rows import ITEM, device


def test_seats_are_taken_up_to_the_limit(filled: Store) -> None:
    def take(rows: Writing, percent: int | None) -> bool:
        return rows.take_seat("A", percent)

    assert [filled.write(lambda rows: take(rows, 100)).result() for _ in range(4)] == [True, True, True, False]
    assert [filled.write(lambda rows: take(rows, 150)).result() for _ in range(2)] == [True, False]
    assert filled.write(lambda rows: take(rows, None)).result()
    assert filled.read(lambda rows: rows.license("A").seats).result() == 5  # type: ignore[union-attr]


def test_a_per_scan_item_seats_while_scans_are_left(filled: Store) -> None:
    def work(rows: Writing) -> list[bool]:
        rows.put_license(replace(ITEM, id="S", charge_way="per_scan", quota=2))
        taken = [rows.take_seat("S", 100) for _ in range(3)]
        rows.charge("c", "S", 1, 2)
        return [*taken, rows.take_seat("S", 100), rows.take_seat("S", 150)]

    assert filled.write(work).result() == [True, True, True, False, True]


def test_racing_threads_take_exactly_the_seats_there_are(filled: Store) -> None:
    filled.write(lambda rows: rows.put_license(replace(ITEM, quota=100, grace_percent=0))).result()
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: filled.write(lambda rows: rows.take_seat("A", 100)).result(), range(400)))
    assert taken.count(True) == 100


def test_a_freed_seat_lifts_the_marks_of_the_codes_that_use_the_item(filled: Store) -> None:
    def work(rows: Writing) -> list[list[str]]:
        rows.put_license(replace(ITEM, id="other", product="ocr"))
        rows.put_handshake(Handshake("c", ("B", "A", "other")))
        rows.put_handshake(Handshake("d", ("A", "other")))
        rows.take_seat("B", None)
        for code, name in (("c", "A"), ("c", "A"), ("c", "B"), ("c", "other"), ("d", "A"), ("d", "other")):
            rows.mark_exhausted(code, name)
        assert [rows.exhausted_by(name) for name in ("A", "B", "other")] == [["c", "d"], ["c"], ["c", "d"]]
        rows.free_seat("B")
        assert [item.is_exhausted for item in rows.licenses()] == [True, False, True]
        return [rows.exhausted_by(name) for name in ("A", "B", "other")]

    assert filled.write(work).result() == [["d"], [], ["c", "d"]]


def test_a_code_s_marks_are_lifted_apart_from_others_and_by_product(filled: Store) -> None:
    def work(rows: Writing) -> None:
        rows.put_license(replace(ITEM, id="other", product="ocr"))
        rows.put_handshake(Handshake("d", ("A", "other")))
        for code, name in (("c", "A"), ("d", "A"), ("d", "other")):
            rows.mark_exhausted(code, name)
        rows.lift_exhausted("d", "barcode-reader")
        assert [rows.exhausted_by(name) for name in ("A", "other")] == [["c"], ["d"]]
        rows.lift_exhausted("d")
        assert [item.is_exhausted for item in rows.licenses()] == [True, False, False]
        rows.lift_exhausted("c")
        assert [item.is_exhausted for item in rows.items_of("c")] == [False, False]

    filled.write(work).result()


def test_due_devices_leave_together(filled: Store) -> None:
    def work(rows: Writing) -> None:
        for number in range(4):
            assert rows.take_seat("A", None)
            rows.put_device(device(f"u{number}", "A", 10 + number, scans=number % 2))
        rows.put_device(device("u8", None, 10, is_unseated=True))
        rows.mark_exhausted("c", "A")
        rows.mark_exhausted("c", "B")
        assert rows.remove_due("A", 9, 9) == 0
        assert [item.is_exhausted for item in rows.items_of("c")] == [True, True]
        assert rows.remove_due("A", 12, 2) == 2
        assert [item.is_exhausted for item in rows.items_of("c")] == [False, False]
        left = {found.device_uuid: found.license_id for found in rows.devices("c")}
        assert left == {"u1": None, "u2": "A", "u3": "A", "u8": None}
        assert rows.remove_due("A", 12, 9) == 1
        item = rows.license("A")
        assert item is not None
        assert item.seats == 1
        assert rows.remove_due(None, 12, 9) == 1
        assert rows.due_devices(None, 12, 9) == []

    filled.write(work).result()
