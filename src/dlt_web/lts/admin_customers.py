"""Whose a handshake code is, and what for: customers, as names, what they hand over to each other, and tests."""

from __future__ import annotations

from ..errors import OptionError
from ..slots import SLOT_MS, format_time, slot_of
from .admin_checks import customer_name
from .admin_devices import DeviceReleases
from .admin_keys import AdminError
from .billing_records import Ownership, Purpose, StatementHead, billable, within
from .records import Handshake, SlotRange
from .store import Writing


class Customers(DeviceReleases):
    """Says whose a code is. Blocking: for the command line and for threads."""

    def _put_customer(self, rows: Writing, code: str, customer: str | None, from_ms: int | None) -> None:
        """Let a code belong to a customer (None: to nobody) from a time on, in the slot of that time.

        Without a time, who has a code first has all its usage that is in no frozen statement of theirs; who takes it
        over has what is used from now on.

        Raises:
            OptionError: the name is out of range, or the time lies ahead.
            AdminError: a frozen statement says otherwise.
        """
        name = "" if customer is None else customer_name(customer)
        now_slot = slot_of(self._clock.now_ms())
        history = rows.ownerships(code)
        if from_ms is not None and slot_of(from_ms) > now_slot:
            raise OptionError(f"A handshake code changes hands by now at the latest; found {format_time(from_ms)}.")
        if from_ms is None and (history[-1].customer if history else "") == name:
            return
        newest = max(rows.statement_heads(name), key=lambda head: head.slots.end, default=None)
        first = now_slot if history else 0 if newest is None else newest.slots.end
        first = first if from_ms is None else slot_of(from_ms)
        self._check_frozen(rows, [name, *_losing(history, first)], first, "changes hands")
        rows.put_ownership(Ownership(code, first, name))
        self._audit(rows, "handshake.customer", code, {"customer": name or None, "from": format_time(first * SLOT_MS)})

    def _put_purpose(self, rows: Writing, before: Handshake, is_test: bool, from_ms: int | None) -> None:
        """Let a code be for tests, or for real use, from a time on, in the slot of that time; without one, from now on.

        Raises:
            OptionError: the time lies ahead.
            AdminError: a frozen statement says otherwise; or it is to be for tests, was used for its customer, and no
                time says whether that was a test.
        """
        code, now_slot = before.code, slot_of(self._clock.now_ms())
        what = "becomes a test code" if is_test else "ceases to be a test code"
        if from_ms is not None and slot_of(from_ms) > now_slot:
            raise OptionError(f"A handshake code {what} by now at the latest; found {format_time(from_ms)}.")
        if from_ms is None and is_test == before.is_test:
            return
        first = now_slot if from_ms is None else slot_of(from_ms)
        if from_ms is None and is_test:
            _check_unused(rows, code, SlotRange(0, now_slot + 1))
        self._check_frozen(rows, _losing(rows.ownerships(code), first), first, what)
        rows.put_purpose(Purpose(code, first, is_test))
        self._audit(rows, "handshake.purpose", code, {"test": is_test, "from": format_time(first * SLOT_MS)})

    def _check_frozen(self, rows: Writing, names: list[str], first: int, what: str) -> None:
        heads = [head for name in names if name for head in rows.statement_heads(name) if head.slots.end > first]
        if heads:
            last: StatementHead = max(heads, key=lambda head: head.slots.end)
            raise AdminError(
                f"The statement {last.month} of {last.customer} is frozen: the code {what} at "
                f"{format_time(last.slots.end * SLOT_MS)} at the earliest, not at {format_time(first * SLOT_MS)}.",
                code="STATEMENT_FROZEN",
            )


def _check_unused(rows: Writing, code: str, until_now: SlotRange) -> None:
    """Refuse where a code was used for a customer and no statement says so: nobody knows whether that was a test."""
    ownerships, purposes = rows.ownerships(code), rows.purposes(code)
    for customer in sorted({row.customer for row in ownerships} - {""}):
        stated = max((head.slots.end for head in rows.statement_heads(customer)), default=0)
        for own in billable(customer, ownerships, purposes):
            slots = within(own.slots, SlotRange(stated, until_now.end))
            if slots is not None and (used := _used(rows, code, slots)):
                raise AdminError(
                    f"The handshake code {code} has {used} for {customer} that no statement says yet. Say from when on "
                    "it is a test code (--test-from, testFrom): what it was used for before stays on their statement.",
                    code="STATEMENT_REFUSED",
                )


def _used(rows: Writing, code: str, slots: SlotRange) -> str:
    """Return in words what an invoice could name of a code's use in some slots; empty for nothing."""
    scans = sum(row.scans for row in rows.usage(code, is_verified=True, slots=slots, period_slots=None))
    if scans:
        return f"{scans} scans"
    for name in rows.seat_counts(code, slots):
        item = rows.license(name)
        if item is not None and item.charge_way != "per_scan":
            return f"devices at {name}"
    return ""


def _losing(history: list[Ownership], first: int) -> list[str]:
    """Return who has a code from a slot on, by now."""
    before = [row for row in history if row.first_slot <= first][-1:]
    return [row.customer for row in [*before, *(row for row in history if row.first_slot > first)]]
