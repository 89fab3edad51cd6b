"""What a host's store is: JSON records under one revision, changed by compare-and-swap; and the one in memory.

Two implementations, one contract (``tests/host/test_stores.py``): :class:`MemoryStore` here and
:class:`~dlt_web.host.sqlite_store.SqliteStore`, which any number of processes of one machine share.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..model import StorageKind

Json = Any


class StorePurgedError(Exception):
    """The store was deleted while in use; a commit under way was not applied, or went with it."""


class StoreFailedError(Exception):
    """The store cannot be used any more.

    Attributes:
        may_have_committed: the end of the commit that was under way was not seen, so it may lie on the disk.
    """

    def __init__(self, reason: str, *, may_have_committed: bool = False) -> None:
        super().__init__(reason)
        self.may_have_committed = may_have_committed


@dataclass(frozen=True, slots=True)
class Content:
    """All that a store holds, and the revision that it stands at."""

    storage: StorageKind
    revision: int
    records: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Applied:
    """A commit is done; the store is at this revision."""

    revision: int


class Store(Protocol):
    """One device's records. Its methods are called by one thread, one at a time.

    Attributes:
        departed: what it held of another device as it was loaded, which nobody else may report; None where nothing.
    """

    departed: Content | None

    def load(self) -> Content:
        """Return all records, of a store that is made where there is none."""

    def commit(
        self, expected_revision: int, put: Mapping[str, Json], delete: tuple[str, ...], *, is_strict: bool
    ) -> Applied | Content:
        """Apply a change whole, or, where the store is not at ``expected_revision``, nothing; then return its content.

        Args:
            expected_revision: what the change was decided from; 0 for an empty store.
            put: records to write, by key.
            delete: keys to remove.
            is_strict: return only once the disk has it, so that it outlives a power failure.

        Raises:
            StorePurgedError: it was deleted; :meth:`load` makes a new one.
            StoreFailedError: it is of no use any more.
        """

    def changed_since(self, revision: int) -> Content | None:
        """Return what others have written since this revision; None where nobody has. Raises as :meth:`commit`."""

    def close(self) -> None:
        """Let go of it; whatever is committed stays."""


@dataclass
class MemoryStore:
    """Records that go with the process, for where the disk cannot be used."""

    records: dict[str, Json] = field(default_factory=dict)
    revision: int = 0
    departed: Content | None = None

    def load(self) -> Content:
        """Return all records."""
        return Content("memory", self.revision, json.loads(json.dumps(self.records)))

    def commit(
        self, expected_revision: int, put: Mapping[str, Json], delete: tuple[str, ...], *, is_strict: bool
    ) -> Applied | Content:
        """Apply a change, or return the content where it was decided from another revision."""
        if expected_revision != self.revision:
            return self.load()
        self.records |= json.loads(json.dumps(dict(put)))
        for key in delete:
            self.records.pop(key, None)
        self.revision += 1
        return Applied(self.revision)

    def changed_since(self, revision: int) -> Content | None:
        """Return the content where it has another revision."""
        return None if revision == self.revision else self.load()

    def close(self) -> None:
        """Nothing is open."""
