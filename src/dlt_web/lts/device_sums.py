"""Devices of several handshake codes at once: each a number that changes with time, added up slot by slot. Pure.

The largest numbers of two codes need not come at the same time, so they do not add up; the numbers of one slot do. What
changed first inside a slot of three minutes is not kept: where several codes change in one, their largest numbers in it
count as having come together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .activity import Run
from .billing_records import SeatCount, SeatStep
from .records import SlotRange


class DeviceSum:
    """A sum that grows code by code; it takes as much memory as there are slots, however many codes there are."""

    def __init__(self) -> None:
        # By how much the sum, as slots end, changes in each; and how much larger it is inside of it.
        self._net: Counter[int] = Counter()
        self._more: Counter[int] = Counter()

    def add_seats(self, steps: Iterable[SeatStep], slots: SlotRange) -> None:
        """Add a code's seats over a range of slots, of which ``steps`` are the ones in which they changed."""
        seats = 0
        for step in steps:
            self._net[step.slot] += step.seats - seats
            self._more[step.slot] += step.peak - step.seats
            seats = step.seats
        self._net[slots.end] -= seats

    def add_runs(self, runs: Iterable[Run]) -> None:
        """Add the active devices of a code."""
        for run in runs:
            self._net[run.first] += run.devices
            self._net[run.end] -= run.devices

    def count(self, end: int) -> SeatCount:
        """Return the most at once, and those at the end, in the slots before ``end``."""
        number = peak = 0
        for slot in sorted(slot for slot in self._net if slot < end):
            number += self._net[slot]
            peak = max(peak, number + self._more[slot])
        return SeatCount(peak, number)
