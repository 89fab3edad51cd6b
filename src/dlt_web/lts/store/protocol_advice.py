"""The part of the contract that the license advisor reads; it is written as devices are seen."""

from __future__ import annotations

from typing import Protocol

from ..device_days import Arrivals, DeviceDay
from ..records import SlotRange


class AdviceViews(Protocol):
    """What was noted of a code's devices, whatever they are charged by."""

    def scans_made(self, code: str, slots: SlotRange) -> int:
        """Add up a code's verified scans of a range, of every symbology: a year of them in a moment."""
        ...

    def device_days(self, code: str, lifetime_days: int, today: int) -> list[DeviceDay]:
        """Return the days up to ``today`` on which devices joined or left, if their lifetime were 366 or 90 days.

        All that have given a sign of life are meant, with a seat or without one, whether or not they are still listed.
        """
        ...

    def arrivals(self, code: str, slots: SlotRange) -> list[Arrivals]:
        """Return how often a device became active as the so many-th one, by that number, of the days in a range.

        The number is rounded up (``device_days.rounded_level``), and never below what it was; at most, that of its
        slot's peak, rounded up.
        """
        ...
