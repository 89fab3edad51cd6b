"""What a store tells of its commits, for those who watch it; and what waits for what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from msgspec.structs import replace

from dlt_web.lts.records import Handshake, SlotRange, UsageRow
from dlt_web.lts.store import Reading, SqliteStore, Store, StoreUnavailableError, Writing
from tests.contract.rows import ITEM


def test_each_commit_is_told_of_with_the_number_of_its_writes(store: Store) -> None:
    commits: list[tuple[int, float]] = []
    store.observe_commits(lambda writes, seconds: commits.append((writes, seconds)))
    for number in range(3):
        store.write(lambda rows, n=number: rows.put_info("a", str(n))).result()
    assert [writes for writes, _ in commits] == [1, 1, 1]
    assert all(seconds >= 0 for _, seconds in commits)


def test_a_commit_is_told_of_before_its_writes_are_answered(store: Store) -> None:
    commits: list[int] = []
    store.observe_commits(lambda writes, _seconds: commits.append(writes))

    def fail(_rows: Writing) -> None:
        raise ValueError("taken back")

    refused = store.write(fail)
    assert isinstance(refused.exception(), ValueError)
    before = sum(commits)
    assert before == (1 if is_queueing(store) else 0), "a write that is taken back alone has had its part in a commit"
    store.write(lambda rows: rows.put_info("a", "1")).result()
    assert sum(commits) == before + 1


def test_what_became_of_a_submitted_write_is_told_once_it_is_committed(store: Store) -> None:
    told: SimpleQueue[tuple[object, object]] = SimpleQueue()

    def submit(work: Callable[[Writing], str]) -> tuple[object, object]:
        store.submit(work, lambda result, error: told.put((result, error)))
        return told.get(timeout=60)

    def put(rows: Writing) -> str:
        rows.put_info("a", "1")
        return "done"

    def fail(rows: Writing) -> str:
        rows.put_info("a", "2")
        raise ValueError("taken back")

    assert submit(put) == ("done", None)
    assert store.read(lambda rows: rows.info("a")).result() == "1"
    result, error = submit(fail)
    assert result is None
    assert isinstance(error, ValueError)
    assert store.read(lambda rows: rows.info("a")).result() == "1"
    store.close()
    result, error = submit(put)
    assert result is None
    assert isinstance(error, StoreUnavailableError)
    assert told.empty()


def test_writes_that_wait_are_counted(store: Store) -> None:
    has_begun, may_go_on = Event(), Event()

    def hold(_rows: Writing) -> None:
        has_begun.set()
        assert may_go_on.wait(60)

    futures = []
    if is_queueing(store):
        futures.append(store.write(hold))
        assert has_begun.wait(60)
    assert store.waiting_writes == 0
    futures += [store.write(lambda rows: rows.put_info("a", "1")) for _ in range(5)]
    assert store.waiting_writes == (5 if is_queueing(store) else 0)
    may_go_on.set()
    for future in futures:
        future.result()
    assert store.waiting_writes == 0


def is_queueing(store: Store) -> bool:
    return isinstance(store, SqliteStore)


def seats_of(rows: Reading) -> int:
    item = rows.license("A")
    assert item is not None
    return item.seats


def test_a_write_that_fails_among_others_takes_none_of_them_with_it(store: Store) -> None:
    """They wait for one commit together; each is booked once, whatever runs again."""
    may_go_on, has_begun = Event(), Event()

    def hold(_rows: Writing) -> None:
        has_begun.set()
        assert may_go_on.wait(60)

    def count(rows: Writing) -> None:
        rows.put_info("count", str(int(rows.info("count") or "0") + 1))
        rows.add_usage("c", 5, {"qr_code": 1}, {"purged": 2}, is_verified=True)
        rows.charge("c", "A", 5, seats_of(rows) + 1)
        assert rows.take_seat("A", None)

    def fail(rows: Writing) -> None:
        rows.put_info("count", "1000")
        rows.add_usage("c", 5, {"qr_code": 1000}, {"purged": 1000}, is_verified=True)
        assert seats_of(rows) < 4
        rows.charge("c", "A", 5, 1000)
        rows.put_license(replace(ITEM, quota=1))
        rows.mark_exhausted("c", "A")
        assert rows.usage("c", is_verified=True, slots=SlotRange(), period_slots=None)[0].scans >= 1000
        raise ValueError("taken back")

    store.write(lambda rows: rows.put_license(ITEM)).result()
    store.write(lambda rows: rows.put_handshake(Handshake("c", ("A",)))).result()
    if is_queueing(store):
        store.write(hold)
        assert has_begun.wait(60)
    writes = [count, fail, count, count, fail, count]
    futures = [store.write(work) for work in writes]
    may_go_on.set()
    for work, future in zip(writes, futures, strict=True):
        assert isinstance(future.exception(), ValueError) == (work is fail)
    assert store.read(lambda rows: rows.info("count")).result() == "4"

    def look(rows: Reading) -> None:
        assert rows.usage("c", is_verified=True, slots=SlotRange(), period_slots=None) == [UsageRow(0, "qr_code", 4)]
        assert rows.lost("c", SlotRange()) == {"purged": 8}
        # Each saw the seats that those before it had taken: 0 to 3.
        assert rows.license("A") == replace(ITEM, seats=4, scans=1 + 2 + 3 + 4)
        assert rows.charged("A") == 10

    store.read(look).result()
    # The writer itself knows no more than that, either.
    store.write(look).result()


def test_what_is_looked_at_keeps_no_device_waiting(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "lts.db"))
    store.write(lambda rows: rows.put_info("name", "value")).result()
    goes_on = Event()
    slow = [store.read(lambda _rows: goes_on.wait(60)) for _ in range(20)]
    assert store.read(lambda rows: rows.info("name"), is_urgent=True).result(10) == "value"
    assert not any(one.done() for one in slow)
    goes_on.set()
    assert [one.result() for one in slow] == [True] * 20
    store.close()
