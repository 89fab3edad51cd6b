"""Usage as SQL on one SQLite connection: whole days from their sums, what is left at both ends slot by slot."""

from __future__ import annotations

from typing import Any, cast

import apsw

from ...model import Counts
from ..records import SLOTS_IN_DAY, SlotRange, UsageRow

BY_SLOT = """SELECT {period} AS period, symbology, sum(scans) AS scans FROM usage
             WHERE handshake_code = :code AND is_verified = :verified AND slot >= :first AND slot < :end
             GROUP BY period, symbology"""
# The name of the days' column is that of the slots that they begin with, so that both come to the same periods.
BY_DAY = f"""SELECT {{period}} AS period, symbology, sum(scans) AS scans FROM (
                 SELECT day * {SLOTS_IN_DAY} AS slot, symbology, scans FROM usage_day
                 WHERE handshake_code = :code AND is_verified = :verified AND day >= :first AND day < :end)
             GROUP BY period, symbology"""

CHARGES_BY_SLOT = """SELECT license_id, sum(scans) FROM charge
                     WHERE handshake_code = :code AND slot >= :first AND slot < :end GROUP BY license_id"""
CHARGES_BY_DAY = """SELECT license_id, sum(scans) FROM charge_day
                    WHERE handshake_code = :code AND day >= :first AND day < :end GROUP BY license_id"""


class SqliteUsage:
    """Usage, through one connection; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol.py says what each method means)

    _connection: apsw.Connection

    def _write_counters(self) -> None:
        """Be called before counters are read: whoever keeps changes of them in memory writes those now."""

    def usage(self, code: str, *, is_verified: bool, slots: SlotRange, period_slots: int | None) -> list[UsageRow]:
        self._write_counters()
        period = "0" if period_slots is None else f"slot - slot % {period_slots:d}"
        found: dict[tuple[int, str], int] = {}
        for part, is_days in _parts(slots, period_slots):
            sql = BY_DAY if is_days else BY_SLOT
            values = {"code": code, "verified": is_verified, "first": part.first, "end": part.end}
            for start, symbology, scans in self._connection.execute(sql.format(period=period), values):
                key = cast("tuple[int, str]", (start, symbology))
                found[key] = found.get(key, 0) + cast("int", scans)
        return [UsageRow(*key, scans) for key, scans in sorted(found.items())]

    def charges_of_code(self, code: str, slots: SlotRange) -> Counts:
        self._write_counters()
        found: dict[str, int] = {}
        for part, is_days in _parts(slots, None):
            sql = CHARGES_BY_DAY if is_days else CHARGES_BY_SLOT
            values = {"code": code, "first": part.first, "end": part.end}
            for license_id, scans in cast("Any", self._connection.execute(sql, values)):
                found[license_id] = found.get(license_id, 0) + scans
        return dict(sorted(found.items()))

    def scans_made(self, code: str, slots: SlotRange) -> int:
        rows: list[Any] = self.usage(code, is_verified=True, slots=slots, period_slots=None)
        return sum(row.scans for row in rows)


def _parts(slots: SlotRange, period_slots: int | None) -> list[tuple[SlotRange, bool]]:
    """Cut a range into slots, whole days and slots, and tell which are days.

    Where periods are no whole days it stays in one piece.
    """
    first_day, end_day = -(-slots.first // SLOTS_IN_DAY), slots.end // SLOTS_IN_DAY
    if first_day >= end_day or (period_slots is not None and period_slots % SLOTS_IN_DAY):
        return [(slots, False)]
    parts = [
        (SlotRange(slots.first, first_day * SLOTS_IN_DAY), False),
        (SlotRange(first_day, end_day), True),
        (SlotRange(end_day * SLOTS_IN_DAY, slots.end), False),
    ]
    return [part for part in parts if part[0].first < part[0].end]
