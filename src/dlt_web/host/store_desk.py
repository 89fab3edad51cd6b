"""The way from one tracker to its store: each call is answered by exactly one input, and what becomes of it is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from ..messages import (
    Command,
    Commit,
    CommitConflicted,
    Committed,
    FlushRequested,
    Input,
    Json,
    StoreFailed,
    StoreLoaded,
    StorePurged,
)
from ..stored_records import DEVICE_KEY
from .stores import Content, MemoryStore, Store, StoreFailedError, StorePurgedError

log = logging.getLogger("dlt_web.host")

# Nobody waits for this call; it makes the core ask for what a device needs that was made after a purge.
_NOBODY = "host/nobody"


class StoreDesk:
    """Uses the store for one tracker, in the thread of its event loop."""

    def __init__(
        self,
        store: Store,
        make_uuid: Callable[[], str],
        loop: asyncio.AbstractEventLoop,
        feed: Callable[[Input], None],
        carry_out: Callable[[Sequence[Command]], None],
    ) -> None:
        self._store = store
        self._make_uuid = make_uuid
        self._loop = loop
        self._feed = feed
        self._carry_out = carry_out
        self._revision = 0
        self._due: Callable[[], None] | None = None

    def load(self) -> None:
        """Open the store and read all of it; what cannot be opened is replaced by memory."""
        self._later(self._load)

    def commit(self, command: Commit) -> None:
        """Apply a change."""
        self._later(lambda: self._commit(command))

    def abandon(self) -> None:
        """Leave the store as it is and go on in memory."""
        self._later(lambda: self._fail(StoreFailedError("its records are of a newer version, or damaged")))

    def refresh(self) -> None:
        """Tell the core what other processes have written, unless a commit is about to."""
        if self._due is not None:
            return
        try:
            content = self._store.changed_since(self._revision)
        except StorePurgedError:
            self._purge()
        except StoreFailedError as error:
            self._fail(error)
        else:
            if content is not None:
                self._conflict(content)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    # -- inside --

    def _later(self, run: Callable[[], None]) -> None:
        """Use the store after what has been called meanwhile: the core then decides all of it in one commit."""
        self._due = run
        self._loop.call_soon(self._run_due)

    def _run_due(self) -> None:
        if self._due is not None:
            run, self._due = self._due, None
            run()

    def _load(self) -> None:
        failure = None
        try:
            content = self._store.load()
        except StoreFailedError as error:
            failure = self._leave(error, {DEVICE_KEY: {"uuid": self._make_uuid()}})
            content = self._store.load()
        departed = self._store.departed
        if departed is not None and _has_unsent(departed):
            # What the other machine had not sent is sent in its name; the core makes this one's device the present one.
            self._feed(StoreLoaded(departed.storage, departed.revision, departed.records, None))
            self._purged(content)
            return
        self._revision = content.revision
        self._feed(StoreLoaded(content.storage, content.revision, content.records, failure))

    def _commit(self, command: Commit) -> None:
        try:
            outcome = self._store.commit(
                command.expected_revision, command.put, command.delete, is_strict=command.is_strict
            )
        except StorePurgedError:
            self._purge()
        except StoreFailedError as error:
            self._fail(error)
        else:
            if isinstance(outcome, Content):
                self._conflict(outcome)
            else:
                self._revision = outcome.revision
                self._carry_out(command.answers)
                self._feed(Committed(outcome.revision))

    def _conflict(self, content: Content) -> None:
        self._revision = content.revision
        self._feed(CommitConflicted(content.revision, content.records))

    def _purge(self) -> None:
        try:
            content = self._store.load()
        except StoreFailedError as error:
            self._fail(error)
        else:
            self._purged(content)

    def _purged(self, content: Content) -> None:
        self._revision = content.revision
        self._feed(StorePurged(content.storage, content.revision, content.records))
        # Where the new device is the old one (by its traits) the core sees no other, and yet has no license of it.
        self._feed(FlushRequested(_NOBODY))

    def _fail(self, error: StoreFailedError) -> None:
        self._feed(StoreFailed(self._leave(error), error.may_have_committed))

    def _leave(self, error: StoreFailedError, records: dict[str, Json] | None = None) -> str:
        log.warning("dlt-web counts in memory only: %s", error)
        self._store.close()
        self._store, self._revision = MemoryStore(records or {}), 0
        return str(error)


def _has_unsent(content: Content) -> bool:
    """Tell whether records hold a report that is not acknowledged for good."""
    reports = [value for key, value in content.records.items() if key.startswith("code/") and "/report/" in key]
    return any(isinstance(report, dict) and report.get("keptSince") is None for report in reports)
