"""Carries out what the core decides: inputs go in, commands come out, their answers are new inputs.

One thread for each tracker, with an event loop of its own, so that scanning never waits for the network. No rule of
counting, licensing or retrying lives here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any

from .. import errors
from ..errors import ClosedError, DltError
from ..messages import (
    AbandonStore,
    AskToPersist,
    CallsClaimed,
    ClaimCalls,
    ClearJournal,
    Command,
    Commit,
    FlushRequested,
    HoldBeacon,
    Input,
    LoadStore,
    Mirror,
    Notify,
    PageJoined,
    ReadJournal,
    Recount,
    Reject,
    Resolve,
    SendHttp,
    SetTimer,
    TimerFired,
    TokenVerified,
    VerifyToken,
    ready_of,
)
from ..model import Moment
from ..options import TrackerOptions
from ..slots import SLOT_S
from ..tracker import Tracker
from .settings import in_python
from .store_desk import StoreDesk
from .stores import Store
from .transport import Transport
from .verify import verify

Json = Any
Listener = Callable[[str, Json], None]
log = logging.getLogger("dlt_web.host")

RANDOM_BYTES = 64
# How often one process looks what another has left: reports of one that was killed wait no longer for their sender.
WATCH_S = SLOT_S


class Runtime:
    """The shell of one tracker.

    Attributes:
        page: names this tracker among all that ever use the device; random.
        state: what the core shows of itself, as :class:`~dlt_web.messages.Mirror` said it last.
    """

    def __init__(self, options: TrackerOptions, store: Store, make_uuid: Callable[[], str], tell: Listener) -> None:
        """Start.

        Args:
            options: of the tracker.
            store: used by the runtime's thread alone, which closes it at the end.
            make_uuid: returns the device's UUID for memory, where the store cannot be used.
            tell: hears each event in the runtime's thread; never raises.
        """
        self.page = secrets.token_hex(16)
        self.state: dict[str, Json] = {}
        self._tracker = Tracker(options)
        self._tell = tell
        self._calls: dict[str, Future[Json]] = {}
        self._lock = threading.Lock()
        self._call_count = 0
        self._ended: DltError | None = None
        self._process = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._transport = Transport()
        self._desk = StoreDesk(store, make_uuid, self._loop, self._feed, self._carry_out)
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="dlt-web", daemon=True)
        self.ready: Future[Json] = self._expect(ready_of(self.page))
        self._thread.start()

    # -- called by any thread --

    def call(self, make: Callable[[str, int], Input]) -> Future[Json]:
        """Feed an input that a promise waits for.

        Args:
            make: called with the call's name and number, which rise in the order of calls.

        Returns:
            What the core resolves it to, or rejects it with (:class:`~dlt_web.errors.DltError`).
        """
        if os.getpid() != self._process:
            # Before the lock is touched: a thread that was left behind may hold it.
            raise ClosedError("This tracker was made before the process was forked; construct one in the new process.")
        with self._lock:
            self._call_count += 1
            number = self._call_count
            name = f"{self.page}/{number}"
            future = self._expect(name)
            if self._ended is not None:
                self._settle(name, error=self._ended)
            else:
                # Within the lock: calls reach the loop in the order of their numbers.
                self._loop.call_soon_threadsafe(self._take, make(name, number))
        return future

    @property
    def is_own_thread(self) -> bool:
        """Tell whether the caller is one of the runtime's own listeners, which must not wait for it."""
        return threading.current_thread() is self._thread

    def stop(self, timeout_s: float) -> None:
        """End the thread; whatever is committed stays, and calls that wait are rejected."""
        if os.getpid() != self._process:
            return
        if self._is_first_to_end(ClosedError("This tracker was closed; nothing was counted. Construct a new one.")):
            self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread.is_alive() and not self.is_own_thread:
            self._thread.join(timeout_s)

    # -- the thread --

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda _, context: self._break(context.get("exception")))
        self._loop.call_soon(self._begin_tracking)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._end())
            self._loop.close()

    def _begin_tracking(self) -> None:
        self._feed(PageJoined(self.page))
        self._carry_out(self._tracker.start())
        self._loop.call_later(WATCH_S, self._watch)

    def _break(self, error: BaseException | None) -> None:
        """The tracker is in no state to go on: every call is answered with the reason."""
        if not isinstance(error, DltError):
            log.error("the tracker failed", exc_info=error)
            error = DltError(f"The tracker failed: {type(error).__name__}: {error}.")
        if self._is_first_to_end(error):
            self._loop.stop()

    def _is_first_to_end(self, why: DltError) -> bool:
        """Have calls from now on refused with this reason; true for whoever has to stop the loop.

        It is stopped once: a second time would stop what is done after it, in which waiting calls are answered.
        """
        with self._lock:
            is_first = self._ended is None
            self._ended = self._ended or why
        return is_first

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._transport.close()
        await self._loop.shutdown_default_executor()
        self._desk.close()
        with self._lock:
            self._ended = self._ended or ClosedError("This tracker was closed.")
            for name in list(self._calls):
                self._settle(name, error=self._ended)

    def _take(self, given: Input) -> None:
        """Feed what a caller said."""
        if isinstance(given, FlushRequested):
            self._desk.refresh()
        self._feed(given)

    def _feed(self, given: Input) -> None:
        moment = Moment(
            time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000, secrets.token_bytes(RANDOM_BYTES)
        )
        self._carry_out(self._tracker.feed(given, moment))

    def _carry_out(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self._one(command)

    def _one(self, command: Command) -> None:
        carry_out = _CARRY_OUT.get(type(command))
        if carry_out is not None:
            carry_out(self, command)
        elif not isinstance(command, _OF_BROWSERS):
            raise AssertionError(f"the core commanded {command!r}, which this shell does not know")

    def _watch(self) -> None:
        self._desk.refresh()
        self._loop.call_later(WATCH_S, self._watch)

    # -- the rest of the world --

    async def _send(self, command: SendHttp) -> None:
        self._feed(await self._transport.send(command))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._break(task.exception())

    def _set_timer(self, command: SetTimer) -> None:
        at_monotonic_ms = command.at_monotonic_ms
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if at_monotonic_ms is not None:
            wait_s = at_monotonic_ms / 1000 - time.monotonic()
            self._timer = self._loop.call_later(max(0.0, wait_s), self._ring)

    def _ring(self) -> None:
        self._desk.refresh()
        self._feed(TimerFired())

    def _verify(self, command: VerifyToken) -> None:
        self._loop.call_soon(self._feed, TokenVerified(command.token, verify(command.token, command.keys)))

    def _claim(self, command: ClaimCalls) -> None:
        # Nothing is journalled here: Python runs before anybody calls.
        self._loop.call_soon(self._feed, CallsClaimed(command.page, []))

    def _mirror(self, command: Mirror) -> None:
        self.state = command.state

    def _recount(self, command: Recount) -> None:
        pending = {**self.state["pending"], "scans": command.scans, "reports": command.reports}
        self.state = {**self.state, "pending": pending}

    def _reject(self, command: Reject) -> None:
        kind = getattr(errors, command.error)
        self._settle(command.call, error=kind(in_python(command.message), code=command.code))

    # -- promises --

    def _expect(self, name: str) -> Future[Json]:
        future: Future[Json] = Future()
        self._calls[name] = future
        return future

    def _settle(self, name: str, value: Json = None, error: DltError | None = None) -> None:
        future = self._calls.pop(name, None)
        if future is None or not future.set_running_or_notify_cancel():
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)


# Every command, and how it is carried out; one that is not here is an error.
_CARRY_OUT: dict[type, Callable[[Runtime, Any], None]] = {
    LoadStore: lambda runtime, _: runtime._desk.load(),
    AbandonStore: lambda runtime, _: runtime._desk.abandon(),
    Commit: lambda runtime, command: runtime._desk.commit(command),
    SendHttp: lambda runtime, command: runtime._begin(runtime._send(command)),
    VerifyToken: Runtime._verify,
    SetTimer: Runtime._set_timer,
    Resolve: lambda runtime, command: runtime._settle(command.call, command.value),
    Reject: Runtime._reject,
    Mirror: Runtime._mirror,
    Recount: Runtime._recount,
    Notify: lambda runtime, command: runtime._tell(command.event, command.detail),
    ClaimCalls: Runtime._claim,
}
# A host has no page that is hidden, and the core asks a journal only of IndexedDB.
_OF_BROWSERS = (HoldBeacon, AskToPersist, ReadJournal, ClearJournal)
