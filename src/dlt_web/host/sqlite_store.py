"""The device's queue: a SQLite database that any number of processes of one machine share.

It is in WAL mode: a process that is killed at any moment, SIGKILL included, leaves all of a commit or nothing of it.
Its name stands in the device's hidden file (:mod:`~dlt_web.host.device_file`); once that names another one, or is
deleted, this queue is purged for whoever has it open.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import apsw

from .device_file import DeviceFile, FileId, Held, NoDeviceFileError, file_id
from .forking import watch_forks
from .identity import Identity
from .queue_file import Immediate, connect, content_of, create_queue, read_content, revision_of
from .stores import Applied, Content, StoreFailedError, StorePurgedError

Json = Any
T = TypeVar("T")

# Before each repetition of what ended unseen, s: whether it is on the disk decides how its scans are told.
COMMIT_PAUSES_S = (0.0, 0.1, 0.5, 2.0)
# A commit's end is looked up within seconds; as many others cannot come in between from the processes of one machine.
MAX_TOKENS = 256


class SqliteStore:
    """One device's records on disk.

    Attributes:
        path: of the hidden file; its folder is made where it is missing, and the queue lies beside it.
        departed: what the queue held of another machine, from which it was copied; None where it was not, or where
            another process has found that.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        """Use a device's file.

        Args:
            path: of the hidden file.
            identity: makes the device of a new file, and judges whether one that is there is this machine's.
        """
        self.path = path
        self.departed: Content | None = None
        self._device = DeviceFile(path, identity)
        self._using = threading.RLock()
        self._connection: apsw.Connection | None = None
        self._file: FileId | None = None
        self._queue: tuple[Path, FileId | None] = path, None
        self._queue_name = ""
        self._judged: FileId | None = None
        watch_forks(self)

    def load(self) -> Content:
        """Return all records; a device that is missing, or was deleted meanwhile, is made.

        Raises:
            StoreFailedError: says why the file cannot be used.
        """
        with self._using:
            while True:
                if self._is_gone():
                    self.close()
                    self._file = None
                try:
                    return self._repeated(read_content, may_create=True)
                except StorePurgedError:
                    continue  # deleted again, since it was made

    def commit(
        self, expected_revision: int, put: Mapping[str, Json], delete: tuple[str, ...], *, is_strict: bool
    ) -> Applied | Content:
        """Apply a change; see :class:`~dlt_web.host.stores.Store`."""
        token = secrets.token_hex(8)

        def apply(connection: apsw.Connection) -> Applied | Content:
            connection.execute(f"PRAGMA synchronous = {'FULL' if is_strict else 'NORMAL'}")
            with Immediate(connection):
                return self._apply(connection, token, expected_revision, put, delete)

        with self._using:
            self._look_for_purge()
            return self._repeated(apply)

    def changed_since(self, revision: int) -> Content | None:
        """Return what others have written since; see :class:`~dlt_web.host.stores.Store`."""

        def look(connection: apsw.Connection) -> Content | None:
            return None if revision_of(connection) == revision else read_content(connection)

        with self._using:
            self._look_for_purge()
            return self._repeated(look)

    def uuid_in_file(self) -> str | None:
        """Return the UUID that the hidden file says, also where nothing can be counted beside it; None without one.

        A disk that is read-only, or full, or a damaged queue, make no other device of this one.
        """
        try:
            held = self._device.read()
        except (NoDeviceFileError, OSError):
            return None
        is_ours = held is not None and self._device.identity.is_of_this_machine(held.told)
        return held.uuid if held is not None and is_ours else None

    def close(self) -> None:
        """Let go of the file."""
        with self._using:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def rest(self) -> None:
        """The process is about to be forked."""
        self._using.acquire()
        self.close()

    def wake(self) -> None:
        """It was forked."""
        self._using.release()

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
        revision = revision_of(connection)
        if revision != expected_revision:
            return read_content(connection)
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

    def _look_for_purge(self) -> None:
        if self._is_gone():
            self.close()
            raise StorePurgedError(f"{self.path} was deleted")

    def _is_gone(self) -> bool:
        """Tell whether the files that were opened are no more those under their names."""
        path, opened = self._queue
        if self._file is None:
            return False
        is_same = file_id(self.path) == self._file and file_id(path) == opened
        return not is_same or not self._device.names(self._queue_name)

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
                self._look_for_purge()
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
        path, why = self.path, str(error)
        if isinstance(error, apsw.Error):
            path, why = self._queue[0], f"{type(error).__name__.removesuffix('Error')}: {error}"
        if isinstance(error, apsw.NotADBError | apsw.CorruptError):
            why += "; once it is deleted, the device goes on with an empty one"
        return StoreFailedError(f"{path} cannot be used: {why}", may_have_committed=may_have_committed)

    def _open(self, *, may_create: bool) -> apsw.Connection:
        if self._connection is None:
            if may_create:
                self._get_or_create()
            connection = connect(self._queue[0])
            if self._is_gone():  # deleted since it was looked at, and what was opened may be another's
                connection.close()
                raise StorePurgedError(f"{self.path} was deleted")
            self._connection = connection
        return self._connection

    def _get_or_create(self) -> None:
        """Find out which queue is the device's, and make the device where there is none of this machine."""
        while True:
            held = self._device.read()
            if held is None:
                self._make(None, None)
                continue
            path = self._device.queue_path(held.queue)
            opened = file_id(path)
            if opened is None:
                # Its owner has deleted the queue alone: the same device goes on with an empty one.
                self._make(held, (held.uuid, held.told))
            elif self._judged != held.file and not self._device.identity.is_of_this_machine(held.told):
                departed = content_of(path)
                if self._make(held, None):
                    self.departed = departed
            else:
                self._file = self._judged = held.file
                self._queue, self._queue_name = (path, opened), held.queue
                return

    def _make(self, old: Held | None, device: tuple[str, Json] | None) -> bool:
        """Make a queue and then the file that names it; tell whether no other process was faster."""
        uuid, told = device or self._device.identity.make()
        queue = self._device.new_name()
        path = self._device.queue_path(queue)
        create_queue(path, uuid)
        made = self._device.put(uuid, queue, told, instead_of=old)
        if made is None:
            path.unlink(missing_ok=True)
            return False
        self._judged = made
        self._device.sweep()
        return True
