"""The contract's rows as read from the tables of the reference store."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from msgspec.structs import replace

from ...model import Counts
from ..records import (
    AdminKey,
    AuditEntry,
    Device,
    DeviceCounts,
    Handshake,
    Key,
    KeyKind,
    LicenseItem,
    SlotRange,
    Stream,
    StreamKey,
    UsageRow,
)
from .memory_alerts import MemoryAlerts
from .memory_tables import Tables
from .memory_views import MemoryViews

V = TypeVar("V")


class MemoryReading(MemoryViews, MemoryAlerts):
    """The rows of one transaction, as read; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol.py says what each method means)

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def info(self, name: str) -> str | None:
        return self._t.info.get(name)

    def keys(self, kind: KeyKind) -> list[Key]:
        return [key for key in reversed(self._t.keys.values()) if key.kind == kind]

    def admin_key(self, key_hash: str) -> AdminKey | None:
        return next((key for key in self.admin_keys() if key.key_hash == key_hash), None)

    def admin_keys(self) -> list[AdminKey]:
        return _sorted(self._t.admin_keys)

    def handshake(self, code: str) -> Handshake | None:
        handshake = self._t.handshakes.get(code)
        return None if handshake is None else self._owned(handshake)

    def handshakes(self) -> list[Handshake]:
        return [self._owned(handshake) for handshake in _sorted(self._t.handshakes)]

    def handshakes_of(self, customer: str) -> list[Handshake]:
        return [handshake for handshake in self.handshakes() if handshake.customer == customer]

    def _owned(self, handshake: Handshake) -> Handshake:
        owners = [row.customer for row in self.ownerships(handshake.code)]
        return dataclasses.replace(handshake, customer=(owners[-1] or None) if owners else None)

    def license(self, license_id: str) -> LicenseItem | None:
        item = self._t.licenses.get(license_id)
        return None if item is None else self._marked(item)

    def licenses(self) -> list[LicenseItem]:
        return [self._marked(item) for item in _sorted(self._t.licenses)]

    def items_of(self, code: str) -> list[LicenseItem]:
        handshake = self._t.handshakes.get(code)
        return [self._marked(self._t.licenses[name]) for name in handshake.license_ids] if handshake else []

    def _marked(self, item: LicenseItem) -> LicenseItem:
        return replace(item, is_exhausted=bool(self.exhausted_by(item.id)))

    def device(self, code: str, device_uuid: str) -> Device | None:
        return self._t.devices.get((code, device_uuid))

    def devices(self, code: str | None, license_id: str | None = None) -> list[Device]:
        return [
            device
            for device in _sorted(self._t.devices)
            if code in (None, device.handshake_code) and license_id in (None, device.license_id)
        ]

    def device_counts(self, code: str) -> DeviceCounts:
        devices = self.devices(code)
        return DeviceCounts(
            seated=sum(device.license_id is not None for device in devices),
            unseated=sum(device.is_unseated for device in devices),
            in_memory=sum(device.license_id is not None and device.storage == "memory" for device in devices),
            partitioned=sum(device.license_id is not None and device.is_partitioned for device in devices),
        )

    def due_devices(self, license_id: str | None, now_ms: int, limit: int) -> list[Device]:
        due = [
            device
            for device in self._t.devices.values()
            if device.license_id == license_id
            and device.removal_ms <= now_ms
            and (license_id is not None or device.is_unseated)
        ]
        return sorted(due, key=lambda device: (device.removal_ms, device.handshake_code, device.device_uuid))[:limit]

    def next_removal_ms(self, *, concurrent: bool) -> int | None:
        return min((d.removal_ms for d in self._t.devices.values() if self._is_swept(d, concurrent)), default=None)

    def _is_swept(self, device: Device, concurrent: bool) -> bool:
        if device.license_id is None:
            return device.is_unseated and not concurrent
        return (self._t.licenses[device.license_id].charge_way == "concurrent_device") == concurrent

    def stream(self, key: StreamKey) -> Stream | None:
        return self._t.streams.get(key)

    def streams(self, code: str, device_uuid: str) -> list[Stream]:
        own = [s for k, s in self._t.streams.items() if (k.handshake_code, k.device_uuid) == (code, device_uuid)]
        return sorted(own, key=lambda stream: (stream.key.stream_id, stream.key.is_verified))

    def old_streams(self, seen_ms: int, limit: int) -> list[StreamKey]:
        held = {key for key, device in self._t.devices.items() if holds_streams(device, seen_ms)}
        return [
            key
            for key, stream in self._t.streams.items()
            if stream.last_seen_ms < seen_ms and (key.handshake_code, key.device_uuid) not in held
        ][:limit]

    def oldest_seen_ms(self) -> int | None:
        left = (d for d in self._t.devices.values() if d.license_id is None and not d.is_unseated)
        seen = [*(s.last_seen_ms for s in self._t.streams.values()), *(d.last_seen_ms for d in left)]
        return min(seen, default=None)

    def usage(self, code: str, *, is_verified: bool, slots: SlotRange, period_slots: int | None) -> list[UsageRow]:
        totals: Counter[tuple[int, str]] = Counter()
        for (row_code, slot, verified, name), scans in self._t.usage.items():
            if row_code == code and verified == is_verified and slots.first <= slot < slots.end:
                totals[(slot - slot % period_slots if period_slots else 0), name] += scans
        return [UsageRow(slot, name, scans) for (slot, name), scans in sorted(totals.items())]

    def lost(self, code: str, slots: SlotRange) -> Counts:
        totals: Counter[str] = Counter()
        for (row_code, slot, verified, reason), scans in self._t.lost.items():
            if row_code == code and verified and slots.first <= slot < slots.end:
                totals[reason] += scans
        return dict(sorted(totals.items()))

    def exhausted_by(self, license_id: str) -> list[str]:
        return sorted(code for code, name in self._t.exhausted if name == license_id)

    def charged(self, license_id: str) -> int:
        return sum(scans for (_, row_id, _), scans in self._t.charges.items() if row_id == license_id)

    def audit(self, after: int, limit: int) -> list[AuditEntry]:
        return [entry for number, entry in self._t.audit.items() if number > after][:limit]

    def audit_naming(self, text: str) -> list[AuditEntry]:
        return [entry for entry in self._t.audit.values() if text in entry.subject or text in entry.detail]

    def faults(self) -> list[str]:
        # Rows and counters of this store change in one place, and nobody else writes them; its counters are checked
        # because the rules might.
        return [
            f"License {item.id}: counts {counter} {what}."
            for item in self.licenses()
            for held, charged in [(len(self.devices(None, item.id)), self.charged(item.id))]
            for counter, held, what in (
                (item.seats, held, f"seats, but {held} devices hold one"),
                (item.scans, charged, f"scans, but its charges add up to {charged}"),
            )
            if counter != held
        ]


def _sorted(table: dict[str, V] | dict[tuple[str, str], V]) -> list[V]:
    pairs: Iterable[tuple[object, V]] = table.items()
    return [value for _, value in sorted(pairs, key=lambda pair: str(pair[0]))]


def holds_streams(device: Device, seen_ms: int) -> bool:
    """Tell whether a device holds a seat or a mark, or held one until later than a time."""
    return device.license_id is not None or device.is_unseated or device.removal_ms >= seen_ms
