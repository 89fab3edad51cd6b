"""The part of the contract that invoices are made of: whose a code is, frozen statements, credits, seats over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..billing_records import Credit, Ownership, Purpose, SeatCount, SeatStep, Statement, StatementHead
from ..records import SlotRange


class BillingViews(Protocol):
    """Rows for invoices as one transaction sees them."""

    def ownerships(self, code: str | None = None) -> list[Ownership]:
        """Return whose a code (None: each) was and is, by code and slot."""
        ...

    def purposes(self, code: str | None = None) -> list[Purpose]:
        """Return what a code (None: each) was and is for, by code and slot."""
        ...

    def statement_heads(self, customer: str | None = None) -> list[StatementHead]:
        """Return which months of a customer (None: of all) are frozen, by customer and month."""
        ...

    def statement(self, customer: str, month: str) -> Statement | None:
        """Return a frozen statement."""
        ...

    def credits_of(self, customer: str | None = None) -> list[Credit]:
        """Return the credits of a customer (None: of all) in the order in which they were booked."""
        ...

    def credit(self, credit_id: str) -> Credit | None:
        """Return the credit of an id."""
        ...

    def seat_counts(self, code: str, slots: SlotRange) -> Mapping[str, SeatCount]:
        """Return a code's seats over a range of slots per license item, by item; those of none at all left out."""
        ...

    def seat_steps(self, code: str, slots: SlotRange) -> Mapping[str, Sequence[SeatStep]]:
        """Return the seats that :meth:`seat_counts` counts, in order: as the range begins, then where they change.

        The first step's peak covers the seats with which its slot began.
        """
        ...

    def customer_releases(self, code: str, customer: str, since_ms: int) -> list[int]:
        """Return when a customer released devices of a code after a time, wall ms, oldest first."""
        ...


class BillingWriting(Protocol):
    """Rows for invoices as one transaction changes them."""

    def put_ownership(self, ownership: Ownership) -> None:
        """Let a code belong to somebody from a slot on; what was to follow from then on is no more."""
        ...

    def put_purpose(self, purpose: Purpose) -> None:
        """Let a code be for tests, or for real use, from a slot on; what was to follow from then on is no more."""
        ...

    def put_statement(self, statement: Statement) -> None:
        """Keep a statement of a month that has none."""
        ...

    def add_credit(self, credit: Credit) -> Credit:
        """Keep a credit, and return it with its number."""
        ...

    def state_credits(self, numbers: Sequence[int], month: str) -> None:
        """Take note of the statement that shows some credits."""
        ...

    def add_customer_release(self, code: str, customer: str, at_ms: int) -> None:
        """Take note that a customer has released a device."""
        ...
