"""What the license advisor reads, in the reference store: from each sign of life and each active time there was."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from ...slots import slot_of
from ..clock import DAY_MS
from ..device_days import Arrivals, DeviceDay, rounded_level
from ..records import SLOTS_IN_DAY, SlotRange
from .memory_tables import Session, Tables


class MemoryAdvice:
    """What was noted, over the tables of one transaction; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol_advice.py says what each method means)

    _t: Tables

    def scans_made(self, code: str, slots: SlotRange) -> int:
        return sum(
            scans
            for (row_code, slot, is_verified, _), scans in self._t.usage.items()
            if row_code == code and is_verified and slots.first <= slot < slots.end
        )

    def device_days(self, code: str, lifetime_days: int, today: int) -> list[DeviceDay]:
        joined: Counter[int] = Counter()
        left: Counter[int] = Counter()
        for signs in (signs for key, signs in self._t.signs.items() if key[0] == code):
            joined[signs[0] // DAY_MS] += 1
            for before, after in pairwise(signs):
                if after // DAY_MS - before // DAY_MS > lifetime_days:
                    left[before // DAY_MS + lifetime_days] += 1
                    joined[after // DAY_MS] += 1
            if signs[-1] // DAY_MS + lifetime_days <= today:
                left[signs[-1] // DAY_MS + lifetime_days] += 1
        return [DeviceDay(day, joined[day], left[day]) for day in sorted({*joined, *left})]

    def arrivals(self, code: str, slots: SlotRange) -> list[Arrivals]:
        first, end = (-(-slot // SLOTS_IN_DAY) for slot in (slots.first, slots.end))
        own = [sessions for key, sessions in self._t.sessions.items() if key[0] == code]
        every = [session for sessions in own for session in sessions]
        found: Counter[int] = Counter()
        for sessions in own:
            for before, session in zip([None, *sessions], sessions, strict=False):
                if not _is_moved(before, session) and first <= slot_of(session.start[0]) // SLOTS_IN_DAY < end:
                    found[rounded_level(sum(one.start <= session.start < one.end for one in every))] += 1
        return [Arrivals(devices, number) for devices, number in sorted(found.items())]

    def _see_sign(self, code: str, device_uuid: str, at_ms: int) -> None:
        self._t.signs[code, device_uuid] = (*self._t.signs.get((code, device_uuid), ()), at_ms)


def _is_moved(before: Session | None, session: Session) -> bool:
    """Tell whether a device came straight from another item: its code had it all the time."""
    return before is not None and before.end == (session.start[0], session.start[1] - 1)
