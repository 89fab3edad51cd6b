"""`lts backup` and `lts restore`: what they write, refuse and keep, and that no acknowledged scan is lost by them."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import apsw
import pytest

from dlt_web.errors import OptionError
from dlt_web.lts.backup import BackupError, back_up, restore
from dlt_web.lts.clock import StandingClock
from dlt_web.lts.service import Service
from dlt_web.lts.store import SqliteStore, StoreFormatError, StoreUnavailableError
from dlt_web.lts.verify import find_faults
from tests.long_form import by_form
from tests.lts.server_process import ServerProcess, cli_json, run_cli
from tests.properties.simulated_world import START_WALL_MS, SimulatedWorld

NOW_MS = 1_900_000_000_000


def put_back(backup: Path, store: Path, *, now_ms: int = NOW_MS, is_verified: bool = True) -> str:
    done = restore(str(backup), str(store), StandingClock(now_ms), "test", is_verified=is_verified)
    return done.store_epoch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "lts.db"
    store = SqliteStore(str(path))
    Service(store, StandingClock(NOW_MS))
    store.close()
    return path


def set_info(path: Path, name: str, value: str) -> None:
    store = SqliteStore(str(path))
    store.write(lambda rows: rows.put_info(name, value)).result()
    store.close()


def info(path: Path, name: str) -> str | None:
    store = SqliteStore(str(path))
    try:
        return store.read(lambda rows: rows.info(name)).result()
    finally:
        store.close()


def test_a_backup_under_load_is_one_committed_state(path: Path) -> None:
    store = SqliteStore(str(path))
    stop = Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            text = str(number)
            store.write(lambda rows, text=text: [rows.put_info(name, text) for name in ("a", "b")]).result()

    writers = [Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    for number in range(5):
        copy = path.with_name(f"backup-{number}.db")
        back_up(str(path), str(copy))
        assert info(copy, "a") == info(copy, "b")
    stop.set()
    for writer in writers:
        writer.join()
    store.close()


def test_a_backup_is_one_private_file_and_replaces_none(path: Path) -> None:
    copy = path.with_name("backup.db")
    back_up(str(path), str(copy))
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not [file.name for file in path.parent.iterdir() if file.name.startswith("backup.db") and file != copy]
    for taken in (copy, path):
        with pytest.raises(OptionError, match="exists"):
            back_up(str(path), str(taken))


def test_a_backup_that_cannot_be_written_leaves_nothing(path: Path) -> None:
    with pytest.raises(BackupError, match="cannot be written: there is no folder"):
        back_up(str(path), str(path.parent / "nowhere" / "backup.db"))
    with pytest.raises(BackupError, match="There is no store"):
        back_up(str(path.with_name("other.db")), str(path.with_name("backup.db")))
    path.write_bytes(b"no database, " * 100)
    with pytest.raises(StoreFormatError, match="damaged, or no SQLite store"):
        back_up(str(path), str(path.with_name("backup.db")))
    assert not list(path.parent.glob("backup*"))


@pytest.mark.parametrize(
    ("backup_number", "store_number", "now_s", "expected"),
    [(5, 9, 3, 10), (9, 5, 3, 10), (5, 9, 1_900_000_000, 1_900_000_000)],
)
def test_the_epoch_is_the_largest_of_the_three(
    path: Path, backup_number: int, store_number: int, now_s: int, expected: int
) -> None:
    copy = path.with_name("backup.db")
    set_info(path, "store_epoch", f"id:{backup_number}")
    back_up(str(path), str(copy))
    set_info(path, "store_epoch", f"id:{store_number}")
    assert put_back(copy, path, now_ms=now_s * 1000) == f"id:{expected}"
    assert info(path, "store_epoch") == f"id:{expected}"


def test_a_restore_keeps_what_it_replaces_and_is_in_the_audit_log(path: Path) -> None:
    copy = path.with_name("backup.db")
    back_up(str(path), str(copy))
    set_info(path, "since", "the backup")
    done = restore(str(copy), str(path), StandingClock(NOW_MS), "cli:ops", is_verified=True)
    assert done.replaced == f"{path}.replaced-20300317T174640Z"
    assert info(Path(done.replaced), "since") == "the backup"
    assert info(path, "since") is None
    assert path.stat().st_mode & 0o777 == 0o600
    store = SqliteStore(str(path))
    [entry] = store.read(lambda rows: rows.audit(0, 9)).result()
    assert (entry.actor, entry.action, entry.subject) == ("cli:ops", "store.restore", done.store_epoch)
    assert json.loads(entry.detail) == {"backup": str(copy)}
    assert find_faults(store) == []
    store.close()
    again = restore(str(copy), str(path), StandingClock(NOW_MS), "cli:ops", is_verified=True)
    assert again.replaced == f"{path}.replaced-20300317T174640Z-2"


def test_a_restore_makes_a_store_where_there_was_none(path: Path) -> None:
    copy, other = path.with_name("backup.db"), path.with_name("other.db")
    back_up(str(path), str(copy))
    assert restore(str(copy), str(other), StandingClock(NOW_MS), "x", is_verified=False).replaced is None
    assert info(other, "store_epoch") == f"{str(info(copy, 'store_epoch')).partition(':')[0]}:1900000000"


def test_a_damaged_store_is_replaced_all_the_same(path: Path) -> None:
    copy = path.with_name("backup.db")
    back_up(str(path), str(copy))
    path.write_bytes(b"no database, " * 1000)
    path.with_name("lts.db-wal").write_bytes(b"left behind")
    done = restore(str(copy), str(path), StandingClock(NOW_MS), "x", is_verified=True)
    assert done.replaced_fault is not None
    assert "damaged" in done.replaced_fault
    assert info(path, "store_epoch") == done.store_epoch


def test_a_backup_with_faults_is_refused_and_changes_nothing(path: Path) -> None:
    copy = path.with_name("backup.db")
    back_up(str(path), str(copy))
    connection = apsw.Connection(str(copy))
    connection.execute("INSERT INTO lost VALUES ('gone', 1, 1, 'purged', 1)")
    connection.close()
    with pytest.raises(BackupError, match="Table lost: 1 rows"):
        put_back(copy, path)
    with pytest.raises(BackupError, match="There is no backup"):
        put_back(path.with_name("nothing.db"), path)
    copy.write_bytes(b"no database, " * 100)
    with pytest.raises(StoreFormatError, match=r"backup\.db is damaged"):
        put_back(copy, path)
    assert str(info(path, "store_epoch")).endswith(":1")
    assert sorted(file.name for file in path.parent.glob("lts*")) == ["lts.db", "lts.db-lock"]


def test_a_store_in_use_is_not_replaced_nor_opened_while_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = path.with_name("backup.db")
    back_up(str(path), str(copy))
    store = SqliteStore(str(path))
    with pytest.raises(StoreUnavailableError, match="a server or another command is using it; stop that first"):
        put_back(copy, path)
    store.close()
    from dlt_web.lts.store import copies

    refusals: list[str] = []
    place = copies.put_in_place

    def while_it_is_replaced(*names: str) -> None:
        with pytest.raises(StoreUnavailableError) as refusal:
            SqliteStore(str(path))
        refusals.append(refusal.value.message)
        place(*names)

    monkeypatch.setattr(copies, "put_in_place", while_it_is_replaced)
    put_back(copy, path)
    assert refusals == [f"The store {path} cannot be used now: it is being restored."]


def test_the_commands_beside_a_running_server(path: Path) -> None:
    copy = path.with_name("backup.db")
    cli_json(path, "license", "add", "--charge-way", "per_device", "--quota", "1", "--id", "L")
    with ServerProcess(path):
        assert run_cli(path, "verify").stdout == "The store is in order: audit log, counters and database file.\n"
        assert run_cli(path, "backup", str(copy)).stdout == f"Wrote {copy}.\n"
        refused = run_cli(path, "restore", str(copy), "--verify")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "stop that first" in refused.stderr
        assert "Traceback" not in refused.stderr
        taken = run_cli(path, "backup", str(copy))
        assert (taken.returncode, "exists" in taken.stderr) == (2, True)
    done = cli_json(path, "restore", str(copy), "--verify")
    assert int(done["storeEpoch"].rpartition(":")[2]) >= time.time() - 60
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE license_item SET seats = 3")
    connection.close()
    found = run_cli(path, "verify")
    assert (found.returncode, found.stdout) == (1, "License L: counts 3 seats, but 0 devices hold one.\n")
    assert run_cli(path.with_name("none.db"), "verify").returncode == 1
    assert not path.with_name("none.db").exists()


class RestoredWorld(SimulatedWorld):
    """Trackers whose server's store is a file that backups are taken from while requests are under way."""

    def __init__(self, seed: int, path: Path) -> None:
        self.path = path
        self.copy = path.with_name("backup.db")
        super().__init__(seed)
        self._use(SqliteStore(str(path)), self.lts_store)

    def _use(self, store: SqliteStore, before: object) -> None:
        if not isinstance(before, SqliteStore):
            copy_settings(before, store)
        self.lts_store = store  # type: ignore[assignment]
        self.service = Service(store, self.lts_clock)

    def back_up(self) -> None:
        self.copy.unlink(missing_ok=True)
        back_up(str(self.path), str(self.copy))

    def put_back(self) -> None:
        self.lts_store.close()
        put_back(self.copy, self.path, now_ms=self.lts_clock.now_ms())
        self._use(SqliteStore(str(self.path)), self.lts_store)


def copy_settings(before: object, store: SqliteStore) -> None:
    items, handshakes = before.read(lambda rows: (rows.licenses(), rows.handshakes())).result()  # type: ignore[attr-defined]

    def put(rows: object) -> None:
        for item in items:
            rows.put_license(item)  # type: ignore[attr-defined]
        for handshake in handshakes:
            rows.put_handshake(handshake)  # type: ignore[attr-defined]

    store.write(put).result()


@pytest.mark.long_form
@pytest.mark.parametrize("seed", range(by_form(short=2, long=60)))
def test_after_a_restore_trackers_bring_back_what_was_acknowledged_in_7_days(seed: int, tmp_path: Path) -> None:
    world = RestoredWorld(seed, tmp_path / "lts.db")
    choices = random.Random(seed)
    events: list[Callable[[int], None]] = [
        lambda tab: world.scan(tab, choices.randint(1, 4)),
        lambda tab: world.advance(choices.choice([500, 30_000, 181_000, 900_000])),
        world.flush,
        world.deliver,
        world.deliver,
        lambda tab: world.deliver(tab, is_answer_lost=True),
        world.lose_request,
    ]

    def live(steps: int) -> None:
        for _ in range(steps):
            choices.choice(events)(choices.randrange(2))

    live(40)
    world.back_up()
    for _ in range(2):
        live(60)
        world.scan(0, 2)
        world.settle()
        assert world.counted() == world.called
        world.advance(choices.choice([3_600_000, 5 * 86_400_000]))
        world.put_back()
        assert world.counted() < world.called
        world.scan(0, 1)
        world.settle()
        assert world.counted() == world.resolved == world.called
    assert world.lts_clock.now_ms() > START_WALL_MS
    assert find_faults(world.lts_store) == []
    world.lts_store.close()
