"""The lists as SQL on one SQLite connection, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from ..alert_records import OddityKind
from ..devices import DeviceFilter, DeviceKey, key_of
from ..records import AuditEntry, Device, Handshake, LicenseItem
from . import sqlite_columns as columns
from .protocol_pages import DevicePage
from .sqlite_named import NamedReads

# The sign before license_id keeps SQLite to the primary key, in whose order pages go on; by the index of removal times
# each page would sort the whole item.
CONDITIONS = {
    "code": "handshake_code = :code",
    "license_id": "+license_id = :license_id",
    # Names are folded only where there is one: each is a call of Python.
    "search": """(substr(device_uuid, 1, length(:search)) = :search
                  OR (friendly_name IS NOT NULL AND instr(casefold(friendly_name), :search) > 0))""",
    # In plain comparisons, which the primary key answers: UUIDs are digits, a to f and dashes, all below g.
    "uuid_prefix": "device_uuid >= :uuid_prefix AND device_uuid < :uuid_prefix || 'g'",
    "last_seen_before_ms": "last_seen_ms < :last_seen_before_ms",
    "storage": "storage = :storage",
    "is_unseated": "is_unseated",
    "is_counted": "(license_id IS NOT NULL OR is_unseated)",
}
# CROSS JOIN fixes the order: oddities, which are few, first.
ODD_DEVICES = f"""
SELECT {", ".join(f"device.{name}" for name in columns.DEVICE.split(", "))}
FROM oddity CROSS JOIN device USING (handshake_code, device_uuid)
WHERE oddity.handshake_code = :code AND kind = :kind AND oddity.device_uuid > :after
ORDER BY oddity.device_uuid LIMIT :limit
"""
COUNT_ODD_DEVICES = """
SELECT kind, count(*) FROM oddity CROSS JOIN device USING (handshake_code, device_uuid)
WHERE oddity.handshake_code = :code GROUP BY kind ORDER BY kind
"""


class SqlitePages(NamedReads):
    """What is listed, through one connection; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol_pages.py says what each method means)

    def _license_ids(self, code: str) -> Sequence[str]:
        raise NotImplementedError

    def find_handshakes(self, search: str | None, after: str | None, limit: int) -> list[Handshake]:
        sql = f"""SELECT * FROM (SELECT {columns.HANDSHAKE} AS customer FROM handshake WHERE code > :after)
                  WHERE :search IS NULL OR instr(casefold(code), :search) OR instr(casefold(customer), :search)
                  ORDER BY code LIMIT :limit"""
        rows = self._named(sql, {"search": search, "after": after or "", "limit": limit})
        return [columns.handshake(row, self._license_ids(row[0])) for row in rows]

    def find_licenses(self, search: str | None, after: str | None, limit: int) -> list[LicenseItem]:
        sql = f"""SELECT {columns.LICENSE} FROM license_item
                  WHERE id > :after AND (:search IS NULL OR instr(casefold(id), :search)) ORDER BY id LIMIT :limit"""
        rows = self._named(sql, {"search": search, "after": after or "", "limit": limit})
        return [columns.license_item(row) for row in rows]

    def look_through_devices(
        self, wanted: DeviceFilter, after: DeviceKey | None, limit: int, max_looks: int
    ) -> DevicePage:
        span, values = _span(wanted, after)
        last = self._key_at(span, values, max_looks - 1)
        end = "" if last is None else "AND (handshake_code, device_uuid) <= (:last_code, :last_uuid)"
        # Said once more, as for where a page begins: or all devices of the code would be compared with the last one.
        end += " AND device_uuid <= :last_uuid" if last is not None and wanted.code == last[0] else ""
        where, given = conditions(wanted)
        sql = f"""SELECT {columns.DEVICE} FROM device WHERE {span} {end} AND {where}
                  ORDER BY handshake_code, device_uuid LIMIT :limit"""
        ends = {} if last is None else {"last_code": last[0], "last_uuid": last[1]}
        found = [columns.device(row) for row in self._named(sql, values | given | ends | {"limit": limit})]
        if len(found) == limit:
            last = key_of(found[-1])
        # The last one of all is no key to go on from.
        is_more = last is not None and self._key_at(*_span(wanted, last), 0) is not None
        return DevicePage(found, last if is_more else None)

    def _key_at(self, span: str, values: dict[str, Any], skip: int) -> DeviceKey | None:
        sql = f"""SELECT handshake_code, device_uuid FROM device WHERE {span}
                  ORDER BY handshake_code, device_uuid LIMIT 1 OFFSET :skip"""
        found = self._named(sql, values | {"skip": skip})
        return cast("DeviceKey", found[0]) if found else None

    def count_listed_devices(self, code: str, max_looks: int) -> int:
        sql = "SELECT count(*) FROM (SELECT 1 FROM device WHERE handshake_code = :code LIMIT :limit)"
        return cast("int", self._named(sql, {"code": code, "limit": max_looks})[0][0])

    def odd_devices(self, code: str, kind: OddityKind, after: DeviceKey | None, limit: int) -> list[Device]:
        # A key of another code lies before all of this one's devices, or behind them.
        begin = "" if after is None or after[0] < code else "g" if after[0] > code else after[1]
        values = {"code": code, "kind": kind, "after": begin, "limit": limit}
        return [columns.device(row) for row in self._named(ODD_DEVICES, values)]

    def count_odd_devices(self, code: str) -> dict[OddityKind, int]:
        return dict(cast("Any", self._named(COUNT_ODD_DEVICES, {"code": code})))

    def audit_before(self, before: int | None, limit: int) -> Sequence[AuditEntry]:
        sql = f"""SELECT {columns.AUDIT} FROM audit WHERE :before IS NULL OR number < :before
                  ORDER BY number DESC LIMIT :limit"""
        return [AuditEntry(*row) for row in self._named(sql, {"before": before, "limit": limit})]


def conditions(wanted: DeviceFilter) -> tuple[str, dict[str, Any]]:
    """Return what a filter means in SQL, with its values."""
    values = {name: getattr(wanted, name) for name in CONDITIONS}
    given = {name: value for name, value in values.items() if value is not None and value is not False}
    if wanted.search is not None:
        given["search"] = wanted.search.casefold()
    return " AND ".join(CONDITIONS[name] for name in given) or "TRUE", given


def _span(wanted: DeviceFilter, after: DeviceKey | None) -> tuple[str, dict[str, Any]]:
    """Return the rows above a key among which a filter finds any: one range of the primary key, if it has a code."""
    parts = {name: getattr(wanted, name) for name in ("code", "uuid_prefix")}
    values = {name: value for name, value in parts.items() if value is not None}
    where = [CONDITIONS[name] for name in values]
    if after is not None:
        where.append("(handshake_code, device_uuid) > (:after_code, :after_uuid)")
        # Said once more, so that a page of one code goes on from its place instead of from the code's first device.
        where += ["device_uuid > :after_uuid"] if wanted.code == after[0] else []
        values |= {"after_code": after[0], "after_uuid": after[1]}
    return " AND ".join(where) or "TRUE", values
