"""The audit log's chain: each entry's hash covers the entry and the hash before it, and the store keeps the last one.

Whoever changes, takes out or adds an entry, also at the end, breaks the chain. Whoever may write the file could make a
whole new chain; keep backups, or a copied head, where that person cannot write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .records import AuditEntry

# Setting of the store that holds the head, so that entries missing at the end are noticed.
AUDIT_HEAD = "audit_head"


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The end of the chain.

    Attributes:
        number: how many entries there are; the last one's number.
        hash: the last entry's hash; empty while there is none.
    """

    number: int = 0
    hash: str = ""

    @classmethod
    def parse(cls, text: str | None) -> AuditHead:
        """Read what :meth:`format` wrote; None means that nothing was logged yet."""
        number, _, digest = (text or "0:").partition(":")
        return cls(int(number) if number.isdecimal() else -1, digest)

    def format(self) -> str:
        """Return the head as the store keeps it."""
        return f"{self.number}:{self.hash}"


def hash_entry(previous: str, number: int, at_ms: int, actor: str, action: str, subject: str, detail: str) -> str:
    """Return the SHA-256, in hex, of an entry as canonical JSON with the hash of the entry before it."""
    fields = {
        "action": action,
        "actor": actor,
        "atMs": at_ms,
        "detail": detail,
        "number": number,
        "previous": previous,
        "subject": subject,
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def chain_entry(head: AuditHead, entry: AuditEntry) -> AuditEntry:
    """Return a new entry with the number and hash that it has behind ``head``."""
    number = head.number + 1
    return AuditEntry(
        entry.at_ms, entry.actor, entry.action, entry.subject, entry.detail, number, _hash_of(head.hash, number, entry)
    )


def find_breaks(entries: Iterable[AuditEntry], head: AuditHead) -> Iterator[str]:
    """Yield one sentence for each place where the log is not as it was written; ``head`` is what the store keeps."""
    last = AuditHead()
    for entry in entries:
        if entry.number > last.number + 1:
            yield f"Audit log: {_missing(last.number + 1, entry.number - 1)}."
        elif entry.hash != _hash_of(last.hash, entry.number, entry):
            yield f"Audit log: entry {entry.number} ({entry.action} {entry.subject}) does not match its hash."
        last = AuditHead(entry.number, entry.hash)
    if last.number < head.number:
        yield f"Audit log: {_missing(last.number + 1, head.number)} at the end."
    elif last != head:
        yield f"Audit log: it ends with entry {last.number}, which is not what the store remembers as its end."


def _hash_of(previous: str, number: int, entry: AuditEntry) -> str:
    return hash_entry(previous, number, entry.at_ms, entry.actor, entry.action, entry.subject, entry.detail)


def _missing(first: int, last: int) -> str:
    return f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
