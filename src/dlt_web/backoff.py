"""When to try again, and which server: main first, then standby, then a growing wait (spec §5)."""

from __future__ import annotations

BASE_MS = 2_000


class Backoff:
    """Exponential back-off with full jitter over rounds of servers, each left alone as long as it asked for.

    A round asks each server once, in order, but those that asked to wait still. ``ask`` before each request, then
    ``failed`` or ``succeeded``; all times are monotonic ms.

    Attributes:
        server_index: the server that was asked last; 0 is main.
    """

    def __init__(self, server_count: int, *, cap_ms: int) -> None:
        self.server_index = 0
        self._cap_ms = cap_ms
        self._rounds_failed = 0
        self._next_index = 0  # the round goes on with it
        self._round_not_before_ms = 0
        self._asked_to_wait_until_ms = [0] * server_count

    @property
    def not_before_ms(self) -> int:
        """The time before which nothing is asked."""
        return max(self._round_not_before_ms, min(self._asked_to_wait_until_ms[self._next_index :]))

    def ask(self, monotonic_ms: int) -> int:
        """Return the server to ask now: the first that is ready, or the one that is so soonest."""
        waits = self._asked_to_wait_until_ms[self._next_index :]
        ready = self._ready(self._next_index, monotonic_ms)
        self.server_index = self._next_index + waits.index(min(waits)) if ready is None else ready
        return self.server_index

    def failed(self, monotonic_ms: int, retry_after_ms: int, fraction: float) -> bool:
        """Note a failure of the server that was asked; return whether none is left to ask now.

        Args:
            monotonic_ms: now.
            retry_after_ms: what the server asked for; 0 if nothing.
            fraction: random, 0 ≤ fraction < 1; the jitter.
        """
        self._asked_to_wait_until_ms[self.server_index] = monotonic_ms + retry_after_ms
        ready = self._ready(self.server_index + 1, monotonic_ms)
        self._next_index = ready or 0
        if ready is not None:
            return False
        self._rounds_failed += 1
        longest_ms = min(self._cap_ms, BASE_MS * 2 ** min(self._rounds_failed, 30))
        self._round_not_before_ms = monotonic_ms + int(fraction * longest_ms)
        return True

    def succeeded(self) -> None:
        """The server that was asked has answered: the next request begins a first round."""
        self._asked_to_wait_until_ms[self.server_index] = 0
        self.start_over()

    def start_over(self) -> None:
        """Begin a first round; what servers asked for stays."""
        self._next_index = self._rounds_failed = self._round_not_before_ms = 0

    def hurry(self) -> None:
        """Drop the wait, but not those that servers asked for."""
        self._round_not_before_ms = 0

    def _ready(self, start: int, monotonic_ms: int) -> int | None:
        waits = enumerate(self._asked_to_wait_until_ms)
        return next((at for at, until_ms in waits if at >= start and until_ms <= monotonic_ms), None)
