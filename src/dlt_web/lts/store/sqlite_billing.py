"""The rows for invoices as SQL on one SQLite connection; the methods are those of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import apsw

from ..billing_records import Credit, Ownership, Purpose, SeatCount, SeatStep, Statement, StatementHead
from ..records import SlotRange

Row = tuple[Any, ...]

HEAD = "customer, month, time_zone, first_slot, end_slot, frozen_ms"
CREDIT = "booked_ms, actor, customer, handshake_code, unit, quantity, month, reason, stated_month, number, id"

SEAT_COUNTS = """
SELECT license_id, max(peak), (
    SELECT seats FROM seat_series AS last WHERE last.handshake_code = :code AND last.license_id = found.license_id
    AND last.slot < :end ORDER BY slot DESC LIMIT 1)
FROM (
    SELECT license_id, peak FROM seat_series WHERE handshake_code = :code AND slot >= :first AND slot < :end
    UNION ALL
    SELECT license_id, (
        SELECT seats FROM seat_series AS before WHERE before.handshake_code = :code
        AND before.license_id = device_count.license_id AND before.slot < :first ORDER BY slot DESC LIMIT 1)
    FROM device_count WHERE handshake_code = :code
) AS found GROUP BY license_id HAVING max(peak) > 0 ORDER BY license_id
"""


class SqliteBillingViews:
    """Rows as read through one connection."""

    # ruff: noqa: D102  (the contract in protocol_billing.py says what each method means)

    _connection: apsw.Connection

    def _write_counters(self) -> None:
        """Be called before counters are read: whoever keeps changes of them in memory writes those now."""

    def _rows(self, sql: str, *values: object) -> list[Row]:
        return cast("list[Row]", self._connection.execute(sql, cast("Any", values)).fetchall())

    def ownerships(self, code: str | None = None) -> list[Ownership]:
        sql = """SELECT handshake_code, first_slot, customer FROM handshake_owner
                 WHERE ?1 IS NULL OR handshake_code = ?1 ORDER BY handshake_code, first_slot"""
        return [Ownership(*row) for row in self._rows(sql, code)]

    def purposes(self, code: str | None = None) -> list[Purpose]:
        sql = """SELECT handshake_code, first_slot, is_test FROM handshake_purpose
                 WHERE ?1 IS NULL OR handshake_code = ?1 ORDER BY handshake_code, first_slot"""
        return [Purpose(name, first_slot, bool(is_test)) for name, first_slot, is_test in self._rows(sql, code)]

    def statement_heads(self, customer: str | None = None) -> list[StatementHead]:
        sql = f"SELECT {HEAD} FROM statement WHERE ?1 IS NULL OR customer = ?1 ORDER BY customer, month"
        return [_head(row) for row in self._rows(sql, customer)]

    def statement(self, customer: str, month: str) -> Statement | None:
        sql = f"SELECT {HEAD}, json, csv, html FROM statement WHERE customer = ? AND month = ?"
        rows = self._rows(sql, customer, month)
        return Statement(_head(rows[0][:6]), *rows[0][6:]) if rows else None

    def credits_of(self, customer: str | None = None) -> list[Credit]:
        sql = f"SELECT {CREDIT} FROM usage_credit WHERE ?1 IS NULL OR customer = ?1 ORDER BY number"
        return [Credit(*row) for row in self._rows(sql, customer)]

    def credit(self, credit_id: str) -> Credit | None:
        rows = self._rows(f"SELECT {CREDIT} FROM usage_credit WHERE id = ?", credit_id)
        return Credit(*rows[0]) if rows else None

    def seat_counts(self, code: str, slots: SlotRange) -> dict[str, SeatCount]:
        self._write_counters()
        values = {"code": code, "first": slots.first, "end": slots.end}
        rows = self._connection.execute(SEAT_COUNTS, values).fetchall()
        return {name: SeatCount(peak, at_end) for name, peak, at_end in cast("list[Row]", rows)}

    def seat_steps(self, code: str, slots: SlotRange) -> dict[str, list[SeatStep]]:
        before = """SELECT seats FROM seat_series WHERE handshake_code = ? AND license_id = ? AND slot < ?
                    ORDER BY slot DESC LIMIT 1"""
        within = """SELECT slot, seats, peak FROM seat_series
                    WHERE handshake_code = ? AND license_id = ? AND slot >= ? AND slot < ? ORDER BY slot"""
        found: dict[str, list[SeatStep]] = {}
        for license_id in self.seat_counts(code, slots):
            carried = sum(row[0] for row in self._rows(before, code, license_id, slots.first))
            steps = [SeatStep(*row) for row in self._rows(within, code, license_id, slots.first, slots.end)]
            if steps and steps[0].slot == slots.first:
                first = steps.pop(0)
                begun = SeatStep(slots.first, first.seats, max(first.peak, carried))
            else:
                begun = SeatStep(slots.first, carried, carried)
            found[license_id] = [begun, *steps]
        return found

    def customer_releases(self, code: str, customer: str, since_ms: int) -> list[int]:
        sql = """SELECT at_ms FROM customer_release WHERE handshake_code = ? AND customer = ? AND at_ms > ?
                 ORDER BY at_ms"""
        return [row[0] for row in self._rows(sql, code, customer, since_ms)]


class SqliteBillingWriting(SqliteBillingViews):
    """Rows as changed through the writer's connection."""

    # ruff: noqa: D102  (the contract in protocol_billing.py says what each method means)

    def put_ownership(self, ownership: Ownership) -> None:
        code, first_slot = ownership.handshake_code, ownership.first_slot
        self._rows("DELETE FROM handshake_owner WHERE handshake_code = ? AND first_slot >= ?", code, first_slot)
        self._rows("INSERT INTO handshake_owner VALUES (?, ?, ?)", code, first_slot, ownership.customer)

    def put_purpose(self, purpose: Purpose) -> None:
        code, first_slot = purpose.handshake_code, purpose.first_slot
        self._rows("DELETE FROM handshake_purpose WHERE handshake_code = ? AND first_slot >= ?", code, first_slot)
        self._rows("INSERT INTO handshake_purpose VALUES (?, ?, ?)", code, first_slot, purpose.is_test)

    def put_statement(self, statement: Statement) -> None:
        head = statement.head
        values = (head.customer, head.month, head.time_zone, head.slots.first, head.slots.end, head.frozen_ms)
        sql = f"INSERT INTO statement ({HEAD}, json, csv, html) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self._rows(sql, *values, statement.json, statement.csv, statement.html)

    def add_credit(self, credit: Credit) -> Credit:
        sql = f"""INSERT INTO usage_credit ({CREDIT})
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(number), 0) + 1 FROM usage_credit), ?)
                  RETURNING {CREDIT}"""
        values = (
            credit.booked_ms, credit.actor, credit.customer, credit.handshake_code, credit.unit, credit.quantity,
            credit.month, credit.reason, credit.stated_month, credit.id,
        )  # fmt: skip
        return Credit(*self._rows(sql, *values)[0])

    def state_credits(self, numbers: Sequence[int], month: str) -> None:
        for number in numbers:
            self._rows("UPDATE usage_credit SET stated_month = ? WHERE number = ?", month, number)

    def add_customer_release(self, code: str, customer: str, at_ms: int) -> None:
        sql = """INSERT INTO customer_release SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3 FROM customer_release
                 WHERE handshake_code = ?1 AND customer = ?2"""
        self._rows(sql, code, customer, at_ms)


def _head(row: Row) -> StatementHead:
    customer, month, time_zone, first, end, frozen_ms = row
    return StatementHead(customer, month, time_zone, SlotRange(first, end), frozen_ms)
