"""Whole SQLite stores as files: copied while they are in use, and put in the place of another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import apsw

from .protocol import StoreFormatError, StoreUnavailableError
from .sqlite_files import LOCK_SUFFIX, SHM_SUFFIX, WAL_SUFFIX, make_private


def copy_store(source: str, target: str) -> None:
    """Write one committed state of a store, which may be in use, to a new file that only its owner reads.

    One read transaction covers the whole copy; commits go on meanwhile.

    Raises:
        StoreUnavailableError: a file cannot be read or written.
        StoreFormatError: the source is damaged, or no SQLite file.
    """
    make_private(target)
    with _told(source), _opened(source) as origin, _opened(target) as copy:
        with copy.backup("main", origin, "main") as backup:
            backup.step(-1)
        # One file that is whole by itself, whatever opens it.
        copy.execute("PRAGMA journal_mode = DELETE")
    _flush(target)


def close_log(path: str) -> None:
    """Take everything that a store's write-ahead log holds into its one file, so that it can be moved.

    Raises:
        StoreUnavailableError: somebody uses the file, or it cannot be written.
        StoreFormatError: it is damaged, or no SQLite file.
    """
    with _told(path), _opened(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def read_info(path: str, name: str) -> str:
    """Return a setting of a store that nobody uses, whatever version made it; empty where it has none.

    Raises:
        StoreUnavailableError: the file cannot be read now.
        StoreFormatError: it is damaged, or no store.
    """
    with _told(path), _opened(path) as connection:
        try:
            row = connection.execute("SELECT value FROM store_info WHERE name = ?", (name,)).fetchone()
        except apsw.SQLError as error:
            raise StoreFormatError(f"{path} is no store of this software: {error}.") from error
        return "" if row is None else str(row[0])


def put_in_place(new: str, path: str, kept: str) -> None:
    """Let ``new`` be the file at ``path``; what was there stays at ``kept``. There is always one or the other.

    Raises:
        OSError: the folder cannot be written.
    """
    with suppress(FileNotFoundError):
        os.link(path, kept)
    # Left behind by a damaged file only, see close_log: they must not be taken for the new file's.
    for suffix in (WAL_SUFFIX, SHM_SUFFIX):
        with suppress(FileNotFoundError):
            os.rename(path + suffix, kept + suffix)
    os.replace(new, path)
    _flush(os.path.dirname(path) or ".")


def remove(path: str) -> None:
    """Remove a store's files, as far as there are any."""
    for suffix in ("", WAL_SUFFIX, SHM_SUFFIX, LOCK_SUFFIX, "-journal"):
        with suppress(FileNotFoundError):
            os.remove(path + suffix)


def publish(new: str, path: str) -> None:
    """Give a finished file its name in one step, unless the name is taken.

    Raises:
        FileExistsError: it is taken.
        OSError: the folder cannot be written.
    """
    os.link(new, path)
    os.remove(new)
    _flush(os.path.dirname(path) or ".")


@contextmanager
def _opened(path: str) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(path)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except (apsw.NotADBError, apsw.CorruptError) as error:
        # What fails in the middle of a copy, SQLite may call by the name of success.
        said = "" if str(error) == "not an error" else f" ({error})"
        raise StoreFormatError(f"{path} is damaged, or no SQLite store{said}: take a backup that is whole.") from error
    except apsw.Error as error:
        raise StoreUnavailableError(f"The store {path} cannot be used now: {error}.") from error


def _flush(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
