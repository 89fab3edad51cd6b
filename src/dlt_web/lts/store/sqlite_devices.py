"""Seats and devices as changed through one SQLite connection, with the counters that stand for them."""

from __future__ import annotations

from typing import Any, cast

import apsw

from ..clock import DAY_MS
from ..records import Device
from . import sqlite_columns as columns
from .sqlite_activity import Activity
from .sqlite_advice import GO, see_day
from .sqlite_billing import SqliteBillingWriting
from .sqlite_ledger import Ledger, known_or_read
from .sqlite_rows import SqliteReading

# A seat is taken only while the row still lies below its limit: the statement decides, not what was read before.
TAKE_SEAT = """
UPDATE license_item SET seats = seats + 1
WHERE id = :id AND (:percent IS NULL
                    OR iif(charge_way = 'per_scan', scans, seats) < quota * :percent / 100)
"""

FREE_SEAT = "UPDATE license_item SET seats = seats - 1 WHERE id = ?"

# A seat that is free at an item is open to whoever was refused under a code that uses the item.
LIFT_EXHAUSTED_AROUND = """
DELETE FROM exhausted WHERE handshake_code IN (SELECT handshake_code FROM handshake_item WHERE license_id = ?1)
AND license_id IN (SELECT id FROM license_item WHERE product = (SELECT product FROM license_item WHERE id = ?1))
"""
LIFT_EXHAUSTED = """
DELETE FROM exhausted WHERE handshake_code = ?1
AND (?2 IS NULL OR license_id IN (SELECT id FROM license_item WHERE product = ?2))
"""

FORGET_DEVICE = "DELETE FROM device WHERE handshake_code = ? AND device_uuid = ?"
UNSEAT_DEVICE = "UPDATE device SET license_id = NULL, is_unseated = 0 WHERE handshake_code = ? AND device_uuid = ?"


class SqliteDeviceWriting(SqliteReading, SqliteBillingWriting):
    """What devices hold, as changed through the writer's connection; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol.py says what each method means)

    def __init__(self, connection: apsw.Connection, ledger: Ledger) -> None:
        super().__init__(connection)
        self._ledger = ledger
        self._activity = Activity(connection, ledger)

    def _do(self, sql: str, *values: object) -> int:
        self._cursor.execute(sql, cast("Any", values))
        return self._connection.changes()

    def device(self, code: str, device_uuid: str) -> Device | None:
        return known_or_read(self._ledger.known_devices, (code, device_uuid), super().device, code, device_uuid)

    def take_seat(self, license_id: str, percent: int | None) -> bool:
        self._connection.execute(TAKE_SEAT, {"id": license_id, "percent": percent})
        return self._connection.changes() > 0

    def free_seat(self, license_id: str) -> None:
        self._do(FREE_SEAT, license_id)
        self._do(LIFT_EXHAUSTED_AROUND, license_id)

    def mark_exhausted(self, code: str, license_id: str) -> None:
        self._do("INSERT INTO exhausted VALUES (?, ?) ON CONFLICT DO NOTHING", code, license_id)

    def lift_exhausted(self, code: str, product: str | None = None) -> None:
        self._do(LIFT_EXHAUSTED, code, product)

    def put_device(self, device: Device) -> None:
        before = self.device(device.handshake_code, device.device_uuid)
        is_seated_on = before is not None and before.license_id == device.license_id
        self._do(columns.SEE_DEVICE if is_seated_on else columns.PUT_DEVICE, *columns.device_row(device))
        self._ledger.known_devices[device.handshake_code, device.device_uuid] = device
        if before is None or before.last_seen_ms // DAY_MS != device.last_seen_ms // DAY_MS:
            see_day(self._connection, self._ledger, before, device)
        if not self._activity.is_unchanged(before, device, device.last_seen_ms):
            self._activity.change(before, device, device.last_seen_ms)

    def remove_device(self, code: str, device_uuid: str, now_ms: int) -> None:
        before = self.device(code, device_uuid)
        if before is None:
            return
        self._do(UNSEAT_DEVICE if before.scans else FORGET_DEVICE, code, device_uuid)
        if not before.scans:
            self._do(GO, code, device_uuid, before.last_seen_ms)
        del self._ledger.known_devices[code, device_uuid]
        self._activity.change(before, None, now_ms)

    def remove_due(self, license_id: str | None, now_ms: int, limit: int) -> int:
        if license_id is not None:
            self._activity.settle(license_id, now_ms)
        seat = "license_id IS NULL AND is_unseated" if license_id is None else "license_id = ?"
        sql = f"""SELECT handshake_code, device_uuid, scans > 0, storage = 'memory', is_partitioned, last_seen_ms
                  FROM device
                  WHERE {seat} AND removal_ms <= ? ORDER BY removal_ms, handshake_code, device_uuid LIMIT ?"""
        due = self._all(sql, *((now_ms, limit) if license_id is None else (license_id, now_ms, limit)))
        self._connection.executemany(FORGET_DEVICE, [row[:2] for row in due if not row[2]])
        self._connection.executemany(GO, [(*row[:2], row[5]) for row in due if not row[2]])
        self._connection.executemany(UNSEAT_DEVICE, [row[:2] for row in due if row[2]])
        self._ledger.known_devices.clear()
        self._activity.count_removed(license_id, [(row[0], row[3], row[4]) for row in due], now_ms)
        if license_id is not None and due:
            self._do("UPDATE license_item SET seats = seats - ? WHERE id = ?", len(due), license_id)
            self._do(LIFT_EXHAUSTED_AROUND, license_id)
        return len(due)

    def set_lifetime(self, license_id: str, lifetime_s: int, now_ms: int) -> None:
        now_ms = self._activity.settle(license_id, now_ms)
        before = self._activity.active(license_id, now_ms)
        self._do("UPDATE device SET removal_ms = last_seen_ms + ? WHERE license_id = ?", lifetime_s * 1000, license_id)
        self._do("UPDATE license_item SET device_lifetime_s = ? WHERE id = ?", lifetime_s, license_id)
        self._ledger.known_devices.clear()
        self._activity.forget_settings(license_id)
        after = self._activity.active(license_id, now_ms)
        changes = {code: after.get(code, 0) - before.get(code, 0) for code in before | after}
        self._activity.correct(license_id, changes, now_ms)
