"""Moves committed pages from the write-ahead log into the database file, in a thread and on a connection of its own.

A commit then costs one append and one flush, and never waits for the many scattered writes that a checkpoint is.
"""

from __future__ import annotations

import threading
from contextlib import suppress

import apsw

from .sqlite_files import connect

# A page has 2 KiB. Each time so many are new, the log is copied while commits go on; what they append meanwhile is the
# next round's. Not with each commit, because the flushes of a copy hold up those of commits; and not many more at a
# time, because commits that meet the flush of so many scattered pages wait as long as it takes.
CHECKPOINT_PAGES = 2_000
# Fewer are copied after so long, so that a store that rests has all it knows in its one file.
CHECKPOINT_S = 60.0
# Under unbroken load that never comes to the log's end, and it would grow without bounds: from here on commits wait a
# moment, after a copy that left little to do, so that the log starts again at its beginning.
RESTART_PAGES = 32_000
# How long commits wait for slow readers at such a moment; the next round tries again.
RESTART_TIMEOUT_MS = 100


class Checkpointer:
    """Checkpoints one store whenever its writer says that the log has grown."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._wake = threading.Event()
        self._pages = 0
        self._seen_pages = 0
        self._restart_pages = 0
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="lts-checkpoint", daemon=True)
        self._thread.start()

    def watch(self, writer: apsw.Connection) -> None:
        """Be told by a connection how many pages the log has after each of its commits."""
        writer.set_wal_hook(self._note)

    def close(self) -> None:
        """End after the checkpoint that is running."""
        self._is_closed = True
        self._wake.set()
        self._thread.join()

    def _note(self, _writer: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        if pages < self._seen_pages:
            self._seen_pages = self._restart_pages = 0  # the log has begun anew
        if pages - self._seen_pages >= CHECKPOINT_PAGES:
            self._wake.set()
        return apsw.SQLITE_OK

    def _run(self) -> None:
        connection: apsw.Connection | None = None
        while True:
            self._wake.wait(CHECKPOINT_S)
            self._wake.clear()
            if self._is_closed:
                break
            if self._pages == self._seen_pages:
                continue
            # A full or failing disk is the writer's to report; the log keeps everything until a later round.
            with suppress(apsw.Error):
                connection = connection or connect(self._path)
                self._checkpoint(connection)
        if connection is not None:
            with suppress(apsw.Error):
                connection.close()

    def _checkpoint(self, connection: apsw.Connection) -> None:
        self._seen_pages, _copied = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        if self._pages < max(RESTART_PAGES, self._restart_pages):
            return
        # Where slow readers hinder it, it is not tried again at once: commits would wait each time.
        self._restart_pages = self._pages + RESTART_PAGES
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        connection.set_busy_timeout(RESTART_TIMEOUT_MS)
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
        self._seen_pages = self._restart_pages = 0
