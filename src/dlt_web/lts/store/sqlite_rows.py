"""The contract's rows as SQL on one SQLite connection. No method opens or ends a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any, cast

import apsw

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
from . import sqlite_columns as columns
from .protocol import by_name
from .sqlite_checks import find_faults
from .sqlite_views import SqliteViews

Row = tuple[Any, ...]

# A seat is taken only while the row still lies below its limit: the statement decides, not what was read before.
TAKE_SEAT = """
UPDATE license_item SET seats = seats + 1
WHERE id = :id AND (:percent IS NULL
                    OR iif(charge_way = 'per_scan', scans, seats) < quota * :percent / 100)
"""

FREE_SEAT = "UPDATE license_item SET seats = seats - 1, is_exhausted = 0 WHERE id = ?"

# A seat that is free at one item is open to every code that uses the item, and so to their other items' devices.
LIFT_EXHAUSTED_AROUND = """
UPDATE license_item SET is_exhausted = 0
WHERE is_exhausted AND id IN (
    SELECT other.license_id FROM handshake_item AS own
    JOIN handshake_item AS other ON other.handshake_code = own.handshake_code
    WHERE own.license_id = ?)
"""

ITEMS_OF = f"""
SELECT {columns.select("license_item.", columns.LICENSE)} FROM handshake_item
JOIN license_item ON license_item.id = handshake_item.license_id
WHERE handshake_item.handshake_code = ? ORDER BY handshake_item.position
"""

DEVICE_COUNTS = """
SELECT count(device.license_id), coalesce(sum(license_item.charge_way = 'concurrent_device'), 0),
       coalesce(sum(device.is_unseated), 0),
       coalesce(sum(device.license_id IS NOT NULL AND device.storage = 'memory'), 0),
       coalesce(sum(device.license_id IS NOT NULL AND device.is_partitioned), 0)
FROM device LEFT JOIN license_item ON license_item.id = device.license_id WHERE device.handshake_code = ?
"""

FORGET_DEVICE = "DELETE FROM device WHERE handshake_code = ? AND device_uuid = ?"
UNSEAT_DEVICE = "UPDATE device SET license_id = NULL, is_unseated = 0 WHERE handshake_code = ? AND device_uuid = ?"

NEXT_REMOVAL = """
SELECT min((SELECT min(removal_ms) FROM device WHERE device.license_id = license_item.id))
FROM license_item WHERE (charge_way = 'concurrent_device') = ?
"""

FORGET_STREAMS = """
DELETE FROM stream WHERE (handshake_code, device_uuid, stream_id, is_verified) IN (
    SELECT handshake_code, device_uuid, stream_id, is_verified FROM stream WHERE last_seen_ms < ?1 AND NOT EXISTS (
        SELECT 1 FROM device
        WHERE device.handshake_code = stream.handshake_code AND device.device_uuid = stream.device_uuid
        AND (license_id IS NOT NULL OR is_unseated OR removal_ms >= ?1))
    LIMIT ?2)
"""

FORGET_DEVICES = """
DELETE FROM device WHERE (handshake_code, device_uuid) IN (
    SELECT handshake_code, device_uuid FROM device
    WHERE license_id IS NULL AND NOT is_unseated AND last_seen_ms < ?1 AND removal_ms < ?1 LIMIT ?2)
"""


class SqliteReading(SqliteViews):
    """Rows as read through one connection; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol.py says what each method means)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def _all(self, sql: str, *values: object) -> list[Row]:
        return cast("list[Row]", self._connection.execute(sql, cast("Any", values)).fetchall())

    def _one(self, sql: str, *values: object) -> Row | None:
        return cast("Row | None", self._connection.execute(sql, cast("Any", values)).fetchone())

    def info(self, name: str) -> str | None:
        row = self._one("SELECT value FROM store_info WHERE name = ?", name)
        return None if row is None else str(row[0])

    def keys(self, kind: KeyKind) -> list[Key]:
        sql = "SELECT kind, id, secret, created_ms FROM store_key WHERE kind = ? ORDER BY number DESC"
        return [Key(*row) for row in self._all(sql, kind)]

    def admin_keys(self) -> list[AdminKey]:
        sql = "SELECT name, key_hash, created_ms, scope FROM admin_key ORDER BY name"
        return [AdminKey(*row) for row in self._all(sql)]

    def handshake(self, code: str) -> Handshake | None:
        row = self._one(f"SELECT {columns.HANDSHAKE} FROM handshake WHERE code = ?", code)
        return None if row is None else columns.handshake(row, self._license_ids(code))

    def handshakes(self) -> list[Handshake]:
        rows = self._all(f"SELECT {columns.HANDSHAKE} FROM handshake ORDER BY code")
        return [columns.handshake(row, self._license_ids(row[0])) for row in rows]

    def _license_ids(self, code: str) -> Sequence[str]:
        sql = "SELECT license_id FROM handshake_item WHERE handshake_code = ? ORDER BY position"
        return [row[0] for row in self._all(sql, code)]

    def license(self, license_id: str) -> LicenseItem | None:
        row = self._one(f"SELECT {columns.LICENSE} FROM license_item WHERE id = ?", license_id)
        return None if row is None else columns.license_item(row)

    def licenses(self) -> list[LicenseItem]:
        return [
            columns.license_item(row) for row in self._all(f"SELECT {columns.LICENSE} FROM license_item ORDER BY id")
        ]

    def items_of(self, code: str) -> list[LicenseItem]:
        return [columns.license_item(row) for row in self._all(ITEMS_OF, code)]

    def device(self, code: str, device_uuid: str) -> Device | None:
        sql = f"SELECT {columns.DEVICE} FROM device WHERE handshake_code = ? AND device_uuid = ?"
        row = self._one(sql, code, device_uuid)
        return None if row is None else columns.device(row)

    def devices(self, code: str | None, license_id: str | None = None) -> list[Device]:
        wanted = {"handshake_code": code, "license_id": license_id}
        given = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given) or "TRUE"
        sql = f"SELECT {columns.DEVICE} FROM device WHERE {where} ORDER BY handshake_code, device_uuid"
        return [columns.device(row) for row in self._all(sql, *given.values())]

    def device_counts(self, code: str) -> DeviceCounts:
        row = self._one(DEVICE_COUNTS, code)
        return DeviceCounts(*(row or (0, 0, 0)))

    def due_devices(self, license_id: str | None, now_ms: int, limit: int) -> list[Device]:
        seat = "license_id IS NULL AND is_unseated" if license_id is None else "license_id = ?"
        sql = f"""SELECT {columns.DEVICE} FROM device WHERE {seat} AND removal_ms <= ?
                  ORDER BY removal_ms, handshake_code, device_uuid LIMIT ?"""
        values = (now_ms, limit) if license_id is None else (license_id, now_ms, limit)
        return [columns.device(row) for row in self._all(sql, *values)]

    def next_removal_ms(self, *, concurrent: bool) -> int | None:
        unseated = "SELECT min(removal_ms) FROM device WHERE license_id IS NULL AND is_unseated"
        rows = self._all(NEXT_REMOVAL, concurrent) + ([] if concurrent else self._all(unseated))
        return min((row[0] for row in rows if row[0] is not None), default=None)

    def stream(self, key: StreamKey) -> Stream | None:
        sql = f"""SELECT {columns.STREAM} FROM stream
                  WHERE handshake_code = ? AND device_uuid = ? AND stream_id = ? AND is_verified = ?"""
        row = self._one(sql, key.handshake_code, key.device_uuid, key.stream_id, key.is_verified)
        return None if row is None else columns.stream(row)

    def streams(self, code: str, device_uuid: str) -> list[Stream]:
        sql = f"""SELECT {columns.STREAM} FROM stream WHERE handshake_code = ? AND device_uuid = ?
                  ORDER BY stream_id, is_verified"""
        return [columns.stream(row) for row in self._all(sql, code, device_uuid)]

    def usage(self, code: str, *, is_verified: bool, slots: SlotRange, period_slots: int | None) -> list[UsageRow]:
        period = "0" if period_slots is None else f"slot - slot % {period_slots:d}"
        sql = f"""SELECT {period} AS period, symbology, sum(scans) FROM usage
                  WHERE handshake_code = ? AND is_verified = ? AND slot >= ? AND slot < ?
                  GROUP BY period, symbology ORDER BY period, symbology"""
        return [UsageRow(*row) for row in self._all(sql, code, is_verified, slots.first, slots.end)]

    def lost(self, code: str, slots: SlotRange) -> Counts:
        sql = """SELECT reason, sum(scans) FROM lost
                 WHERE handshake_code = ? AND is_verified = 1 AND slot >= ? AND slot < ?
                 GROUP BY reason ORDER BY reason"""
        return by_name(cast("list[tuple[str, int]]", self._all(sql, code, slots.first, slots.end)))

    def charged(self, license_id: str) -> int:
        row = self._one("SELECT coalesce(sum(scans), 0) FROM charge WHERE license_id = ?", license_id)
        return int(row[0]) if row else 0

    def audit(self, after: int, limit: int) -> list[AuditEntry]:
        sql = f"SELECT {columns.AUDIT} FROM audit WHERE number > ? ORDER BY number LIMIT ?"
        return [AuditEntry(*row) for row in self._all(sql, after, limit)]

    def faults(self) -> list[str]:
        return find_faults(self._connection)


class SqliteWriting(SqliteReading):
    """Rows as changed through the writer's connection."""

    def _do(self, sql: str, *values: object) -> int:
        self._connection.execute(sql, cast("Any", values))
        return self._connection.changes()

    def put_info(self, name: str, value: str) -> None:
        self._do("INSERT INTO store_info VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value)

    def add_key(self, key: Key) -> None:
        sql = "INSERT INTO store_key (kind, id, secret, created_ms) VALUES (?, ?, ?, ?)"
        self._do(sql, key.kind, key.id, key.secret, key.created_ms)

    def put_admin_key(self, key: AdminKey) -> None:
        sql = "INSERT OR REPLACE INTO admin_key (name, key_hash, created_ms, scope) VALUES (?, ?, ?, ?)"
        self._do(sql, *astuple(key))

    def delete_admin_key(self, name: str) -> bool:
        return self._do("DELETE FROM admin_key WHERE name = ?", name) > 0

    def put_handshake(self, handshake: Handshake) -> None:
        self._do(columns.PUT_HANDSHAKE, *columns.handshake_row(handshake))
        self._do("DELETE FROM handshake_item WHERE handshake_code = ?", handshake.code)
        for position, license_id in enumerate(handshake.license_ids):
            self._do("INSERT INTO handshake_item VALUES (?, ?, ?)", handshake.code, position, license_id)

    def put_license(self, item: LicenseItem) -> None:
        self._do(columns.PUT_LICENSE, *columns.license_row(item))

    def take_seat(self, license_id: str, percent: int | None) -> bool:
        self._connection.execute(TAKE_SEAT, {"id": license_id, "percent": percent})
        return self._connection.changes() > 0

    def free_seat(self, license_id: str) -> None:
        self._do(FREE_SEAT, license_id)
        self._do(LIFT_EXHAUSTED_AROUND, license_id)

    def remove_due(self, license_id: str | None, now_ms: int, limit: int) -> int:
        seat = "license_id IS NULL AND is_unseated" if license_id is None else "license_id = ?"
        sql = f"""SELECT handshake_code, device_uuid, scans > 0 FROM device WHERE {seat} AND removal_ms <= ?
                  ORDER BY removal_ms, handshake_code, device_uuid LIMIT ?"""
        due = self._all(sql, *((now_ms, limit) if license_id is None else (license_id, now_ms, limit)))
        self._connection.executemany(FORGET_DEVICE, [row[:2] for row in due if not row[2]])
        self._connection.executemany(UNSEAT_DEVICE, [row[:2] for row in due if row[2]])
        if license_id is not None and due:
            self._do("UPDATE license_item SET seats = seats - ?, is_exhausted = 0 WHERE id = ?", len(due), license_id)
            self._do(LIFT_EXHAUSTED_AROUND, license_id)
        return len(due)

    def mark_exhausted(self, license_id: str) -> None:
        self._do("UPDATE license_item SET is_exhausted = 1 WHERE id = ?", license_id)

    def lift_exhausted(self, code: str) -> None:
        sql = """UPDATE license_item SET is_exhausted = 0
                 WHERE id IN (SELECT license_id FROM handshake_item WHERE handshake_code = ?)"""
        self._do(sql, code)

    def charge(self, code: str, license_id: str, slot: int, scans: int) -> None:
        sql = "INSERT INTO charge VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET scans = scans + excluded.scans"
        self._do(sql, code, license_id, slot, scans)
        self._do("UPDATE license_item SET scans = scans + ? WHERE id = ?", scans, license_id)

    def put_device(self, device: Device) -> None:
        self._do(columns.PUT_DEVICE, *columns.device_row(device))

    def reset_removal_times(self, license_id: str, lifetime_s: int) -> None:
        sql = "UPDATE device SET removal_ms = last_seen_ms + ? WHERE license_id = ?"
        self._do(sql, lifetime_s * 1000, license_id)

    def delete_device(self, code: str, device_uuid: str) -> None:
        self._do(FORGET_DEVICE, code, device_uuid)

    def put_stream(self, stream: Stream) -> None:
        self._do(columns.PUT_STREAM, *columns.stream_row(stream))

    def forget_before(self, seen_ms: int, limit: int) -> int:
        return self._do(FORGET_STREAMS, seen_ms, limit) + self._do(FORGET_DEVICES, seen_ms, limit)

    def add_usage(self, code: str, slot: int, counts: Counts, lost: Counts, *, is_verified: bool) -> None:
        for table, numbers in (("usage", counts), ("lost", lost)):
            sql = f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET scans = scans + excluded.scans"
            for name, scans in numbers.items():
                self._do(sql, code, slot, is_verified, name, scans)

    def count_authorization(self, code: str, day: int, outcome: str) -> None:
        sql = "INSERT INTO authorization_count VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET requests = requests + 1"
        self._do(sql, code, day, outcome)

    def add_audit(self, entry: AuditEntry) -> None:
        chained = chain_entry(AuditHead.parse(self.info(AUDIT_HEAD)), entry)
        self._do(f"INSERT INTO audit ({columns.AUDIT}) VALUES (?, ?, ?, ?, ?, ?, ?)", *astuple(chained))
        self.put_info(AUDIT_HEAD, AuditHead(chained.number, chained.hash).format())
