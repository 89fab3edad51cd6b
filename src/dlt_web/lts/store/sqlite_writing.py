"""The contract's rows as changed through one SQLite connection. No method opens or ends a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from msgspec import structs

from ...model import Counts
from ..audit import AUDIT_HEAD, AuditHead, chain_entry
from ..records import SLOTS_IN_DAY, AdminKey, AuditEntry, Handshake, Key, LicenseItem, Stream, StreamKey
from . import sqlite_columns as columns
from .sqlite_advice import FORGET_GONE
from .sqlite_alerts import SqliteAlertWriting
from .sqlite_devices import SqliteDeviceWriting
from .sqlite_rows import OLD_STREAM

FORGET_STREAM = f"""
DELETE FROM stream WHERE handshake_code = ?2 AND device_uuid = ?3 AND stream_id = ?4 AND is_verified = ?5
AND {OLD_STREAM}
"""

FORGET_DEVICES = """
DELETE FROM device WHERE (handshake_code, device_uuid) IN (
    SELECT handshake_code, device_uuid FROM device
    WHERE license_id IS NULL AND NOT is_unseated AND last_seen_ms < ?1 AND removal_ms < ?1 LIMIT ?2)
"""


class SqliteWriting(SqliteDeviceWriting, SqliteAlertWriting):
    """Rows as changed through the writer's connection; what the ledger owes is written before it is read."""

    # ruff: noqa: D102  (the contract in protocol.py says what each method means)

    def _write_counters(self) -> None:
        self._ledger.flush(self._connection)

    def put_info(self, name: str, value: str) -> None:
        self._do("INSERT INTO store_info VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value)

    def add_key(self, key: Key) -> None:
        sql = "INSERT INTO store_key (kind, id, secret, created_ms) VALUES (?, ?, ?, ?)"
        self._do(sql, key.kind, key.id, key.secret, key.created_ms)

    def delete_key(self, key_id: str) -> bool:
        return self._do("DELETE FROM store_key WHERE id = ?", key_id) > 0

    def put_admin_key(self, key: AdminKey) -> None:
        sql = "INSERT OR REPLACE INTO admin_key (name, key_hash, created_ms, scope, customer) VALUES (?, ?, ?, ?, ?)"
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
        self._activity.forget_settings(item.id)

    def charge(self, code: str, license_id: str, slot: int, scans: int) -> None:
        sql = "INSERT INTO charge VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET scans = scans + excluded.scans"
        self._do(sql, code, license_id, slot, scans)
        self._do("UPDATE license_item SET scans = scans + ? WHERE id = ?", scans, license_id)
        self._ledger.add_charge(code, license_id, slot // SLOTS_IN_DAY, scans)

    def put_stream(self, stream: Stream) -> None:
        self._do(columns.PUT_STREAM, *columns.stream_row(stream))

    def forget_streams(self, keys: Sequence[StreamKey], seen_ms: int) -> int:
        before = self._connection.total_changes()
        self._connection.executemany(FORGET_STREAM, [(seen_ms, *structs.astuple(key)) for key in keys])
        return self._connection.total_changes() - before

    def forget_devices(self, seen_ms: int, limit: int) -> int:
        self._ledger.known_devices.clear()
        return self._do(FORGET_DEVICES, seen_ms, limit) + self._do(FORGET_GONE, seen_ms, limit)

    def erase_device(self, code: str, device_uuid: str) -> dict[str, int]:
        self._ledger.known_devices.clear()
        deleted = "DELETE FROM {} WHERE handshake_code = ? AND device_uuid = ?"
        kinds = [("gap", device_uuid), ("clone", device_uuid)]
        oddities = "DELETE FROM oddity WHERE handshake_code = ? AND kind = ? AND device_uuid = ?"
        return {
            "device": self._do(deleted.format("device"), code, device_uuid),
            "stream": self._do(deleted.format("stream"), code, device_uuid),
            "gone_device": self._do(deleted.format("gone_device"), code, device_uuid),
            "oddity": sum(self._do(oddities, code, *kind) for kind in kinds),
        }

    def redact_audit(self, number: int, subject: str, detail: str) -> None:
        self._do("UPDATE audit SET subject = ?, detail = ? WHERE number = ?", subject, detail, number)

    def add_usage(self, code: str, slot: int, counts: Counts, lost: Counts, *, is_verified: bool) -> None:
        for name, scans in counts.items():
            self._ledger.add_scans("usage", code, slot, is_verified, name, scans)
            self._ledger.add_scans("usage_day", code, slot // SLOTS_IN_DAY, is_verified, name, scans)
        for reason, scans in lost.items():
            self._ledger.add_scans("lost", code, slot, is_verified, reason, scans)

    def count_authorization(self, code: str, day: int, outcome: str) -> None:
        sql = "INSERT INTO authorization_count VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET requests = requests + 1"
        self._do(sql, code, day, outcome)

    def add_audit(self, entry: AuditEntry) -> None:
        chained = chain_entry(AuditHead.parse(self.info(AUDIT_HEAD)), entry)
        self._do(f"INSERT INTO audit ({columns.AUDIT}) VALUES (?, ?, ?, ?, ?, ?, ?)", *astuple(chained))
        self.put_info(AUDIT_HEAD, AuditHead(chained.number, chained.hash).format())
