"""When to try again, and which server: main first, then standby, then a growing wait (spec §5)."""

from __future__ import annotations

BASE_MS = 2_000


class Backoff:
    """Exponential back-off with full jitter over a round of servers.

    Attributes:
        server_index: the server to ask now; 0 is main.
        not_before_ms: monotonic time before which nothing is asked.
    """

    def __init__(self, server_count: int, *, cap_ms: int) -> None:
        self.server_index = 0
        self.not_before_ms = 0
        self._server_count = server_count
        self._cap_ms = cap_ms
        self._rounds_failed = 0
        self._asked_to_wait_until_ms = 0

    def failed(self, monotonic_ms: int, retry_after_ms: int, fraction: float) -> bool:
        """Note a failure; return whether every server has failed now.

        Args:
            monotonic_ms: now.
            retry_after_ms: what the server asked for; 0 if nothing.
            fraction: random, 0 ≤ fraction < 1; the jitter.
        """
        self.server_index = (self.server_index + 1) % self._server_count
        self._asked_to_wait_until_ms = max(self._asked_to_wait_until_ms, monotonic_ms + retry_after_ms)
        if self.server_index:
            return False
        self._rounds_failed += 1
        longest_ms = min(self._cap_ms, BASE_MS * 2 ** min(self._rounds_failed, 30))
        self.not_before_ms = max(monotonic_ms + int(fraction * longest_ms), self._asked_to_wait_until_ms)
        return True

    def succeeded(self) -> None:
        """Start over with the main server."""
        self.server_index = self._rounds_failed = 0
        self.not_before_ms = self._asked_to_wait_until_ms = 0

    def hurry(self) -> None:
        """Drop the wait, but not the one that the server asked for."""
        self.not_before_ms = self._asked_to_wait_until_ms
