"""The views as SQL on one SQLite connection."""

from __future__ import annotations

from typing import Any, cast

import apsw

from ...model import Counts
from ..devices import DeviceFilter, DeviceKey
from ..records import SLOTS_IN_DAY, AuthorizationRow, ChargeRow, Device, SlotRange
from . import sqlite_columns as columns
from .sqlite_activity_views import SqliteActivityViews
from .sqlite_advice import SqliteAdviceViews
from .sqlite_billing import SqliteBillingViews
from .sqlite_pages import SqlitePages, conditions


def define_functions(connection: apsw.Connection) -> None:
    """Give a connection the functions that the views use: SQLite's own ``lower`` knows ASCII letters only."""
    connection.create_scalar_function("casefold", cast("Any", _casefold), 1, deterministic=True)


class SqliteViews(SqlitePages, SqliteActivityViews, SqliteAdviceViews, SqliteBillingViews):
    """What people look at, through one connection; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol_views.py says what each method means)

    def find_devices(self, wanted: DeviceFilter, after: DeviceKey | None, limit: int) -> list[Device]:
        where, values = conditions(wanted)
        if after is not None:
            where += " AND (handshake_code, device_uuid) > (:after_code, :after_uuid)"
            # Said once more, so that a page of one code goes on from its place instead of from the code's first device.
            where += " AND device_uuid > :after_uuid" if wanted.code == after[0] else ""
            values |= {"after_code": after[0], "after_uuid": after[1]}
        sql = f"""SELECT {columns.DEVICE} FROM device WHERE {where}
                  ORDER BY handshake_code, device_uuid LIMIT :limit"""
        return [columns.device(row) for row in self._named(sql, values | {"limit": limit})]

    def count_devices(self, wanted: DeviceFilter) -> int:
        where, values = conditions(wanted)
        return int(self._named(f"SELECT count(*) FROM device WHERE {where}", values)[0][0])

    def seats_of_code(self, code: str) -> Counts:
        self._write_counters()
        sql = """SELECT license_id, devices FROM device_count
                 WHERE handshake_code = :code AND license_id <> '' AND devices > 0 ORDER BY license_id"""
        return dict(cast("list[tuple[str, int]]", self._named(sql, {"code": code})))

    def seats_of_item(self, license_id: str) -> Counts:
        self._write_counters()
        sql = """SELECT handshake_code, devices FROM device_count WHERE license_id = :license_id AND devices > 0
                 ORDER BY handshake_code"""
        return dict(cast("list[tuple[str, int]]", self._named(sql, {"license_id": license_id})))

    def charges(self, license_id: str, slots: SlotRange, period_slots: int | None) -> list[ChargeRow]:
        period = "0" if period_slots is None else f"slot - slot % {period_slots:d}"
        # CROSS JOIN fixes the order: for each code one range of the charges' primary key, which leads with the code.
        sql = f"""SELECT {period} AS period, charge.handshake_code, sum(scans)
                  FROM handshake CROSS JOIN charge
                  ON charge.handshake_code = handshake.code AND license_id = :license_id
                  AND slot >= :first AND slot < :end
                  GROUP BY period, charge.handshake_code ORDER BY period, charge.handshake_code"""
        values = {"license_id": license_id, "first": slots.first, "end": slots.end}
        return [ChargeRow(*row) for row in self._named(sql, values)]

    def next_usage_slot(self, code: str, first: int) -> int | None:
        self._write_counters()
        sql = """SELECT slot FROM usage WHERE handshake_code = :code AND slot >= :first AND is_verified = 1
                 ORDER BY slot LIMIT 1"""
        found = self._named(sql, {"code": code, "first": first})
        return int(found[0][0]) if found else None

    def next_charge_slot(self, license_id: str, first: int) -> int | None:
        sql = """SELECT min((SELECT min(slot) FROM charge WHERE charge.handshake_code = handshake.code
                             AND license_id = :license_id AND slot >= :first)) FROM handshake"""
        found = self._named(sql, {"license_id": license_id, "first": first})[0][0]
        return None if found is None else int(found)

    def authorizations(self, code: str, slots: SlotRange) -> list[AuthorizationRow]:
        first, end = (-(-slot // SLOTS_IN_DAY) for slot in (slots.first, slots.end))
        sql = """SELECT day, outcome, requests FROM authorization_count
                 WHERE handshake_code = :code AND day >= :first AND day < :end ORDER BY day, outcome"""
        return [AuthorizationRow(*row) for row in self._named(sql, {"code": code, "first": first, "end": end})]


def _casefold(text: Any) -> Any:
    return text.casefold() if isinstance(text, str) else None
