"""When the next usage report goes out (spec §5), apart from what a server asks to wait."""

from __future__ import annotations

from collections.abc import Sequence

from .device import Entropy
from .model import Moment
from .queued_report import QueuedReport
from .slots import slot_of, slot_start_ms

# Spec §5: "0 to 20 s after a slot closes"; spreads a fleet whose clocks agree.
SLOT_CLOSE_SPREAD_MS = 20_000


class ReportSchedule:
    """The times at which a report is due; all on the monotonic clock, in ms.

    Attributes:
        is_due_now: it does not wait for its time.
    """

    def __init__(self) -> None:
        self.is_due_now = False
        self._last_sent_ms: int | None = None
        self._jitter = 0.0
        self._slot_due: tuple[int, int] | None = None  # slot, monotonic time

    def sent(self, now: Moment, entropy: Entropy) -> None:
        """A report goes out: the interval begins anew."""
        self.is_due_now = False
        self._last_sent_ms, self._jitter = now.monotonic_ms, entropy.fraction()

    def look_at(self, pending: Sequence[QueuedReport], now: Moment, entropy: Entropy) -> None:
        """Note when the slot of the newest report closes; the first look begins the interval."""
        if self._last_sent_ms is None:
            self._last_sent_ms, self._jitter = now.monotonic_ms, entropy.fraction()
        if not pending:
            self._slot_due = None
        elif self._slot_due is None or self._slot_due[0] != pending[-1].report.slot:
            slot = pending[-1].report.slot
            until_close_ms = max(0, slot_start_ms(slot + 1) - now.wall_ms)
            spread_ms = int(SLOT_CLOSE_SPREAD_MS * entropy.fraction())
            # A slot far ahead means a clock that was set back; the interval takes care of it.
            is_near = slot <= slot_of(now.wall_ms) + 1
            self._slot_due = (slot, now.monotonic_ms + until_close_ms + spread_ms) if is_near else None

    def next_ms(self, now: Moment, *, interval_s: int, has_pending: bool, has_something: bool) -> int | None:
        """Return when the next report is due; None if none is.

        Args:
            now: the moment of this feed.
            interval_s: between two reports, as the LTS said.
            has_pending: something is not acknowledged.
            has_something: that, or barcodes came in since the last report: a sign of life.
        """
        times = []
        if self._last_sent_ms is not None and has_something:
            # ± 10 % (spec §5), so that a fleet switched on together does not stay together.
            times.append(self._last_sent_ms + int(interval_s * 1000 * (0.9 + 0.2 * self._jitter)))
        if self._slot_due is not None and has_pending:
            times.append(self._slot_due[1])
        if self.is_due_now and has_something:
            times.append(now.monotonic_ms)
        return min(times, default=None)
