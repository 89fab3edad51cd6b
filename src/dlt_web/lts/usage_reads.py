"""Usage as people see it: of a handshake code, by symbology; of a license item, by handshake code. Reading only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ..errors import OptionError
from ..slots import SLOT_MS, format_time
from . import quota
from .clock import DAY_MS
from .records import GRANTED, AuthorizationRow, LicenseItem, SlotRange
from .store import Reading

By = Literal["total", "slot", "hour", "day"]

PERIOD_SLOTS: Mapping[str, int] = {"slot": 1, "hour": 20, "day": 480}


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
class UsagePeriod:
    """Verified scans of one period; times are wall ms, the end exclusive."""

    start_ms: int
    end_ms: int
    by_symbology: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ItemShare:
    """What one handshake code uses of one license item: seats now, and scans charged in the asked range."""

    handshake_code: str
    license_id: str
    devices: int
    scans: int


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
        devices: devices that hold a seat now, whatever the charge way.
        concurrent_devices: those of them at ``concurrent_device`` items.
        by_symbology: verified scans in the asked range.
        unseated_devices: devices that reported usage while no item had room.
        unverified_scans: scans reported without a good report token, apart from all others.
        lost: scans that trackers say they lost, per reason.
        rows: the same scans per slot, hour or day; none for the total.
        items: the code's part of each of its items, in their set order, then of those that it used before.
        overage: how far usage of each of these items, by all codes, lies above its quota now.
        memory_devices: seats of devices that cannot keep their UUID and take another seat with each page load.
        partitioned_devices: seats of devices in third-party frames, one for each site around them.
        authorizations: those of the days that begin in the asked range.
        authorization_days: the same by the day's first moment, wall ms; none unless divided by day.
    """

    handshake_code: str
    devices: int
    concurrent_devices: int
    by_symbology: Mapping[str, int]
    unseated_devices: int
    unverified_scans: int
    lost: Mapping[str, int]
    rows: tuple[UsagePeriod, ...]
    items: tuple[ItemShare, ...]
    overage: Mapping[str, int]
    memory_devices: int
    partitioned_devices: int
    authorizations: Authorizations
    authorization_days: Mapping[int, Authorizations]

    @property
    def scans(self) -> int:
        """All verified scans."""
        return sum(self.by_symbology.values())


@dataclass(frozen=True, slots=True)
class ItemPeriod:
    """Scans charged to an item in one period; times are wall ms, the end exclusive."""

    start_ms: int
    end_ms: int
    by_code: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ItemUsage:
    """Usage of one license item.

    Attributes:
        item: the item as it stands now, with all that it has counted.
        shares: each handshake code's part of it, by code: scans of the asked range.
        rows: the charged scans per slot, hour or day; none for the total.
    """

    item: LicenseItem
    shares: tuple[ItemShare, ...]
    rows: tuple[ItemPeriod, ...]

    @property
    def scans(self) -> int:
        """Scans charged in the asked range; none unless the charge way is ``per_scan``."""
        return sum(share.scans for share in self.shares)


def code_usage(rows: Reading, code: str, span: Span) -> UsageView:
    """Return a handshake code's usage.

    Raises:
        OptionError: the asked time is empty.
    """
    slots, period = span.slots, span.period_slots
    counts = rows.device_counts(code)
    totals = rows.usage(code, is_verified=True, slots=slots, period_slots=None)
    unverified = rows.usage(code, is_verified=False, slots=slots, period_slots=None)
    by_period = rows.usage(code, is_verified=True, slots=slots, period_slots=period) if period else []
    asked = rows.authorizations(code, slots)
    seats, charges = rows.seats_of_code(code), rows.charges_of_code(code, slots)
    own = [item.id for item in rows.items_of(code)]
    items = dict.fromkeys([*own, *sorted(seats.keys() | charges.keys())])
    return UsageView(
        handshake_code=code,
        devices=counts.seated,
        concurrent_devices=counts.concurrent,
        by_symbology={row.symbology: row.scans for row in totals},
        unseated_devices=counts.unseated,
        unverified_scans=sum(row.scans for row in unverified),
        lost=rows.lost(code, slots),
        rows=tuple(
            UsagePeriod(*_period(slot, period), by_symbology=counted)
            for slot, counted in _by_slot((row.slot, row.symbology, row.scans) for row in by_period).items()
        ),
        items=tuple(ItemShare(code, name, seats.get(name, 0), charges.get(name, 0)) for name in items),
        overage={name: quota.overrun(item) for name in items if (item := rows.license(name)) is not None},
        memory_devices=counts.in_memory,
        partitioned_devices=counts.partitioned,
        authorizations=Authorizations.of(asked),
        authorization_days={
            day * DAY_MS: Authorizations.of(row for row in asked if row.day == day)
            for day in sorted({row.day for row in asked} if span.by == "day" else ())
        },
    )


def item_usage(rows: Reading, item: LicenseItem, span: Span) -> ItemUsage:
    """Return a license item's usage.

    Raises:
        OptionError: the asked time is empty.
    """
    slots, period = span.slots, span.period_slots
    seats = rows.seats_of_item(item.id)
    charges = {row.handshake_code: row.scans for row in rows.charges(item.id, slots, None)}
    using = [handshake.code for handshake in rows.handshakes() if item.id in handshake.license_ids]
    codes = sorted({*using, *seats, *charges})
    by_period = rows.charges(item.id, slots, period) if period else []
    return ItemUsage(
        item=item,
        shares=tuple(ItemShare(code, item.id, seats.get(code, 0), charges.get(code, 0)) for code in codes),
        rows=tuple(
            ItemPeriod(*_period(slot, period), by_code=counted)
            for slot, counted in _by_slot((row.slot, row.handshake_code, row.scans) for row in by_period).items()
        ),
    )


def _by_slot(rows: Iterable[tuple[int, str, int]]) -> dict[int, dict[str, int]]:
    periods: dict[int, dict[str, int]] = {}
    for slot, name, scans in rows:
        periods.setdefault(slot, {})[name] = scans
    return periods


def _period(slot: int, period_slots: int | None) -> tuple[int, int]:
    return slot * SLOT_MS, (slot + (period_slots or 1)) * SLOT_MS
