"""What is kept for invoices, one frozen record a row: whose a code is, what for, frozen statements, credits, seats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from .records import SlotRange

CreditUnit = Literal["scans", "devices"]
StatementForm = Literal["json", "csv", "html"]

# Setting of the store: since when seats, and the advisor's numbers of devices, are followed, wall ms.
FOLLOWED_FROM = "devices_followed_from_ms"


@dataclass(frozen=True, slots=True)
class Ownership:
    """To whom a handshake code belongs from a slot on, up to its next such row; ``customer`` is empty for nobody."""

    handshake_code: str
    first_slot: int
    customer: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a handshake code is for from a slot on, up to its next such row: tests or real use, as before the first."""

    handshake_code: str
    first_slot: int
    is_test: bool


@dataclass(frozen=True, slots=True)
class OwnedSlots:
    """Slots in which a handshake code belongs to the customer in question."""

    handshake_code: str
    slots: SlotRange


@dataclass(frozen=True, slots=True)
class StatementHead:
    """Which month a statement has frozen.

    Attributes:
        customer: whose.
        month: such as ``2026-11``.
        time_zone: by whose clocks the month ends.
        slots: the slots that it states.
        frozen_ms: when it was frozen, wall ms.
    """

    customer: str
    month: str
    time_zone: str
    slots: SlotRange
    frozen_ms: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A frozen statement: its head, and each form to the byte."""

    head: StatementHead
    json: str
    csv: str
    html: str

    def form(self, name: StatementForm) -> str:
        """Return one of its forms."""
        return {"json": self.json, "csv": self.csv, "html": self.html}[name]


@dataclass(frozen=True, slots=True)
class Credit:
    """What an operator takes off a customer's usage, as a line of a statement; no counter changes.

    Attributes:
        booked_ms: when, wall ms.
        actor: who booked it, as the audit log names people.
        customer: whose statement shows it.
        handshake_code: for which code.
        unit: what is credited.
        quantity: how many; negative takes a credit back.
        month: what it is for, if it is for a month.
        reason: why, for the customer to read.
        stated_month: the statement that shows it; None until one does.
        number: its number in the store, from 1; 0 before it is stored.
        id: what it is known by to whoever booked it, so that it is booked once.
    """

    booked_ms: int
    actor: str
    customer: str
    handshake_code: str
    unit: CreditUnit
    quantity: int
    month: str | None
    reason: str
    stated_month: str | None = None
    number: int = 0
    id: str = ""


@dataclass(frozen=True, slots=True)
class SeatCount:
    """Seats of a handshake code at an item over a range of slots: the most at once, and those as it ended."""

    peak: int
    at_end: int


@dataclass(frozen=True, slots=True)
class SeatStep:
    """Seats of a handshake code at an item in a slot: those as it ended, and the most at once after a change in it."""

    slot: int
    seats: int
    peak: int


def owned_by(customer: str, ownerships: Iterable[Ownership]) -> list[OwnedSlots]:
    """Return the slots in which codes belong to a customer, by code and slot.

    Args:
        customer: whose.
        ownerships: all rows of each code, by code and slot.
    """
    found: list[OwnedSlots] = []
    rows = list(ownerships)
    for row, following in zip_longest(rows, rows[1:]):
        if row.customer != customer:
            continue
        is_last = following is None or following.handshake_code != row.handshake_code
        end = SlotRange().end if following is None or is_last else following.first_slot
        if found and (found[-1].handshake_code, found[-1].slots.end) == (row.handshake_code, row.first_slot):
            found[-1] = OwnedSlots(row.handshake_code, SlotRange(found[-1].slots.first, end))
        else:
            found.append(OwnedSlots(row.handshake_code, SlotRange(row.first_slot, end)))
    return found


def billable(customer: str, ownerships: Iterable[Ownership], purposes: Iterable[Purpose]) -> list[OwnedSlots]:
    """Return the slots in which codes belong to a customer and are no test codes, by code and slot.

    Args:
        customer: whose.
        ownerships: all rows of each code, by code and slot.
        purposes: likewise.
    """
    tests = _tested(purposes)
    return [
        OwnedSlots(own.handshake_code, slots)
        for own in owned_by(customer, ownerships)
        for slots in _without(own.slots, tests.get(own.handshake_code, ()))
    ]


def _tested(purposes: Iterable[Purpose]) -> dict[str, list[SlotRange]]:
    """Return the slots in which each code is a test code, in order."""
    found: dict[str, list[SlotRange]] = {}
    rows = list(purposes)
    for row, following in zip_longest(rows, rows[1:]):
        if row.is_test:
            is_last = following is None or following.handshake_code != row.handshake_code
            end = SlotRange().end if following is None or is_last else following.first_slot
            found.setdefault(row.handshake_code, []).append(SlotRange(row.first_slot, end))
    return found


def _without(slots: SlotRange, others: Iterable[SlotRange]) -> Iterator[SlotRange]:
    """Yield what is left of a range of slots beside others, which come in order and do not overlap."""
    first = slots.first
    for other in others:
        if first < min(other.first, slots.end):
            yield SlotRange(first, min(other.first, slots.end))
        first = max(first, other.end)
    if first < slots.end:
        yield SlotRange(first, slots.end)


def within(slots: SlotRange, bounds: SlotRange) -> SlotRange | None:
    """Return what two ranges of slots share; None where that is nothing."""
    first, end = max(slots.first, bounds.first), min(slots.end, bounds.end)
    return SlotRange(first, end) if first < end else None
