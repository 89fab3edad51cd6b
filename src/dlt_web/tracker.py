"""The tracker: one input in, a list of commands out (architecture §1: Python decides, a shell does).

It composes the parts: a scan is normalised (symbology), judged (dedupe), booked in a slot (report queue), committed
(ledger), reported (reporting) and permitted (licensing), and the pages are told (audience). It knows no clock, no
network and no storage.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .audience import Audience, answers_to
from .changes import Change, DeviceNeeded, JournalCounted, ScansCounted
from .device import Entropy, seed_from
from .errors import ScanError
from .ledger import Ledger
from .licensing import Licensing
from .messages import (
    AskToPersist,
    CallsClaimed,
    ClearJournal,
    CloseRequested,
    Command,
    CommitConflicted,
    Committed,
    ExplainRequested,
    FlushRequested,
    HttpAnswered,
    HttpFailed,
    Input,
    JournalRead,
    LoadStore,
    NetworkReturned,
    PageHidden,
    PageJoined,
    PageLeft,
    ReadJournal,
    ScanExplainRequested,
    ScanRemembered,
    ScanSeen,
    SetTimer,
    StoreFailed,
    StoreLoaded,
    StorePurged,
    TimerFired,
    TokenVerified,
)
from .model import Counts, Moment
from .options import TrackerOptions
from .outbox import Outbox, Trouble
from .reporting import Reporting
from .scanning import Streams, as_scan, journalled_scans, read_frame
from .slots import slot_of

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
        self._name = options.name
        self._outbox = Outbox()
        self._ledger = Ledger(options, self._outbox)
        self._licensing = Licensing(options, self._outbox, self._ledger)
        self._reporting = Reporting(options, self._outbox, self._ledger, self._licensing)
        self._streams = Streams(options) if streams is None else streams
        self._audience = Audience(options, self._outbox, self._ledger, self._licensing, self._reporting)
        self._is_closed = False
        self._journalled_pages: tuple[str, ...] = ()
        self._is_seed_spent = False
        self._timer_at_ms: int | None = None
        self._beaconed: object = None
        self._handlers: dict[type, Callable[[Any], None]] = {
            StoreLoaded: self._store_loaded,
            Committed: self._committed,
            CommitConflicted: lambda given: self._ledger.conflicted(given.revision, given.records),
            StorePurged: self._store_purged,
            StoreFailed: self._store_failed,
            ScanSeen: self._scan_seen,
            ScanRemembered: self._scan_remembered,
            JournalRead: self._journal_read,
            CallsClaimed: lambda given: self._ledger.claims.add(given.page, given.unclear),
            PageJoined: self._page_joined,
            PageLeft: self._page_left,
            HttpAnswered: self._outbox.deliver,
            HttpFailed: self._outbox.deliver,
            TokenVerified: lambda given: self._licensing.token_verified(given.token, given.verdict),
            TimerFired: self._timer_fired,
            NetworkReturned: self._network_returned,
            PageHidden: lambda given: None,
            FlushRequested: self._flush_requested,
            CloseRequested: self._close_requested,
            ExplainRequested: lambda given: self._audience.wait_for_explanation(given.call),
            ScanExplainRequested: lambda given: self._audience.explain_scan(given.call, given.barcodes),
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
        if type(given) is not ScanSeen or not self._commits_scans(now, entropy):
            self._step(now, entropy)
        return self._outbox.drain()

    # -- inputs --

    def _store_loaded(self, given: StoreLoaded) -> None:
        self._ledger.loaded(given.storage, given.revision, given.records)
        self._reporting.loaded()
        if given.failure is not None:
            self._audience.storage_trouble = Trouble("STORE_FAILED", given.failure)
        if self._read_journal():
            self._ledger.await_seed()
        if self._options.persist_storage and self._ledger.storage == "indexeddb":
            self._outbox.emit(AskToPersist())

    def _committed(self, given: Committed) -> None:
        self._ledger.committed(given.revision)
        if self._audience.flushed_calls:
            self._flush_scans(self._ledger.settled)
        if self._audience.has_heard():
            self._ledger.settled = []  # nothing but scans, of which nobody else hears

    def _store_purged(self, given: StorePurged) -> None:
        self._ledger.purged(given.storage, given.revision, given.records)
        self._reporting.loaded()
        # "What was committed and is still held in memory is sent at once" (spec §4).
        self._reporting.send_soon()
        self._audience.tell("storage", {"storage": given.storage, "reason": "purged"})

    def _store_failed(self, given: StoreFailed) -> None:
        self._ledger.failed(may_have_committed=given.may_have_committed)
        self._reporting.loaded()
        self._audience.storage_trouble = Trouble("STORE_FAILED", given.reason)
        self._audience.tell("storage", {"storage": "memory", "reason": given.reason})

    def _page_joined(self, given: PageJoined) -> None:
        self._is_closed = False
        self._audience.join(given.page)
        self._ledger.claims.page_joined(given.page)
        self._licensing.page_joined()
        self._read_journal()
        self._beaconed = None
        self._reporting.forget_beacon()

    def _page_left(self, given: PageLeft) -> None:
        # What it had counted goes out all the same, as long as the shell lives.
        self._audience.leave(given.page)
        self._ledger.page_left(given.page)

    def _scan_seen(self, given: ScanSeen) -> None:
        if given.page not in self._audience:
            self._audience.reject(
                given.call, "ClosedError", "TRACKER_CLOSED", "The tracker was closed before this scan."
            )
            return
        try:
            frame = read_frame(given)
        except ScanError as error:
            self._audience.reject(given.call, "ScanError", error.code, error.message)
            return
        if frame.readings:
            self._licensing.used()
        forbidden = self._licensing.forbids()
        known = (given.page, given.number, self._name)
        # A runtime that is gone may have counted it, and then nobody may say that it does not count.
        is_counted = forbidden is not None and self._ledger.state.has_counted(*known)
        if forbidden is not None and self._options.enforcement == "throw" and not is_counted:
            self._audience.reject(given.call, "LicenseError", *forbidden)
            return
        if frame.readings:
            self._reporting.barcodes_seen()
        verdict = self._streams.judge(frame, is_unlicensed=forbidden is not None)
        self._audience.readings.note(frame, verdict)
        if verdict.counts:
            slot = slot_of(given.called_wall_ms)
            self._ledger.note(ScansCounted(given.call, *known, verdict.value, slot, verdict.counts))
        else:
            self._audience.resolve(given.call, verdict.value)

    def _scan_remembered(self, given: ScanRemembered) -> None:
        self._streams.judge(read_frame(as_scan(given)), is_unlicensed=False)

    def _read_journal(self) -> bool:
        is_on_disk = self._ledger.storage == "indexeddb"
        if is_on_disk:
            self._ledger.journal_asked()
            self._outbox.emit(ReadJournal(self._options.handshake_code))
        return is_on_disk

    def _journal_read(self, given: JournalRead) -> None:
        if self._ledger.storage != "indexeddb":
            return  # it lies on a disk, and shall not be kept in memory only
        self._ledger.take_seed(seed_from(given.device_seed))
        self._ledger.journal_read(is_known=given.pages is not None)
        if given.pages is None:
            return
        calls: dict[str, list[tuple[int, int, Counts]]] = {}
        # Digests are judged apart: what a page that lives has before its camera must not be forgotten with them.
        streams = Streams(self._options)
        for scan in journalled_scans(given.calls):
            counts = streams.judge(read_frame(scan), is_unlicensed=False).counts
            found = calls.setdefault(scan.page, [])
            if counts:
                found.append((scan.number, slot_of(scan.called_wall_ms), counts))
        state, pages = self._ledger.state, frozenset(given.pages)
        is_known = state.journalled_among(pages) == state.journalled_pages and not state.has_forgotten_calls
        if calls or not is_known:
            self._ledger.note(JournalCounted(calls, pages))

    def _clear_journal(self) -> None:
        """What pages had journalled is on disk: it lies there once, and need not lie there twice."""
        if self._journalled_pages or self._is_seed_spent:
            self._outbox.emit(ClearJournal(self._options.handshake_code, self._journalled_pages))
            self._journalled_pages, self._is_seed_spent = (), False

    def _timer_fired(self, given: TimerFired) -> None:
        self._timer_at_ms = None

    def _network_returned(self, given: NetworkReturned) -> None:
        self._reporting.send_soon()
        if self._licensing.trouble is not None:
            self._licensing.ask_again()

    def _flush_requested(self, given: FlushRequested) -> None:
        self._flush(given.call)
        if self._options.authorize == "start" or self._licensing.state != "starting":
            self._licensing.ask_again()

    def _close_requested(self, given: CloseRequested) -> None:
        self._audience.leave(given.page)
        self._is_closed = self._audience.is_empty
        self._flush(given.call)

    def _flush(self, call: str) -> None:
        self._audience.wait_for_flush(call)
        self._reporting.send_soon()

    def _flush_scans(self, settled: list[Change]) -> None:
        """Send what was on its way to the disk when a flush was asked for, as soon as all of it is there."""
        self._audience.flushed_calls -= {change.call for change in settled if isinstance(change, ScansCounted)}
        if not self._audience.flushed_calls:
            self._reporting.send_soon()

    # -- deciding --

    def _commits_scans(self, now: Moment, entropy: Entropy) -> bool:
        """Send a commit of scans, for which a page waits; what else they lead to waits for the next input."""
        self._reporting.see_off_departed()
        self._ledger.step(now, entropy)
        return self._ledger.send(self._audience.foretell)

    def _step(self, now: Moment, entropy: Entropy) -> None:
        uuid_before = self._audience.shown_uuid
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
        self._clear_journal()
        self._reporting.look_ahead()
        self._audience.settle(now)
        self._set_timer(now)
        self._audience.show(now)
        self._ledger.send(self._audience.foretell)

    def _commit(self, now: Moment, entropy: Entropy) -> None:
        self._ledger.step(now, entropy)
        settled, self._ledger.settled = self._ledger.settled, []
        if self._audience.flushed_calls:
            self._flush_scans(settled)
        for change in settled:
            self._change_settled(change)

    def _change_settled(self, change: Change) -> None:
        self._licensing.settled(change)
        self._reporting.settled(change)
        if isinstance(change, DeviceNeeded) and change.seed is not None:
            # Not where the device is in memory only: the next one that can write to the disk shall be the same.
            self._is_seed_spent = self._ledger.storage == "indexeddb"
        if isinstance(change, JournalCounted) and self._ledger.storage == "indexeddb":
            self._journalled_pages = (*self._journalled_pages, *change.calls)
        if isinstance(change, ScansCounted):
            for answer in answers_to(change):
                self._audience.answer(answer)

    def _set_timer(self, now: Moment) -> None:
        wakes = [self._ledger.wake_at_ms()]
        if not self._is_closed:
            wakes += [self._reporting.wake_at_ms(), self._licensing.wake_at_ms()]
        due = [wake for wake in wakes if wake is not None]
        at_ms = max(min(due), now.monotonic_ms + MIN_TIMER_MS) if due else None
        if at_ms != self._timer_at_ms:
            self._timer_at_ms = at_ms
            self._outbox.emit(SetTimer(at_ms))
