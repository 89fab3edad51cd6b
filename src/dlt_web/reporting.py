"""Reports usage and acts on the answers (spec §5): ``report_schedule`` says when, ``report_requests`` what.

Always everything that is not acknowledged, oldest first, cut at the newest end. One request at a time from here; the
page's beacon may send copies at any moment, and every copy is harmless.
"""

from __future__ import annotations

import json

from .answers import NoAnswer, is_same_store, read_answer, store_mismatch
from .backoff import Backoff
from .changes import AttemptFailed, Change, DeviceLost, EpochChanged, ReportsAnswered
from .device import Entropy
from .ledger import Ledger
from .license_changes import ReportTokenRefused
from .licensing import Licensing
from .local_state import LocalState
from .messages import HttpAnswered
from .model import Moment, Problem, ReportAnswer, ReportRequest
from .options import TrackerOptions
from .outbox import HttpResult, Outbox, Trouble
from .report_queue import ATTEMPT_GAP_MS
from .report_requests import REPORT_PATH, ReportRequests, cut_to_size
from .report_schedule import ReportSchedule
from .wire import encode_report_request
from .wire_answers import decode_report_answer

REQUEST_TIMEOUT_MS = 30_000
# Well under the LTS's body limit; a month of slots goes in a few requests.
MAX_REQUEST_BYTES = 64_000
# Spec §5: "tried at least hourly".
MAX_BACKOFF_MS = 3_600_000


class Reporting:
    """The reporting side of one tracker.

    Attributes:
        accepted_reports: how many results this runtime has seen accepted.
        trouble: why the last request had no usable answer; None after an answer.
        attempts_ended: how many requests have ended, well or not.
        next_report_at_ms: monotonic time of the next report, as things stand at the end of a feed; None if none is due.
    """

    def __init__(self, options: TrackerOptions, outbox: Outbox, ledger: Ledger, licensing: Licensing) -> None:
        self.accepted_reports = 0
        self.trouble: Trouble | None = None
        self.attempts_ended = 0
        self.next_report_at_ms: int | None = None
        self._options = options
        self._outbox = outbox
        self._ledger = ledger
        self._licensing = licensing
        self._backoff = Backoff(len(options.license_servers), cap_ms=MAX_BACKOFF_MS)
        self._max_bytes = MAX_REQUEST_BYTES
        self._is_under_way = False
        self._unsettled: Change | None = None
        self._is_cut = False
        self._is_token_fresh = False
        self._schedule = ReportSchedule()
        self._requests = ReportRequests(options, outbox, ledger)
        self._has_seen_barcodes = False
        # Spec §5: "at least an hour apart on a monotonic clock"; the first hour of each page load counts none, or a
        # page that is loaded often would give its reports up within a day.
        self._last_counted_attempt_ms: int | None = None
        self._now = Moment(0, 0, b"")
        self._entropy: Entropy | None = None

    # -- what the tracker tells --

    def begin(self, now: Moment, entropy: Entropy) -> None:
        """Take the moment of a feed; called first in each."""
        self._now, self._entropy = now, entropy
        if self._last_counted_attempt_ms is None:
            self._last_counted_attempt_ms = now.monotonic_ms

    def loaded(self) -> None:
        """The store is open: what waits on disk goes out at the start (spec §5)."""
        self._schedule.is_due_now = self._has_pending
        self._unsettled = None

    def settled(self, change: Change) -> None:
        """A change is on disk; until an answer is, what it acknowledges would only be sent again."""
        if change is not self._unsettled:
            return
        self._unsettled = None
        # What a conflict or a set-back database moved to a new stream goes out at once.
        if isinstance(change, ReportsAnswered) and change.request.stream_id != self._ledger.state.queue.stream_id:
            self._schedule.is_due_now = True

    def barcodes_seen(self) -> None:
        """Barcodes came in: the next report goes out even if all of them were duplicates."""
        self._has_seen_barcodes = True

    def send_soon(self) -> None:
        """Send now: the network is back, or the page asks. A server's Retry-After is still kept."""
        self._schedule.is_due_now = True
        self._backoff.hurry()

    # -- what the tracker asks --

    @property
    def is_busy(self) -> bool:
        """Tell whether an answer is awaited, or one is on its way to the disk."""
        return self._is_under_way or self._unsettled is not None

    def wake_at_ms(self) -> int | None:
        """Return when something happens here without an input, monotonic ms."""
        return None if self.is_busy or self._sender() is None else self.next_report_at_ms

    # -- deciding --

    def see_off_departed(self) -> None:
        """Drop devices whose store was purged and that have nothing left to say; called before the commit."""
        for departed in list(self._ledger.departed):
            scan_count = departed.queue.unheard_scan_count()
            if departed.report_token is not None and departed.queue.pending():
                self._schedule.is_due_now = True
                continue
            self._ledger.departed.remove(departed)
            if scan_count and departed.device_uuid is not None:
                # Without a report token nobody can vouch for them: said as a loss of the new device.
                self._ledger.note(DeviceLost(departed.device_uuid, scan_count))

    def step(self) -> None:
        """Send if it is due."""
        assert self._entropy is not None
        self._schedule.look_at(self._ledger.state.queue.pending(), self._now, self._entropy)
        if self._schedule.is_due_now and self._ledger.is_idle and not self._has_something:
            self._schedule.is_due_now = False  # a flush of nothing must not hurry the next scan
        sender = None if self.is_busy else self._sender()
        if sender is None:
            return
        due_ms = self._due_ms()
        if due_ms is not None and self._now.monotonic_ms >= due_ms:
            self._send(sender)

    def look_ahead(self) -> None:
        """Find out when the next report is due; called when all of a feed is decided."""
        self.next_report_at_ms = self._due_ms()

    def hold_beacon(self) -> None:
        """Give the page what it may send when it is hidden, if that has changed."""
        self._requests.hold_beacon(self._now.wall_ms)

    def forget_beacon(self) -> None:
        """A page has come that holds nothing."""
        self._requests.forget_beacon()

    # -- inside --

    def _due_ms(self) -> int | None:
        has_pending = self._has_pending
        due_ms = self._schedule.next_ms(
            self._now,
            interval_s=self._licensing.report_interval_s,
            has_pending=has_pending,
            has_something=has_pending or self._has_seen_barcodes,
        )
        return None if due_ms is None else max(due_ms, self._backoff.not_before_ms)

    @property
    def _has_pending(self) -> bool:
        return bool(self._ledger.state.queue.pending() or self._ledger.departed)

    @property
    def _has_something(self) -> bool:
        return self._has_pending or self._has_seen_barcodes

    def _sender(self) -> LocalState | None:
        """Return whose reports go next; None while nothing can be sent (spec §6: none without a report token)."""
        if self._ledger.departed:
            return self._ledger.departed[0]
        state = self._ledger.state
        has_all = state.device_uuid is not None and state.report_token is not None and state.queue.stream_id is not None
        return state if has_all and self._ledger.storage is not None else None

    def _send(self, sender: LocalState) -> None:
        assert self._entropy is not None
        pending = sender.queue.pending()
        cut = [one.queued for one in cut_to_size(pending, self._max_bytes)]
        request = self._requests.make(sender, cut, self._now.wall_ms)
        self._is_under_way = True
        self._is_cut = len(pending) > len(request.reports)
        self._has_seen_barcodes = False
        self._schedule.sent(self._now, self._entropy)
        url = f"{self._options.license_servers[self._backoff.ask(self._now.monotonic_ms)]}{REPORT_PATH}"
        self._outbox.send(
            "POST",
            url,
            encode_report_request(request),
            timeout_ms=REQUEST_TIMEOUT_MS,
            then=lambda result: self._answered(result, url, request),
        )

    def _answered(self, result: HttpResult, url: str, request: ReportRequest) -> None:
        self._is_under_way = False
        self.attempts_ended += 1
        answer = read_answer(result, url, 200, decode_report_answer, wall_ms=self._now.wall_ms)
        if isinstance(answer, ReportAnswer):
            self._take(request, answer)
        elif isinstance(result, HttpAnswered) and result.status == 413 and len(request.reports) > 1:
            # Whoever says it: a limit is mostly that of a proxy in front of the LTS, which answers in words of its own.
            self._max_bytes = len(json.dumps(encode_report_request(request))) // 2
            self.send_soon()
        elif isinstance(answer, NoAnswer):
            self._failed(answer.trouble, answer.retry_after_ms)
        elif answer.code == "STORE_EPOCH_CHANGED" and answer.store_epoch is not None:
            self._epoch_changed(request, answer.store_epoch, url)
        elif answer.code == "REPORT_TOKEN_STALE":
            self._report_token_refused(request, answer, url)
        else:
            # The operator may mend it: the reports stay, and are tried at least hourly.
            self._failed(Trouble(answer.code, answer.detail), 0)

    def _take(self, request: ReportRequest, answer: ReportAnswer) -> None:
        if not is_same_store(request.store_epoch, answer.store_epoch):
            self._failed(store_mismatch(self._options.license_servers[self._backoff.server_index]), 0)
            return
        self.trouble = None
        self._is_token_fresh = False
        self._backoff.succeeded()
        self._max_bytes = min(MAX_REQUEST_BYTES, self._max_bytes * 2)
        self.accepted_reports += sum(result.outcome == "accepted" for result in answer.results)
        departed = self._departed_of(request)
        if departed is not None:
            self._acknowledge_departed(departed, request, answer)
        elif request.device_uuid == self._ledger.state.device_uuid:
            self._note(ReportsAnswered(request, answer))
            if answer.token is not None and answer.expires_at_ms is not None:
                self._licensing.renewed(answer.token, answer.expires_at_ms, answer.server_time_ms)
        # What the size limit cut off goes at once.
        self._schedule.is_due_now = self._schedule.is_due_now or self._is_cut

    def _note(self, change: Change) -> None:
        self._unsettled = change
        self._ledger.note(change)

    def _departed_of(self, request: ReportRequest) -> LocalState | None:
        return next((one for one in self._ledger.departed if one.device_uuid == request.device_uuid), None)

    def _acknowledge_departed(self, departed: LocalState, request: ReportRequest, answer: ReportAnswer) -> None:
        assert self._entropy is not None
        departed.queue.acknowledge(request, answer, first_own_seq=None, entropy=self._entropy)
        if not departed.queue.pending():
            self._ledger.departed.remove(departed)

    def _epoch_changed(self, request: ReportRequest, store_epoch: str, url: str) -> None:
        if not is_same_store(request.store_epoch, store_epoch):
            self._failed(store_mismatch(url.removesuffix(REPORT_PATH)), 0)
            return
        departed = self._departed_of(request)
        if departed is not None:
            departed.queue.change_epoch(store_epoch)
        else:
            self._note(EpochChanged(request.store_epoch, store_epoch))
        self.send_soon()

    def _report_token_refused(self, request: ReportRequest, answer: Problem, url: str) -> None:
        if answer.store_epoch is not None and not is_same_store(request.store_epoch, answer.store_epoch):
            self._failed(store_mismatch(url.removesuffix(REPORT_PATH)), 0)
            return
        departed = self._departed_of(request)
        if departed is not None:
            departed.report_token = None
        else:
            self._note(ReportTokenRefused(request.report_token))
            self._licensing.ask_again(even_if_licensed=True)
        if self._is_token_fresh:
            # A server that refuses each token it has given would else be asked without a pause.
            self._failed(Trouble(answer.code, answer.detail), 0)
        self._is_token_fresh = self._schedule.is_due_now = True

    def _failed(self, trouble: Trouble, retry_after_ms: int) -> None:
        assert self._entropy is not None
        now_ms = self._now.monotonic_ms
        self.trouble = trouble
        self._backoff.failed(now_ms, retry_after_ms, self._entropy.fraction())
        self._schedule.is_due_now = self._has_seen_barcodes = True  # also a sign of life is said again
        assert self._last_counted_attempt_ms is not None
        if now_ms - self._last_counted_attempt_ms >= ATTEMPT_GAP_MS:
            self._last_counted_attempt_ms = now_ms
            self._ledger.note(AttemptFailed())
