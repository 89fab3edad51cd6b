"""What deleted rows leave behind in a SQLite store's files, and how it goes; and where in them a text still stands.

Deleting takes a row off its page, not its bytes: copies lie in free pages, in gaps that page splits left, and in the
write-ahead log. Writing the whole file anew leaves nothing but what the rows say.
"""

from __future__ import annotations

import glob
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import apsw

from .protocol import StoreUnavailableError
from .sqlite_files import LOCK_SUFFIX, SHM_SUFFIX, WAL_SUFFIX, connect

# The file is written once beside it (sorted anew, by SQLite) and once into its log, before it takes its own place.
SPACE_FACTOR = 2.2
# How long others are waited for: SQLite's own patience does not cover a checkpoint that a server is just making.
PATIENCE_S = 120.0
PAUSE_S = 0.1
CHUNK_BYTES = 8 * 2**20


def rows_naming(path: str, text: str) -> dict[str, int]:
    """Return in how many rows of which table a text stands, in whatever column; it looks at every row.

    Raises:
        StoreUnavailableError: the store cannot be read.
    """
    with _opened(path) as connection:
        connection.execute("BEGIN")
        found = {table: _count(connection, table, text) for table in _tables(connection)}
    return {table: rows for table, rows in found.items() if rows}


def check_space(path: str) -> None:
    """Refuse to begin what the disk has no room for.

    Raises:
        StoreUnavailableError: it has not.
    """
    needed = int(SPACE_FACTOR * sum(_size(path + suffix) for suffix in ("", WAL_SUFFIX)))
    free = shutil.disk_usage(os.path.dirname(os.path.abspath(path))).free
    if free < needed:
        asked = f"{needed // 2**20} MiB are needed on its disk, and {free // 2**20} are free"
        raise StoreUnavailableError(f"The store {path} cannot be written anew: {asked}. Nothing was changed.")


def write_anew(path: str) -> None:
    """Write the store's file anew from its rows, and empty its log. Commits of others wait meanwhile, or are refused.

    Raises:
        StoreUnavailableError: another process holds the store, or there is no room.
    """
    with _opened(path) as connection:
        with _temporary_files_beside(connection, path):
            _patiently(lambda: connection.execute("VACUUM"))
        _patiently(lambda: connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE))


def own_files(path: str) -> list[str]:
    """Return the files that make up a store, as far as they are there."""
    return [name for name in (path, path + WAL_SUFFIX, path + SHM_SUFFIX, path + "-journal") if os.path.exists(name)]


def other_files(path: str) -> list[str]:
    """Return the files beside a store that are named after it: replaced stores, and what was left half done."""
    own = {path, path + WAL_SUFFIX, path + SHM_SUFFIX, path + "-journal", path + LOCK_SUFFIX}
    return sorted(name for name in glob.glob(glob.escape(path) + "*") if name not in own and os.path.isfile(name))


def count_bytes(path: str, wanted: Sequence[bytes]) -> int:
    """Return how often any of some byte strings stands in a file, whatever the file is.

    Raises:
        OSError: it cannot be read.
    """
    overlap = max(map(len, wanted)) - 1
    found, carried = 0, b""
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            text = carried + chunk
            # What lies in the carried bytes alone is shorter than any of them, and was not counted before.
            found += sum(text.count(one) - carried.count(one) for one in wanted)
            carried = text[-overlap:]
    return found


def _patiently(work: Callable[[], object]) -> None:
    """Do what needs the store alone for a moment, again and again until nobody else holds it."""
    ends_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            work()
        except apsw.BusyError:
            if time.monotonic() >= ends_s:
                raise
            time.sleep(PAUSE_S)
        else:
            return


@contextmanager
def _temporary_files_beside(connection: apsw.Connection, path: str) -> Iterator[None]:
    """Let SQLite's temporary files lie in the store's folder: its disk is the one whose space was looked at.

    By itself SQLite takes /var/tmp, often a small disk of its own, and more people's than the store's folder. Of the
    ways to say so this is the only one that works once the library is loaded; it holds for the whole process.
    """
    folder = os.path.dirname(os.path.abspath(path)).replace("'", "''")
    connection.execute(f"PRAGMA temp_store_directory = '{folder}'")
    try:
        yield
    finally:
        connection.execute("PRAGMA temp_store_directory = ''")


def _tables(connection: apsw.Connection) -> list[str]:
    sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    return [str(row[0]) for row in connection.execute(sql)]


def _count(connection: apsw.Connection, table: str, text: str) -> int:
    columns = [str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})") if row[2] in ("TEXT", "BLOB")]
    where = " OR ".join(f"instr(CAST({name} AS TEXT), ?1) > 0" for name in columns) or "FALSE"
    row = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}", (text,)).fetchone()
    return int(str(row[0])) if row else 0


def _size(path: str) -> int:
    with suppress(OSError):
        return os.path.getsize(path)
    return 0


@contextmanager
def _opened(path: str) -> Iterator[apsw.Connection]:
    try:
        connection = connect(path)
        try:
            yield connection
        finally:
            connection.close()
    except apsw.FullError as error:
        raise StoreUnavailableError(f"The store {path} cannot be written anew: its disk is full.") from error
    except apsw.Error as error:
        raise StoreUnavailableError(f"The store {path} cannot be used now: {error}.") from error
