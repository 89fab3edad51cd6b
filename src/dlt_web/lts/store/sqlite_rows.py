"""The contract's rows as SQL on one SQLite connection. No method opens or ends a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import apsw

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
)
from . import sqlite_columns as columns
from .sqlite_alerts import SqliteAlertReading
from .sqlite_checks import find_faults
from .sqlite_usage import SqliteUsage
from .sqlite_views import SqliteViews

Row = tuple[Any, ...]

ONE_DEVICE = f"SELECT {columns.DEVICE} FROM device WHERE handshake_code = ? AND device_uuid = ?"
ONE_STREAM = f"""
SELECT {columns.STREAM} FROM stream
WHERE handshake_code = ? AND device_uuid = ? AND stream_id = ? AND is_verified = ?
"""

# Its parameter 1 is the time before which it was last seen.
OLD_STREAM = """
last_seen_ms < ?1 AND NOT EXISTS (
    SELECT 1 FROM device
    WHERE device.handshake_code = stream.handshake_code AND device.device_uuid = stream.device_uuid
    AND (license_id IS NOT NULL OR is_unseated OR removal_ms >= ?1))
"""

ITEMS_OF = f"""
SELECT {columns.LICENSE} FROM handshake_item
JOIN license_item ON license_item.id = handshake_item.license_id
WHERE handshake_item.handshake_code = ? ORDER BY handshake_item.position
"""

DEVICE_COUNTS = """
SELECT coalesce(sum(iif(license_id <> '', devices, 0)), 0), coalesce(sum(iif(license_id = '', devices, 0)), 0),
       coalesce(sum(iif(license_id <> '', in_memory, 0)), 0), coalesce(sum(iif(license_id <> '', partitioned, 0)), 0)
FROM device_count WHERE handshake_code = ?
"""

OLDEST_SEEN = """
SELECT min(seen_ms) FROM (
    SELECT min(last_seen_ms) AS seen_ms FROM stream
    UNION ALL SELECT min(last_seen_ms) FROM device WHERE license_id IS NULL AND NOT is_unseated
    UNION ALL SELECT min(last_seen_ms) FROM gone_device)
"""

NEXT_REMOVAL = """
SELECT min((SELECT min(removal_ms) FROM device WHERE device.license_id = license_item.id))
FROM license_item WHERE (charge_way = 'concurrent_device') = ?
"""


ADMIN_KEY = "name, key_hash, created_ms, scope, customer"


class SqliteReading(SqliteUsage, SqliteViews, SqliteAlertReading):
    """Rows as read through one connection; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol.py says what each method means)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        # One for all statements, each of which is over before the next: a new one each time would cost a quarter more.
        self._cursor = connection.cursor()

    def _all(self, sql: str, *values: object) -> list[Row]:
        return cast("list[Row]", self._cursor.execute(sql, cast("Any", values)).fetchall())

    def _one(self, sql: str, *values: object) -> Row | None:
        rows = self._cursor.execute(sql, cast("Any", values)).fetchall()
        return cast("Row", rows[0]) if rows else None

    def info(self, name: str) -> str | None:
        row = self._one("SELECT value FROM store_info WHERE name = ?", name)
        return None if row is None else str(row[0])

    def keys(self, kind: KeyKind) -> list[Key]:
        sql = "SELECT kind, id, secret, created_ms FROM store_key WHERE kind = ? ORDER BY number DESC"
        return [Key(*row) for row in self._all(sql, kind)]

    def admin_key(self, key_hash: str) -> AdminKey | None:
        row = self._one(f"SELECT {ADMIN_KEY} FROM admin_key WHERE key_hash = ?", key_hash)
        return None if row is None else AdminKey(*row)

    def admin_keys(self) -> list[AdminKey]:
        return [AdminKey(*row) for row in self._all(f"SELECT {ADMIN_KEY} FROM admin_key ORDER BY name")]

    def handshake(self, code: str) -> Handshake | None:
        row = self._one(f"SELECT {columns.HANDSHAKE} FROM handshake WHERE code = ?", code)
        return None if row is None else columns.handshake(row, self._license_ids(code))

    def handshakes(self) -> list[Handshake]:
        rows = self._all(f"SELECT {columns.HANDSHAKE} FROM handshake ORDER BY code")
        return [columns.handshake(row, self._license_ids(row[0])) for row in rows]

    def handshakes_of(self, customer: str) -> list[Handshake]:
        # Who had a code once is among them, and what the code's last row says decides.
        ever = self._all("SELECT DISTINCT handshake_code FROM handshake_owner WHERE customer = ? ORDER BY 1", customer)
        found = (self.handshake(code) for (code,) in ever)
        return [handshake for handshake in found if handshake is not None and handshake.customer == customer]

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
        row = self._one(ONE_DEVICE, code, device_uuid)
        return None if row is None else columns.device(row)

    def devices(self, code: str | None, license_id: str | None = None) -> list[Device]:
        wanted = {"handshake_code": code, "license_id": license_id}
        given = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given) or "TRUE"
        sql = f"SELECT {columns.DEVICE} FROM device WHERE {where} ORDER BY handshake_code, device_uuid"
        return [columns.device(row) for row in self._all(sql, *given.values())]

    def device_counts(self, code: str) -> DeviceCounts:
        self._write_counters()
        return DeviceCounts(*(self._one(DEVICE_COUNTS, code) or (0, 0)))

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
        row = self._one(ONE_STREAM, key.handshake_code, key.device_uuid, key.stream_id, key.is_verified)
        return None if row is None else columns.stream(row)

    def streams(self, code: str, device_uuid: str) -> list[Stream]:
        sql = f"""SELECT {columns.STREAM} FROM stream WHERE handshake_code = ? AND device_uuid = ?
                  ORDER BY stream_id, is_verified"""
        return [columns.stream(row) for row in self._all(sql, code, device_uuid)]

    def old_streams(self, seen_ms: int, limit: int) -> list[StreamKey]:
        sql = f"SELECT handshake_code, device_uuid, stream_id, is_verified FROM stream WHERE {OLD_STREAM} LIMIT ?2"
        rows = self._all(sql, seen_ms, limit)
        return [StreamKey(code, device, stream_id, bool(is_verified)) for code, device, stream_id, is_verified in rows]

    def oldest_seen_ms(self) -> int | None:
        row = self._one(OLDEST_SEEN)
        return None if row is None else row[0]

    def lost(self, code: str, slots: SlotRange) -> Counts:
        self._write_counters()
        sql = """SELECT reason, sum(scans) FROM lost
                 WHERE handshake_code = ? AND is_verified = 1 AND slot >= ? AND slot < ?
                 GROUP BY reason ORDER BY reason"""
        return {reason: scans for reason, scans in self._all(sql, code, slots.first, slots.end) if scans}

    def exhausted_by(self, license_id: str) -> list[str]:
        sql = "SELECT handshake_code FROM exhausted WHERE license_id = ? ORDER BY handshake_code"
        return [row[0] for row in self._all(sql, license_id)]

    def charged(self, license_id: str) -> int:
        row = self._one("SELECT coalesce(sum(scans), 0) FROM charge WHERE license_id = ?", license_id)
        return int(row[0]) if row else 0

    def audit(self, after: int, limit: int) -> list[AuditEntry]:
        sql = f"SELECT {columns.AUDIT} FROM audit WHERE number > ? ORDER BY number LIMIT ?"
        return [AuditEntry(*row) for row in self._all(sql, after, limit)]

    def audit_naming(self, text: str) -> list[AuditEntry]:
        sql = f"SELECT {columns.AUDIT} FROM audit WHERE instr(subject, ?1) OR instr(detail, ?1) ORDER BY number"
        return [AuditEntry(*row) for row in self._all(sql, text)]

    def faults(self) -> list[str]:
        self._write_counters()
        return find_faults(self._connection)
