"""The bridge from the store's threads to the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any

import pytest

from dlt_web.lts.handover import Handover
from dlt_web.lts.store import MemoryStore, Writing


def ended(value: int) -> Future[int]:
    future: Future[int] = Future()
    future.set_result(value)
    return future


def test_results_and_errors_arrive_whether_they_came_before_or_after() -> None:
    async def wait() -> None:
        handover = Handover()
        failed: Future[int] = Future()
        later: Future[int] = Future()
        waiting = [handover.wait_for(ended(1)), handover.wait_for(failed), handover.wait_for(later)]
        Thread(target=lambda: (failed.set_exception(KeyError("x")), later.set_result(2))).start()
        assert await waiting[0] == 1
        with pytest.raises(KeyError):
            await waiting[1]
        assert await waiting[2] == 2

    asyncio.run(wait())


def test_many_that_end_together_wake_the_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait() -> int:
        loop, calls = asyncio.get_running_loop(), []
        call = loop.call_soon_threadsafe
        monkeypatch.setattr(loop, "call_soon_threadsafe", lambda *given: calls.append(1) or call(*given))
        handover = Handover()
        futures: list[Future[int]] = [Future() for _ in range(100)]
        waiting = [handover.wait_for(future) for future in futures]
        for number, future in enumerate(futures):
            future.set_result(number)
        assert await asyncio.gather(*waiting) == list(range(100))
        return len(calls)

    assert asyncio.run(wait()) == 1


def test_writes_are_handed_over_with_their_results_and_errors_and_wake_the_loop_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Held(MemoryStore):
        """Tells of all writes together, as a commit does."""

        def __init__(self) -> None:
            super().__init__()
            self.held: list[Callable[[], None]] = []

        def submit(self, work: Any, tell: Any, hint: Any = None) -> None:
            self.held.append(lambda: super(Held, self).submit(work, tell, hint))

    def fail(_rows: Writing) -> None:
        raise KeyError("x")

    async def wait() -> int:
        loop, calls = asyncio.get_running_loop(), []
        call = loop.call_soon_threadsafe
        monkeypatch.setattr(loop, "call_soon_threadsafe", lambda *given: calls.append(1) or call(*given))
        handover, store = Handover(), Held()
        waiting = [handover.write(store, lambda rows, n=n: rows.put_info("n", str(n)) or n) for n in range(100)]
        failing, given_up = handover.write(store, fail), handover.write(store, lambda rows: rows.put_info("m", "1"))
        given_up.cancel()
        for tell in store.held:
            tell()
        assert await asyncio.gather(*waiting) == list(range(100))
        with pytest.raises(KeyError):
            await failing
        assert store.read(lambda rows: (rows.info("n"), rows.info("m"))).result() == ("99", "1")
        return len(calls)

    assert asyncio.run(wait()) == 1


def test_threads_that_end_futures_while_others_are_delivered_lose_none() -> None:
    async def wait() -> None:
        handover = Handover()
        futures: list[Future[int]] = [Future() for _ in range(20_000)]
        waiting = [handover.wait_for(future) for future in futures]
        for part in range(4):
            Thread(target=lambda part=part: [future.set_result(1) for future in futures[part::4]]).start()
        assert sum(await asyncio.gather(*waiting)) == 20_000

    asyncio.run(asyncio.wait_for(wait(), 60))


def test_who_gave_up_waiting_hurts_nobody() -> None:
    async def wait() -> None:
        handover = Handover()
        given_up: Future[int] = Future()
        other: Future[int] = Future()
        first, second = handover.wait_for(given_up), handover.wait_for(other)
        first.cancel()
        given_up.set_result(1)
        other.set_result(2)
        assert await second == 2
        assert given_up.result() == 1

    asyncio.run(wait())


def test_another_loop_may_follow_one_that_closed_in_the_midst() -> None:
    handover = Handover()
    left: Future[int] = Future()

    async def leave() -> None:
        handover.wait_for(left)

    async def wait() -> int:
        return await handover.wait_for(ended(3))

    asyncio.run(leave())
    left.set_result(1)
    assert asyncio.run(wait()) == 3
