"""A queue whose disk fails or is full, whose lock is held, and whose process is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from dlt_web.host import queue_file
from dlt_web.host import sqlite_store as module
from dlt_web.host.sqlite_store import SqliteStore
from dlt_web.host.stores import Applied, StoreFailedError
from tests.host.devices import sqlite_store


class TestTroubledDisk:
    def test_a_strict_commit_waits_for_the_disk_and_another_does_not(self, tmp_path: Path):
        store = sqlite_store(tmp_path)
        revision = store.load().revision
        for is_strict, level in ((True, 2), (False, 1), (True, 2)):
            done = store.commit(revision, {"a": is_strict}, (), is_strict=is_strict)
            revision = done.revision
            assert store._connection is not None
            assert store._connection.pragma("synchronous") == level

    def test_a_commit_whose_end_was_not_seen_is_looked_up_and_never_made_twice(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        store = sqlite_store(tmp_path)
        revision = store.load().revision
        monkeypatch.setattr(module, "COMMIT_PAUSES_S", (0.0,))
        whole, failures = module.Immediate.__exit__, [apsw.IOError("the disk did not answer")]

        def commit_and_fail(self: module.Immediate, kind: type[BaseException] | None, *rest: object) -> None:
            whole(self, kind, *rest)
            if failures:
                raise failures.pop()

        monkeypatch.setattr(module.Immediate, "__exit__", commit_and_fail)
        assert store.commit(revision, {"a": 1}, (), is_strict=False) == Applied(revision + 1)
        assert store.load().revision == revision + 1

    def test_a_commit_whose_end_is_never_seen_is_said_to_be_unclear(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        store = sqlite_store(tmp_path)
        revision = store.load().revision
        monkeypatch.setattr(module, "COMMIT_PAUSES_S", (0.0,))

        def fail(*_: object) -> None:
            raise apsw.IOError("the disk did not answer")

        monkeypatch.setattr(SqliteStore, "_apply", fail)
        with pytest.raises(StoreFailedError) as unclear:
            store.commit(revision, {"a": 1}, (), is_strict=False)
        assert unclear.value.may_have_committed

    def test_a_full_disk_is_clear(self, tmp_path: Path):
        store = sqlite_store(tmp_path)
        revision = store.load().revision
        assert store._connection is not None
        pages = store._connection.pragma("page_count")
        store._connection.pragma("max_page_count", pages)
        with pytest.raises(StoreFailedError, match="Full") as full:
            store.commit(revision, {"a": "x" * 100_000}, (), is_strict=False)
        assert not full.value.may_have_committed
        assert store.load().revision == revision

    def test_who_holds_the_lock_is_waited_for_and_not_for_ever(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(queue_file, "BUSY_TIMEOUT_MS", 20)
        monkeypatch.setattr(module, "COMMIT_PAUSES_S", (0.0,))
        store, other = sqlite_store(tmp_path), sqlite_store(tmp_path)
        revision = store.load().revision
        other.load()
        assert other._connection is not None
        other._connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailedError, match="Busy") as busy:
            store.commit(revision, {"a": 1}, (), is_strict=False)
        assert not busy.value.may_have_committed
        other._connection.execute("ROLLBACK")
        assert store.commit(revision, {"a": 1}, (), is_strict=False) == Applied(revision + 1)


COMMIT_FOREVER = """
import sys
from pathlib import Path
from dlt_web.host.stores import Applied
from tests.host.devices import sqlite_store
store = sqlite_store(Path(sys.argv[1]))
revision, number = store.load().revision, 0
while True:
    number += 1
    done = store.commit(revision, {"pair/1": number, "pair/2": number}, (), is_strict=False)
    assert isinstance(done, Applied)
    revision = done.revision
    print(number, flush=True)
"""


def test_a_process_that_is_killed_leaves_all_of_a_commit_or_nothing(tmp_path: Path):
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", COMMIT_FOREVER, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(20)]
        process.kill()
        said += process.communicate()[0].splitlines()
        last = int([line for line in said if line.strip()][-1])
        records = sqlite_store(tmp_path).load().records
        assert records["pair/1"] == records["pair/2"]
        assert last <= records["pair/1"] <= last + 1
