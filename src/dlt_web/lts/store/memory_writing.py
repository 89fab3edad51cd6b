"""The contract's rows as changed in the tables of the reference store."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

from msgspec.structs import replace

from ...model import Counts
from ..audit import AUDIT_HEAD, AuditHead, chain_entry
from ..records import (
    AdminKey,
    AuditEntry,
    Device,
    Handshake,
    Key,
    LicenseItem,
    Stream,
    StreamKey,
)
from .memory_billing import MemoryBillingWriting
from .memory_rows import MemoryReading, holds_streams

K = TypeVar("K")


class MemoryWriting(MemoryReading, MemoryBillingWriting):
    """The rows of one transaction, as changed; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol.py says what each method means)

    def put_info(self, name: str, value: str) -> None:
        self._t.info[name] = value

    def add_key(self, key: Key) -> None:
        self._t.keys[key.id] = key

    def delete_key(self, key_id: str) -> bool:
        return self._t.keys.pop(key_id, None) is not None

    def put_admin_key(self, key: AdminKey) -> None:
        self._t.admin_keys[key.name] = key

    def delete_admin_key(self, name: str) -> bool:
        return self._t.admin_keys.pop(name, None) is not None

    def put_handshake(self, handshake: Handshake) -> None:
        self._t.handshakes[handshake.code] = handshake

    def put_license(self, item: LicenseItem) -> None:
        old = self._t.licenses.get(item.id)
        seats, scans = (old.seats, old.scans) if old else (0, 0)
        self._t.licenses[item.id] = replace(item, seats=seats, scans=scans)

    def take_seat(self, license_id: str, percent: int | None) -> bool:
        item = self._t.licenses[license_id]
        used = item.scans if item.charge_way == "per_scan" else item.seats
        if percent is not None and used >= item.quota * percent // 100:
            return False
        self._t.licenses[license_id] = replace(item, seats=item.seats + 1)
        return True

    def free_seat(self, license_id: str) -> None:
        item = self._t.licenses[license_id]
        self._t.licenses[license_id] = replace(item, seats=item.seats - 1)
        for handshake in self._t.handshakes.values():
            if license_id in handshake.license_ids:
                self.lift_exhausted(handshake.code, item.product)

    def remove_due(self, license_id: str | None, now_ms: int, limit: int) -> int:
        due = self.due_devices(license_id, now_ms, limit)
        for device in due:
            if device.license_id is not None:
                self.free_seat(device.license_id)
            self.remove_device(device.handshake_code, device.device_uuid, now_ms)
        return len(due)

    def mark_exhausted(self, code: str, license_id: str) -> None:
        self._t.exhausted[code, license_id] = None

    def lift_exhausted(self, code: str, product: str | None = None) -> None:
        for owner, license_id in list(self._t.exhausted):
            if owner == code and product in (None, self._t.licenses[license_id].product):
                del self._t.exhausted[owner, license_id]

    def charge(self, code: str, license_id: str, slot: int, scans: int) -> None:
        item = self._t.licenses[license_id]
        self._t.licenses[license_id] = replace(item, scans=item.scans + scans)
        _add(self._t.charges, (code, license_id, slot), scans)

    def put_device(self, device: Device) -> None:
        self._see_seats(self.device(device.handshake_code, device.device_uuid), device, device.last_seen_ms)
        self._see_sign(device.handshake_code, device.device_uuid, device.last_seen_ms)
        self._t.devices[device.handshake_code, device.device_uuid] = device
        self._see_active(device.handshake_code, device.device_uuid, device.last_seen_ms)

    def set_lifetime(self, license_id: str, lifetime_s: int, now_ms: int) -> None:
        self._t.licenses[license_id] = replace(self._t.licenses[license_id], device_lifetime_s=lifetime_s)
        seated = self.devices(None, license_id)
        for device in seated:
            key = device.handshake_code, device.device_uuid
            self._t.devices[key] = replace(device, removal_ms=device.last_seen_ms + lifetime_s * 1000)
        for device in seated:
            self._see_active(device.handshake_code, device.device_uuid, now_ms)

    def remove_device(self, code: str, device_uuid: str, now_ms: int) -> None:
        device = self._t.devices.get((code, device_uuid))
        if device is None:
            return
        self._see_seats(device, None, now_ms)
        if device.scans:
            self._t.devices[code, device_uuid] = replace(device, license_id=None, is_unseated=False)
        else:
            del self._t.devices[code, device_uuid]
        self._see_active(code, device_uuid, now_ms)

    def put_stream(self, stream: Stream) -> None:
        self._t.streams[stream.key] = stream

    def forget_streams(self, keys: Sequence[StreamKey], seen_ms: int) -> int:
        old = set(keys) & set(self.old_streams(seen_ms, len(self._t.streams)))
        for key in old:
            del self._t.streams[key]
        return len(old)

    def forget_devices(self, seen_ms: int, limit: int) -> int:
        devices = [key for key, device in self._t.devices.items() if _is_forgotten(device, seen_ms)][:limit]
        for key in devices:
            del self._t.devices[key]
        return len(devices)

    def erase_device(self, code: str, device_uuid: str) -> dict[str, int]:
        streams = [key for key in self._t.streams if (key.handshake_code, key.device_uuid) == (code, device_uuid)]
        oddities = [key for key in self._t.oddities if (key[0], key[2]) == (code, device_uuid)]
        for stream in streams:
            del self._t.streams[stream]
        for oddity in oddities:
            del self._t.oddities[oddity]
        devices = self._t.devices.pop((code, device_uuid), None) is not None
        if (signs := self._t.signs.pop((code, device_uuid), None)) is not None:
            # What it adds to the days stays; that it was this one is forgotten.
            self._t.signs[code, f"forgotten {len(self._t.signs)}"] = signs
        return {"device": int(devices), "stream": len(streams), "oddity": len(oddities)}

    def redact_audit(self, number: int, subject: str, detail: str) -> None:
        self._t.audit[number] = dataclasses.replace(self._t.audit[number], subject=subject, detail=detail)

    def add_usage(self, code: str, slot: int, counts: Counts, lost: Counts, *, is_verified: bool) -> None:
        for name, scans in counts.items():
            _add(self._t.usage, (code, slot, is_verified, name), scans)
        for reason, scans in lost.items():
            _add(self._t.lost, (code, slot, is_verified, reason), scans)

    def count_authorization(self, code: str, day: int, outcome: str) -> None:
        _add(self._t.authorizations, (code, day, outcome), 1)

    def add_audit(self, entry: AuditEntry) -> None:
        chained = chain_entry(AuditHead.parse(self.info(AUDIT_HEAD)), entry)
        self._t.audit[chained.number] = chained
        self.put_info(AUDIT_HEAD, AuditHead(chained.number, chained.hash).format())


def _add(table: dict[K, int], key: K, number: int) -> None:
    table[key] = table.get(key, 0) + number


def _is_forgotten(device: Device, seen_ms: int) -> bool:
    return not holds_streams(device, seen_ms) and device.last_seen_ms < seen_ms
