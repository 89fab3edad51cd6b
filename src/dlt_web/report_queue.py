"""The report queue of one handshake code: numbering, growth, acknowledgement, set-back, loss (spec §5).

A :class:`ReportQueue` is a working copy that one decision changes; the store's compare-and-swap makes the decision real
or has it taken anew on fresh records. Queued reports are frozen, so a copy of the queue costs one shallow dict copy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter

from .device import Entropy, uuid4_of
from .json_value import MAX_COUNT_NAMES
from .model import Counts, ReportAnswer, ReportRequest, ReportResult, StreamRow, UsageReport
from .queued_report import DeadLetter, Pending, QueuedReport, ReportKey, pending_of
from .slots import add_counts, total_of

# Spec §5: acknowledged reports stay for 7 days, so that a server restored from a backup can be given them again.
KEPT_MS = 7 * 24 * 3600 * 1000
# Spec §5: a report is given up after 720 failed attempts, an hour apart: 30 days of trying.
MAX_FAILED_ATTEMPTS = 720
ATTEMPT_GAP_MS = 3_600_000

LOST_BY_PURGE = "purged"
LOST_BY_SET_BACK = "setBack"
LOST_UNREADABLE = "unreadable"
LOST_UNCLEAR = "unclear"


@dataclass(slots=True)
class ReportQueue:
    """All reports of one device under one handshake code.

    Attributes:
        stream_id: stream that new reports are numbered in; None before the first.
        next_seq: next number of that stream; outlives the reports.
        store_epoch: the LTS store's epoch as the database knows it; None before the first answer.
        unreported_lost: losses that go into the next report.
        reports: by stream and number.
        dead_letters: by stream and number; a change puts another table in its place.
    """

    stream_id: str | None = None
    next_seq: int = 1
    store_epoch: str | None = None
    unreported_lost: Counts = field(default_factory=dict)
    reports: dict[ReportKey, QueuedReport] = field(default_factory=dict)
    dead_letters: Mapping[ReportKey, DeadLetter] = field(default_factory=dict)
    # Read several times a feed, and long after a month offline; every change of `reports` below keeps it up to date, or
    # forgets it.
    _pending: Pending | None = field(default=None, compare=False, repr=False)
    # No report is kept since before this time of the server; None while nobody has looked.
    _kept_since_ms: float | None = field(default=None, compare=False, repr=False)

    def copy(self) -> ReportQueue:
        """Return a copy that can change without this one."""
        copy = ReportQueue(*_FIELDS_OF(self))
        copy.reports = dict(self.reports)
        return copy

    # -- counting --

    def start_stream(self, entropy: Entropy) -> None:
        """Number new reports in a new stream from now on; what is queued keeps its own."""
        self.stream_id, self.next_seq = entropy.uuid4(), 1
        self._pending = None

    def book(self, slot: int, counts: Counts, *, must_open: bool, entropy: Entropy) -> None:
        """Add scans to the open report of this slot, or close it and open the next number.

        Args:
            slot: slot of the scans on the device's wall clock.
            counts: scans per symbology.
            must_open: open a new number even in the same slot, as a runtime's first commit does: the report on disk
                may have been grown by a former life of a database that was set back.
            entropy: names the new report, and the stream if there is none.
        """
        if self.stream_id is None:
            self.start_stream(entropy)
        for part in _parts_of(counts):
            self._book_part(slot, part, must_open=must_open, entropy=entropy)
            must_open = False

    def book_apart(self, name: str, slots: Mapping[int, Counts], entropy: Entropy) -> None:
        """Put scans into a stream of their own, which always has the same names for the same ``name``."""
        if self.stream_id is None:
            self.start_stream(entropy)
        parts = [(slot, part) for slot, counts in sorted(slots.items()) for part in _parts_of(counts)]
        for seq, (slot, counts) in enumerate(parts, start=1):
            report = UsageReport(uuid4_of(f"{name}/{seq}"), seq, 1, slot, counts, {})
            self._put(QueuedReport(uuid4_of(name), report))

    def _book_part(self, slot: int, counts: Counts, *, must_open: bool, entropy: Entropy) -> None:
        assert self.stream_id is not None
        lost, self.unreported_lost = self.unreported_lost, {}
        newest = self.reports.get((self.stream_id, self.next_seq - 1))
        has_room = newest is not None and len({*newest.report.counts, *counts}) <= MAX_COUNT_NAMES
        if newest is not None and newest.report.slot == slot and has_room and not must_open:
            self._put(newest.grown(counts, lost))
            return
        report = UsageReport(entropy.uuid4(), self.next_seq, 1, slot, add_counts({}, counts), dict(lost))
        self.next_seq += 1
        self._put(QueuedReport(self.stream_id, report))

    def add_lost(self, reason: str, scan_count: int) -> None:
        """Note scans that are known to be lost, for the next report."""
        if scan_count:
            self.unreported_lost = add_counts(self.unreported_lost, {reason: scan_count})

    # -- reading --

    def pending(self) -> list[QueuedReport]:
        """Return everything that is not acknowledged, oldest first, older streams before the current one."""
        return (self._pending or self._gathered()).reports

    def pending_scan_count(self) -> int:
        """Return how many counted scans the LTS has not acknowledged."""
        return (self._pending or self._gathered()).scan_count

    def unheard_scan_count(self) -> int:
        """Return how many scans, counted or known as lost, the LTS has not acknowledged."""
        return sum(total_of(part) for queued in self.pending() for part in queued.unacknowledged())

    # -- answers --

    def acknowledge(
        self, request: ReportRequest, answer: ReportAnswer, *, first_own_seq: int | None, entropy: Entropy
    ) -> None:
        """Act on an answer: acknowledge, bury, or move to a new stream; drop what was acknowledged long before.

        How long, the server's clock says: a device's may be years ahead for a moment.

        Args:
            request: what was sent, as it was sent.
            answer: what the LTS answered.
            first_own_seq: number that the request's stream stood at when this runtime started; None where this queue
                is no database but one tab's memory of a purged one: another tab may rightly have said more.
            entropy: names what is moved.
        """
        if self.store_epoch is None:
            self.store_epoch = answer.store_epoch
        if self.store_epoch != answer.store_epoch:
            return  # a yes from before (or after) a restore is worth nothing
        stream_id = request.stream_id
        if first_own_seq is not None and stream_id == self.stream_id and self._was_set_back(answer.last):
            self._leave_stream(stream_id, first_own_seq, answer.server_time_ms, entropy)
            return
        sent = {(report.seq, report.version): report for report in request.reports}
        has_conflict = False
        for result in answer.results:
            report = sent.get((result.seq, result.version))
            if report is not None:
                has_conflict |= self._apply(stream_id, report, result, answer.server_time_ms)
        if has_conflict:
            self._move_apart(stream_id, answer.server_time_ms, entropy)
        self.drop_kept(answer.server_time_ms)

    def change_epoch(self, store_epoch: str) -> None:
        """Take the epoch of a restored store: everything kept counts as unsent again."""
        self.store_epoch = store_epoch
        for queued in list(self.reports.values()):
            self._put(replace(queued, acknowledged=None, kept_since_ms=None))

    def drop_kept(self, server_ms: int) -> None:
        """Delete acknowledged reports whose 7 days are over by the server's clock. Never touches what is pending."""
        if self._kept_since_ms is not None and server_ms - self._kept_since_ms <= KEPT_MS:
            return
        self._kept_since_ms = math.inf
        for key, queued in list(self.reports.items()):
            if queued.kept_since_ms is None:
                continue
            if server_ms - queued.kept_since_ms > KEPT_MS:
                self._drop(key)
            else:
                self._kept_since_ms = min(self._kept_since_ms, queued.kept_since_ms)

    def count_failed_attempt(self, wall_ms: int) -> None:
        """Note a failed attempt on the oldest pending report; give it up, and say so, after 720.

        An attempt within an hour of the last one counted, by this tab or another, is not counted.
        """
        pending = self.pending()
        if not pending:
            return
        last_ms = pending[0].attempt_counted_ms
        if last_ms is not None and abs(wall_ms - last_ms) < ATTEMPT_GAP_MS:
            return
        oldest = replace(pending[0], failed_attempts=pending[0].failed_attempts + 1, attempt_counted_ms=wall_ms)
        if oldest.failed_attempts < MAX_FAILED_ATTEMPTS:
            self._put(oldest)
            return
        counts, lost = oldest.unacknowledged()
        self._drop(oldest.key)
        self.add_lost(LOST_BY_PURGE, total_of(counts))
        self.unreported_lost = add_counts(self.unreported_lost, lost)

    # -- inside --

    def _gathered(self) -> Pending:
        self._pending = pending_of(self.reports.values(), self.stream_id)
        return self._pending

    def _put(self, queued: QueuedReport) -> None:
        self.reports[queued.key] = queued
        self._pending = None if self._pending is None else self._pending.after(queued)
        if queued.kept_since_ms is not None and self._kept_since_ms is not None:
            self._kept_since_ms = min(self._kept_since_ms, queued.kept_since_ms)

    def _drop(self, key: ReportKey) -> None:
        del self.reports[key]
        self._pending = None

    def _was_set_back(self, last: StreamRow | None) -> bool:
        """Tell whether the LTS knows something of the current stream that this database never issued."""
        if last is None or self.stream_id is None:
            return False
        queued = self.reports.get((self.stream_id, last.seq))
        if last.seq >= self.next_seq:
            return True
        return queued is not None and (queued.report.id != last.id or last.version > queued.report.version)

    def _leave_stream(self, stream_id: str, first_own_seq: int, server_ms: int, entropy: Entropy) -> None:
        own = []
        for queued in self.pending():
            if queued.stream_id == stream_id and queued.report.seq >= first_own_seq:
                own.append(queued)
            elif queued.stream_id == stream_id:
                self._put(replace(queued, is_set_back=True))
        self._move(own, server_ms, entropy)

    def _apply(self, stream_id: str, sent: UsageReport, result: ReportResult, server_ms: int) -> bool:
        """Apply one result; return whether it was a conflict."""
        queued = self.reports.get((stream_id, sent.seq))
        if queued is None or queued.report.id != sent.id:
            return False
        if result.outcome == "rejected":
            if result.code == "REPORT_CONFLICT":
                return True
            self._drop(queued.key)
            letter = DeadLetter(stream_id, queued.report, result.code or "REPORT_INVALID")
            self.dead_letters = {**self.dead_letters, queued.key: letter}
            return False
        if result.outcome == "duplicate" and queued.is_set_back:
            self.add_lost(LOST_BY_SET_BACK, total_of(replace(queued, report=sent).unacknowledged()[0]))
        if queued.acknowledged_version < sent.version:
            queued = replace(queued, acknowledged=sent, failed_attempts=0)
            self._put(queued if queued.is_pending else replace(queued, kept_since_ms=server_ms))
        return False

    def _move_apart(self, stream_id: str, server_ms: int, entropy: Entropy) -> None:
        """Give each unacknowledged report of a refused stream a stream of its own, named as every copy of it names it.

        A database that is put back every night, was cloned, or lies on a disk beside the memory of whoever cannot reach
        it, has the same reports refused again. They count once, for they do not grow any more; and no two share a
        stream, in which another copy's could stand for one of them.
        """
        if stream_id == self.stream_id:
            self.start_stream(entropy)
        moving = [queued for queued in self.pending() if queued.stream_id == stream_id]
        for queued, counts, lost in self._taken_out(moving, server_ms):
            apart = uuid4_of(f"{stream_id}/{queued.report.id}")
            report = UsageReport(uuid4_of(f"{apart}/1"), 1, queued.report.version, queued.report.slot, counts, lost)
            self._put(QueuedReport(apart, report))

    def _move(self, moving: Iterable[QueuedReport], server_ms: int, entropy: Entropy) -> None:
        """Number what is not acknowledged anew in a new stream; what is acknowledged stays where it is."""
        self.start_stream(entropy)
        assert self.stream_id is not None
        for queued, counts, lost in self._taken_out(moving, server_ms):
            report = UsageReport(entropy.uuid4(), self.next_seq, 1, queued.report.slot, counts, lost)
            self.next_seq += 1
            self._put(QueuedReport(self.stream_id, report))

    def _taken_out(
        self, moving: Iterable[QueuedReport], server_ms: int
    ) -> Iterator[tuple[QueuedReport, dict[str, int], dict[str, int]]]:
        """Leave of reports what is acknowledged, and give what is not, where there is any."""
        for queued in moving:
            counts, lost = queued.unacknowledged()
            if queued.acknowledged is None:
                self._drop(queued.key)
            else:
                self._put(replace(queued, report=queued.acknowledged, kept_since_ms=server_ms))
            if counts or lost:
                yield queued, counts, lost


# In the order in which its class takes them: to name each would take three times as long, with each commit.
_FIELDS_OF = attrgetter(*[one.name for one in fields(ReportQueue)])


def _parts_of(counts: Counts) -> list[Counts]:
    """Cut counts to what reports hold: a broken reader may name each barcode's symbology anew. At least one part."""
    if len(counts) <= MAX_COUNT_NAMES:
        return [counts]
    names = sorted(counts)
    firsts = range(0, len(names), MAX_COUNT_NAMES)
    return [{name: counts[name] for name in names[first : first + MAX_COUNT_NAMES]} for first in firsts]
