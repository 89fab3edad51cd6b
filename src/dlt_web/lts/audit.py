"""The audit log's chain: each entry's hash covers the entry and the hash before it, and the store keeps the last one.

Whoever changes, takes out or adds an entry, also at the end, breaks the chain. Whoever may write the file could make a
whole new chain; keep backups, or a copied head, where that person cannot write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from .records import AuditEntry

# Setting of the store that holds the head, so that entries missing at the end are noticed.
AUDIT_HEAD = "audit_head"
# The action of an entry that says which others were redacted (:func:`redact_entry`).
REDACTION = "device.forget"

# Reads entries with a number above one, oldest first, up to so many.
ReadAudit = Callable[[int, int], Sequence[AuditEntry]]


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


class ChainWalk:
    """Holds a log against its hashes, piece by piece from the first entry on, in as many transactions as it takes.

    What was redacted is known only from an entry behind it. So entries that are not what their hashes say, and those
    that are told to be redacted, are looked at once more by :meth:`breaks`, which remembers what it found.
    """

    def __init__(self) -> None:
        """Begin before the first entry."""
        self.last = AuditHead()
        self._redacted: dict[int, str] = {}
        self._unsettled: set[int] = set()
        self._found: dict[int, str] = {}

    def take(self, entries: Iterable[AuditEntry]) -> None:
        """Take the entries that come next."""
        for entry in entries:
            if entry.number > self.last.number + 1:
                self._found[entry.number] = f"Audit log: {_missing(self.last.number + 1, entry.number - 1)}."
            elif entry.hash != _hash_of(self.last.hash, entry.number, entry):
                self._unsettled.add(entry.number)
            if entry.action == REDACTION:
                told = _redactions(entry)
                self._redacted |= told
                self._unsettled |= told.keys()
            self.last = AuditHead(entry.number, entry.hash)

    def breaks(self, head: AuditHead, read: ReadAudit) -> list[str]:
        """Return one sentence for each place where the log is not as it was written, once its last entry was taken.

        Args:
            head: what the store keeps as the log's end.
            read: reads the log in the state that the last entry was taken from, as ``Reading.audit`` does.
        """
        for number in self._unsettled:
            first = max(number - 2, 0)
            found = read(first, 1 if number == 1 else 2)
            if [one.number for one in found] == list(range(first + 1, number + 1)):
                self._settle(found[-1], "" if number == 1 else found[0].hash)
        self._unsettled.clear()
        return [self._found[number] for number in sorted(self._found)] + list(_wrong_end(self.last, head))

    def _settle(self, entry: AuditEntry, previous: str) -> None:
        if self._redacted.get(entry.number, entry.hash) == _hash_of(previous, entry.number, entry):
            self._found.pop(entry.number, None)
        else:
            what = f"entry {entry.number} ({entry.action} {entry.subject})"
            self._found[entry.number] = f"Audit log: {what} does not match its hash."


def _redactions(entry: AuditEntry) -> dict[int, str]:
    """Return the hashes by which an entry says that others are known from then on, by number."""
    # What cannot be read is no redaction; the chain tells that the entry is not as it was written.
    with suppress(ValueError, AttributeError, TypeError, KeyError):
        return {int(number): str(known) for number, known in json.loads(entry.detail)["redacted"].items()}
    return {}


def _wrong_end(last: AuditHead, head: AuditHead) -> Iterator[str]:
    if last.number < head.number:
        yield f"Audit log: {_missing(last.number + 1, head.number)} at the end."
    elif last != head:
        yield f"Audit log: it ends with entry {last.number}, which is not what the store remembers as its end."


def _hash_of(previous: str, number: int, entry: AuditEntry) -> str:
    return hash_entry(previous, number, entry.at_ms, entry.actor, entry.action, entry.subject, entry.detail)


def _missing(first: int, last: int) -> str:
    return f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
