"""Checks a store against itself: the audit log's chain, every counter against its rows, the database's own checks."""

from __future__ import annotations

from collections.abc import Iterator

from .audit import AUDIT_HEAD, AuditHead, find_breaks, redactions
from .records import AuditEntry
from .store import Reading, Store

PAGE_ENTRIES = 1_000


def find_faults(store: Store) -> list[str]:
    """Return one sentence for each thing that is wrong in one committed state of the store, and where; none is good.

    Blocking: reads every row.
    """

    def look(rows: Reading) -> list[str]:
        faults = rows.faults()
        if faults:
            return faults  # rows that the database itself calls damaged cannot be followed any further
        head, redacted = AuditHead.parse(rows.info(AUDIT_HEAD)), redactions(_entries(rows))
        return list(find_breaks(_entries(rows), head, redacted))

    return store.read(look).result()


def _entries(rows: Reading) -> Iterator[AuditEntry]:
    last = 0
    while page := rows.audit(last, PAGE_ENTRIES):
        yield from page
        last = page[-1].number
