"""A report as the queue holds it, and what of a queue is not acknowledged (spec §5)."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Counts, UsageReport, frozen
from .slots import add_counts, growth, total_of

ReportKey = tuple[str, int]
"""Stream id and number."""


@frozen
class QueuedReport:
    """A report on disk.

    Attributes:
        stream_id: stream that numbered it.
        report: newest version.
        acknowledged: newest version that the LTS has answered; None while none was.
        kept_since_ms: the server's wall time since when all of it is acknowledged; None while something is pending.
        failed_attempts: attempts at least an hour apart that failed while it was the oldest one pending.
        attempt_counted_ms: wall time of the last one counted, by whichever tab; None before the first.
        is_set_back: it stayed behind in a stream whose database turned out to be an old copy, so ``duplicate`` is no
            proof that its scans were counted.
    """

    stream_id: str
    report: UsageReport
    acknowledged: UsageReport | None = None
    kept_since_ms: int | None = None
    failed_attempts: int = 0
    attempt_counted_ms: int | None = None
    is_set_back: bool = False

    @property
    def key(self) -> ReportKey:
        """Return its name in the queue."""
        return self.stream_id, self.report.seq

    def grown(self, counts: Counts, lost: Counts) -> QueuedReport:
        """Return its next version, with these scans and losses more."""
        report = self.report
        all_counts, all_lost = add_counts(report.counts, counts), add_counts(report.lost, lost)
        return QueuedReport(
            self.stream_id,
            UsageReport(report.id, report.seq, report.version + 1, report.slot, all_counts, all_lost),
            self.acknowledged,
            None,  # it is pending again
            self.failed_attempts,
            self.attempt_counted_ms,
            self.is_set_back,
        )

    @property
    def is_pending(self) -> bool:
        """Tell whether some of it is not acknowledged."""
        return self.acknowledged_version < self.report.version

    @property
    def acknowledged_version(self) -> int:
        """Return the newest version that the LTS has answered; 0 while none was."""
        return 0 if self.acknowledged is None else self.acknowledged.version

    def unacknowledged(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return the counts and losses that the LTS has not answered yet."""
        if self.acknowledged is None:
            return dict(self.report.counts), dict(self.report.lost)
        counts = growth(self.acknowledged.counts, self.report.counts) or {}
        return counts, growth(self.acknowledged.lost, self.report.lost) or {}

    def unacknowledged_scan_count(self) -> int:
        """Return how many counted scans the LTS has not answered yet."""
        if self.acknowledged is None:
            return total_of(self.report.counts)
        return total_of(growth(self.acknowledged.counts, self.report.counts) or {})


@frozen
class DeadLetter:
    """A report that the LTS will never take, and its code; the app can read it, its number is never used again."""

    stream_id: str
    report: UsageReport
    code: str

    @property
    def key(self) -> ReportKey:
        """Return its name in the queue."""
        return self.stream_id, self.report.seq


@frozen
class Pending:
    """The reports of a queue that are not acknowledged.

    Attributes:
        reports: oldest first, older streams before the current one.
        scan_count: how many counted scans of theirs the LTS has not answered yet.
    """

    reports: list[QueuedReport]
    scan_count: int

    def after(self, queued: QueuedReport) -> Pending | None:
        """Return what is pending once a report is put in place of its last version; None if that is not told easily.

        Almost every change is one of the newest report, which stands at the end and has grown: that costs the same
        whatever else waits.
        """
        if not self.reports or self.reports[-1].key != queued.key or not queued.is_pending:
            return None
        before = self.reports[-1]
        more = queued.unacknowledged_scan_count() - before.unacknowledged_scan_count()
        return Pending([*self.reports[:-1], queued], self.scan_count + more)


def pending_of(reports: Iterable[QueuedReport], stream_id: str | None) -> Pending:
    """Return what is pending of these reports; ``stream_id`` is the current stream."""
    waiting = [queued for queued in reports if queued.is_pending]
    waiting.sort(key=lambda queued: (queued.stream_id == stream_id, *queued.key))
    return Pending(waiting, sum(queued.unacknowledged_scan_count() for queued in waiting))
