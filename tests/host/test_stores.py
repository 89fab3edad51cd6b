"""One contract over memory and SQLite, and what a file is beyond it: shared, private, purged, copied, damaged."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from dlt_web.host.device_file import DeviceFile
from dlt_web.host.sqlite_store import SqliteStore
from dlt_web.host.stores import Applied, Content, MemoryStore, Store, StoreFailedError, StorePurgedError
from dlt_web.host.traits import Trait
from dlt_web.stored_records import DEVICE_KEY
from tests.host.devices import FILE, identity, purge, sqlite_store

OTHER_MACHINE = {"machine_id": Trait("ffff"), "mac": Trait("dc:a6:32:09:09:09"), "cpu_id": Trait("7777")}


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else sqlite_store(tmp_path)
    yield made
    made.close()


class TestContract:
    def test_a_commit_puts_and_deletes_at_the_revision_it_was_decided_from(self, store: Store):
        start = store.load()
        first = store.commit(start.revision, {"a": {"n": 1}, "b": [1]}, (), is_strict=True)
        assert first == Applied(start.revision + 1)
        assert store.commit(first.revision, {"a": {"n": 2}}, ("b",), is_strict=False) == Applied(first.revision + 1)
        assert store.load().records == {**start.records, "a": {"n": 2}}

    def test_who_was_too_late_changes_nothing_and_gets_what_there_is(self, store: Store):
        start = store.load()
        store.commit(start.revision, {"a": 1}, (), is_strict=False)
        late = store.commit(start.revision, {"a": 2, "c": 3}, ("a",), is_strict=False)
        assert isinstance(late, Content)
        assert (late.revision, late.records) == (start.revision + 1, {**start.records, "a": 1})
        assert store.load() == late

    def test_what_others_wrote_is_told_once_there_is_something(self, store: Store):
        start = store.load()
        assert store.changed_since(start.revision) is None
        store.commit(start.revision, {"a": 1}, (), is_strict=False)
        assert store.changed_since(start.revision) == store.load()

    def test_what_it_gives_is_nobodys_to_change(self, store: Store):
        start = store.load()
        given = {"a": {"n": 1}}
        store.commit(start.revision, given, (), is_strict=False)
        given["a"]["n"] = 7
        store.load().records["a"]["n"] = 8
        assert store.load().records["a"] == {"n": 1}


class TestFile:
    def test_it_holds_a_device_from_its_first_moment_on_and_keeps_it(self, tmp_path: Path):
        first = sqlite_store(tmp_path)
        uuid = first.load().records["device"]
        first.close()
        assert sqlite_store(tmp_path).load().records == {"device": uuid}

    def test_it_is_hidden_and_its_owners_alone_with_all_that_sqlite_lays_beside_it(self, tmp_path: Path):
        mask = os.umask(0)
        try:
            store = sqlite_store(tmp_path / "state" / "dlt-web")
            store.commit(store.load().revision, {"a": 1}, (), is_strict=True)
        finally:
            os.umask(mask)
        folder = tmp_path / "state" / "dlt-web"
        names = {path.name.partition(FILE)[2].partition(".db")[2] for path in folder.iterdir()}
        assert (names, len(list(folder.iterdir()))) == ({"", "-wal", "-shm"}, 4)
        assert all(path.name.startswith(FILE) for path in folder.iterdir())
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_the_hidden_file_is_its_owners_alone_from_its_first_moment_on(self, tmp_path: Path):
        device = DeviceFile(tmp_path / FILE, identity(tmp_path))
        uuid, told = identity(tmp_path).make()
        mask = os.umask(0)
        try:
            assert device.put(uuid, "0123456789abcdef", told, instead_of=None)
        finally:
            os.umask(mask)
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir()] == [FILE]

    def test_rights_that_a_careless_copy_gave_to_others_are_taken_away(self, tmp_path: Path):
        store = sqlite_store(tmp_path)
        store.load()
        store.close()
        (tmp_path / FILE).chmod(0o644)
        sqlite_store(tmp_path).load()
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600

    def test_any_number_that_open_it_at_once_are_one_device(self, tmp_path: Path):
        with ThreadPoolExecutor(8) as pool:
            stores = [sqlite_store(tmp_path / "new") for _ in range(8)]
            uuids = {content.records["device"]["uuid"] for content in pool.map(SqliteStore.load, stores)}
        assert len(uuids) == 1

    def test_a_process_that_dies_while_it_makes_the_file_leaves_one_that_can_be_made(self, tmp_path: Path):
        # As killed with the queue made, and the file that names it not in its place yet.
        left = [tmp_path / f"{FILE}.0123456789abcdef.{kind}" for kind in ("db", "db-wal", "db-shm", "new")]
        for path in left:
            path.touch()
        assert sqlite_store(tmp_path).load().records["device"]
        assert all(path.exists() for path in left)  # it may be alive, and about to go on
        for path in left:
            os.utime(path, (0, 0))
        (tmp_path / FILE).unlink()
        assert sqlite_store(tmp_path).load().records["device"]
        assert not any(path.exists() for path in left)

    def test_old_files_of_others_whose_names_begin_alike_are_left_alone(self, tmp_path: Path):
        others = [tmp_path / name for name in (
            "kiosk.py", "kiosk.db", "kiosk.json.new", "kiosk.backup.db", "kiosk.0123456789abcdef.json",
            "kiosk.0123456789abcdef0.db", "kiosk.0123456789ABCDEF.db",
        )]  # fmt: skip
        for path in others:
            path.write_text("precious")
            os.utime(path, (0, 0))
        (tmp_path / "kiosk.0123456789abcdef").mkdir()
        assert SqliteStore(tmp_path / "kiosk", identity(tmp_path)).load().records["device"]
        assert [path.name for path in others if not path.exists()] == []

    @pytest.mark.parametrize("edition", ["random", "server", "embedded"])
    def test_a_purge_makes_a_new_device_at_random_and_the_same_one_of_traits(self, tmp_path: Path, edition: str):
        store = sqlite_store(tmp_path, edition)
        before = store.load()
        store.commit(before.revision, {"code/1/c/stream": {}}, (), is_strict=True)
        purge(tmp_path)
        with pytest.raises(StorePurgedError):
            store.commit(before.revision + 1, {"a": 1}, (), is_strict=False)
        after = store.load()
        assert set(after.records) == {"device"}
        assert (after.records == before.records) == (edition != "random")

    def test_a_file_put_in_place_of_the_one_that_was_opened_is_a_purge_too(self, tmp_path: Path):
        other = sqlite_store(tmp_path / "other")
        others = other.load().records
        other.close()
        store = sqlite_store(tmp_path / "own")
        revision = store.load().revision
        purge(tmp_path / "own")
        for path in (tmp_path / "other").iterdir():
            path.rename(tmp_path / "own" / path.name)
        with pytest.raises(StorePurgedError):
            store.changed_since(revision)
        assert store.load().records == others

    def test_a_copy_from_another_machine_is_a_new_device_and_gives_out_what_the_old_one_held(self, tmp_path: Path):
        first = sqlite_store(tmp_path)
        content = first.load()
        first.commit(content.revision, {"code/1/c/report/s/1": {"keptSince": None}}, (), is_strict=True)
        held = first.load()
        first.close()
        copy = sqlite_store(tmp_path, **OTHER_MACHINE)
        fresh = copy.load()
        assert copy.departed is not None
        assert copy.departed.records == held.records
        assert set(fresh.records) == {"device"}
        assert fresh.records != content.records
        copy.close()
        # Found once: it is this machine's now.
        again = sqlite_store(tmp_path, **OTHER_MACHINE)
        assert again.load() == fresh
        assert again.departed is None

    def test_who_deletes_one_file_after_the_other_deletes_nothing_of_what_was_made_meanwhile(self, tmp_path: Path):
        store = sqlite_store(tmp_path)
        store.load()
        listed = sorted(tmp_path.iterdir())
        listed[0].unlink()
        fresh = store.load()
        done = store.commit(fresh.revision, {"a": 1}, (), is_strict=False)
        for path in listed[1:]:
            path.unlink(missing_ok=True)
        assert store.changed_since(done.revision) is None
        store.close()
        assert sqlite_store(tmp_path).load().records == {**fresh.records, "a": 1}

    def test_a_queue_that_is_deleted_alone_leaves_the_device_the_same(self, tmp_path: Path):
        store = sqlite_store(tmp_path)
        before = store.load()
        store.commit(before.revision, {"a": 1}, (), is_strict=False)
        for path in tmp_path.glob(f"{FILE}.*"):
            path.unlink()
        with pytest.raises(StorePurgedError):
            store.changed_since(before.revision)
        assert store.load().records == before.records

    def test_processes_that_find_a_purge_at_once_make_one_device(self, tmp_path: Path):
        stores = [sqlite_store(tmp_path) for _ in range(8)]
        for _ in range(5):
            before = {one.load().records["device"]["uuid"] for one in stores}
            purge(tmp_path)
            with ThreadPoolExecutor(8) as pool:
                after = {content.records["device"]["uuid"] for content in pool.map(SqliteStore.load, stores)}
            assert (len(before), len(after)) == (1, 1)
            assert before != after

    def test_processes_that_find_a_copy_at_once_make_one_device(self, tmp_path: Path):
        for number in range(20):
            folder = tmp_path / str(number)
            first = sqlite_store(folder)
            first.load()
            first.close()
            stores = [sqlite_store(folder, **OTHER_MACHINE) for _ in range(8)]
            begin = threading.Barrier(8)

            def load(store: SqliteStore, begin: threading.Barrier = begin) -> str:
                begin.wait()
                return str(store.load().records["device"]["uuid"])

            with ThreadPoolExecutor(8) as pool:
                uuids = set(pool.map(load, stores))
            assert len(uuids) == 1
            assert sum(one.departed is not None for one in stores) == 1
            for store in stores:
                store.close()

    def test_only_the_file_that_was_read_is_replaced(self, tmp_path: Path):
        device, made = DeviceFile(tmp_path / FILE, identity(tmp_path)), identity(tmp_path).make()
        assert device.put(made[0], "0" * 16, made[1], instead_of=None)
        old = device.read()
        assert old is not None
        assert device.put(made[0], "1" * 16, made[1], instead_of=old)
        assert device.put(made[0], "2" * 16, made[1], instead_of=old) is None
        found = device.read()
        assert found is not None
        assert found.queue == "1" * 16
        assert [path.name for path in tmp_path.iterdir()] == [FILE]

    def test_another_devices_file_is_known_though_it_got_the_number_of_this_ones(self, tmp_path: Path):
        store, path = sqlite_store(tmp_path), tmp_path / FILE
        before = store.load()
        said = json.loads(path.read_text())
        path.write_text(json.dumps({**said, "queue": "0" * 16}))
        with pytest.raises(StorePurgedError):
            store.changed_since(before.revision)

    def test_a_later_versions_queue_is_left_alone(self, tmp_path: Path):
        later = sqlite_store(tmp_path)
        later.load()
        later.close()
        (queue,) = tmp_path.glob("*.db")
        connection = apsw.Connection(str(queue))
        connection.pragma("user_version", 2)
        connection.close()
        with pytest.raises(StoreFailedError, match=r"of a later version of dlt-web \(schema 2\)") as refused:
            sqlite_store(tmp_path).load()
        assert not refused.value.may_have_committed

    @pytest.mark.parametrize(
        "content",
        [b"", b"x", b"\xff\xfe", b"[]", b"{}", b'{"version": 2, "uuid": "", "queue": "", "made": {}}',
         b'{"version": 1, "uuid": "UUID", "queue": "../../etc/passwd", "made": MADE}',
         b'{"version": 1, "uuid": "UUID", "queue": "0123456789abcdef", "made": []}',
         b'{"version": 1, "uuid": "UUID", "queue": "0123456789abcdef", "made": {"salt": "x"}}',
         b'{"version": 1, "uuid": "UUID", "queue": "0123456789abcdef", "made": {"madeOf": ["x"]}}'],
    )  # fmt: skip
    def test_what_is_no_devices_file_is_left_alone_and_said_in_one_sentence(self, tmp_path: Path, content: bytes):
        made = json.dumps(identity(tmp_path).make()[1]).encode()
        content = content.replace(b"UUID", b"0b3c7b1e-5d0e-4f6a-9c0e-2f1a3b4c5d6e").replace(b"MADE", made)
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(StoreFailedError, match=rf"{FILE} cannot be used: it is no device's file") as refused:
            sqlite_store(tmp_path).load()
        assert "\n" not in str(refused.value)
        assert (tmp_path / FILE).read_bytes() == content

    @pytest.mark.parametrize("content", [b"no database at all, but of some length" * 50, b"SQLite format 3\0" * 9])
    def test_a_queue_that_is_no_database_is_said(self, tmp_path: Path, content: bytes):
        store = sqlite_store(tmp_path)
        store.load()
        store.close()
        (queue,) = tmp_path.glob("*.db")
        queue.write_bytes(content)
        with pytest.raises(StoreFailedError, match=rf"{re.escape(str(queue))} cannot be used: .* once it is deleted"):
            sqlite_store(tmp_path).load()
        queue.unlink()
        sqlite_store(tmp_path).load()

    def test_the_uuid_of_a_file_is_this_machine_s_or_none(self, tmp_path: Path):
        assert sqlite_store(tmp_path).uuid_in_file() is None
        store = sqlite_store(tmp_path, "server")
        uuid = store.load().records[DEVICE_KEY]["uuid"]
        store.close()
        assert sqlite_store(tmp_path, "server").uuid_in_file() == uuid
        assert sqlite_store(tmp_path, "server", machine_id=Trait("another")).uuid_in_file() is None
        (tmp_path / FILE).write_text("{}")
        assert sqlite_store(tmp_path, "server").uuid_in_file() is None

    def test_a_folder_that_cannot_be_made_is_said(self, tmp_path: Path):
        (tmp_path / "file").touch()
        with pytest.raises(StoreFailedError, match="cannot be used"):
            SqliteStore(tmp_path / "file" / FILE, identity(tmp_path)).load()


class TestPlainFileSystems:
    """Of memory cards and shares: no second name for a file, no rights of their own, no folder that can be flushed."""

    @pytest.fixture
    def plain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted")

        flush = os.fsync

        def flush_files(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "Invalid argument")
            flush(descriptor)

        monkeypatch.setattr(os, "link", refuse)
        monkeypatch.setattr(os, "fchmod", refuse)
        monkeypatch.setattr(os, "fsync", flush_files)

    @pytest.mark.usefixtures("plain")
    def test_a_device_is_made_and_found_again(self, tmp_path: Path):
        store = sqlite_store(tmp_path)
        uuid = store.load().records["device"]
        store.close()
        os.chmod(tmp_path / FILE, 0o755)  # as such systems show every file
        assert sqlite_store(tmp_path).load().records["device"] == uuid
        assert not list(tmp_path.glob("*.new"))

    @pytest.mark.usefixtures("plain")
    def test_any_number_that_make_it_at_once_are_one_device(self, tmp_path: Path):
        with ThreadPoolExecutor(8) as pool:
            stores = [sqlite_store(tmp_path / "new") for _ in range(8)]
            uuids = {content.records["device"]["uuid"] for content in pool.map(SqliteStore.load, stores)}
        assert len(uuids) == 1
        assert len(list((tmp_path / "new").glob("*.db"))) == 1

    @pytest.mark.usefixtures("plain")
    def test_a_file_of_another_user_that_everybody_reads_is_not_taken(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        sqlite_store(tmp_path).load()
        os.chmod(tmp_path / FILE, 0o644)
        monkeypatch.setattr(os, "geteuid", lambda: 12_345)
        with pytest.raises(StoreFailedError, match="Operation not permitted"):
            sqlite_store(tmp_path).load()
