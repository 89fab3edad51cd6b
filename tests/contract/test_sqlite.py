"""What only the SQLite store can do wrong: files, schemas, several processes, failing disks."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import apsw
import pytest

from dlt_web.errors import OptionError
from dlt_web.lts.records import Handshake
from dlt_web.lts.store import (
    SqliteStore,
    StoreFormatError,
    StoreUnavailableError,
    Writing,
    open_store,
    sqlite_advice,
    sqlite_checkpoints,
    sqlite_files,
    sqlite_writing,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lts.db"


def test_what_was_acknowledged_is_in_the_file(path: Path) -> None:
    store = SqliteStore(str(path))
    store.write(lambda rows: rows.put_info("name", "value")).result()
    again = SqliteStore(str(path))
    assert again.read(lambda rows: rows.info("name")).result() == "value"
    again.write(lambda rows: rows.put_info("name", "other")).result()
    assert store.read(lambda rows: rows.info("name")).result() == "other"
    store.close()
    again.close()


def test_commits_reach_the_disk_before_they_are_acknowledged(path: Path) -> None:
    store = SqliteStore(str(path))

    def settings(rows: object) -> list[object]:
        connection = rows._connection  # type: ignore[attr-defined]
        return [connection.pragma(name) for name in ("journal_mode", "synchronous", "foreign_keys")]

    full = 2
    assert store.write(settings).result() == ["wal", full, 1]
    store.close()


def test_only_the_owner_reads_the_file(path: Path) -> None:
    store = SqliteStore(str(path))
    store.write(lambda rows: rows.put_info("name", "value")).result()
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {f"lts.db{suffix}": 0o600 for suffix in ("", "-wal", "-shm", "-lock")}
    store.close()


def test_keys_lead_with_the_code_that_rows_belong_to_or_else_the_item(path: Path) -> None:
    """So one database can be shared out by handshake code, and a code's rows lie together."""
    SqliteStore(str(path)).close()
    connection = apsw.Connection(str(path))
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    leads = {}
    for table in tables:
        columns = list(connection.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)))
        owners = [owner for owner in ("handshake_code", "license_id") if owner in dict(columns)]
        if owners:
            leads[table] = owners[0], next(name for name, place in columns if place == 1)
    connection.close()
    assert {"device", "stream", "usage", "charge", "exhausted", "item_activity"} <= set(leads)
    assert {table: lead for table, (owner, lead) in leads.items() if lead != owner} == {}


def test_a_store_of_a_newer_version_is_refused(path: Path) -> None:
    SqliteStore(str(path)).close()
    connection = apsw.Connection(str(path))
    connection.execute("INSERT INTO schema_migration VALUES (9999, '9999_future.sql', 'x')")
    connection.close()
    with pytest.raises(StoreFormatError, match="9999"):
        SqliteStore(str(path))


def test_a_store_made_by_other_statements_is_refused(path: Path) -> None:
    SqliteStore(str(path)).close()
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE schema_migration SET sha256 = 'x'")
    connection.close()
    with pytest.raises(StoreFormatError, match=r"0001_initial\.sql"):
        SqliteStore(str(path))


def test_a_store_that_another_process_holds_is_unavailable_for_now(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_files, "BUSY_TIMEOUT_MS", 20)
    store = SqliteStore(str(path))
    holder = apsw.Connection(str(path))
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError):
        store.write(lambda rows: rows.put_info("name", "lost")).result()
    assert store.read(lambda rows: rows.info("name")).result() is None
    holder.execute("ROLLBACK")
    store.write(lambda rows: rows.put_info("name", "kept")).result()
    assert store.read(lambda rows: rows.info("name")).result() == "kept"
    holder.close()
    store.close()


def test_a_failing_statement_fails_its_own_write_only(path: Path) -> None:
    store = SqliteStore(str(path))

    def break_it(rows: Writing) -> None:
        rows.put_info("name", "lost")
        rows.put_info("name", None)  # type: ignore[arg-type]

    neighbours = [store.write(lambda rows: rows.put_info("before", "kept")), store.write(break_it)]
    neighbours.append(store.write(lambda rows: rows.put_info("after", "kept")))
    assert [future.exception() is None for future in neighbours] == [True, False, True]
    names = ("before", "name", "after")
    assert store.read(lambda rows: [rows.info(name) for name in names]).result() == ["kept", None, "kept"]
    store.close()


def test_a_full_disk_is_unavailable_and_loses_nothing_acknowledged(path: Path) -> None:
    store = SqliteStore(str(path))
    store.write(lambda rows: rows.put_info("name", "kept")).result()

    def limit(rows: Writing, pages: int) -> None:
        rows._connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    store.write(lambda rows: limit(rows, 1)).result()
    with pytest.raises(StoreUnavailableError, match="full"):
        store.write(lambda rows: rows.put_info("big", "x" * 1_000_000)).result()
    store.write(lambda rows: limit(rows, 10**6)).result()
    store.write(lambda rows: rows.put_info("big", "x" * 1_000_000)).result()
    assert store.read(lambda rows: rows.info("name")).result() == "kept"
    store.close()


def test_a_setting_that_another_process_changes_is_seen_by_the_next_write(path: Path) -> None:
    store, other = open_store(f"sqlite:///{path}"), open_store(f"sqlite:///{path}")
    seen = []
    for origin in ("https://a.example", "https://b.example"):
        other.write(lambda rows, origin=origin: rows.put_handshake(Handshake("c", (), (origin,)))).result()
        for _again in range(2):
            handshake = store.write(lambda rows: rows.handshake("c")).result()
            seen.append(handshake.origins if handshake else None)
    assert seen == [("https://a.example",)] * 2 + [("https://b.example",)] * 2
    store.close()
    other.close()


def test_a_setting_whose_change_was_taken_back_is_the_old_one_again(path: Path) -> None:
    store = open_store(f"sqlite:///{path}")
    store.write(lambda rows: rows.put_info("name", "old")).result()

    def fail(rows: Writing) -> None:
        rows.put_info("name", "new")
        assert rows.info("name") == "new"
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.write(fail).result()
    assert store.write(lambda rows: rows.info("name")).result() == "old"
    store.close()


def test_writes_that_wait_together_are_committed_together(path: Path) -> None:
    store = SqliteStore(str(path))
    reader = apsw.Connection(str(path))
    seen: list[int] = []

    def count(rows: Writing, number: int) -> None:
        rows.put_info(f"n{number}", "x")
        (committed,) = reader.execute("SELECT count(*) FROM store_info").fetchone()
        seen.append(committed)

    futures = [store.write(lambda rows, number=number: count(rows, number)) for number in range(200)]
    for future in futures:
        future.result()
    assert len(set(seen)) < 200, "some commits held more than one write"
    reader.close()
    store.close()


def test_the_log_is_copied_once_for_so_many_new_pages_and_not_at_each_commit(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "CHECKPOINT_PAGES", 50)
    checkpoints: list[int] = []
    checkpoint = sqlite_checkpoints.Checkpointer._checkpoint

    def note(self: sqlite_checkpoints.Checkpointer, connection: apsw.Connection) -> None:
        checkpoint(self, connection)
        checkpoints.append(self._seen_pages)

    monkeypatch.setattr(sqlite_checkpoints.Checkpointer, "_checkpoint", note)
    store = SqliteStore(str(path))
    reader = apsw.Connection(str(path))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM store_info").fetchall()  # with that the log cannot begin anew
    for number in range(300):
        store.write(lambda rows, number=number: rows.put_info("name", str(number))).result()
    reader.close()
    store.close()
    assert 2 <= len(checkpoints) <= 300 // 50 + 2
    assert checkpoints == sorted(checkpoints)


def test_a_log_that_readers_keep_from_beginning_anew_is_not_tried_again_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "CHECKPOINT_PAGES", 1)
    monkeypatch.setattr(sqlite_checkpoints, "RESTART_PAGES", 30)
    monkeypatch.setattr(sqlite_checkpoints, "RESTART_TIMEOUT_MS", 1)
    tried: list[int] = []
    checkpoint = sqlite_checkpoints.Checkpointer._checkpoint

    def note(self: sqlite_checkpoints.Checkpointer, connection: apsw.Connection) -> None:
        before = self._restart_pages
        try:
            checkpoint(self, connection)
        finally:
            if self._restart_pages not in (before, 0):
                tried.append(self._restart_pages)

    monkeypatch.setattr(sqlite_checkpoints.Checkpointer, "_checkpoint", note)
    store = SqliteStore(str(path))
    reader = apsw.Connection(str(path))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM store_info").fetchall()
    for number in range(150):
        store.write(lambda rows, number=number: rows.put_info("name", str(number))).result()
    reader.close()
    store.close()
    assert tried
    assert all(later - sooner >= 30 for sooner, later in itertools.pairwise(tried))


def test_a_store_that_rests_has_all_it_knows_in_its_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "CHECKPOINT_S", 0.01)
    copied = threading.Event()
    checkpoint = sqlite_checkpoints.Checkpointer._checkpoint

    def note(self: sqlite_checkpoints.Checkpointer, connection: apsw.Connection) -> None:
        checkpoint(self, connection)
        copied.set()

    monkeypatch.setattr(sqlite_checkpoints.Checkpointer, "_checkpoint", note)
    store = SqliteStore(str(path))
    store.write(lambda rows: rows.put_info("name", "known")).result()
    assert copied.wait(30)
    alone = apsw.Connection(f"file:{path}?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    assert alone.execute("SELECT value FROM store_info WHERE name = 'name'").fetchall() == [("known",)]
    alone.close()
    store.close()


def test_a_store_of_other_pages_is_used_as_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(sqlite_files, "PAGE_BYTES", 4_096)
        SqliteStore(str(path)).close()
    store = SqliteStore(str(path))
    store.write(lambda rows: rows.put_info("name", "known")).result()
    assert store.read(lambda rows: rows.info("name")).result() == "known"
    assert store.read(lambda rows: rows.faults()).result() == []
    store.close()
    connection = apsw.Connection(str(path))
    assert connection.pragma("page_size") == 4_096
    connection.close()


@pytest.mark.parametrize(
    "sql", [sqlite_writing.FORGET_STREAM, sqlite_writing.FORGET_DEVICES, sqlite_advice.FORGET_GONE]
)
def test_what_is_to_be_forgotten_is_found_by_an_index_while_others_wait_for_the_writer(path: Path, sql: str) -> None:
    SqliteStore(str(path)).close()
    connection = apsw.Connection(str(path))
    values = (1,) * max(number for number in range(1, 6) if f"?{number}" in sql)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    connection.close()
    assert plan
    assert [step for step in plan if step.startswith("SCAN")] == []


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "postgres://host/db", "lts.db"])
def test_a_store_url_that_names_nothing_is_an_option_error(url: str) -> None:
    with pytest.raises(OptionError, match=r"sqlite:///dlt-web\.db"):
        open_store(url)
