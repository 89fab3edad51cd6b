"""The tracker: one input in, a list of commands out (architecture §1: Python decides, a shell does).

It composes the parts: a scan is normalised (symbology), judged (dedupe), booked in a slot (report queue), committed
(ledger), reported (reporting) and permitted (licensing). It knows no clock, no network and no storage.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .changes import Change, ScansCounted
from .device import Entropy
from .errors import ScanError
from .explanation import ErrorLog, explain
from .ledger import Ledger
from .licensing import Licensing
from .messages import (
    AskToPersist,
    CloseRequested,
    Command,
    CommitConflicted,
    Committed,
    ExplainRequested,
    FlushRequested,
    HttpAnswered,
    HttpFailed,
    Input,
    Json,
    LoadStore,
    Mirror,
    NetworkReturned,
    Notify,
    PageHidden,
    Reject,
    Resolve,
    ScanSeen,
    SetTimer,
    StoreFailed,
    StoreLoaded,
    StorePurged,
    TimerFired,
    TokenVerified,
)
from .model import Moment
from .options import TrackerOptions
from .outbox import Outbox, Trouble
from .reporting import Reporting
from .scanning import Streams, read_frame
from .slots import slot_of
from .view import dead_letters_view, license_view, pending_view

READY = "ready"
# A step that finds nothing to do must not be woken again at once, whatever the clocks say.
MIN_TIMER_MS = 20


class Tracker:
    """Counts, reports and licenses the scans of one handshake code on one device.

    A shell feeds it: first :meth:`start`, then each input as it happens, one at a time, and carries out the returned
    commands in order. ``messages`` says which input answers which command.
    """

    def __init__(self, options: TrackerOptions, streams: Streams | None = None) -> None:
        """Track with these options; ``streams`` are those of an earlier tracker of the same page and options."""
        self._options = options
        self._outbox = Outbox()
        self._ledger = Ledger(options.handshake_code, self._outbox)
        self._licensing = Licensing(options, self._outbox, self._ledger)
        self._reporting = Reporting(options, self._outbox, self._ledger, self._licensing)
        self._streams = Streams(options) if streams is None else streams
        self._replies: list[Command] = []
        self._flushing: list[str] = []
        self._explaining: list[str] = []
        self._errors = ErrorLog()
        self._storage_trouble: Trouble | None = None
        self._is_closed = False
        self._is_ready_settled = False
        self._timer_at_ms: int | None = None
        self._beaconed: object = None
        self._shown: dict[str, Any] = {}
        self._handlers: dict[type, Callable[[Any], None]] = {
            StoreLoaded: self._store_loaded,
            Committed: lambda given: self._ledger.committed(given.revision),
            CommitConflicted: lambda given: self._ledger.conflicted(given.revision, given.records),
            StorePurged: self._store_purged,
            StoreFailed: self._store_failed,
            ScanSeen: self._scan_seen,
            HttpAnswered: self._outbox.deliver,
            HttpFailed: self._outbox.deliver,
            TokenVerified: lambda given: self._licensing.token_verified(given.token, given.verdict),
            TimerFired: self._timer_fired,
            NetworkReturned: self._network_returned,
            PageHidden: lambda given: None,
            FlushRequested: self._flush_requested,
            CloseRequested: self._close_requested,
            ExplainRequested: lambda given: self._explaining.append(given.call),
        }

    def start(self) -> list[Command]:
        """Return the first commands; feed :class:`StoreLoaded` when the store is open."""
        return [LoadStore()]

    def feed(self, given: Input, now: Moment) -> list[Command]:
        """Take one input and return what to do about it, in order.

        Args:
            given: what happened.
            now: both clocks and at least 64 fresh random bytes.

        Returns:
            Commands. Carry each out before the next feed, and feed the answers as they come.
        """
        entropy = Entropy(now.random)
        self._licensing.begin(now, entropy)
        self._reporting.begin(now, entropy)
        self._handlers[type(given)](given)
        self._step(now, entropy)
        return self._outbox.drain()

    # -- inputs --

    def _store_loaded(self, given: StoreLoaded) -> None:
        self._ledger.loaded(given.storage, given.revision, given.records)
        self._reporting.loaded()
        if self._options.persist_storage and self._ledger.storage == "indexeddb":
            self._outbox.emit(AskToPersist())

    def _store_purged(self, given: StorePurged) -> None:
        self._ledger.purged(given.storage, given.revision, given.records)
        self._reporting.loaded()
        # "What was committed and is still held in memory is sent at once" (spec §4).
        self._reporting.send_soon()
        self._tell("storage", {"storage": given.storage, "reason": "purged"})

    def _store_failed(self, given: StoreFailed) -> None:
        self._ledger.failed(may_have_committed=given.may_have_committed)
        self._reporting.loaded()
        self._storage_trouble = Trouble("STORE_FAILED", given.reason)
        self._tell("storage", {"storage": "memory", "reason": given.reason})

    def _scan_seen(self, given: ScanSeen) -> None:
        if self._is_closed:
            self._reject(given.call, "ClosedError", "TRACKER_CLOSED", "The tracker was closed before this scan.")
            return
        try:
            frame = read_frame(given)
        except ScanError as error:
            self._reject(given.call, "ScanError", error.code, error.message)
            return
        if frame.barcodes:
            self._licensing.used()
        forbidden = self._licensing.forbids()
        if forbidden is not None and self._options.enforcement == "throw":
            self._reject(given.call, "LicenseError", *forbidden)
            return
        if frame.barcodes:
            self._reporting.barcodes_seen()
        verdict = self._streams.judge(frame, is_unlicensed=forbidden is not None)
        if verdict.counts:
            slot = slot_of(given.called_wall_ms)
            self._ledger.note(ScansCounted(given.call, verdict.value, slot, verdict.counts))
        else:
            self._replies.append(Resolve(given.call, verdict.value))

    def _timer_fired(self, given: TimerFired) -> None:
        self._timer_at_ms = None

    def _network_returned(self, given: NetworkReturned) -> None:
        self._reporting.send_soon()
        if self._licensing.trouble is not None:
            self._licensing.ask_again()

    def _flush_requested(self, given: FlushRequested) -> None:
        self._flushing.append(given.call)
        self._reporting.send_soon()
        if self._options.authorize == "start" or self._licensing.state != "starting":
            self._licensing.ask_again()

    def _close_requested(self, given: CloseRequested) -> None:
        self._is_closed = True
        self._flushing.append(given.call)
        self._reporting.send_soon()

    # -- deciding --

    def _step(self, now: Moment, entropy: Entropy) -> None:
        uuid_before = self._shown.get("deviceUuid")
        self._reporting.see_off_departed()
        self._commit(now, entropy)
        uuid = self._ledger.state.device_uuid
        if uuid_before is not None and uuid != uuid_before:
            self._licensing.forget()
            self._reporting.loaded()
        if not self._is_closed:
            self._licensing.step()
        self._reporting.step()
        self._commit(now, entropy)
        if self._ledger.state is not self._beaconed:
            self._beaconed = self._ledger.state
            self._reporting.hold_beacon()
        self._settle_promises()
        self._explain(now)
        self._set_timer(now)
        self._show(now)
        for reply in self._replies:
            self._outbox.emit(reply)
        self._replies.clear()

    def _commit(self, now: Moment, entropy: Entropy) -> None:
        self._ledger.step(now, entropy)
        settled, self._ledger.settled = self._ledger.settled, []
        for change in settled:
            self._change_settled(change)

    def _change_settled(self, change: Change) -> None:
        self._licensing.settled(change)
        self._reporting.settled(change)
        if isinstance(change, ScansCounted):
            self._replies.append(Resolve(change.call, change.value))
            self._tell("scan", {"scans": change.value["scans"], "bySymbology": dict(change.counts)})

    def _settle_promises(self) -> None:
        licensing = self._licensing
        if not self._is_ready_settled and self._ledger.state.device_uuid is not None:
            forbidden = licensing.forbids()
            if licensing.state == "refused" and forbidden is not None:
                self._is_ready_settled = True
                self._reject(READY, "LicenseError", *forbidden)
            elif licensing.state != "starting" or self._options.authorize == "first-scan":
                self._is_ready_settled = True
                self._replies.append(Resolve(READY, None))
        is_busy = not self._ledger.is_idle or self._reporting.is_busy or licensing.is_busy
        if self._flushing and not is_busy:
            value = {
                "pendingScans": self._ledger.state.queue.pending_scan_count(),
                "pendingReports": len(self._ledger.state.queue.pending()),
            }
            self._replies += [Resolve(call, value) for call in self._flushing]
            self._flushing.clear()

    def _explain(self, now: Moment) -> None:
        """Answer ``explain()`` as things stand after this step."""
        self._errors.note("license", self._licensing.trouble, now)
        self._errors.note("reports", self._reporting.trouble, now)
        self._errors.note("storage", self._storage_trouble, now)
        if self._explaining:
            told = explain(self._options, self._ledger, self._licensing, self._reporting, self._errors, now)
            self._replies += [Resolve(call, told) for call in self._explaining]
            self._explaining.clear()

    def _set_timer(self, now: Moment) -> None:
        wakes = [self._reporting.wake_at_ms(), None if self._is_closed else self._licensing.wake_at_ms()]
        due = [wake for wake in wakes if wake is not None]
        at_ms = None if self._is_closed or not due else max(min(due), now.monotonic_ms + MIN_TIMER_MS)
        if at_ms != self._timer_at_ms:
            self._timer_at_ms = at_ms
            self._outbox.emit(SetTimer(at_ms))

    def _show(self, now: Moment) -> None:
        """Mirror what the page shows, and tell of changes; before the promises, so that they find it there."""
        state = {
            "deviceUuid": self._ledger.state.device_uuid,
            "storage": self._ledger.storage,
            "license": license_view(self._licensing, now),
            "pending": pending_view(self._reporting, self._ledger, now),
            "deadLetters": dead_letters_view(self._ledger),
        }
        before, self._shown = self._shown, state
        if state == before:
            return
        self._outbox.emit(Mirror(state))
        if state["license"] != before.get("license"):
            self._tell("license", state["license"])
        if state["pending"]["attempts"] != before.get("pending", {"attempts": 0})["attempts"]:
            self._tell("report", state["pending"])
        if before and before["storage"] is None and state["storage"] is not None:
            self._tell("storage", {"storage": state["storage"], "reason": "opened"})

    def _tell(self, event: str, detail: Json) -> None:
        self._replies.append(Notify(event, detail))  # type: ignore[arg-type]

    def _reject(self, call: str, error: str, code: str, message: str) -> None:
        self._replies.append(Reject(call, error, code, message))
