"""The clock that a license's times run on: the device's, but never back behind what it has shown before.

A clock that is set back would make an offline token live for ever. So the latest time that was seen is kept on disk
beside the token, and in a running tracker time goes on from there by the monotonic clock, whatever the wall clock says.
A grant of the server begins anew: the device is online, and its clock is what the token's times are counted from.
"""

from __future__ import annotations

from .ledger import Ledger
from .model import Moment
from .outbox import Trouble

# How far a good clock is corrected at most; more is a clock that was set back.
TOLERANCE_MS = 5 * 60 * 1000
# How often the time is written while a tracker runs: what a token gains by each restart with a clock set back.
NOTE_INTERVAL_MS = 10 * 60 * 1000
# Wall and monotonic clock are rounded apart; following the wall clock for less would add up every rounding.
_SLACK_MS = 1000


class LicenseClock:
    """Time for the license side of one tracker.

    Attributes:
        now_ms: wall time in ms that never goes back but at a grant.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._now = Moment(0, 0, b"")
        self._anchor_ms, self._anchor_monotonic_ms = 0, 0
        self._forgiven_ms: int | None = None
        self.now_ms = 0

    def begin(self, now: Moment) -> None:
        """Take the moment of a feed; called first in each."""
        self._now = now
        running_ms = self._anchor_ms + now.monotonic_ms - self._anchor_monotonic_ms
        if now.wall_ms > running_ms + _SLACK_MS:
            running_ms = self._anchor(now.wall_ms)
        stored_ms = self._ledger.state.clock_seen_ms
        if stored_ms is not None and stored_ms != self._forgiven_ms and stored_ms > running_ms:
            running_ms = self._anchor(stored_ms)
        self.now_ms = max(running_ms, now.wall_ms)

    def granted(self) -> None:
        """A server granted: what the clock showed before is forgiven."""
        self._forgiven_ms = self._ledger.state.clock_seen_ms
        self.now_ms = self._anchor(self._now.wall_ms)

    @property
    def is_due(self) -> bool:
        """Tell whether the time should be written again."""
        stored_ms = self._ledger.state.clock_seen_ms
        return stored_ms is not None and self.now_ms - stored_ms >= NOTE_INTERVAL_MS

    @property
    def trouble(self) -> Trouble | None:
        """Return what is wrong with the device's clock; None while nothing is."""
        if self.now_ms - self._now.wall_ms <= TOLERANCE_MS:
            return None
        return Trouble(
            "CLOCK_SET_BACK",
            "The device's clock stands before a time that it has shown already. Offline license times go on from that "
            "time until the License Tracking Server grants anew.",
        )

    def _anchor(self, wall_ms: int) -> int:
        """Have time go on from here; return it."""
        self._anchor_ms, self._anchor_monotonic_ms = wall_ms, self._now.monotonic_ms
        return wall_ms
