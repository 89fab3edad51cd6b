"""The reference store: plain dictionaries. What it does is what the contract means; it keeps nothing on disk.

Each write works on a copy of the tables that replaces the old ones when it succeeds, so undoing costs nothing and
readers always see one committed state. A write costs time in proportion to the store: for tests and trials only.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

from ...model import Counts
from ..audit import AUDIT_HEAD, AuditHead, chain_entry
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
from .memory_activity import Session
from .memory_views import MemoryViews
from .protocol import CommitObserver, StoreUnavailableError, Writing

T = TypeVar("T")


@dataclass
class Tables:
    """Every table as a dictionary of immutable rows; usage keys are (code, slot, verified, name)."""

    info: dict[str, str] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    admin_keys: dict[str, AdminKey] = field(default_factory=dict)
    handshakes: dict[str, Handshake] = field(default_factory=dict)
    licenses: dict[str, LicenseItem] = field(default_factory=dict)
    devices: dict[tuple[str, str], Device] = field(default_factory=dict)
    streams: dict[StreamKey, Stream] = field(default_factory=dict)
    usage: dict[tuple[str, int, bool, str], int] = field(default_factory=dict)
    lost: dict[tuple[str, int, bool, str], int] = field(default_factory=dict)
    charges: dict[tuple[str, str, int], int] = field(default_factory=dict)
    exhausted: dict[tuple[str, str], None] = field(default_factory=dict)
    authorizations: dict[tuple[str, int, str], int] = field(default_factory=dict)
    audit: dict[int, AuditEntry] = field(default_factory=dict)
    sessions: dict[tuple[str, str], tuple[Session, ...]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Tables:
        """Return tables that may be changed without changing these."""
        return Tables(**{table.name: dict(getattr(self, table.name)) for table in fields(self)})


class MemoryStore:
    """A :class:`~dlt_web.lts.store.protocol.Store` over dictionaries."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables = Tables()
        self._is_closed = False
        self._observe: CommitObserver = lambda _writes, _seconds: None

    @property
    def waiting_writes(self) -> int:
        """None: each write is done at once."""
        return 0

    def observe_commits(self, observer: CommitObserver) -> None:
        """Tell of each write, which is a commit of its own."""
        self._observe = observer

    def read(self, work: Callable[[Writing], T]) -> Future[T]:
        """Run ``work`` on the committed tables."""
        return _run(lambda: work(MemoryRows(self._opened())))

    def write(self, work: Callable[[Writing], T]) -> Future[T]:
        """Run ``work`` on a copy that replaces the tables when it succeeds."""

        def transaction() -> T:
            with self._lock:
                started_s = time.perf_counter()
                tables = self._opened().copy()
                result = work(MemoryRows(tables))
                self._tables = tables
                self._observe(1, time.perf_counter() - started_s)
                return result

        return _run(transaction)

    def close(self) -> None:
        """Refuse later calls."""
        self._is_closed = True

    def _opened(self) -> Tables:
        if self._is_closed:
            raise StoreUnavailableError("The store is closed.")
        return self._tables


def _run(work: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()
    try:
        future.set_result(work())
    except Exception as error:
        future.set_exception(error)
    return future


class MemoryRows(MemoryViews):
    """The rows of one transaction over :class:`Tables`; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol.py says what each method means)

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    # -- reading

    def info(self, name: str) -> str | None:
        return self._t.info.get(name)

    def keys(self, kind: KeyKind) -> list[Key]:
        return [key for key in reversed(self._t.keys.values()) if key.kind == kind]

    def admin_keys(self) -> list[AdminKey]:
        return _sorted(self._t.admin_keys)

    def handshake(self, code: str) -> Handshake | None:
        return self._t.handshakes.get(code)

    def handshakes(self) -> list[Handshake]:
        return _sorted(self._t.handshakes)

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

    # -- writing

    def put_info(self, name: str, value: str) -> None:
        self._t.info[name] = value

    def add_key(self, key: Key) -> None:
        self._t.keys[key.id] = key

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
        if device.scans:
            self._t.devices[code, device_uuid] = replace(device, license_id=None, is_unseated=False)
        else:
            del self._t.devices[code, device_uuid]
        self._see_active(code, device_uuid, now_ms)

    def put_stream(self, stream: Stream) -> None:
        self._t.streams[stream.key] = stream

    def forget_before(self, seen_ms: int, limit: int) -> int:
        held = {key for key, device in self._t.devices.items() if _holds_streams(device, seen_ms)}
        streams = [
            key
            for key, stream in self._t.streams.items()
            if stream.last_seen_ms < seen_ms and (key.handshake_code, key.device_uuid) not in held
        ][:limit]
        devices = [key for key, device in self._t.devices.items() if _is_forgotten(device, seen_ms)][:limit]
        for stream_key in streams:
            del self._t.streams[stream_key]
        for device_key in devices:
            del self._t.devices[device_key]
        return len(streams) + len(devices)

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


K = TypeVar("K")
V = TypeVar("V")


def _add(table: dict[K, int], key: K, number: int) -> None:
    table[key] = table.get(key, 0) + number


def _sorted(table: dict[str, V] | dict[tuple[str, str], V]) -> list[V]:
    pairs: Iterable[tuple[object, V]] = table.items()
    return [value for _, value in sorted(pairs, key=lambda pair: str(pair[0]))]


def _is_forgotten(device: Device, seen_ms: int) -> bool:
    return not _holds_streams(device, seen_ms) and device.last_seen_ms < seen_ms


def _holds_streams(device: Device, seen_ms: int) -> bool:
    return device.license_id is not None or device.is_unseated or device.removal_ms >= seen_ms
