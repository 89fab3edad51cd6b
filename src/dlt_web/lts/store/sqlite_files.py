"""The files of a SQLite store: who may read them, who is using them, and connections to them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import apsw

from .protocol import StoreUnavailableError
from .sqlite_views import define_functions

if sys.platform != "win32":
    import fcntl

# How long a transaction waits for another process before the store counts as unavailable.
BUSY_TIMEOUT_MS = 5_000
# Of new stores. A report changes some hundred bytes on each of three pages, which go to the disk whole: to the log,
# which it waits for, and later to their places. With 1 KiB the trees would be so deep that it changed a fourth.
PAGE_BYTES = 2_048
# SQLite's own files lie beside the store under these names.
WAL_SUFFIX, SHM_SUFFIX = "-wal", "-shm"
# Locked, shared, by whoever uses the store; alone, by a restore that puts another file in its place, and by whoever
# brings its schema up to date. A file of its own, because closing any handle of the database file would drop SQLite's
# locks on it.
LOCK_SUFFIX = "-lock"


def make_private(path: str) -> None:
    """Make an empty file that only its owner reads, unless there is one: a store holds secret keys.

    Raises:
        OSError: it cannot be made.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def connect(path: str, *, cache_kib: int = 2_000) -> apsw.Connection:
    """Open a connection that commits to the disk and leaves checkpoints to the store's own thread.

    Args:
        path: the database file.
        cache_kib: at most so much of the file it keeps in memory of its own, in KiB.

    Raises:
        apsw.Error: it cannot be opened.
    """
    connection = apsw.Connection(path)
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES:d}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA cache_size = -{cache_kib:d}")
    define_functions(connection)
    return connection


class HeldAloneError(StoreUnavailableError):
    """Somebody has the store for itself: a restore, or for a moment whoever brings its schema up to date."""


class UseLock:
    """Says that a process uses a store, until it is released or the process dies."""

    def __init__(self, path: str, *, alone: bool = False) -> None:
        """Take the lock, shared or ``alone``.

        Raises:
            HeldAloneError: somebody has it ``alone``.
            StoreUnavailableError: it is wanted ``alone``, and somebody has it.
            OSError: its file cannot be made.
        """
        self._handle = os.open(path + LOCK_SUFFIX, os.O_RDWR | os.O_CREAT, 0o600)
        if sys.platform == "win32":
            return  # nothing tells there who uses a store: the operator must know
        try:
            fcntl.flock(self._handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            self.release()
            if not alone:
                raise HeldAloneError(f"The store {path} cannot be used now: it is being restored.") from None
            who = "a server or another command is using it; stop that first"
            raise StoreUnavailableError(f"The store {path} cannot be used now: {who}.") from None

    def share(self) -> None:
        """Let others use the store, too.

        Raises:
            StoreUnavailableError: somebody else, a restore, took it for itself in that moment.
        """
        if sys.platform == "win32":
            return
        try:
            fcntl.flock(self._handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            raise StoreUnavailableError("The store cannot be used now: it is being restored.") from None

    def release(self) -> None:
        """Let go of the store."""
        os.close(self._handle)


@contextmanager
def used_alone(path: str) -> Iterator[None]:
    """Keep everybody else from opening a store meanwhile.

    Raises:
        StoreUnavailableError: somebody is using it.
    """
    lock = UseLock(path, alone=True)
    try:
        yield
    finally:
        lock.release()
