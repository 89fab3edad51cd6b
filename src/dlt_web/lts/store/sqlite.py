"""The SQLite store: one writer thread that commits what arrived while its last commit ran, and reader threads.

Acknowledged means on disk: WAL with ``synchronous=FULL``, and a write's future completes after the commit. Several
processes may use one file at once; each transaction begins IMMEDIATE and waits for the others.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import apsw
from msgspec import Struct

from ..records import RowsHint
from . import sqlite_files as files
from .protocol import CommitObserver, Reading, StoreUnavailableError, Writing
from .sqlite_checkpoints import Checkpointer
from .sqlite_ledger import Ledger
from .sqlite_opening import open_file
from .sqlite_prefetch import Prefetcher
from .sqlite_rows import SqliteReading
from .sqlite_settings import CachingWriting, SettingsCache
from .sqlite_writing import SqliteWriting

T = TypeVar("T")

# Bounds the time that the first of a crowd waits for its answer.
MAX_JOBS_IN_COMMIT = 256
# Of what people look at, and, apart, of what devices wait for: no list or search stands in an authorization's way.
READERS = 2
URGENT_READERS = 2
# With five million devices the inner pages of the tables and their index take 70 MB: kept here, a report reads half as
# many pages from the file as with SQLite's own 2 MB. Pages that no commit has touched take no memory.
WRITER_CACHE_KIB = 131_072


class _Job(Struct, frozen=True):
    work: Callable[[Writing], Any]
    tell: Callable[[Any, Exception | None], None]


_Outcome = tuple[_Job, Any, Exception | None]


class _JobFailedError(Exception):
    """A job raised among others that ran without savepoints: all of them must run again."""


class SqliteStore:
    """A :class:`~dlt_web.lts.store.protocol.Store` over one SQLite file."""

    def __init__(self, path: str) -> None:
        """Open the file, or make it, and bring its schema up to date.

        Raises:
            StoreUnavailableError: it cannot be opened, another process holds it too long, it is being restored, or it
                is an earlier version's and in use.
            StoreFormatError: it is no store of this software.
        """
        self._path = path
        opened = open_file(path, WRITER_CACHE_KIB)
        self._lock, self._connection = opened.lock, opened.connection
        self._checkpointer = Checkpointer(path)
        self._checkpointer.watch(self._connection)
        self._prefetcher = Prefetcher(path)
        self._local = threading.local()
        self._settings = SettingsCache(opened.step)
        self._ledger = Ledger()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="lts-read")
        self._urgent_readers = ThreadPoolExecutor(URGENT_READERS, thread_name_prefix="lts-read-urgent")
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._is_closed = False
        self._observe: CommitObserver = lambda _writes, _seconds: None
        self._writer = threading.Thread(target=self._write_jobs, name="lts-write", daemon=True)
        self._writer.start()

    def read(self, work: Callable[[Reading], T], *, is_urgent: bool = False) -> Future[T]:
        """Run ``work`` in a reader thread on one committed state; what is urgent has threads of its own."""
        with self._gate:
            if self._is_closed:
                refused: Future[T] = Future()
                refused.set_exception(_closed())
                return refused
            return (self._urgent_readers if is_urgent else self._readers).submit(self._read, work)

    def write(self, work: Callable[[Writing], T]) -> Future[T]:
        """Queue ``work`` for the next commit; nobody can cancel it."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        self.submit(work, partial(_end, future))
        return future

    def submit(
        self,
        work: Callable[[Writing], T],
        tell: Callable[[T | None, Exception | None], None],
        hint: RowsHint | None = None,
    ) -> None:
        """Queue ``work`` for the next commit; the writer thread tells."""
        with self._gate:
            if not self._is_closed:
                if hint is not None:
                    self._prefetcher.want(hint)
                self._jobs.put(_Job(work, tell))
                return
        tell(None, _closed())

    @property
    def folder(self) -> str:
        """The folder of its file."""
        return os.path.dirname(os.path.abspath(self._path))

    @property
    def waiting_writes(self) -> int:
        """Writes that wait for the next commit."""
        return self._jobs.qsize()

    def observe_commits(self, observer: CommitObserver) -> None:
        """Tell of each commit from the writer thread, before its writes are acknowledged."""
        self._observe = observer

    def close(self) -> None:
        """Commit what was queued and close every connection."""
        with self._gate:
            if self._is_closed:
                return
            self._is_closed = True
        self._jobs.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._urgent_readers.shutdown()
        self._prefetcher.close()
        self._checkpointer.close()
        self._connection.close()
        self._lock.release()

    def _read(self, work: Callable[[Reading], T]) -> T:
        try:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = files.connect(self._path)
            connection.execute("BEGIN")
            try:
                return work(SqliteReading(connection))
            finally:
                connection.execute("ROLLBACK")
        except apsw.Error as error:
            raise _unavailable(error) from error

    def _write_jobs(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs = [job]
            is_last = False
            while len(jobs) < MAX_JOBS_IN_COMMIT:
                try:
                    following = self._jobs.get_nowait()
                except Empty:
                    break
                if following is None:
                    is_last = True
                    break
                jobs.append(following)
            self._commit(jobs)
            if is_last:
                return

    def _commit(self, jobs: list[_Job]) -> None:
        """Run the jobs in one transaction, then tell each its outcome; what a job raises undoes that job alone."""
        started_s = time.perf_counter()
        try:
            try:
                outcomes = self._transact(jobs, self._run)
            except _JobFailedError:
                # Seldom: so a savepoint around each job, a quarter of its statements, comes in this second run only.
                self._abandon()
                outcomes = self._transact(jobs, self._run_apart)
        except Exception as error:
            self._abandon()
            outcomes = [(job, None, _unavailable(error)) for job in jobs]
        else:
            self._observe(len(jobs), time.perf_counter() - started_s)
            self._prefetcher.note_commit(len(jobs))
        for job, result, failure in outcomes:
            job.tell(result, failure)

    def _transact(self, jobs: list[_Job], run: Callable[[_Job, SqliteWriting], _Outcome]) -> list[_Outcome]:
        self._connection.execute("BEGIN IMMEDIATE")
        if self._settings.begin(self._connection):
            self._ledger.forget()
        self._ledger.trim()
        rows = CachingWriting(self._connection, self._settings, self._ledger)
        outcomes = [run(job, rows) for job in jobs]
        self._ledger.flush(self._connection)
        self._connection.execute("COMMIT")
        return outcomes

    def _run(self, job: _Job, rows: SqliteWriting) -> _Outcome:
        self._ledger.begin_job()
        try:
            return job, job.work(rows), None
        except Exception as error:
            raise _JobFailedError from error

    def _run_apart(self, job: _Job, rows: SqliteWriting) -> _Outcome:
        self._connection.execute("SAVEPOINT job")
        self._ledger.begin_job(is_undoable=True)
        try:
            result = job.work(rows)
        except Exception as error:
            self._settings.forget()
            self._ledger.undo_job()
            if not self._connection.in_transaction:
                raise  # SQLite gave up the whole transaction, as on a full disk: nobody's writes are in it any more
            self._connection.execute("ROLLBACK TO job")
            self._connection.execute("RELEASE job")
            return job, None, _unavailable(error) if isinstance(error, apsw.Error) else error
        self._connection.execute("RELEASE job")
        return job, result, None

    def _abandon(self) -> None:
        """Leave the transaction, whatever state the failure left the connection in: the next commit starts afresh."""
        self._settings.forget()
        self._ledger.forget()
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except apsw.Error:
            with suppress(apsw.Error):
                self._connection.close(force=True)
                self._connection = files.connect(self._path, cache_kib=WRITER_CACHE_KIB)
                self._checkpointer.watch(self._connection)


def _unavailable(error: Exception) -> StoreUnavailableError:
    return StoreUnavailableError(f"The store cannot be used now: {error}.")


def _closed() -> StoreUnavailableError:
    return StoreUnavailableError("The store is closed.")


def _end(future: Future[Any], result: Any, error: Exception | None) -> None:
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
