"""Booking credits: what is taken off a customer's usage, as a line of the next statement."""

from __future__ import annotations

import re
import secrets

from ..errors import OptionError
from ..slots import slot_of
from .admin_checks import customer_name
from .admin_customers import Customers
from .admin_keys import AdminError
from .billing_records import Credit, CreditUnit, billable, within
from .months import Month, slots_of, zone_of
from .reads import known_handshake
from .records import SlotRange
from .store import Writing

MAX_REASON_LENGTH = 500
MAX_QUANTITY = 10**12
ID_PATTERN = "[!-~]{1,128}"
_ID = re.compile(ID_PATTERN)


class Credits(Customers):
    """Books credits. Blocking: for the command line and for threads."""

    def book_credit(
        self,
        code: str,
        unit: CreditUnit,
        quantity: int,
        reason: str,
        *,
        month: str | None = None,
        customer: str | None = None,
        credit_id: str | None = None,
    ) -> Credit:
        """Book a credit on a code's usage: a line of the next statement of whoever had the code in that month.

        No counter changes: counts are facts, and the quota goes by them.

        Args:
            code: the handshake code.
            unit: what is credited.
            quantity: how many; negative takes back what was credited before.
            reason: why, for the customer to read.
            month: which month it is for, if it is for one.
            customer: whose statement shows it. None: of whoever had the code in that month, or has it now; it must be
                said where several had it then, or the one who had it has it no more.
            credit_id: names this credit, so that it is booked once, however often one asks for it; made up by default.

        Raises:
            OptionError: quantity, reason, month, customer or id are out of range.
            AdminError: nobody's code, or several's; more is taken back than was credited; the id is another credit's.
        """
        asked = None if customer is None else customer_name(customer)
        name, now_ms = _checked_id(credit_id), self._clock.now_ms()
        _check_credit(quantity, reason, month, now_ms)
        it = (code, unit, quantity, month, reason)

        def book(rows: Writing) -> Credit:
            if (booked := rows.credit(name)) is not None:
                return _same_credit(booked, it, asked)
            return self._add(rows, Credit(now_ms, self._actor, _whose(rows, code, month, asked), *it, id=name))

        return self._write(book)

    def _add(self, rows: Writing, credit: Credit) -> Credit:
        _check_left(rows, credit)
        stored = rows.add_credit(credit)
        detail = {"customer": credit.customer, "unit": credit.unit, "quantity": credit.quantity, "month": credit.month}
        detail |= {"number": stored.number, "id": credit.id, "reason": credit.reason}
        self._audit(rows, "usage.adjust", credit.handshake_code, detail)
        return stored


def _same_credit(booked: Credit, content: tuple[object, ...], customer: str | None) -> Credit:
    """Return the credit that has an id already, if it is the one that is asked for."""
    found = (booked.handshake_code, booked.unit, booked.quantity, booked.month, booked.reason)
    if found != content or customer not in (None, booked.customer):
        raise AdminError(
            f"The credit {booked.id} is booked already, as number {booked.number}, and is another one: "
            f"{booked.quantity} {booked.unit} of {booked.handshake_code} for {booked.customer}. Take a new id.",
            code="ALREADY_EXISTS",
        )
    return booked


def _whose(rows: Writing, code: str, month: str | None, asked: str | None) -> str:
    """Return the customer whom a credit on a code is for."""
    handshake = known_handshake(rows, code)
    if month is None and asked is None:
        if handshake.customer is None or handshake.is_test:
            owner = f"belongs to no customer: lts handshake set {code} --customer NAME gives it one"
            why = "is a test code, which no statement shows" if handshake.is_test else owner
            raise AdminError(f"The handshake code {code} {why}.", code="STATEMENT_REFUSED")
        return handshake.customer
    found = sorted(_owners(rows, code, None if month is None else Month.parse(month)))
    when = "ever" if month is None else f"in {month}"
    if asked in found:
        return asked
    if asked is not None or not found:
        who = "a customer, but for tests" if asked is None else asked
        raise AdminError(f"The handshake code {code} did not belong to {who}, {when}.", code="STATEMENT_REFUSED")
    if found != [handshake.customer]:
        raise AdminError(
            f"The handshake code {code} belonged to {' and '.join(found)} {when}, and belongs to "
            f"{handshake.customer or 'nobody'} now: say whose the credit is (--customer, customer).",
            code="STATEMENT_REFUSED",
        )
    return found[0]


def _owners(rows: Writing, code: str, month: Month | None) -> set[str]:
    """Return whose a code was, not for tests, in a month by each customer's own clocks; without one, ever."""
    ownerships, purposes = rows.ownerships(code), rows.purposes(code)
    found = set()
    for customer in {row.customer for row in ownerships} - {""}:
        bounds = SlotRange() if month is None else _month_of(rows, customer, month)
        if any(within(own.slots, bounds) for own in billable(customer, ownerships, purposes)):
            found.add(customer)
    return found


def _month_of(rows: Writing, customer: str, month: Month) -> SlotRange:
    """Return the slots of a customer's month: those of its statement, or by the clocks of the last one, else by UTC."""
    heads = rows.statement_heads(customer)
    frozen = next((head.slots for head in heads if head.month == str(month)), None)
    return frozen or slots_of(month, zone_of(heads[-1].time_zone if heads else "UTC"))


def _check_left(rows: Writing, credit: Credit) -> None:
    """Refuse to take back more than was credited."""
    of = (credit.handshake_code, credit.unit)
    before = sum(c.quantity for c in rows.credits_of(credit.customer) if (c.handshake_code, c.unit) == of)
    if before + credit.quantity < 0:
        raise AdminError(
            f"{before} {credit.unit} of {credit.handshake_code} are credited to {credit.customer}: {-credit.quantity} "
            "cannot be taken back.",
            code="STATEMENT_REFUSED",
        )


def _checked_id(credit_id: str | None) -> str:
    if credit_id is None:
        return f"credit-{secrets.token_hex(8)}"
    if not _ID.fullmatch(credit_id):
        raise OptionError(
            f"A credit's id has 1 to 128 printable ASCII characters without spaces; found {credit_id!r:.150}."
        )
    return credit_id


def _check_credit(quantity: int, reason: str, month: str | None, now_ms: int) -> None:
    if quantity == 0 or abs(quantity) > MAX_QUANTITY:
        raise OptionError(f"A credit is a whole number from 1 to {MAX_QUANTITY}, or below 0; found {quantity}.")
    if not 1 <= len(reason) <= MAX_REASON_LENGTH or not reason.isprintable() or not reason.strip():
        raise OptionError(f"A credit's reason has 1 to {MAX_REASON_LENGTH} printable characters; found {reason!r:.80}.")
    if month is not None and slots_of(Month.parse(month), zone_of("UTC")).first > slot_of(now_ms):
        raise OptionError(f"A credit is for a month that has begun; found {month}.")
