"""The audit log's chain: each entry's hash covers the entry and the hash before it, and the store keeps the last one.

Whoever changes, takes out or adds an entry, also at the end, breaks the chain. Whoever may write the file could make a
whole new chain; keep backups, or a copied head, where that person cannot write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from .records import AuditEntry

# Setting of the store that holds the head, so that entries missing at the end are noticed.
AUDIT_HEAD = "audit_head"
# The action of an entry that says which others were redacted (:func:`redact_entry`).
REDACTION = "device.forget"


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


def redact_entry(entry: AuditEntry, secret: str, words: str, previous: str) -> tuple[AuditEntry, str]:
    """Return an entry with other words in a text's place, and the hash by which it is known from then on.

    The entry keeps the hash that it was written with, of which those behind it are made. An entry of the action
    :data:`REDACTION` behind it names its number and the other hash, so that nobody else can change it unseen.

    Args:
        entry: the entry.
        secret: what is to be forgotten.
        words: what stands there instead.
        previous: the hash of the entry before it.
    """
    after = replace(entry, subject=entry.subject.replace(secret, words), detail=entry.detail.replace(secret, words))
    return after, _hash_of(previous, after.number, after)


def redactions(entries: Iterable[AuditEntry]) -> dict[int, str]:
    """Return the hashes by which redacted entries are known, by number: those that were written last."""
    found: dict[int, str] = {}
    for entry in entries:
        if entry.action == REDACTION:
            # What cannot be read is no redaction; the chain tells that the entry is not as it was written.
            with suppress(ValueError, AttributeError, TypeError, KeyError):
                found |= {int(number): str(known) for number, known in json.loads(entry.detail)["redacted"].items()}
    return found


def find_breaks(
    entries: Iterable[AuditEntry], head: AuditHead, redacted: Mapping[int, str] | None = None
) -> Iterator[str]:
    """Yield one sentence for each place where the log is not as it was written.

    Args:
        entries: the whole log.
        head: what the store keeps as its end.
        redacted: what :func:`redactions` finds in it.
    """
    last = AuditHead()
    for entry in entries:
        if entry.number > last.number + 1:
            yield f"Audit log: {_missing(last.number + 1, entry.number - 1)}."
        elif (redacted or {}).get(entry.number, entry.hash) != _hash_of(last.hash, entry.number, entry):
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
