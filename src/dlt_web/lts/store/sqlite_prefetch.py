"""Fetches the rows that waiting writes will ask for from the disk, while the writer is busy with those before them.

Of a store that the machine's memory does not hold, most reports' rows lie on the disk. The writer would wait for each
page by itself, and everybody with it. Nothing is decided here: the pages only come to lie in the operating system's
cache. That takes some processor time, so it is done only while pages are seen to come from the disk.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import cast

import apsw
import msgspec

from ..records import RowsHint
from .sqlite_files import connect

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]

# Fetching takes about 20 us of another thread for each write; a page from a fast disk keeps the writer for 50 to 100.
# It begins, and goes on, where at least one write in so many reads a page from the disk.
WRITES_PER_PAGE = 8
# Writes after which that is judged.
WINDOW_WRITES = 256
# What getrusage counts in.
BLOCKS_IN_PAGE = 8
# Keys beyond that are left to the writer: it is faster than the disk.
MAX_WAITING = 1_024
# Keys of one read transaction, which is to be over in some milliseconds: the log cannot begin anew meanwhile.
MAX_FETCHED = 32

FETCH = """
SELECT count(stream.seq), count(device.scans), count(due.scans) FROM json_each(?) AS wanted
LEFT JOIN stream ON stream.handshake_code = wanted.value ->> 0 AND stream.device_uuid = wanted.value ->> 1
    AND stream.stream_id = wanted.value ->> 2
LEFT JOIN device ON device.handshake_code = wanted.value ->> 0 AND device.device_uuid = wanted.value ->> 1
LEFT JOIN device AS due INDEXED BY device_by_removal ON due.license_id = device.license_id
    AND due.removal_ms = device.removal_ms AND due.handshake_code = device.handshake_code
    AND due.device_uuid = device.device_uuid
"""


def pages_read() -> int:
    """Return how many pages this thread has read from a disk so far; 0 where the system does not tell."""
    whose = getattr(resource, "RUSAGE_THREAD", None)
    return 0 if whose is None else resource.getrusage(whose).ru_inblock // BLOCKS_IN_PAGE


class Prefetcher:
    """Fetches for one store, in a thread and on a connection of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._wanted: deque[RowsHint] = deque(maxlen=MAX_WAITING)
        self._wake = threading.Event()
        self._is_closed = False
        self._is_on = False
        self._pages = 0
        self._writes = 0
        self._judged_pages = 0
        self._thread: threading.Thread | None = None

    @property
    def is_on(self) -> bool:
        """Whether what is wanted is fetched now."""
        return self._is_on

    def want(self, hint: RowsHint) -> None:
        """Fetch what a write that was queued will ask for, if that is worth it."""
        if self._is_on:
            self._wanted.append(hint)
            if not self._wake.is_set():
                self._wake.set()

    def note_commit(self, writes: int) -> None:
        """Judge, in the writer thread and after each of its commits, whether to fetch."""
        self._writes += writes
        if self._writes >= WINDOW_WRITES:
            pages = pages_read() + self._pages
            self._is_on = (pages - self._judged_pages) * WRITES_PER_PAGE >= self._writes
            self._judged_pages = pages
            self._writes = 0
            if self._is_on and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lts-fetch", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End after the fetch that is running."""
        self._is_closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        connection: apsw.Connection | None = None
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._is_closed:
                break
            # Whatever hinders it, the writer meets, too, and reports.
            with suppress(apsw.Error):
                connection = connection or connect(self._path)
                while self._wanted and not self._is_closed:
                    self._fetch(connection)
            self._pages = pages_read()
        if connection is not None:
            with suppress(apsw.Error):
                connection.close()

    def _fetch(self, connection: apsw.Connection) -> tuple[int, int, int]:
        """Fetch what is wanted by now; return how many rows of streams, devices and removal times there were."""
        hints = [self._wanted.popleft() for _ in range(min(MAX_FETCHED, len(self._wanted)))]
        found = connection.execute(FETCH, (msgspec.json.encode(hints).decode(),)).fetchone()
        return cast("tuple[int, int, int]", found)
