"""The reference store: plain dictionaries. What it does is what the contract means; it keeps nothing on disk.

Each write works on a copy of the tables that replaces the old ones when it succeeds, so undoing costs nothing and
readers always see one committed state. A write costs time in proportion to the store: for tests and trials only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from ..records import RowsHint
from .memory_tables import Tables
from .memory_writing import MemoryWriting
from .protocol import CommitObserver, StoreUnavailableError, Writing

T = TypeVar("T")


class MemoryStore:
    """A :class:`~dlt_web.lts.store.protocol.Store` over dictionaries."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables = Tables()
        self._is_closed = False
        self._observe: CommitObserver = lambda _writes, _seconds: None

    @property
    def folder(self) -> None:
        """None: it is on no disk."""
        return None

    @property
    def waiting_writes(self) -> int:
        """None: each write is done at once."""
        return 0

    def observe_commits(self, observer: CommitObserver) -> None:
        """Tell of each write, which is a commit of its own."""
        self._observe = observer

    def read(self, work: Callable[[Writing], T], *, is_urgent: bool = False) -> Future[T]:
        """Run ``work`` on the committed tables; nothing waits in a line."""
        return _run(lambda: work(MemoryWriting(self._opened())))

    def write(self, work: Callable[[Writing], T]) -> Future[T]:
        """Run ``work`` on a copy that replaces the tables when it succeeds."""
        return _run(lambda: self._transact(work))

    def submit(
        self,
        work: Callable[[Writing], T],
        tell: Callable[[T | None, Exception | None], None],
        hint: RowsHint | None = None,
    ) -> None:
        """Do the same at once, and tell what came of it; there is nothing to fetch."""
        try:
            result = self._transact(work)
        except Exception as error:
            tell(None, error)
        else:
            tell(result, None)

    def close(self) -> None:
        """Refuse later calls."""
        self._is_closed = True

    def _transact(self, work: Callable[[Writing], T]) -> T:
        with self._lock:
            started_s = time.perf_counter()
            tables = self._opened().copy()
            result = work(MemoryWriting(tables))
            self._tables = tables
            self._observe(1, time.perf_counter() - started_s)
            return result

    def _opened(self) -> Tables:
        if self._is_closed:
            raise StoreUnavailableError("The store is closed.")
        return self._tables


def _run(work: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()
    try:
        future.set_result(work())
    except Exception as error:
        future.set_exception(error)
    return future
