"""The rows for invoices in the reference store; the methods are those of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...slots import slot_of
from ..billing_records import Credit, Ownership, Purpose, SeatCount, SeatStep, Statement, StatementHead
from ..records import Device, SlotRange
from .memory_tables import Tables


class MemoryBillingViews:
    """Rows as read from the tables of one transaction."""

    # ruff: noqa: D102  (the contract in protocol_billing.py says what each method means)

    _t: Tables

    def ownerships(self, code: str | None = None) -> list[Ownership]:
        return [row for key, row in sorted(self._t.ownerships.items()) if code in (None, key[0])]

    def purposes(self, code: str | None = None) -> list[Purpose]:
        return [row for key, row in sorted(self._t.purposes.items()) if code in (None, key[0])]

    def statement_heads(self, customer: str | None = None) -> list[StatementHead]:
        return [row.head for key, row in sorted(self._t.statements.items()) if customer in (None, key[0])]

    def statement(self, customer: str, month: str) -> Statement | None:
        return self._t.statements.get((customer, month))

    def credits_of(self, customer: str | None = None) -> list[Credit]:
        return [credit for credit in self._t.credits.values() if customer in (None, credit.customer)]

    def credit(self, credit_id: str) -> Credit | None:
        return next((credit for credit in self._t.credits.values() if credit.id == credit_id), None)

    def seat_counts(self, code: str, slots: SlotRange) -> dict[str, SeatCount]:
        found: dict[str, SeatCount] = {}
        for (own, license_id), changes in sorted(self._t.seats.items()):
            before = [seats for slot, seats in changes if slot < slots.first][-1:] or [0]
            numbers = before + [seats for slot, seats in changes if slots.first <= slot < slots.end]
            if own == code and max(numbers) > 0:
                found[license_id] = SeatCount(max(numbers), numbers[-1])
        return found

    def seat_steps(self, code: str, slots: SlotRange) -> dict[str, list[SeatStep]]:
        found: dict[str, list[SeatStep]] = {}
        for license_id in self.seat_counts(code, slots):
            changes = self._t.seats[code, license_id]
            carried = ([seats for slot, seats in changes if slot < slots.first] or [0])[-1]
            steps = [SeatStep(slots.first, carried, carried)]
            for slot, seats in changes:
                if slots.first <= slot < slots.end:
                    before = steps.pop() if steps[-1].slot == slot else None
                    steps.append(SeatStep(slot, seats, max(seats, 0 if before is None else before.peak)))
            found[license_id] = steps
        return found

    def customer_releases(self, code: str, customer: str, since_ms: int) -> list[int]:
        return [at_ms for at_ms in self._t.releases.get((code, customer), ()) if at_ms > since_ms]


class MemoryBillingWriting(MemoryBillingViews):
    """Rows as changed in them."""

    # ruff: noqa: D102  (the contract in protocol_billing.py says what each method means)

    def put_ownership(self, ownership: Ownership) -> None:
        code, first_slot = ownership.handshake_code, ownership.first_slot
        for key in [key for key in self._t.ownerships if key[0] == code and key[1] >= first_slot]:
            del self._t.ownerships[key]
        self._t.ownerships[code, first_slot] = ownership

    def put_purpose(self, purpose: Purpose) -> None:
        code, first_slot = purpose.handshake_code, purpose.first_slot
        for key in [key for key in self._t.purposes if key[0] == code and key[1] >= first_slot]:
            del self._t.purposes[key]
        self._t.purposes[code, first_slot] = purpose

    def put_statement(self, statement: Statement) -> None:
        self._t.statements[statement.head.customer, statement.head.month] = statement

    def add_credit(self, credit: Credit) -> Credit:
        numbered = replace(credit, number=len(self._t.credits) + 1)
        self._t.credits[numbered.number] = numbered
        return numbered

    def state_credits(self, numbers: Sequence[int], month: str) -> None:
        for number in numbers:
            self._t.credits[number] = replace(self._t.credits[number], stated_month=month)

    def add_customer_release(self, code: str, customer: str, at_ms: int) -> None:
        self._t.releases[code, customer] = (*self._t.releases.get((code, customer), ()), at_ms)

    def _see_seats(self, before: Device | None, after: Device | None, at_ms: int) -> None:
        """Take note of a seat that was taken or freed."""
        for device, change in ((before, -1), (after, 1)):
            if device is not None and device.license_id is not None and _seat(before) != _seat(after):
                key = device.handshake_code, device.license_id
                changes = self._t.seats.get(key, ())
                slot, seats = changes[-1] if changes else (0, 0)
                self._t.seats[key] = (*changes, (max(slot, slot_of(at_ms)), seats + change))


def _seat(device: Device | None) -> str | None:
    return None if device is None else device.license_id
