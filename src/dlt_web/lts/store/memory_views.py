"""The views of the reference store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..devices import DeviceFilter, DeviceKey
from ..records import Device

if TYPE_CHECKING:
    from .memory import Tables


class MemoryViews:
    """What people look at, over the tables of one transaction; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol_views.py says what each method means)

    _t: Tables

    def find_devices(self, wanted: DeviceFilter, after: DeviceKey | None, limit: int) -> list[Device]:
        found = (device for key, device in sorted(self._t.devices.items()) if after is None or key > after)
        return [device for device in found if wanted.matches(device)][:limit]

    def count_devices(self, wanted: DeviceFilter) -> int:
        return sum(wanted.matches(device) for device in self._t.devices.values())
