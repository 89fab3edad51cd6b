"""How what each charge way counts went day by day: for people to see whether it grows, and when it was most.

No more than the advisor's totals is in it: of scans the days add up to them, of devices the largest day is them.
"""

from __future__ import annotations

from collections.abc import Iterable

from .activity import Subject
from .device_days import DeviceDay
from .records import SLOTS_IN_DAY, SlotRange
from .store import Reading

# Days are whole ones of UTC since the epoch: the first, and the first one after the last.
DaySpan = tuple[int, int]


def scans_by_day(rows: Reading, code: str, span: DaySpan) -> tuple[int, ...]:
    """Return a code's verified scans of each day."""
    first, end = span
    slots = SlotRange(first * SLOTS_IN_DAY, end * SLOTS_IN_DAY)
    found = [0] * (end - first)
    for row in rows.usage(code, is_verified=True, slots=slots, period_slots=SLOTS_IN_DAY):
        found[row.slot // SLOTS_IN_DAY - first] += row.scans
    return tuple(found)


def devices_by_day(days: Iterable[DeviceDay], span: DaySpan) -> tuple[int, ...]:
    """Return the devices of each day: who goes does so by its end, and counts on it."""
    first, end = span
    changes = {one.day: one for one in days if one.day < end}
    level = sum(one.joined - one.left for one in changes.values() if one.day < first)
    found = []
    for day in range(first, end):
        change = changes.get(day, DeviceDay(day, 0, 0))
        found.append(level + change.joined)
        level += change.joined - change.left
    return tuple(found)


def concurrent_by_day(rows: Reading, code: str, span: DaySpan, now_ms: int) -> tuple[int, ...]:
    """Return the most devices of a code that were active at once, of each day."""
    return tuple(rows.active_by_day(Subject("code", code), *span, now_ms))
