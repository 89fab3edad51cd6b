"""Hands what the store's threads have done to the event loop that waits for it, as much at a time as there is.

A commit ends dozens of waits at once. asyncio's own bridge wakes the loop once for each; this one once for all.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from .records import RowsHint
from .store import Store, Writing

T = TypeVar("T")


class Handover:
    """Waits for threads on behalf of one event loop at a time. Giving up waiting leaves the work alone: it is done."""

    def __init__(self) -> None:
        self._line: _Line | None = None

    def wait_for(self, future: Future[T]) -> asyncio.Future[T]:
        """Return what ends as the future ends."""
        line = self._here()
        waiter: asyncio.Future[T] = line.loop.create_future()
        future.add_done_callback(partial(line.tell_ended, waiter))
        return waiter

    def write(self, store: Store, work: Callable[[Writing], T], hint: RowsHint | None = None) -> asyncio.Future[T]:
        """Return what ends as ``work`` is on disk, or failed; without a future of threads in between, which costs.

        ``hint`` is that of :meth:`Store.submit`.
        """
        line = self._here()
        waiter: asyncio.Future[T] = line.loop.create_future()
        store.submit(work, partial(line.tell, waiter), hint)
        return waiter

    def _here(self) -> _Line:
        loop = asyncio.get_running_loop()
        if self._line is None or self._line.loop is not loop:
            self._line = _Line(loop)
        return self._line


class _Line:
    """What is done and waits to be delivered to one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._is_called = False

    def tell(self, waiter: asyncio.Future[T], result: T | None, error: BaseException | None) -> None:
        """Take what became of a work, in any thread."""
        self._done.append((waiter, result, error))
        # Whoever sees the flag set came before the delivery that takes it down, and is part of it.
        if not self._is_called:
            self._is_called = True
            with suppress(RuntimeError):  # the loop has closed: nobody waits any more
                self.loop.call_soon_threadsafe(self._deliver)

    def tell_ended(self, waiter: asyncio.Future[T], ended: Future[T]) -> None:
        """Take a future that has ended, in any thread."""
        error = ended.exception()
        self.tell(waiter, None if error else ended.result(), error)

    def _deliver(self) -> None:
        self._is_called = False
        while self._done:
            waiter, result, error = self._done.popleft()
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(result)
            else:
                waiter.set_exception(error)
