"""The tracker that blocks, for threads and programs without an event loop."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import TracebackType
from typing import Any, Self, TypeVar

from ..errors import DltError
from .answers import Left, ScanAnswer
from .parts import CLOSE_TIMEOUT_S, TrackerParts

Json = Any
T = TypeVar("T")


class HostTracker(TrackerParts):
    """Counts the unique barcodes that a reader finds, and reports the counts to the license tracking server.

    Its methods return when what they say is done; only :meth:`wait_until_ready`, :meth:`flush` and :meth:`close` wait
    for the network. Any number of threads may call them. A context manager that closes it. Options: see
    :class:`~dlt_web.host.parts.TrackerParts`.
    """

    def wait_until_ready(self) -> None:
        """Return when the license is known, or after 10 s without an answer.

        Raises:
            LicenseError: the server refused.
            DltError: the device's UUID cannot be made (``TRAIT_MISSING``).
        """
        self._wait(lambda: self._runtime.ready)

    def scan(
        self, decoded: object, *, time_ms: float | None = None, source: str = "video", stream: str = "default"
    ) -> ScanAnswer:
        """Count what a reader found in one frame or image; may be called at once after constructing.

        Args:
            decoded: what zxing-cpp or pyzbar gave, or mappings with ``format`` and ``text`` or ``bytes``.
            time_ms: when the frame was captured, ms on the clock of ``time.monotonic()``; now if None.
            source: ``video``, or ``image`` for a still image, which knows no earlier ones.
            stream: name of the video stream, each with its own memory.

        Returns:
            What counted; it is on the disk.

        Raises:
            ScanError: what was handed over is no barcode; nothing was counted.
            LicenseError: there is no license, and ``enforcement`` is ``throw``; nothing was counted.
            ClosedError: the tracker was closed before.
        """
        return ScanAnswer.of(self._wait(lambda: self._scan(decoded, time_ms, source, stream)))

    def explain_scan(self, decoded: object) -> list[dict[str, Json]]:
        """Tell which barcodes a reader's results are and by which rules; count nothing."""
        told: list[dict[str, Json]] = self._wait(lambda: self._explain_scan(decoded))
        return told

    def flush(self) -> Left:
        """Send what waits now; return what is left once the server answered or could not be reached."""
        return Left.of(self._wait(self._flush))

    def explain(self) -> dict[str, Json]:
        """Tell all that the tracker knows of itself, as in a browser, and ``host``: file, edition, notices.

        No barcode's text, no secret and no trait is in it, and it is sent nowhere.
        """
        told: dict[str, Json] = self._explained(self._wait(self._explain))
        return told

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Send what waits and end; over after ``timeout_s``, and what was not sent then waits on the disk."""
        with contextlib.suppress(DltError, FutureTimeoutError):
            self._wait(self._begin_closing, timeout_s)
        self._end(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _wait(self, call: Callable[[], Future[T]], timeout_s: float | None = None) -> T:
        if self._runtime.is_own_thread:
            raise DltError("A listener of the tracker must not wait for it: hand what is to be done to another thread.")
        return call().result(timeout_s)
