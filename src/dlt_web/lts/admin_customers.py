"""Whose a handshake code is: customers, as names, and what they hand over to each other."""

from __future__ import annotations

from ..errors import OptionError
from ..slots import SLOT_MS, format_time, slot_of
from .admin_checks import customer_name
from .admin_devices import DeviceReleases
from .admin_keys import AdminError
from .billing_records import Ownership, StatementHead
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
        self._check_frozen(rows, [name, *_losing(history, first)], first)
        rows.put_ownership(Ownership(code, first, name))
        self._audit(rows, "handshake.customer", code, {"customer": name or None, "from": format_time(first * SLOT_MS)})

    def _check_frozen(self, rows: Writing, names: list[str], first: int) -> None:
        heads = [head for name in names if name for head in rows.statement_heads(name) if head.slots.end > first]
        if heads:
            last: StatementHead = max(heads, key=lambda head: head.slots.end)
            raise AdminError(
                f"The statement {last.month} of {last.customer} is frozen: the code changes hands at "
                f"{format_time(last.slots.end * SLOT_MS)} at the earliest, not at {format_time(first * SLOT_MS)}.",
                code="STATEMENT_FROZEN",
            )


def _losing(history: list[Ownership], first: int) -> list[str]:
    """Return who has a code from a slot on, by now."""
    before = [row for row in history if row.first_slot <= first][-1:]
    return [row.customer for row in [*before, *(row for row in history if row.first_slot > first)]]
