"""Calendar months of a time zone, as ranges of the slots that usage is stored by.

All that a statement is made of is stored by slots of 180 s, so a month's figures are exact wherever its first moment is
also that of a slot. Every time zone of today differs from UTC by whole quarters of an hour, which are five slots, with
summer time or without.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from ..errors import OptionError
from ..slots import SLOT_MS, format_time
from .records import SlotRange

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
# Usage is counted from 1970 on, and times are written up to 9998.
FIRST_YEAR, LAST_YEAR = 1970, 9997


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar; ``number`` is 1 to 12."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read a month such as ``2026-11``.

        Raises:
            OptionError: the text is none, or lies outside the years 1970 to 9997.
        """
        parts = _MONTH.fullmatch(text)
        if parts is None or not FIRST_YEAR <= int(parts[1]) <= LAST_YEAR:
            raise OptionError(f"A month is written as 2026-11; found {text!r:.60}.")
        return cls(int(parts[1]), int(parts[2]))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    def plus(self, months: int) -> Month:
        """Return the month so many after this one, or before it where the number is negative."""
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1)


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone of the IANA database.

    Raises:
        OptionError: there is none of that name.
    """
    known = _zone_names()
    if name not in known:
        near = get_close_matches(name[:60], known, 1, 0.75)
        hint = f"did you mean {near[0]}?" if near else "take one such as Europe/Berlin, or UTC."
        raise OptionError(f"There is no time zone {name!r:.60}: {hint}")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    """Names that mean the same on every machine; reading the folder of them takes some 50 ms."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


def slots_of(month: Month, zone: ZoneInfo) -> SlotRange:
    """Return the slots of a month: from its first moment there to that of the next one.

    Raises:
        OptionError: one of these moments lies inside a slot, or before 1970.
    """
    return SlotRange(first_slot(month, zone), first_slot(month.plus(1), zone))


def first_slot(month: Month, zone: ZoneInfo) -> int:
    """Return the slot that begins with a month of a time zone.

    Where the clocks skip midnight, the month begins as they do; where they show it twice, at the first one.

    Raises:
        OptionError: a month of that zone begins inside a slot, or before 1970.
    """
    # UTC by arithmetic: the platform's own conversions know no times before 1970 on some systems.
    moment = datetime(month.year, month.number, 1, tzinfo=zone).astimezone(UTC)
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    wall_ms = (delta.days * 86_400 + delta.seconds) * 1000
    if wall_ms < 0:
        raise OptionError(f"{month} begins before 1970 in {zone.key}, and usage is counted from then on.")
    if wall_ms % SLOT_MS:
        raise OptionError(
            f"{month} begins at {format_time(wall_ms)} in {zone.key}, inside a slot of three minutes, and usage is "
            "stored by slots: take a time zone that differs from UTC by whole quarters of an hour."
        )
    return wall_ms // SLOT_MS


def local_time(slot: int, zone: ZoneInfo) -> str:
    """Return the start of a slot as the clocks of a time zone show it, with their offset from UTC."""
    return datetime.fromtimestamp(slot * SLOT_MS // 1000, zone).isoformat()
