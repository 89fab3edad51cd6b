"""What the license tracking server's store has counted for the demo's codes."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import Any

from ..lts import quota
from ..lts.admin import Administration
from ..lts.advice_views import advice_json
from ..lts.clock import Clock
from ..lts.reads import Reads
from ..lts.records import Device
from ..lts.store import Store
from ..lts.views import device_json
from ..slots import format_time
from .codes import DemoCode

# What quota a charge way would take is for the dashboard; the page shows what it would have counted.
NO_REFUSAL = (Fraction(0),)


class StoreUsage:
    """Reads a store for the page. Each read takes a few milliseconds, in a thread of its own."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._reads = Reads(store, clock)
        self._admin = Administration(store, clock, actor="demo")
        self._clock = clock

    async def counted(self, code: DemoCode) -> dict[str, Any]:
        """Gives devices, concurrent devices, scans, quota, devices listed and charge ways in the page's JSON form."""
        return await asyncio.to_thread(self._counted, code)

    async def release_longest_unseen(self, code: DemoCode) -> str | None:
        """Frees the seat of the device that was seen longest ago; gives its UUID, None where there is no seat."""
        return await asyncio.to_thread(self._release_longest_unseen, code)

    def _counted(self, code: DemoCode) -> dict[str, Any]:
        now_ms = self._clock.now_ms()
        usage = self._reads.usage(code.handshake_code)
        item = self._reads.items_of(code.handshake_code)[0]
        devices = self._listed(code)
        return {
            "handshakeCode": code.handshake_code,
            "now": format_time(now_ms),
            "chargeWay": item.charge_way,
            "quota": item.quota,
            "used": quota.used(item),
            # Of the list itself: a device that came between two reads would be in one and not in the other.
            "devices": sum(device.license_id is not None for device in devices),
            "concurrentDevices": usage.concurrent_devices,
            "scans": usage.scans,
            "deviceList": [device_json(device) for device in devices],
            # Whole days are what the advisor counts: of today.
            "ways": advice_json(self._reads.advice(code.handshake_code, now_ms, rates=NO_REFUSAL))["ways"],
        }

    def _listed(self, code: DemoCode) -> list[Device]:
        """Gives the devices in the usage database, first seen first; those removed are remembered elsewhere only."""
        devices = self._reads.devices(code.handshake_code)
        listed = [device for device in devices if device.license_id is not None or device.is_unseated]
        return sorted(listed, key=lambda device: device.first_seen_ms)

    def _release_longest_unseen(self, code: DemoCode) -> str | None:
        seated = [device for device in self._listed(code) if device.license_id is not None]
        if not seated:
            return None
        oldest = min(seated, key=lambda device: device.last_seen_ms)
        self._admin.release_device(code.handshake_code, oldest.device_uuid)
        return oldest.device_uuid
