"""The license advisor: what each charge way would have counted of a code's real usage, and what quota it takes.

Whatever a code is charged by, the store knows its scans, the days on which its devices came and went for the usual
lifetimes, and how many were active as one more became active. So every charge way is answered from what was used, over
the same time, which is whole days of UTC. What cannot be known from it is said in words (:attr:`Advice.unknown`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from ..errors import OptionError
from ..model import ChargeWay
from ..slots import format_time, slot_of
from .activity import Subject
from .advice_days import DaySpan, concurrent_by_day, devices_by_day, scans_by_day
from .billing_records import FOLLOWED_FROM
from .clock import DAY_MS
from .device_days import LIFETIMES_DAYS, level_at, levels
from .known import known_handshake
from .records import SLOTS_IN_DAY, SlotRange
from .store import Reading

WayName = Literal["scan", "device-366", "device-90", "concurrent-device"]

# Refusals in a thousand, from none up, that quotas are told for.
USUAL_RATES = (Fraction(0), Fraction(1, 1000), Fraction(1, 100), Fraction(5, 100))
# What is looked at where no time is named: what the longest usual lifetime can tell of.
USUAL_DAYS = 366
MAX_RATES = 20
# Spec §6: "offline allowance maxBufferDays 7"; later ones are seldom.
LATE_DAYS = 7
# Days that are told one by one: a year, and what a year of months has beside it.
MAX_DAYS = 400


@dataclass(frozen=True, slots=True)
class NeededQuota:
    """The smallest quota that would have sufficed if so many of all askings may be refused.

    Attributes:
        refusal_rate: the part of all askings (of scans, of devices that ask for a seat), 0 to below 1.
        quota: scans or seats.
        refused: how many would have been refused with it, at most.
    """

    refusal_rate: Fraction
    quota: int
    refused: int


@dataclass(frozen=True, slots=True)
class Way:
    """What one charge way would have counted.

    Attributes:
        name: the charge way, with its lifetime in days where it has one.
        charge_way: its charge way.
        lifetime_days: how long a device counts after its last sign of life; None where days do not matter.
        counted: what would have been charged: scans, or the most devices at once.
        at_end: how many there were as the time ended; None for scans, and for concurrent devices of a time long over.
        asked: how many scans were made, or how often a device would have asked for a seat.
        quotas: what quota would have sufficed.
        by_day: what was counted on each day (:mod:`dlt_web.lts.advice_days`); none unless asked for.
    """

    name: WayName
    charge_way: ChargeWay
    lifetime_days: int | None
    counted: int
    at_end: int | None
    asked: int
    quotas: tuple[NeededQuota, ...]
    by_day: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """What the charge ways would have counted of a handshake code over the same time.

    Attributes:
        handshake_code: whose.
        from_ms: the first moment, wall ms: a day begins (UTC).
        to_ms: the first moment after it.
        now_ms: the moment of reading.
        charge_ways: by what the code is charged now, in the order of its items.
        ways: one for each charge way.
        refused_authorizations: how many were refused in this time because a quota was used up.
        unknown: what cannot be known, a sentence each.
    """

    handshake_code: str
    from_ms: int
    to_ms: int
    now_ms: int
    charge_ways: tuple[ChargeWay, ...]
    ways: tuple[Way, ...]
    refused_authorizations: int
    unknown: tuple[str, ...]


def advise(
    rows: Reading,
    code: str,
    from_ms: int | None,
    to_ms: int | None,
    rates: Sequence[Fraction],
    now_ms: int,
    *,
    has_days: bool = False,
) -> Advice:
    """Return what the charge ways would have counted of a code.

    Args:
        rows: the committed state.
        code: the handshake code.
        from_ms: the day of this moment is the first one; None for 366 days, or since the code is used.
        to_ms: the day before which it ends, or of this moment where it is no day's first; None for the day of now.
        rates: the parts of askings that may be refused, each from 0 to below 1.
        now_ms: the moment of reading.
        has_days: tell each way's numbers day by day, too.

    Raises:
        AdminError: there is no such code.
        OptionError: the time ends before it begins, or lies ahead, or a rate is out of range, or days are asked for of
            more than :data:`MAX_DAYS`.
    """
    if len(rates) > MAX_RATES or not all(0 <= rate < 1 for rate in rates):
        raise OptionError(f"Refusal rates are at most {MAX_RATES} parts from 0 to below 100 percent.")
    known_handshake(rows, code)
    first, end = _days(rows, code, from_ms, to_ms, now_ms)
    slots = SlotRange(first * SLOTS_IN_DAY, end * SLOTS_IN_DAY)
    items = rows.items_of(code)
    refused = sum(row.requests for row in rows.authorizations(code, slots) if row.outcome == "QUOTA_EXHAUSTED")
    asked = sorted(set(rates))
    ways = (
        _by_scan(rows, code, slots, asked),
        *(_by_device(rows, code, days, (first, end), asked, now_ms) for days in LIFETIMES_DAYS),
        _by_concurrent_device(rows, code, slots, asked, now_ms),
    )
    if has_days:
        by_day = _by_day(rows, code, (first, end), now_ms)
        ways = tuple(replace(way, by_day=by_day[way.name]) for way in ways)
    return Advice(
        handshake_code=code,
        from_ms=first * DAY_MS,
        to_ms=end * DAY_MS,
        now_ms=now_ms,
        charge_ways=tuple(dict.fromkeys(item.charge_way for item in items)),
        ways=ways,
        refused_authorizations=refused,
        unknown=tuple(_unknown(rows, code, slots, refused, now_ms)),
    )


def _by_day(rows: Reading, code: str, span: DaySpan, now_ms: int) -> dict[WayName, tuple[int, ...]]:
    if span[1] - span[0] > MAX_DAYS:
        raise OptionError(f"Days are told one by one of {MAX_DAYS} at most; found {span[1] - span[0]}.")
    usual, short = (devices_by_day(rows.device_days(code, days, now_ms // DAY_MS), span) for days in LIFETIMES_DAYS)
    return {
        "scan": scans_by_day(rows, code, span),
        "device-366": usual,
        "device-90": short,
        "concurrent-device": concurrent_by_day(rows, code, span, now_ms),
    }


def _days(rows: Reading, code: str, from_ms: int | None, to_ms: int | None, now_ms: int) -> tuple[int, int]:
    """Return the first day, and the first one after the last."""
    today = now_ms // DAY_MS
    end = today + 1 if to_ms is None else min(-(-to_ms // DAY_MS), today + 1)
    if from_ms is not None:
        first = from_ms // DAY_MS
    else:
        used = rows.next_usage_slot(code, 0)
        known = [one.day for one in rows.device_days(code, LIFETIMES_DAYS[0], today)[:1]]
        known += [] if used is None else [used // SLOTS_IN_DAY]
        first = max([end - USUAL_DAYS, min(known, default=end - 1)])
    if first >= end:
        asked = f"{format_time(first * DAY_MS)} to {format_time(end * DAY_MS)}"
        raise OptionError(f"Advice is asked for days that begin before they end, up to today (UTC); found {asked}.")
    return first, end


def _by_scan(rows: Reading, code: str, slots: SlotRange, rates: Sequence[Fraction]) -> Way:
    scans = rows.scans_made(code, slots)
    quotas = [NeededQuota(rate, scans - int(scans * rate), int(scans * rate)) for rate in rates]
    return Way("scan", "per_scan", None, scans, None, scans, tuple(quotas))


def _by_device(
    rows: Reading, code: str, lifetime_days: int, span: tuple[int, int], rates: Sequence[Fraction], now_ms: int
) -> Way:
    first, end = span
    days = rows.device_days(code, lifetime_days, now_ms // DAY_MS)
    joined = list(levels(days, first, end))
    asked = sum(number for _day, _level, number in joined)

    def refused(quota: int) -> int:
        """Count those that joined above a quota: as if all that stayed away had been there, so never too few."""
        return sum(max(0, level + number - max(level, quota)) for _day, level, number in joined)

    most = max((level + number for _day, level, number in joined), default=0)
    return Way(
        "device-366" if lifetime_days == LIFETIMES_DAYS[0] else "device-90",
        "per_device",
        lifetime_days,
        most,
        level_at(days, end),
        asked,
        _needed(rates, asked, most, refused),
    )


def _by_concurrent_device(rows: Reading, code: str, slots: SlotRange, rates: Sequence[Fraction], now_ms: int) -> Way:
    of = Subject("code", code)
    peak = rows.active_peak(of, slots, now_ms)
    found = rows.arrivals(code, slots)

    def refused(quota: int) -> int:
        return sum(one.arrivals for one in found if min(one.devices, peak) > quota)

    asked = sum(one.arrivals for one in found)
    at_end = rows.active(of, now_ms) if slots.end > slot_of(now_ms) else None
    quotas = _needed(rates, asked, peak, refused)
    return Way("concurrent-device", "concurrent_device", None, peak, at_end, asked, quotas)


def _needed(rates: Sequence[Fraction], asked: int, most: int, refused: Callable[[int], int]) -> tuple[NeededQuota, ...]:
    """Return for each rate the smallest quota that refuses no more; the number refused falls as the quota grows."""
    found = []
    for rate in rates:
        low, high = 0, most
        while low < high and rate and asked:
            middle = (low + high) // 2
            low, high = (low, middle) if refused(middle) <= asked * rate else (middle + 1, high)
        # None is to be refused: who was there before the first asking has its seat, too.
        found.append(NeededQuota(rate, high, refused(high)))
    return tuple(found)


def _unknown(rows: Reading, code: str, slots: SlotRange, refused: int, now_ms: int) -> Iterator[str]:
    """Yield what the numbers cannot tell."""
    followed_ms = int(rows.info(FOLLOWED_FROM) or 0)
    if followed_ms > slots.first // SLOTS_IN_DAY * DAY_MS:
        yield (
            f"Devices are followed from {format_time(followed_ms)} on: of the time before, those that were removed are "
            "missing, who came back after its lifetime counts as if it had stayed, and how often devices became active "
            "is not known, so quotas for concurrent devices rest on the time since."
        )
    if refused:
        yield (
            f"{refused} authorizations were refused in this time because the quota was used up: those devices may be "
            "missing, so all numbers but that of scans made may be too small."
        )
    counts = rows.device_counts(code)
    if counts.unseated:
        yield (
            f"{counts.unseated} devices report without a seat: they are among the devices, but not among the "
            "concurrent ones."
        )
    if counts.in_memory:
        yield (
            f"{counts.in_memory} devices cannot keep their UUID, so each page load of theirs is one more: numbers of "
            "devices are too large by what that makes."
        )
    if not all(item.charge_way == "concurrent_device" for item in rows.items_of(code)):
        yield (
            "While a code is not charged by concurrent devices its trackers report every three minutes, and every "
            "minute when it is: the peak of concurrent devices may be off by those that began or ended within three "
            "minutes of it."
        )
    if slots.end > slot_of(now_ms) - LATE_DAYS * SLOTS_IN_DAY:
        yield "Devices keep reports while they are offline: scans of these days may still come."
    yield "Devices go by whole days of UTC: one that went on the day on which another came counts with it."
    yield (
        "Refusals are those of refuse-new, and at most so many: with refuse-all, one refusal binds every device until "
        "a seat is free."
    )
    yield "Seats that people released count on until the lifetime of their device is over."
