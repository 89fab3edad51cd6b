"""Checks a store against itself: the audit log's chain, every counter against its rows, the database's own checks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

from .audit import AUDIT_HEAD, AuditHead, ChainWalk
from .billing_records import Statement
from .records import AuditEntry
from .store import Reading, Store

PAGE_ENTRIES = 1_000
STATEMENT_ACTIONS = {"statement.freeze", "statement.adopt"}


def find_faults(store: Store) -> list[str]:
    """Return one sentence for each thing that is wrong in one committed state of the store, and where; none is good.

    Blocking: reads every row.
    """

    def look(rows: Reading) -> list[str]:
        faults = rows.faults()
        if faults:
            return faults  # rows that the database itself calls damaged cannot be followed any further
        walk = ChainWalk()
        walk.take(_entries(rows))
        faults = walk.breaks(AuditHead.parse(rows.info(AUDIT_HEAD)), rows.audit)
        return faults or list(_changed_statements(rows))

    return store.read(look).result()


def _entries(rows: Reading) -> Iterator[AuditEntry]:
    last = 0
    while page := rows.audit(last, PAGE_ENTRIES):
        yield from page
        last = page[-1].number


def _changed_statements(rows: Reading) -> Iterator[str]:
    """Yield one sentence for each statement that is not, to the byte and once, what the audit log says was frozen."""
    frozen: dict[str, list[str]] = {}
    for entry in _entries(rows):
        if entry.action in STATEMENT_ACTIONS:
            frozen.setdefault(entry.subject, []).append(entry.detail)
    for head in rows.statement_heads():
        details = frozen.pop(f"{head.month} {head.customer}", [])
        yield from _faults_of(rows.statement(head.customer, head.month), details)
    for subject in frozen:
        month, _, customer = subject.partition(" ")
        yield f"Statement {month} of {customer}: it was frozen, and is missing."


def _faults_of(statement: Statement | None, details: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with a statement, by each entry of the audit log that says that it was frozen."""
    if statement is None:
        return
    name = f"Statement {statement.head.month} of {statement.head.customer}"
    if len(details) != 1:
        # Nothing but a hand in the file takes one away, so that it can be frozen again.
        often = "never" if not details else f"{len(details)} times"
        yield f"{name}: the audit log says that it was frozen {often}."
    for form, digest in json.loads(details[0])["sha256"].items() if details else ():
        if hashlib.sha256(getattr(statement, form).encode()).hexdigest() != digest:
            yield f"{name}: its {form} is not what was frozen."
