"""Hands what the store's threads have done to the event loop that waits for it, as much at a time as there is.

A commit ends dozens of waits at once. asyncio's own bridge wakes the loop once for each; this one once for all.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Handover:
    """Waits for futures of threads on behalf of one event loop at a time."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._is_called = False

    def wait_for(self, future: Future[T]) -> asyncio.Future[T]:
        """Return what ends as the future ends. Giving up waiting leaves the future alone: it is done all the same."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._done, self._is_called = loop, deque(), False
        waiter: asyncio.Future[T] = loop.create_future()
        done = self._done

        def hand_over(ended: Future[T]) -> None:
            done.append((waiter, ended))
            # Whoever sees the flag set came before the delivery that takes it down, and is part of it.
            if not self._is_called:
                self._is_called = True
                with suppress(RuntimeError):  # the loop has closed: nobody waits any more
                    loop.call_soon_threadsafe(self._deliver)

        future.add_done_callback(hand_over)
        return waiter

    def _deliver(self) -> None:
        self._is_called = False
        while self._done:
            waiter, ended = self._done.popleft()
            if waiter.done():
                continue
            error = ended.exception()
            if error is None:
                waiter.set_result(ended.result())
            else:
                waiter.set_exception(error)
