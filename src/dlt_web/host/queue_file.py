"""The SQLite file of a device's queue: its tables, and how it is made, opened and read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import apsw

from ..stored_records import DEVICE_KEY
from .files import hide
from .stores import Content

SCHEMA_VERSION = 1
# "dltw": tells the file from other programs' SQLite files.
APPLICATION_ID = 0x646C7477
# Others hold the lock for a commit's length, a few milliseconds; one that is stopped (SIGSTOP) may hold it for ever.
BUSY_TIMEOUT_MS = 5_000

_SCHEMA = """
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL) STRICT;
CREATE TABLE record (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE change (token TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""


def create_queue(path: Path, uuid: str) -> None:
    """Make the database of a device's queue, with its owner's rights alone; nothing is counted in it yet."""
    # With its owner's rights from its first moment on; SQLite gives the files that it lays beside it the same ones.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        with Immediate(connection):
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute("INSERT INTO head VALUES (1, 1)")
            connection.execute("INSERT INTO record VALUES (?, ?)", (DEVICE_KEY, json.dumps({"uuid": uuid})))
    finally:
        connection.close()
    hide(path)


def connect(path: Path) -> apsw.Connection:
    """Open a queue.

    Raises:
        ValueError: it is another program's file, or a later version's.
        apsw.Error: it is no database, or cannot be opened.
    """
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        found = connection.pragma("application_id"), connection.pragma("user_version")
        if found != (APPLICATION_ID, SCHEMA_VERSION):
            raise ValueError(f"its queue is another program's, or of a later version of dlt-web (schema {found[1]})")
    except BaseException:
        connection.close()
        raise
    return connection


def content_of(path: Path) -> Content | None:
    """Return what a queue holds; None where that cannot be read, as it is in the middle of a copy."""
    try:
        connection = connect(path)
    except (apsw.Error, ValueError):
        return None
    try:
        return read_content(connection)
    except (apsw.Error, ValueError):
        return None
    finally:
        connection.close()


class Immediate:
    """A transaction that has the write lock from its begin, so that what it reads stays true until it ends."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.execute("COMMIT")
        elif not self._connection.get_autocommit():
            self._connection.execute("ROLLBACK")


def revision_of(connection: apsw.Connection) -> int:
    """Return how often a queue has been changed."""
    ((revision,),) = connection.execute("SELECT revision FROM head")
    return int(revision)


def read_content(connection: apsw.Connection) -> Content:
    """Return all that a queue holds."""
    # One statement is one state of the file.
    rows = connection.execute("SELECT NULL, revision FROM head UNION ALL SELECT key, value FROM record")
    revision, records = 0, {}
    for key, value in rows:
        if key is None:
            revision = value
        else:
            records[key] = json.loads(value)
    return Content("file", revision, records)
