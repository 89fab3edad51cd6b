"""Usage as people see it: of a handshake code, by symbology; of a license item, by handshake code. Reading only.

What is one number for all that was asked is read at once (:func:`code_usage`, :mod:`dlt_web.lts.item_usage`); what is
divided by time comes in pages, each a read of its own (:func:`scan_page`, :func:`run_page`), however long it goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from ..errors import OptionError
from ..slots import SLOT_MS, format_time
from . import quota
from .activity import Run, Subject
from .alert_records import OddityKind
from .clock import DAY_MS
from .records import GRANTED, SLOTS_IN_DAY, AuthorizationRow, SlotRange
from .store import Reading

By = Literal["total", "slot", "hour", "day"]

T = TypeVar("T")

PERIOD_SLOTS: Mapping[str, int] = {"slot": 1, "hour": 20, "day": 480}
# A page of scans is read at once: as many periods as a screen may show, of as many slots as are added up in a moment.
PAGE_PERIODS = 480
PAGE_SLOTS = 4_800
# A page of peaks: runs of slots with equal ones.
PAGE_RUNS = 1_000


@dataclass(frozen=True, slots=True)
class Span:
    """What usage is asked for.

    Attributes:
        by: how it is divided.
        from_ms: slots that begin then or later, wall ms; None means from the first.
        to_ms: slots that begin before then; None means to the last.
    """

    by: By = "total"
    from_ms: int | None = None
    to_ms: int | None = None

    @property
    def period_slots(self) -> int | None:
        """Slots in a period; None where nothing is divided."""
        return PERIOD_SLOTS.get(self.by)

    @property
    def slots(self) -> SlotRange:
        """The slots that begin in the asked time.

        Raises:
            OptionError: the time ends before it begins, or as it begins.
        """
        from_ms, to_ms = self.from_ms, self.to_ms
        if from_ms is not None and to_ms is not None and from_ms >= to_ms:
            asked = f"from {format_time(from_ms)} to {format_time(to_ms)}"
            raise OptionError(f"Usage is asked for a time that begins before it ends; found {asked}.")
        return SlotRange(
            first=0 if from_ms is None else -(-from_ms // SLOT_MS),
            end=SlotRange().end if to_ms is None else -(-to_ms // SLOT_MS),
        )


@dataclass(frozen=True, slots=True)
class Period:
    """Scans of one period: verified ones of a code by symbology, or those charged to an item by handshake code.

    Attributes:
        start_ms: its first moment, wall ms.
        end_ms: the first moment after it.
        scans: how many, by name.
    """

    start_ms: int
    end_ms: int
    scans: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Peak:
    """The largest number of devices that were active at once in one period; times are wall ms, the end exclusive."""

    start_ms: int
    end_ms: int
    devices: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows in order of time, and the slot from which the next page goes on; None after the last."""

    rows: list[T]
    next_slot: int | None


@dataclass(frozen=True, slots=True)
class ItemShare:
    """What one handshake code uses of one license item: seats now, and scans charged in the asked range.

    What a test code uses (``is_test``) is shown apart and never billed.
    """

    handshake_code: str
    license_id: str
    devices: int
    scans: int
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Authorizations:
    """Authorizations of a day or of all asked days: granted, and refused per problem code."""

    granted: int
    refused: Mapping[str, int]

    @classmethod
    def of(cls, rows: Iterable[AuthorizationRow]) -> Authorizations:
        """Add up rows."""
        totals: Counter[str] = Counter()
        for row in rows:
            totals[row.outcome] += row.requests
        granted = totals.pop(GRANTED, 0)
        return cls(granted, dict(sorted(totals.items())))


@dataclass(frozen=True, slots=True)
class UsageView:
    """Usage of one handshake code.

    Attributes:
        handshake_code: whose.
        now_ms: the moment at which it was read, wall ms.
        devices: devices that hold a seat now, whatever the charge way.
        concurrent_devices: those of them that are active now (:mod:`dlt_web.lts.activity`).
        peak_concurrent_devices: the largest number that was active at once in the asked range.
        by_symbology: verified scans in the asked range.
        unseated_devices: devices that reported usage while no item had room.
        unverified_scans: scans reported without a good report token, apart from all others.
        lost: scans that trackers say they lost, per reason.
        items: the code's part of each of its items, in their set order, then of those that it used before.
        overage: how far usage of each of these items, by all codes, lies above its quota now.
        memory_devices: seats of devices that cannot keep their UUID and take another seat with each page load.
        partitioned_devices: seats of devices in third-party frames, one for each site around them.
        odd_devices: devices that showed a gap in their reports, or reported as copies of one database, by kind.
        authorizations: those of the days that begin in the asked range.
        authorization_days: the same by the day's first moment, wall ms; none unless divided by day.
    """

    handshake_code: str
    now_ms: int
    devices: int
    concurrent_devices: int
    peak_concurrent_devices: int
    by_symbology: Mapping[str, int]
    unseated_devices: int
    unverified_scans: int
    lost: Mapping[str, int]
    items: tuple[ItemShare, ...]
    overage: Mapping[str, int]
    memory_devices: int
    partitioned_devices: int
    odd_devices: Mapping[OddityKind, int]
    authorizations: Authorizations
    authorization_days: Mapping[int, Authorizations]

    @property
    def scans(self) -> int:
        """All verified scans."""
        return sum(self.by_symbology.values())


def code_usage(rows: Reading, code: str, span: Span, now_ms: int) -> UsageView:
    """Return a handshake code's usage.

    Raises:
        OptionError: the asked time is empty.
    """
    slots, of = span.slots, Subject("code", code)
    counts = rows.device_counts(code)
    totals = rows.usage(code, is_verified=True, slots=slots, period_slots=None)
    unverified = rows.usage(code, is_verified=False, slots=slots, period_slots=None)
    asked = rows.authorizations(code, slots)
    seats, charges = rows.seats_of_code(code), rows.charges_of_code(code, slots)
    own = [item.id for item in rows.items_of(code)]
    items = dict.fromkeys([*own, *sorted(seats.keys() | charges.keys())])
    return UsageView(
        handshake_code=code,
        now_ms=now_ms,
        devices=counts.seated,
        concurrent_devices=rows.active(of, now_ms),
        peak_concurrent_devices=rows.active_peak(of, slots, now_ms),
        by_symbology={row.symbology: row.scans for row in totals},
        unseated_devices=counts.unseated,
        unverified_scans=sum(row.scans for row in unverified),
        lost=rows.lost(code, slots),
        items=tuple(ItemShare(code, name, seats.get(name, 0), charges.get(name, 0)) for name in items),
        overage={name: quota.overrun(item) for name in items if (item := rows.license(name)) is not None},
        memory_devices=counts.in_memory,
        partitioned_devices=counts.partitioned,
        odd_devices=rows.count_odd_devices(code),
        authorizations=Authorizations.of(asked),
        authorization_days={
            day * DAY_MS: Authorizations.of(row for row in asked if row.day == day)
            for day in sorted({row.day for row in asked} if span.by == "day" else ())
        },
    )


def scan_page(rows: Reading, of: Subject, slots: SlotRange, period_slots: int) -> Page[Period]:
    """Return the next scans in a range of slots by period; periods without any are left out."""
    first = _next_slot(rows, of, slots)
    if first is None:
        return Page([], None)
    # Whole days of a code have their sums.
    is_summed = of.kind == "code" and period_slots % SLOTS_IN_DAY == 0
    width = PAGE_PERIODS * period_slots if is_summed else min(PAGE_SLOTS, PAGE_PERIODS * period_slots)
    end = min(first - first % period_slots + width, slots.end)
    asked = SlotRange(first, end)
    periods: dict[int, dict[str, int]] = {}
    if of.kind == "code":
        for row in rows.usage(of.name, is_verified=True, slots=asked, period_slots=period_slots):
            periods.setdefault(row.slot, {})[row.symbology] = row.scans
    else:
        for charge in rows.charges(of.name, asked, period_slots):
            periods.setdefault(charge.slot, {})[charge.handshake_code] = charge.scans
    found = [Period(*_times(slot, period_slots), scans) for slot, scans in periods.items()]
    return Page(found, end if end < slots.end else None)


def _next_slot(rows: Reading, of: Subject, slots: SlotRange) -> int | None:
    look = rows.next_usage_slot if of.kind == "code" else rows.next_charge_slot
    slot = look(of.name, slots.first)
    return slot if slot is not None and slot < slots.end else None


def run_page(rows: Reading, of: Subject, slots: SlotRange, now_ms: int) -> Page[Run]:
    """Return the next runs of slots with equal peaks."""
    found = rows.active_runs(of, slots, now_ms, PAGE_RUNS)
    return Page(found, found[-1].end if len(found) == PAGE_RUNS else None)


def peak_of(slot: int, devices: int, period_slots: int) -> Peak:
    """Return the peak of the period that begins with a slot."""
    return Peak(*_times(slot, period_slots), devices)


def _times(slot: int, period_slots: int) -> tuple[int, int]:
    return slot * SLOT_MS, (slot + period_slots) * SLOT_MS
