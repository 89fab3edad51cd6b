"""Rows that waiting writes will ask for are fetched ahead while pages come from the disk, and only then."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import apsw
import pytest

from dlt_web.lts.records import RowsHint
from dlt_web.lts.store import SqliteStore, Writing, sqlite_prefetch
from dlt_web.lts.store.sqlite_prefetch import FETCH, WRITES_PER_PAGE, Prefetcher
from tests.contract.rows import ITEM, KEY, STREAM, device

HINT: RowsHint = (KEY.handshake_code, KEY.device_uuid, KEY.stream_id)


class Disk:
    """How many pages the threads are told that they have read; ``fetched`` has how many rows each fetch found."""

    def __init__(self) -> None:
        self.pages_per_look = 0
        self.pages = 0
        self.fetched: SimpleQueue[tuple[int, int, int]] = SimpleQueue()

    def pages_read(self) -> int:
        self.pages += self.pages_per_look
        return self.pages


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(sqlite_prefetch, "WINDOW_WRITES", WRITES_PER_PAGE)
    monkeypatch.setattr(sqlite_prefetch, "pages_read", disk.pages_read)
    fetch = Prefetcher._fetch

    def note(self: Prefetcher, connection: apsw.Connection) -> Any:
        disk.fetched.put(fetch(self, connection))

    monkeypatch.setattr(Prefetcher, "_fetch", note)
    return disk


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(str(tmp_path / "lts.db"))
    yield store
    store.close()


def write(store: SqliteStore, times: int = 1) -> None:
    """Do writes that hint at rows, one after another."""
    told: SimpleQueue[Exception | None] = SimpleQueue()

    def put(rows: Writing) -> None:
        rows.put_info("name", "value")

    for _ in range(times):
        store.submit(put, lambda _result, error: told.put(error), HINT)
        assert told.get(timeout=60) is None


def test_nothing_is_fetched_while_no_page_comes_from_the_disk(disk: Disk, store: SqliteStore) -> None:
    write(store, 5 * WRITES_PER_PAGE)
    assert not store._prefetcher.is_on
    store.close()
    assert disk.fetched.empty()


def test_rows_are_fetched_from_when_pages_come_until_none_come_any_more(disk: Disk, store: SqliteStore) -> None:
    def fill(rows: Writing) -> None:
        rows.put_license(ITEM)
        rows.put_stream(STREAM)
        rows.put_device(device(KEY.device_uuid, ITEM.id, scans=1))

    store.write(fill).result()
    disk.pages_per_look = 1
    write(store, 2 * WRITES_PER_PAGE)
    streams, devices, places = disk.fetched.get(timeout=60)
    assert streams == devices == places > 0
    assert store._prefetcher.is_on
    disk.pages_per_look = 0
    for _ in range(100):  # the fetching thread may count what it has read some windows later
        write(store, WRITES_PER_PAGE)
        if not store._prefetcher.is_on:
            break
    assert not store._prefetcher.is_on


def test_a_page_now_and_then_is_left_to_the_writer(
    disk: Disk, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_prefetch, "WINDOW_WRITES", 3 * WRITES_PER_PAGE)
    for _ in range(5):
        disk.pages += 2
        write(store, 3 * WRITES_PER_PAGE)
    assert not store._prefetcher.is_on
    assert disk.fetched.empty()


def test_rows_are_fetched_by_their_keys(tmp_path: Path) -> None:
    SqliteStore(str(tmp_path / "lts.db")).close()
    connection = apsw.Connection(str(tmp_path / "lts.db"))
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {FETCH}", ("[]",))]
    connection.close()
    assert [step.split()[0] for step in plan] == ["SCAN", "SEARCH", "SEARCH", "SEARCH"]
    assert plan[0] == "SCAN wanted VIRTUAL TABLE INDEX 1:"


@pytest.fixture
def folder_on_disk() -> Iterator[Path]:
    """A folder beside the sources, since temporary files may lie in memory."""
    build = Path(__file__).parents[2] / ".build"
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as folder:
        yield Path(folder)


def test_pages_that_come_from_a_disk_are_counted_for_the_thread_that_read_them(folder_on_disk: Path) -> None:
    path = folder_on_disk / "file"
    path.write_bytes(bytes(100 * 4_096))
    handle = os.open(path, os.O_RDWR)
    os.fsync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    total, before = _all_pages_read(), sqlite_prefetch.pages_read()
    os.read(handle, 100 * 4_096)
    os.close(handle)
    if _all_pages_read() == total:
        pytest.skip("the sources lie in memory here")
    assert 100 <= sqlite_prefetch.pages_read() - before <= 200


def _all_pages_read() -> int:
    """Return what the kernel says of the whole process, by another count."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes")) // 4_096
