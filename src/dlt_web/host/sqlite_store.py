"""The device's hidden file: a SQLite database that any number of processes of one machine share.

The device's UUID and its queue are one file, so that no crash can leave one without the other: a purge is the deletion
of both, and a write is one transaction of both. Only its owner may read it. The file is in WAL mode: a process that is
killed at any moment, SIGKILL included, leaves either all of a commit or nothing of it.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import apsw

from ..stored_records import DEVICE_KEY
from .files import hide, keep_to_owner, make_folder
from .identity import Identity
from .stores import Applied, Content, StoreFailedError, StorePurgedError

Json = Any
T = TypeVar("T")

SCHEMA_VERSION = 1
# "dltw": tells the file from other programs' SQLite files.
APPLICATION_ID = 0x646C7477
# Others hold the lock for a commit's length, a few milliseconds; one that is stopped (SIGSTOP) may hold it for ever.
BUSY_TIMEOUT_MS = 5_000
# Before each repetition of what ended unseen, s: whether it is on the disk decides how its scans are told.
COMMIT_PAUSES_S = (0.0, 0.1, 0.5, 2.0)
# A commit's end is looked up within seconds; as many others cannot come in between from the processes of one machine.
MAX_TOKENS = 256

_SCHEMA = """
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, identity TEXT NOT NULL) STRICT;
CREATE TABLE record (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE change (token TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""


class SqliteStore:
    """One device's records on disk.

    Attributes:
        path: of the file; its folder is made where it is missing.
        departed: what the file held of another machine, from which it was copied; None where it was not, or where
            another process has found that.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        """Use a file.

        Args:
            path: of the file.
            identity: makes the device of a new file, and judges whether one that is there is this machine's.
        """
        self.path = path
        self.departed: Content | None = None
        self._identity = identity
        self._connection: apsw.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._judged: tuple[int, int] | None = None

    def load(self) -> Content:
        """Return all records; a file that is missing, or was deleted meanwhile, is made, with a device in it.

        Raises:
            StoreFailedError: says why the file cannot be used.
        """
        if self._is_gone():
            self.close()
        return self._repeated(lambda connection: self._read(connection), may_create=True)

    def commit(
        self, expected_revision: int, put: Mapping[str, Json], delete: tuple[str, ...], *, is_strict: bool
    ) -> Applied | Content:
        """Apply a change; see :class:`~dlt_web.host.stores.Store`."""
        self._look_for_purge()
        token = secrets.token_hex(8)

        def apply(connection: apsw.Connection) -> Applied | Content:
            connection.execute(f"PRAGMA synchronous = {'FULL' if is_strict else 'NORMAL'}")
            with _Immediate(connection):
                return self._apply(connection, token, expected_revision, put, delete)

        return self._repeated(apply)

    def changed_since(self, revision: int) -> Content | None:
        """Return what others have written since; see :class:`~dlt_web.host.stores.Store`."""
        self._look_for_purge()

        def look(connection: apsw.Connection) -> Content | None:
            return None if _revision(connection) == revision else self._read(connection)

        return self._repeated(look)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = self._file = None

    # -- inside --

    def _apply(
        self,
        connection: apsw.Connection,
        token: str,
        expected_revision: int,
        put: Mapping[str, Json],
        delete: tuple[str, ...],
    ) -> Applied | Content:
        done = connection.execute("SELECT revision FROM change WHERE token = ?", (token,)).fetchone()
        if done is not None:
            return Applied(done[0])  # an earlier run had reached the disk unseen
        revision = _revision(connection)
        if revision != expected_revision:
            return self._read(connection)
        revision += 1
        connection.executemany("DELETE FROM record WHERE key = ?", [(key,) for key in delete])
        connection.executemany(
            "INSERT INTO record VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [(key, json.dumps(value, separators=(",", ":"))) for key, value in put.items()],
        )
        connection.execute("UPDATE head SET revision = ?", (revision,))
        connection.execute("INSERT INTO change VALUES (?, ?)", (token, revision))
        connection.execute("DELETE FROM change WHERE revision <= ?", (revision - MAX_TOKENS,))
        return Applied(revision)

    def _read(self, connection: apsw.Connection) -> Content:
        # One statement is one state of the file.
        rows = connection.execute("SELECT NULL, revision FROM head UNION ALL SELECT key, value FROM record")
        revision, records = 0, {}
        for key, value in rows:
            if key is None:
                revision = value
            else:
                records[key] = json.loads(value)
        return Content("file", revision, records)

    def _look_for_purge(self) -> None:
        if self._is_gone():
            self.close()
            raise StorePurgedError(f"{self.path} was deleted")

    def _is_gone(self) -> bool:
        """Tell whether the file that was opened is no more the one under its name."""
        if self._file is None:
            return False
        try:
            found = os.stat(self.path)
        except OSError:
            return True
        return (found.st_dev, found.st_ino) != self._file

    def _repeated(self, run: Callable[[apsw.Connection], T], *, may_create: bool = False) -> T:
        """Run something that is safe to repeat, again as long as its end was not seen."""
        failure: Exception = AssertionError("it ran")
        was_run = False
        for pause_s in (None, *COMMIT_PAUSES_S):
            if pause_s is not None:
                time.sleep(pause_s)
            try:
                connection = self._open(may_create=may_create)
            except (apsw.Error, OSError, ValueError) as error:
                failure = error
                if not was_run and not isinstance(error, apsw.BusyError):
                    break
                continue
            try:
                return run(connection)
            except (apsw.FullError, apsw.ReadOnlyError) as error:
                # What fails before it writes has certainly not written.
                raise self._failed(error, may_have_committed=was_run) from error
            except apsw.BusyError as error:
                failure = error  # nor has what never had the lock, but it may have it next time
            except (apsw.Error, ValueError) as error:
                failure, was_run = error, True
                self.close()
        raise self._failed(failure, may_have_committed=was_run) from failure

    def _failed(self, error: Exception, *, may_have_committed: bool) -> StoreFailedError:
        why = f"{type(error).__name__.removesuffix('Error')}: {error}" if isinstance(error, apsw.Error) else str(error)
        return StoreFailedError(f"{self.path} cannot be used: {why}", may_have_committed=may_have_committed)

    def _open(self, *, may_create: bool) -> apsw.Connection:
        if self._connection is not None:
            return self._connection
        make_folder(self.path.parent)
        # With the owner's rights from its first moment on; SQLite gives its side files the same ones.
        descriptor = os.open(self.path, os.O_RDWR | (os.O_CREAT if may_create else 0), 0o600)
        try:
            keep_to_owner(descriptor)
            found = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        hide(self.path)
        file = found.st_dev, found.st_ino
        connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            connection.execute("PRAGMA journal_mode = WAL")
            with _Immediate(connection):
                self._prepare(connection, file)
        except BaseException:
            connection.close()
            raise
        self._connection, self._file = connection, file
        return connection

    def _prepare(self, connection: apsw.Connection, file: tuple[int, int]) -> None:
        """Make a device in a new file, and another one in a file that was copied from elsewhere."""
        version = connection.pragma("user_version")
        if version == 0 and not connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute("INSERT INTO head VALUES (1, 0, '')")
            self._put_device(connection)
        elif (version, connection.pragma("application_id")) != (SCHEMA_VERSION, APPLICATION_ID):
            raise ValueError(f"it is another program's, or of a later version of dlt-web (schema {version})")
        elif self._judged != file:
            ((identity,),) = connection.execute("SELECT identity FROM head")
            if not self._identity.is_of_this_machine(json.loads(identity)):
                self.departed = self._read(connection)
                connection.execute("DELETE FROM record")
                self._put_device(connection)
        self._judged = file

    def _put_device(self, connection: apsw.Connection) -> None:
        uuid, identity = self._identity.make()
        connection.execute("UPDATE head SET revision = revision + 1, identity = ?", (json.dumps(identity),))
        connection.execute("INSERT INTO record VALUES (?, ?)", (DEVICE_KEY, json.dumps({"uuid": uuid})))


class _Immediate:
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


def _revision(connection: apsw.Connection) -> int:
    ((revision,),) = connection.execute("SELECT revision FROM head")
    return int(revision)
