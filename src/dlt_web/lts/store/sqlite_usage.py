"""Usage as SQL on one SQLite connection: whole days from their sums, what is left at both ends slot by slot."""

from __future__ import annotations

from typing import Any, cast

import apsw

from ..records import SLOTS_IN_DAY, SlotRange, UsageRow

BY_SLOT = """SELECT {period} AS period, symbology, sum(scans) AS scans FROM usage
             WHERE handshake_code = :code AND is_verified = :verified AND slot >= :first AND slot < :end
             GROUP BY period, symbology"""
# The name of the days' column is that of the slots that they begin with, so that both come to the same periods.
BY_DAY = f"""SELECT {{period}} AS period, symbology, sum(scans) AS scans FROM (
                 SELECT day * {SLOTS_IN_DAY} AS slot, symbology, scans FROM usage_day
                 WHERE handshake_code = :code AND is_verified = :verified AND day >= :first AND day < :end)
             GROUP BY period, symbology"""


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
        for sql, part in _parts(slots, period_slots):
            values = {"code": code, "verified": is_verified, "first": part.first, "end": part.end}
            for start, symbology, scans in self._connection.execute(sql.format(period=period), values):
                key = cast("tuple[int, str]", (start, symbology))
                found[key] = found.get(key, 0) + cast("int", scans)
        return [UsageRow(*key, scans) for key, scans in sorted(found.items())]

    def scans_made(self, code: str, slots: SlotRange) -> int:
        rows: list[Any] = self.usage(code, is_verified=True, slots=slots, period_slots=None)
        return sum(row.scans for row in rows)


def _parts(slots: SlotRange, period_slots: int | None) -> list[tuple[str, SlotRange]]:
    """Cut a range into slots, whole days and slots; where periods are no whole days it stays in one piece."""
    first_day, end_day = -(-slots.first // SLOTS_IN_DAY), slots.end // SLOTS_IN_DAY
    if first_day >= end_day or (period_slots is not None and period_slots % SLOTS_IN_DAY):
        return [(BY_SLOT, slots)]
    parts = [
        (BY_SLOT, SlotRange(slots.first, first_day * SLOTS_IN_DAY)),
        (BY_DAY, SlotRange(first_day, end_day)),
        (BY_SLOT, SlotRange(end_day * SLOTS_IN_DAY, slots.end)),
    ]
    return [part for part in parts if part[1].first < part[1].end]
