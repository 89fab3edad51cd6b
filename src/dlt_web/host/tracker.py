"""The trackers of the CPython editions: one that blocks and one to await, both over the same runtime."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import DltError
from ..messages import CloseRequested, ExplainRequested, FlushRequested, Input, ScanExplainRequested, ScanSeen
from ..model import StorageKind
from .answers import DeadLetter, Left, License, Pending, ScanAnswer
from .identity import random_device
from .readings import read_barcodes
from .runtime import Runtime
from .settings import options_of
from .sqlite_store import SqliteStore

Json = Any
Listener = Callable[[Any], None]

# As in a page: whatever waits for the network, closing is over after this.
CLOSE_TIMEOUT_S = 10.0


class _Host:
    """What both trackers are made of."""

    def __init__(
        self, *, handshake_code: str, license_server: str | list[str], store: str | Path, **settings: Any
    ) -> None:
        options = options_of(handshake_code=handshake_code, license_server=license_server, **settings)
        self._listeners: list[tuple[str, Listener]] = []
        self._runtime = Runtime(options, SqliteStore(Path(store), random_device), self._tell)

    @property
    def device_uuid(self) -> str | None:
        """The device's UUID; None before it is known."""
        uuid: str | None = self._runtime.state.get("deviceUuid")
        return uuid

    @property
    def storage(self) -> StorageKind | None:
        """Where counts are kept: ``memory`` where the file cannot be used; None before it is known."""
        storage: StorageKind | None = self._runtime.state.get("storage")
        return storage

    @property
    def license(self) -> License:
        """The license as it is now."""
        view = self._runtime.state.get("license")
        return License() if view is None else License.of(view)

    @property
    def pending(self) -> Pending:
        """What is counted and not yet acknowledged."""
        view = self._runtime.state.get("pending")
        return Pending() if view is None else Pending.of(view)

    @property
    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """The reports that the server will never take, each with its reason."""
        return tuple(map(DeadLetter.of, self._runtime.state.get("deadLetters", ())))

    def _tell(self, event: str, detail: Json) -> None:
        for wanted, listener in list(self._listeners):
            if wanted == event:
                listener(detail)

    def _scan(self, decoded: object, time_ms: float | None, source: str, stream: str) -> Future[Json]:
        barcodes = read_barcodes(decoded)
        wall_ms, monotonic_ms = time.time_ns() // 1_000_000, time.monotonic_ns() / 1_000_000
        page = self._runtime.page

        def make(call: str, number: int) -> Input:
            return ScanSeen(call, page, number, stream, source, time_ms, wall_ms, monotonic_ms, barcodes)

        return self._runtime.call(make)

    def _explain_scan(self, decoded: object) -> Future[Json]:
        barcodes = read_barcodes(decoded)
        return self._runtime.call(lambda call, _: ScanExplainRequested(call, barcodes))

    def _flush(self) -> Future[Json]:
        return self._runtime.call(lambda call, _: FlushRequested(call))

    def _explain(self) -> Future[Json]:
        return self._runtime.call(lambda call, _: ExplainRequested(call))

    def _close(self) -> Future[Json]:
        return self._runtime.call(lambda call, _: CloseRequested(call, self._runtime.page))


class HostTracker(_Host):
    """Counts the unique barcodes that a reader finds, and reports the counts to the license tracking server.

    Its methods block until what they say is done; of the network only :meth:`wait_until_ready`, :meth:`flush` and
    :meth:`close` wait. Safe to use from several threads. A context manager that closes it.
    """

    def wait_until_ready(self) -> None:
        """Return when the license is known, or after 10 s without an answer.

        Raises:
            LicenseError: the server refused.
        """
        self._runtime.ready.result()

    def scan(
        self, decoded: object, *, time_ms: float | None = None, source: str = "video", stream: str = "default"
    ) -> ScanAnswer:
        """Count what a reader found in one frame or image; return once the count is on disk."""
        return ScanAnswer.of(self._scan(decoded, time_ms, source, stream).result())

    def flush(self) -> Left:
        """Send what waits now; return what is left once the server answered or could not be reached."""
        return Left.of(self._flush().result())

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Send what waits and end."""
        with contextlib.suppress(DltError, FutureTimeoutError):
            self._close().result(timeout_s)
        self._runtime.stop(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
