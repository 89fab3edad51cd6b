"""The part of the contract that is for people's eyes: lists by page, and counts that no rule depends on."""

from __future__ import annotations

from typing import Protocol

from ..devices import DeviceFilter, DeviceKey
from ..records import Device


class Views(Protocol):
    """Rows that are looked at, as one transaction sees them."""

    def find_devices(self, wanted: DeviceFilter, after: DeviceKey | None, limit: int) -> list[Device]:
        """Return up to ``limit`` devices with a key above ``after`` (None: from the first), in order of their keys."""
        ...

    def count_devices(self, wanted: DeviceFilter) -> int:
        """Count the devices that a filter lets through."""
        ...
