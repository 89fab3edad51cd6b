"""What the license advisor reads, as SQL on one SQLite connection, and how signs of life are noted for it."""

from __future__ import annotations

from typing import Any, cast

import apsw

from ..clock import DAY_MS
from ..device_days import LIFETIMES_DAYS, Arrivals, DeviceDay, sign_of_life
from ..records import SLOTS_IN_DAY, Device, SlotRange
from .sqlite_ledger import Ledger

DEVICE_DAYS = """
SELECT day, sum(joined), sum(gone) FROM (
    SELECT day, joined_{0} AS joined, left_{0} AS gone FROM device_day WHERE handshake_code = :code
    UNION ALL
    SELECT day + {0}, 0, devices FROM device_day WHERE handshake_code = :code AND day + {0} <= :today
) GROUP BY day HAVING sum(joined) <> 0 OR sum(gone) <> 0 ORDER BY day
"""
COME_BACK = "DELETE FROM gone_device WHERE handshake_code = ? AND device_uuid = ? RETURNING last_seen_ms"
GO = "INSERT INTO gone_device VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last_seen_ms = excluded.last_seen_ms"
FORGET_GONE = """
DELETE FROM gone_device WHERE (handshake_code, device_uuid) IN (
    SELECT handshake_code, device_uuid FROM gone_device WHERE last_seen_ms < ?1 LIMIT ?2)
"""


class SqliteAdviceViews:
    """What was noted, through one connection; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol_advice.py says what each method means)

    _connection: apsw.Connection

    def _write_counters(self) -> None:
        """Be called before counters are read: whoever keeps changes of them in memory writes those now."""

    def device_days(self, code: str, lifetime_days: int, today: int) -> list[DeviceDay]:
        self._write_counters()
        sql = DEVICE_DAYS.format(int(lifetime_days))
        rows = self._connection.execute(sql, {"code": code, "today": today}).fetchall()
        return [DeviceDay(*row) for row in cast("Any", rows)]

    def arrivals(self, code: str, slots: SlotRange) -> list[Arrivals]:
        self._write_counters()
        first, end = (-(-slot // SLOTS_IN_DAY) for slot in (slots.first, slots.end))
        sql = """SELECT devices, sum(arrivals) FROM arrival_count WHERE handshake_code = ? AND day >= ? AND day < ?
                 GROUP BY devices ORDER BY devices"""
        rows = self._connection.execute(sql, (code, first, end)).fetchall()
        return [Arrivals(*row) for row in cast("Any", rows)]


def see_day(connection: apsw.Connection, ledger: Ledger, before: Device | None, device: Device) -> None:
    """Note the first sign of life that a device gives on a day."""
    code, day = device.handshake_code, device.last_seen_ms // DAY_MS
    if before is not None and day - before.last_seen_ms // DAY_MS <= LIFETIMES_DAYS[-1]:
        ledger.move_last_seen(code, before.last_seen_ms // DAY_MS, day)
        return
    before_ms = None if before is None else before.last_seen_ms
    if before is None:
        rows = connection.execute(COME_BACK, (code, device.device_uuid)).fetchall()
        before_ms = cast("Any", rows)[0][0] if rows else None
    for changed, change in sign_of_life(before_ms, device.last_seen_ms):
        ledger.add_day(code, changed, change)
