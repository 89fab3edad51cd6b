"""Freezing a customer's month, and taking a statement back after a restore.

A month's figures are read code by code while devices report on; the short transaction that keeps them only
makes sure that what they stand on is still the same (whose the codes are, statements, credits). What was reported in
between is a late line of the next statement.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import OptionError, WireError
from ..slots import SLOT_MS, format_time, parse_time, slot_of
from .admin_checks import customer_name
from .admin_credits import Credits
from .admin_keys import AdminError
from .billing_records import Statement, StatementHead
from .identity import store_epoch
from .months import Month, local_time, slots_of, zone_of
from .records import SlotRange
from .statement_csv import statement_csv
from .statement_html import statement_html
from .statements import FORMAT, Basis, Json, basis_of, canonical, document
from .store import Reading, Writing

T = TypeVar("T")

# A request that comes as a month ends is written a little later, with the time at which it came; devices that it seats
# are of that time, and unlike scans they are no late lines.
SETTLING_SLOTS = 1
# Who changes a customer's codes or credits in the very second in which a month is frozen does so a few times at most.
ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class _Draft:
    """A statement that is not kept yet, and what it stands on."""

    statement: Statement
    basis: Basis
    stated: tuple[int, ...]


class Statements(Credits):
    """Freezes months. Blocking: for the command line and for threads."""

    def freeze_statement(
        self, customer: str, month: str, time_zone: str | None, *, is_after_restore: bool = False
    ) -> Statement:
        """Freeze a customer's month and return its statement; one that is frozen already comes back as it is.

        Args:
            customer: whose.
            month: such as ``2026-11``.
            time_zone: by whose clocks it ends: a name of the IANA database; None for that of the last statement.
            is_after_restore: the store was restored since that month ended, and the operator knows that no statement
                of it was issued before.

        Raises:
            OptionError: month or time zone are none.
            AdminError: there is no such customer, the month is not over, or its statement cannot be made.
        """
        wanted, customer = Month.parse(month), customer_name(customer)
        asked = None if time_zone is None else zone_of(time_zone).key

        def place(rows: Reading) -> Statement | tuple[StatementHead, Basis]:
            frozen = rows.statement(customer, str(wanted))
            if frozen is not None:
                return _same_zone(frozen, asked)
            basis, now_ms = basis_of(rows, customer), self._clock.now_ms()
            zone = asked or _usual_zone(customer, basis)
            slots = _place_in_run(customer, basis, wanted, slots_of(wanted, zone_of(zone)))
            _check_over(wanted, zone, slots.end, now_ms)
            if not is_after_restore:
                _check_not_restored(rows, wanted, slots.end)
            return StatementHead(customer, str(wanted), zone, slots, now_ms), basis

        for _attempt in range(ATTEMPTS):
            found = self._read(place)
            if isinstance(found, Statement):
                return found
            head, basis = found
            draft = _drafted(document(self._read, basis, head), head, basis)
            if self._keep(draft, "statement.freeze"):
                return draft.statement
        raise AdminError(f"The codes or credits of {customer} change all the time; try again.", code="IN_USE")

    def adopt_statement(self, text: str) -> Statement:
        """Take a statement back that this store has issued and a restored backup lacks, by the bytes of its JSON.

        CSV and page are made of it by this version, and may differ from those that another one has issued.

        Raises:
            OptionError: the text is no statement as this software writes it.
            AdminError: it is another store's, or its month is frozen already or leaves a gap.
        """
        said = _read_statement(text)
        month, zone = Month.parse(said["month"]), zone_of(said["timeZone"])
        customer = customer_name(said["customer"])
        slots = SlotRange(*(slot_of(parse_time(said[name])) for name in ("start", "end")))
        head = StatementHead(customer, str(month), zone.key, slots, parse_time(said["frozenAt"]))

        def draw_up(rows: Reading) -> _Draft:
            if said["storeEpoch"].rpartition(":")[0] != store_epoch(rows).rpartition(":")[0]:
                raise OptionError(f"This statement is of another store, {said['storeEpoch']}.")
            if rows.statement(customer, head.month) is not None:
                raise AdminError(f"The statement {month} of {customer} is there already.", code="ALREADY_EXISTS")
            basis = basis_of(rows, customer)
            if _place_in_run(customer, basis, month, slots) != slots:
                raise AdminError(f"The statement {month} overlaps one of {customer}.", code="STATEMENT_REFUSED")
            return _drafted(said, head, basis)

        for _attempt in range(ATTEMPTS):
            found = self._read(draw_up)
            if self._keep(found, "statement.adopt"):
                return found.statement
        raise AdminError(f"The codes or credits of {customer} change all the time; try again.", code="IN_USE")

    def _read(self, work: Callable[[Reading], T]) -> T:
        return self._store.read(work).result()

    def _keep(self, draft: _Draft, action: str) -> bool:
        """Keep a draft if it still stands on the same; tell whether it did."""
        statement = draft.statement
        head = statement.head

        def keep(rows: Writing) -> bool:
            if rows.statement(head.customer, head.month) is not None or basis_of(rows, head.customer) != draft.basis:
                return False
            rows.put_statement(statement)
            rows.state_credits(draft.stated, head.month)
            hashes = {form: _sha256(getattr(statement, form)) for form in ("json", "csv", "html")}
            detail = {"timeZone": head.time_zone, "end": format_time(head.slots.end * SLOT_MS), "sha256": hashes}
            self._audit(rows, action, f"{head.month} {head.customer}", detail)
            return True

        return self._write(keep)


def _drafted(said: Json, head: StatementHead, basis: Basis) -> _Draft:
    """Return a statement in all its forms, and the credits that it shows."""
    shown = {(line["number"], line["bookedAt"], line["quantity"], line["reason"]) for line in said["credits"]}
    stated = [c.number for c in basis.credits if (c.number, format_time(c.booked_ms), c.quantity, c.reason) in shown]
    statement = Statement(head, canonical(said), statement_csv(said), statement_html(said))
    return _Draft(statement, basis, tuple(stated))


def _usual_zone(customer: str, basis: Basis) -> str:
    if not basis.heads:
        raise OptionError(f"The first statement of {customer} needs a time zone such as Europe/Berlin, or UTC.")
    return basis.heads[-1].time_zone


def _same_zone(frozen: Statement, time_zone: str | None) -> Statement:
    if time_zone not in (None, frozen.head.time_zone):
        head = frozen.head
        raise AdminError(
            f"The statement {head.month} of {head.customer} is frozen by the clocks of {head.time_zone}; one by those "
            f"of {time_zone} would state most of it twice. Ask for it with {head.time_zone}.",
            code="STATEMENT_REFUSED",
        )
    return frozen


def _place_in_run(customer: str, basis: Basis, month: Month, own: SlotRange) -> SlotRange:
    """Return the slots of a month beside those that are frozen: no slot is stated twice, and none is left out.

    A customer's statements are one run of months. Where the time zone changes on the way, a month begins where the one
    before has ended.
    """
    if not basis.heads:
        if not basis.is_known:
            raise AdminError(f"There is no customer {customer}: no handshake code belongs, or belonged, to that name.")
        return own
    first, last = basis.heads[0], basis.heads[-1]
    after, before = Month.parse(last.month).plus(1), Month.parse(first.month).plus(-1)
    if month == after:
        return SlotRange(last.slots.end, own.end)
    if month == before:
        return SlotRange(own.first, first.slots.first)
    wanted = f"{after} comes next" if month > after else f"{before} comes next, backwards"
    raise AdminError(
        f"The statements of {customer} go from {first.month} to {last.month}, without a gap: {wanted}, before {month}.",
        code="STATEMENT_REFUSED",
    )


def _check_over(month: Month, time_zone: str, end: int, now_ms: int) -> None:
    if now_ms < end * SLOT_MS:
        raise AdminError(
            f"{month} is not over in {time_zone}: it ends at {format_time(end * SLOT_MS)} "
            f"({local_time(end, zone_of(time_zone))} there), and now it is {format_time(now_ms)}.",
            code="MONTH_NOT_OVER",
        )
    if now_ms < (end + SETTLING_SLOTS) * SLOT_MS:
        raise AdminError(
            f"{month} is over in {time_zone}, but what came in its last moments may still be on its way into the "
            f"store: ask again at {format_time((end + SETTLING_SLOTS) * SLOT_MS)}.",
            code="MONTH_NOT_OVER",
        )


def _check_not_restored(rows: Reading, month: Month, end: int) -> None:
    """Refuse where a statement may have been issued that a restored backup does not have.

    A restore sets the epoch's number to the Unix time at least (spec §5).
    """
    restored_ms = int(store_epoch(rows).rpartition(":")[2]) * 1000
    if restored_ms >= end * SLOT_MS:
        raise AdminError(
            f"The store was restored after {month} was over, at {format_time(restored_ms)} or before. If a statement "
            "of it was issued, take that one back with `statement adopt FILE` and its JSON; else say --after-restore.",
            code="STATEMENT_REFUSED",
        )


def _read_statement(text: str) -> Json:
    try:
        said: Any = json.loads(text)
        is_ours = isinstance(said, dict) and said.get("format") == FORMAT and canonical(said) == text
        if is_ours:
            # Both are made of nothing else, so who can make them has a statement.
            statement_csv(said)
            statement_html(said)
            moments = [said["frozenAt"], *(line[end] for line in [said, *said["usage"]] for end in ("start", "end"))]
            is_ours = all(map(parse_time, moments))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, WireError):
        is_ours = False
    if not is_ours:
        raise OptionError("This is no statement as it was issued: take the file of its JSON, byte for byte.")
    return dict(said)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
