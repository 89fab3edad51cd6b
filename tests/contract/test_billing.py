"""What every store must keep for invoices (dlt_web.lts.store.protocol_billing)."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from dlt_web.lts.activity import Run
from dlt_web.lts.billing_records import (
    Credit,
    OwnedSlots,
    Ownership,
    Purpose,
    SeatCount,
    SeatStep,
    Statement,
    StatementHead,
    billable,
    owned_by,
    within,
)
from dlt_web.lts.device_sums import DeviceSum
from dlt_web.lts.records import Device, Handshake, SlotRange
from dlt_web.lts.store import MemoryStore, SqliteStore, Store, Writing
from dlt_web.lts.verify import find_faults
from dlt_web.slots import SLOT_MS
from tests.contract.rows import ITEM

WHOLE = SlotRange()


def own(store: Store, *rows: tuple[str, int, str]) -> None:
    for row in rows:
        store.write(lambda rows, row=row: rows.put_ownership(Ownership(*row))).result()


def test_a_code_belongs_to_each_for_a_time(filled: Store) -> None:
    filled.write(lambda rows: rows.put_handshake(Handshake("d", ("A",)))).result()
    own(filled, ("c", 0, "X"), ("c", 10, "Y"), ("c", 20, "X"), ("d", 5, "X"))
    rows = filled.read(lambda rows: rows.ownerships()).result()
    assert rows == [Ownership("c", 0, "X"), Ownership("c", 10, "Y"), Ownership("c", 20, "X"), Ownership("d", 5, "X")]
    assert filled.read(lambda rows: rows.ownerships("d")).result() == [Ownership("d", 5, "X")]
    assert owned_by("X", rows) == [
        OwnedSlots("c", SlotRange(0, 10)),
        OwnedSlots("c", SlotRange(20)),
        OwnedSlots("d", SlotRange(5)),
    ]
    assert owned_by("X", []) == []
    assert owned_by("Y", rows) == [OwnedSlots("c", SlotRange(10, 20))]
    handshakes = filled.read(lambda rows: [rows.handshake("c"), *rows.handshakes()]).result()
    assert [one.customer for one in handshakes if one is not None] == ["X", "X", "X"]
    for name, codes in (("X", ["c", "d"]), ("Y", []), ("", [])):
        assert [one.code for one in filled.read(lambda rows, name=name: rows.handshakes_of(name)).result()] == codes
    # What was to follow is no more, and two ranges that touch are one.
    own(filled, ("c", 10, "X"), ("c", 15, ""))
    rows = filled.read(lambda rows: rows.ownerships("c")).result()
    assert rows == [Ownership("c", 0, "X"), Ownership("c", 10, "X"), Ownership("c", 15, "")]
    assert owned_by("X", rows) == [OwnedSlots("c", SlotRange(0, 15))]
    found = filled.write(lambda rows: rows.handshake("c")).result()
    assert found is not None
    assert found.customer is None


def test_a_code_is_for_tests_for_a_time(filled: Store) -> None:
    filled.write(lambda rows: rows.put_handshake(Handshake("d", ("A",)))).result()
    own(filled, ("c", 0, "X"), ("c", 30, "Y"), ("d", 5, "X"))
    for row in (("c", 0, True), ("c", 10, False), ("c", 20, True), ("d", 0, True), ("d", 8, False), ("d", 9, True)):
        filled.write(lambda rows, row=row: rows.put_purpose(Purpose(*row))).result()
    ownerships, purposes = filled.read(lambda rows: (rows.ownerships(), rows.purposes())).result()
    assert billable("X", ownerships, purposes) == [
        OwnedSlots("c", SlotRange(10, 20)),
        OwnedSlots("d", SlotRange(8, 9)),
    ]
    assert billable("Y", ownerships, purposes) == []
    assert billable("X", ownerships, []) == owned_by("X", ownerships)
    # What was to follow is no more.
    filled.write(lambda rows: rows.put_purpose(Purpose("c", 15, False))).result()
    purposes = filled.read(lambda rows: rows.purposes("c")).result()
    assert purposes == [Purpose("c", 0, True), Purpose("c", 10, False), Purpose("c", 15, False)]
    assert billable("Y", ownerships, purposes) == [OwnedSlots("c", SlotRange(30))]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [((0, 5), (5, 9), None), ((0, 6), (5, 9), (5, 6)), ((5, 9), (0, 20), (5, 9)), ((3, 4), (7, 9), None)],
)
def test_ranges_share_what_lies_in_both(
    one: tuple[int, int], other: tuple[int, int], shared: tuple[int, int] | None
) -> None:
    expected = None if shared is None else SlotRange(*shared)
    assert within(SlotRange(*one), SlotRange(*other)) == within(SlotRange(*other), SlotRange(*one)) == expected


def test_statements_are_kept_as_they_are(store: Store) -> None:
    heads = [
        StatementHead(name, month, "UTC", SlotRange(1, 2), 3) for name, month in (("b", "2026-11"), ("a", "2027-01"))
    ]
    texts = ('{"ü": "\u2028"}\n', "a,b\r\n", "<p>\x0b</p>")
    for head in heads:
        store.write(lambda rows, head=head: rows.put_statement(Statement(head, *texts))).result()
    assert store.read(lambda rows: rows.statement_heads()).result() == [heads[1], heads[0]]
    assert store.read(lambda rows: rows.statement_heads("b")).result() == [heads[0]]
    assert store.read(lambda rows: rows.statement("a", "2027-01")).result() == Statement(heads[1], *texts)
    assert store.read(lambda rows: rows.statement("a", "2026-11")).result() is None


def test_credits_are_numbered_and_remember_their_statement(filled: Store) -> None:
    filled.write(lambda rows: rows.put_handshake(Handshake("d", ("A",)))).result()
    first = Credit(1, "me", "X", "c", "scans", 5, None, "why", id="one")
    second = Credit(2, "me", "Y", "d", "devices", -5, "2026-11", "so", id="two")
    for number, credit in ((1, first), (2, second)):
        assert filled.write(lambda rows, credit=credit: rows.add_credit(credit)).result().number == number
    filled.write(lambda rows: rows.state_credits([2], "2026-12")).result()
    found = filled.read(lambda rows: rows.credits_of()).result()
    assert [(one.number, one.stated_month, one.month, one.quantity) for one in found] == [
        (1, None, None, 5),
        (2, "2026-12", "2026-11", -5),
    ]
    assert filled.read(lambda rows: rows.credits_of("Y")).result() == found[1:]
    assert filled.read(lambda rows: [rows.credit(name) for name in ("one", "two", "")]).result() == [*found, None]


def test_a_customer_s_releases_are_those_of_the_code_and_the_customer(filled: Store) -> None:
    for code, customer, at_ms in (("c", "X", 5), ("c", "X", 7), ("c", "Y", 8), ("d", "X", 9)):
        filled.write(lambda rows: rows.put_handshake(Handshake("d", ("A",)))).result()
        filled.write(lambda rows, row=(code, customer, at_ms): rows.add_customer_release(*row)).result()
    assert filled.read(lambda rows: rows.customer_releases("c", "X", 0)).result() == [5, 7]
    assert filled.read(lambda rows: rows.customer_releases("c", "X", 5)).result() == [7]
    assert filled.read(lambda rows: rows.customer_releases("c", "Z", 0)).result() == []


# -- seats over time


def sit(rows: Writing, name: str, slot: int, item: str | None = "A") -> None:
    """Let a device take a seat, move to another item, or be released (None)."""
    before = rows.device("c", name)
    at_ms = slot * SLOT_MS
    if before is not None and before.license_id is not None:
        rows.free_seat(before.license_id)
    if item is None:
        rows.remove_device("c", name, at_ms)
        return
    rows.take_seat(item, None)
    rows.put_device(Device("c", name, item, False, "p", at_ms, at_ms, at_ms + 60_000, "indexeddb", False))


def counts(store: Store, first: int = 0, end: int = 2**53) -> dict[str, tuple[int, int]]:
    found = store.read(lambda rows: rows.seat_counts("c", SlotRange(first, end))).result()
    return {name: (count.peak, count.at_end) for name, count in found.items()}


def test_seats_over_a_range_are_the_most_at_once_and_those_at_its_end(filled: Store) -> None:
    for name, slot, item in (
        ("u1", 10, "A"), ("u2", 10, "A"), ("u2", 10, None), ("u3", 12, "A"), ("u1", 15, "B"), ("u3", 20, None),
    ):  # fmt: skip
        filled.write(lambda rows, row=(name, slot, item): sit(rows, *row)).result()
    assert counts(filled) == {"A": (2, 0), "B": (1, 1)}
    assert counts(filled, 0, 10) == {}
    assert counts(filled, 11, 12) == {"A": (1, 1)}
    assert counts(filled, 13, 15) == {"A": (2, 2)}
    assert counts(filled, 15, 16) == {"A": (2, 1), "B": (1, 1)}
    assert counts(filled, 16, 20) == {"A": (1, 1), "B": (1, 1)}
    assert counts(filled, 21, 30) == {"B": (1, 1)}
    # A device that is swept gives its seat back then.
    filled.write(lambda rows: rows.remove_due("B", 40 * SLOT_MS, 9)).result()
    assert counts(filled, 30, 40) == {"B": (1, 1)}
    assert counts(filled, 40, 41) == {"B": (1, 0)}
    assert counts(filled, 41, 99) == {}


def steps(store: Store, first: int = 0, end: int = 2**53) -> dict[str, list[tuple[int, int, int]]]:
    found = store.read(lambda rows: rows.seat_steps("c", SlotRange(first, end))).result()
    return {name: [(step.slot, step.seats, step.peak) for step in some] for name, some in found.items()}


def test_seats_over_a_range_are_told_as_it_begins_and_where_they_change(filled: Store) -> None:
    for name, slot, item in (
        ("u1", 10, "A"), ("u2", 10, "A"), ("u2", 10, None), ("u3", 12, "A"), ("u1", 15, "B"), ("u3", 20, None),
    ):  # fmt: skip
        filled.write(lambda rows, row=(name, slot, item): sit(rows, *row)).result()
    assert steps(filled, 9) == {
        "A": [(9, 0, 0), (10, 1, 2), (12, 2, 2), (15, 1, 1), (20, 0, 0)],
        "B": [(9, 0, 0), (15, 1, 1)],
    }
    assert steps(filled, 15, 20) == {"A": [(15, 1, 2)], "B": [(15, 1, 1)]}
    assert steps(filled, 13, 15) == {"A": [(13, 2, 2)]}
    assert steps(filled, 21, 30) == {"B": [(21, 1, 1)]}


def test_seats_of_several_codes_add_up_slot_by_slot() -> None:
    total = DeviceSum()
    assert total.count(100) == SeatCount(0, 0)
    total.add_seats([SeatStep(10, 2, 2), SeatStep(20, 5, 6), SeatStep(30, 1, 1)], SlotRange(10, 50))
    assert total.count(100) == SeatCount(6, 0)
    assert total.count(50) == SeatCount(6, 1)
    total.add_seats([SeatStep(10, 0, 0), SeatStep(25, 3, 4), SeatStep(40, 9, 9)], SlotRange(10, 100))
    assert total.count(30) == SeatCount(9, 8)
    assert total.count(40) == SeatCount(9, 4)
    assert total.count(100) == SeatCount(10, 9)
    active = DeviceSum()
    active.add_runs([Run(0, 5, 3), Run(7, 9, 1)])
    active.add_runs([Run(4, 8, 2)])
    assert active.count(9).peak == 5
    assert active.count(4).peak == 3


def test_both_stores_tell_the_same_of_seats_whatever_happens(tmp_path: object) -> None:
    draw = random.Random(8)
    stores: list[Store] = [MemoryStore(), SqliteStore(f"{tmp_path}/lts.db")]
    for store in stores:
        store.write(lambda rows: [rows.put_license(replace(ITEM, id=name)) for name in "AB"]).result()
        store.write(lambda rows: rows.put_handshake(Handshake("c", ("A", "B")))).result()
    slot = 0
    for _step in range(300):
        slot += draw.choice((0, 0, 1, 3, -1)) if slot else 1
        jobs = [(f"u{draw.randrange(9)}", slot, draw.choice(("A", "B", None))) for _ in range(draw.randrange(1, 4))]
        is_failing = draw.random() < 0.1
        for store in stores:

            def work(rows: Writing, jobs: list[tuple[str, int, str | None]] = jobs, fails: bool = is_failing) -> None:
                for job in jobs:
                    sit(rows, *job)
                if fails:
                    raise ValueError("no")

            assert isinstance(store.write(work).exception(), ValueError) == is_failing
        span = sorted(draw.sample(range(slot + 3), 2)) if slot else [0, 1]
        found = counts(stores[0], *span)
        assert found == counts(stores[1], *span), span
        assert steps(stores[0], *span) == (told := steps(stores[1], *span)), span
        assert {name: (max(step[2] for step in some), some[-1][1]) for name, some in told.items()} == found
    assert counts(stores[0]) == counts(stores[1])
    assert find_faults(stores[1]) == []
    stores[1].close()


def test_seats_that_do_not_fit_the_devices_are_a_fault(tmp_path: object) -> None:
    store = SqliteStore(f"{tmp_path}/lts.db")
    store.write(lambda rows: [rows.put_license(ITEM), rows.put_handshake(Handshake("c", ("A",)))]).result()
    store.write(lambda rows: sit(rows, "u1", 5)).result()
    assert find_faults(store) == []
    store._connection.execute("UPDATE seat_series SET seats = 7")
    assert find_faults(store) == [
        "Handshake code c: 1 devices hold a seat at license A, but its seats over time come to 7."
    ]
    store.close()
