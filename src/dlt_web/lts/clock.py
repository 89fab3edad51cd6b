"""The server's wall clock, always handed in: real in service, standing still in tests (spec §10, ``--test-clock``)."""

from __future__ import annotations

import time
from typing import Protocol

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
DAY_MS = 24 * 60 * MINUTE_MS


class Clock(Protocol):
    """Tells the wall time that every rule of the server is judged by."""

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        ...


class SystemClock:
    """The machine's wall clock."""

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000


class StandingClock:
    """A clock that stands still until somebody moves it; never goes back."""

    def __init__(self, now_ms: int | None = None) -> None:
        """Start at ``now_ms`` (ms since the epoch), or at the machine's time."""
        self._now_ms = SystemClock().now_ms() if now_ms is None else now_ms

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return self._now_ms

    def move_to(self, now_ms: int) -> None:
        """Set the time.

        Raises:
            ValueError: ``now_ms`` lies before the current time.
        """
        if now_ms < self._now_ms:
            raise ValueError(f"the test clock never goes back: it is {self._now_ms}, asked for {now_ms}")
        self._now_ms = now_ms
