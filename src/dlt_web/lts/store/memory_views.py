"""The views of the reference store."""

from __future__ import annotations

from collections import Counter

from ...model import Counts
from ..devices import DeviceFilter, DeviceKey
from ..records import SLOTS_IN_DAY, AuthorizationRow, ChargeRow, Device, SlotRange
from .memory_activity import MemoryActivity
from .memory_advice import MemoryAdvice
from .memory_billing import MemoryBillingViews
from .memory_pages import MemoryPages
from .memory_tables import Tables


class MemoryViews(MemoryPages, MemoryActivity, MemoryAdvice, MemoryBillingViews):
    """What people look at, over the tables of one transaction; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol_views.py says what each method means)

    _t: Tables

    def next_usage_slot(self, code: str, first: int) -> int | None:
        slots = (slot for row_code, slot, is_verified, _ in self._t.usage if row_code == code and is_verified)
        return min((slot for slot in slots if slot >= first), default=None)

    def next_charge_slot(self, license_id: str, first: int) -> int | None:
        return min((slot for _, name, slot in self._t.charges if name == license_id and slot >= first), default=None)

    def find_devices(self, wanted: DeviceFilter, after: DeviceKey | None, limit: int) -> list[Device]:
        found = (device for key, device in sorted(self._t.devices.items()) if after is None or key > after)
        return [device for device in found if wanted.matches(device)][:limit]

    def count_devices(self, wanted: DeviceFilter) -> int:
        return sum(wanted.matches(device) for device in self._t.devices.values())

    def seats_of_code(self, code: str) -> Counts:
        own = (device for device in self._t.devices.values() if device.handshake_code == code)
        return _sorted_counts(Counter(device.license_id for device in own if device.license_id is not None))

    def seats_of_item(self, license_id: str) -> Counts:
        seated = (device for device in self._t.devices.values() if device.license_id == license_id)
        return _sorted_counts(Counter(device.handshake_code for device in seated))

    def charges_of_code(self, code: str, slots: SlotRange) -> Counts:
        totals: Counter[str] = Counter()
        for (row_code, license_id, slot), scans in self._t.charges.items():
            if row_code == code and slots.first <= slot < slots.end:
                totals[license_id] += scans
        return _sorted_counts(totals)

    def charges(self, license_id: str, slots: SlotRange, period_slots: int | None) -> list[ChargeRow]:
        totals: Counter[tuple[int, str]] = Counter()
        for (code, row_id, slot), scans in self._t.charges.items():
            if row_id == license_id and slots.first <= slot < slots.end:
                totals[(slot - slot % period_slots if period_slots else 0), code] += scans
        return [ChargeRow(slot, code, scans) for (slot, code), scans in sorted(totals.items())]

    def authorizations(self, code: str, slots: SlotRange) -> list[AuthorizationRow]:
        return [
            AuthorizationRow(day, outcome, requests)
            for (row_code, day, outcome), requests in sorted(self._t.authorizations.items())
            if row_code == code and slots.first <= day * SLOTS_IN_DAY < slots.end
        ]


def _sorted_counts(totals: Counter[str]) -> Counts:
    return dict(sorted(totals.items()))
