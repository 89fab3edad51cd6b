"""Checks a store against itself: the audit log's chain, every counter against its rows, the database's own checks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from .audit import AUDIT_HEAD, AuditHead, find_breaks, redactions
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
        head, redacted = AuditHead.parse(rows.info(AUDIT_HEAD)), redactions(_entries(rows))
        faults = list(find_breaks(_entries(rows), head, redacted))
        return faults or list(_changed_statements(rows))

    return store.read(look).result()


def _entries(rows: Reading) -> Iterator[AuditEntry]:
    last = 0
    while page := rows.audit(last, PAGE_ENTRIES):
        yield from page
        last = page[-1].number


def _changed_statements(rows: Reading) -> Iterator[str]:
    """Yield one sentence for each form of a statement that is not, to the byte, what the audit log says was frozen."""
    details = {entry.subject: entry.detail for entry in _entries(rows) if entry.action in STATEMENT_ACTIONS}
    for head in rows.statement_heads():
        statement, detail = rows.statement(head.customer, head.month), details.get(f"{head.month} {head.customer}")
        if statement is None or detail is None:
            continue
        for form, digest in json.loads(detail)["sha256"].items():
            if hashlib.sha256(getattr(statement, form).encode()).hexdigest() != digest:
                yield f"Statement {head.month} of {head.customer}: its {form} is not what was frozen."
