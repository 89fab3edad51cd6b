"""The tracker to await, for programs with an event loop of their own."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Any, Self

from ..errors import DltError
from .answers import Left, ScanAnswer
from .parts import CLOSE_TIMEOUT_S, TrackerParts

Json = Any


class AsyncHostTracker(TrackerParts):
    """As :class:`~dlt_web.host.HostTracker`, for ``asyncio``; its methods do and raise the same, awaited.

    Constructed inside a running event loop, in which listeners are called, too. An async context manager.
    """

    def __init__(self, **options: Any) -> None:
        self._events = asyncio.get_running_loop()
        super().__init__(**options)

    async def wait_until_ready(self) -> None:
        """Return when the license is known, or after 10 s without an answer."""
        await asyncio.shield(asyncio.wrap_future(self._runtime.ready))

    async def scan(
        self, decoded: object, *, time_ms: float | None = None, source: str = "video", stream: str = "default"
    ) -> ScanAnswer:
        """Count what a reader found in one frame or image; it counts also where nobody awaits it to its end."""
        return ScanAnswer.of(await asyncio.shield(asyncio.wrap_future(self._scan(decoded, time_ms, source, stream))))

    async def explain_scan(self, decoded: object) -> list[dict[str, Json]]:
        """Tell which barcodes a reader's results are and by which rules; count nothing."""
        told: list[dict[str, Json]] = await asyncio.wrap_future(self._explain_scan(decoded))
        return told

    async def flush(self) -> Left:
        """Send what waits now; return what is left once the server answered or could not be reached."""
        return Left.of(await asyncio.wrap_future(self._flush()))

    async def explain(self) -> dict[str, Json]:
        """Tell all that the tracker knows of itself."""
        told: dict[str, Json] = self._explained(await asyncio.wrap_future(self._explain()))
        return told

    async def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Send what waits and end; over after ``timeout_s``, and what was not sent then waits on the disk."""
        with contextlib.suppress(DltError, TimeoutError):
            async with asyncio.timeout(timeout_s):
                await asyncio.shield(asyncio.wrap_future(self._begin_closing()))
        await asyncio.to_thread(self._end, timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    def _tell(self, event: str, detail: Json) -> None:
        with contextlib.suppress(RuntimeError):  # the program's loop is closed: nobody listens any more
            self._events.call_soon_threadsafe(super()._tell, event, detail)
