"""Opens a SQLite store's file: who uses it is known, and its schema is that of this software.

A running process keeps in memory what the rows mean to it, and writes the columns that it knows. So a schema that
somebody may be working by is changed by nobody: steps that a store lacks are applied while nobody else uses it. Only a
new file is open to all who come, since nobody knows an earlier schema of it.
"""

from __future__ import annotations

import errno
import os
import time
from dataclasses import dataclass

import apsw

from . import sqlite_files as files
from .file_trouble import file_trouble
from .migrate import SchemaPendingError, migrate
from .protocol import StoreFormatError, StoreUnavailableError

# Two processes that meet an earlier store at once: one brings it up to date, the other waits so long for it.
WAIT_S = 5.0
PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A store's file in use: its lock, a connection to it, and the last step of its schema."""

    lock: files.UseLock
    connection: apsw.Connection
    step: int


def open_file(path: str, cache_kib: int) -> OpenFile:
    """Open the file, or make it, and bring its schema up to date.

    Args:
        path: the database file.
        cache_kib: at most so much of it the connection keeps in memory of its own, in KiB.

    Raises:
        StoreUnavailableError: it cannot be opened, another process holds it too long, it is being restored, or it is
            an earlier version's and in use.
        StoreFormatError: it is no store of this software.
    """
    is_pending, alone, end_s = False, False, time.monotonic() + WAIT_S
    while True:
        try:
            return _open(path, cache_kib, alone=alone)
        except SchemaPendingError:
            is_pending = alone = True
        except StoreUnavailableError as error:
            if not is_pending and not isinstance(error, files.HeldAloneError):
                raise
            if time.monotonic() > end_s:
                raise (_in_use(path) if is_pending else error) from None
            # Whoever has it may be bringing it up to date.
            alone = is_pending and not alone
            time.sleep(PAUSE_S)


def _open(path: str, cache_kib: int, *, alone: bool) -> OpenFile:
    lock = _take_lock(path, alone=alone)
    try:
        connection, step = _open_migrated(path, cache_kib, is_alone=alone)
        if alone:
            lock.share()
    except BaseException:
        lock.release()
        raise
    return OpenFile(lock, connection, step)


def _take_lock(path: str, *, alone: bool) -> files.UseLock:
    if os.path.isdir(path):  # beside which its lock could be made
        raise _cannot_open(path, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    try:
        return files.UseLock(path, alone=alone)
    except OSError as error:
        raise _cannot_open(path, error) from error


def _open_migrated(path: str, cache_kib: int, *, is_alone: bool) -> tuple[apsw.Connection, int]:
    try:
        files.make_private(path)
        connection = files.connect(path, cache_kib=cache_kib)
        try:
            return connection, migrate(connection, is_alone=is_alone)
        except BaseException:
            connection.close()
            raise
    except OSError as error:
        raise _cannot_open(path, error) from error
    except (apsw.NotADBError, apsw.CorruptError) as error:
        what = f"{path} is no SQLite store: {error}."
        raise StoreFormatError(f"{what} Name a store, or a file that is not there yet.") from error
    except apsw.Error as error:
        raise StoreUnavailableError(f"The store {path} cannot be opened: {error}.") from error


def _cannot_open(path: str, error: OSError) -> StoreUnavailableError:
    other = "name another file with --store or DLT_WEB_STORE"
    if isinstance(error, IsADirectoryError):
        other = f"name a file, such as sqlite:///{os.path.join(path, 'dlt-web.db')}"
    return StoreUnavailableError(f"The store {path} cannot be opened: {file_trouble(path, error, other=other)}.")


def _in_use(path: str) -> StoreUnavailableError:
    return StoreUnavailableError(
        f"The store {path} is of an earlier version, and a server or another command is using it: stop the server "
        "first, so that the store can be brought up to date."
    )
