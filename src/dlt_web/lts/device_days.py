"""How many devices a code would have with another lifetime, by day, and how many were active as one more came. Pure.

Whatever a code is charged by, its devices give signs of life. By those a device of any lifetime comes, stays that long
after its last sign, and goes: by the end of its last day, so that one which comes back on that very day has stayed.
What is kept of it is a few numbers a day (UTC): when devices had their last sign, and, for the two lifetimes that
licenses usually have, how many joined, and how many of those that came back had gone before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .clock import DAY_MS

# Spec §6: "now + 366 days (item may say otherwise, e.g. 90 days)".
LIFETIMES_DAYS = (366, 90)
# Up to so many active devices each number is kept for itself; above, numbers are rounded up by less than 1 %.
EXACT_LEVELS = 256


class DayChange(NamedTuple):
    """By how much the numbers of one day change: devices with their last sign of life then, joined, and left."""

    devices: int = 0
    joined_366: int = 0
    left_366: int = 0
    joined_90: int = 0
    left_90: int = 0

    def plus(self, other: DayChange) -> DayChange:
        """Return the sum."""
        return DayChange(*(one + more for one, more in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class DeviceDay:
    """One day of a code's devices with a lifetime: how many joined, and how many left by its end."""

    day: int
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How often a device became active as the so many-th one of its code; never too few devices for an arrival."""

    devices: int
    arrivals: int


def sign_of_life(before_ms: int | None, now_ms: int) -> Iterator[tuple[int, DayChange]]:
    """Yield what a device's sign of life changes, by day; nothing where it had one on that day.

    Args:
        before_ms: its sign before, wall ms; None where there was none.
        now_ms: this one.
    """
    today = now_ms // DAY_MS
    if before_ms is None:
        yield today, DayChange(1, joined_366=1, joined_90=1)
        return
    if before_ms // DAY_MS == today:
        return
    is_new = [today - before_ms // DAY_MS > days for days in LIFETIMES_DAYS]
    yield before_ms // DAY_MS, DayChange(-1)
    yield today, DayChange(1, joined_366=is_new[0], joined_90=is_new[1])
    if is_new[0]:
        yield before_ms // DAY_MS + 366, DayChange(left_366=1)
    if is_new[1]:
        yield before_ms // DAY_MS + 90, DayChange(left_90=1)


def rounded_level(devices: int) -> int:
    """Return a number of active devices as arrivals are kept by: itself, or above 256 rounded up by less than 1 %."""
    if devices <= EXACT_LEVELS:
        return devices
    step = 1 << ((devices - 1).bit_length() - 8)
    return -(-devices // step) * step


def levels(days: Iterable[DeviceDay], first: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (day, devices as it began, joined) for days ``first`` to ``end`` (exclusive) on which any joined.

    The devices that are there as the first day begins count as joining on it: they would have asked, too.
    """
    level, is_begun = 0, False
    for one in days:
        if one.day >= end:
            break
        if one.day >= first and not is_begun:
            is_begun, level_before = True, level
            if one.day > first and level_before:
                yield first, 0, level_before
                if one.joined:
                    yield one.day, level_before, one.joined
            elif level_before + one.joined:
                yield one.day, 0, level_before + one.joined
        elif one.day >= first and one.joined:
            yield one.day, level, one.joined
        level += one.joined - one.left
    if not is_begun and level:
        yield first, 0, level


def level_at(days: Iterable[DeviceDay], end: int) -> int:
    """Return how many devices there are as a day begins."""
    return sum(one.joined - one.left for one in days if one.day < end)
