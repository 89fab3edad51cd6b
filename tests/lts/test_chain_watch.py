"""The audit log's chain as the dashboard shows it: held whole piece by piece, and from then on as it grows."""

from __future__ import annotations

from typing import Any

import pytest

from dlt_web.lts import chain_watch
from dlt_web.lts.chain_watch import PIECE_ENTRIES, WHOLE_EVERY_MS, ChainWatch
from dlt_web.lts.records import AuditEntry
from dlt_web.lts.store import Reading, Store, Writing
from tests.lts.admin_client import Operator
from tests.lts.world import CODE, World, uuid

MINUTE_MS = 60_000


def fill(world: World, count: int) -> None:
    def add(rows: Writing) -> None:
        for number in range(count):
            rows.add_audit(AuditEntry(number, "cli:me", "license.set", f"L{number}", "{}"))

    world.store.write(add).result()


def spoil(world: World, number: int) -> None:
    """Change an entry as somebody does who may write the store's file."""
    world.store.write(lambda rows: rows.redact_audit(number, "another", "{}")).result()


def reading(monkeypatch: pytest.MonkeyPatch, store: Store) -> list[int]:
    """Return a list to which each entry that is read from now on is added."""
    read: list[int] = []
    real = store.read

    def watched(work: Any, **more: Any) -> Any:
        def look(rows: Reading) -> Any:
            ask = rows.audit

            def audit(after: int, limit: int) -> list[AuditEntry]:
                found = ask(after, limit)
                read.extend(entry.number for entry in found)
                return found

            rows.audit = audit  # type: ignore[method-assign]
            try:
                return work(rows)
            finally:
                rows.audit = ask  # type: ignore[method-assign]

        return real(look, **more)

    monkeypatch.setattr(store, "read", watched)
    return read


def test_a_log_is_held_piece_by_piece_and_then_only_what_is_new(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(world, 2 * PIECE_ENTRIES + 10)
    watch = ChainWatch(world.store, world.clock)
    read = reading(monkeypatch, world.store)
    first, second = watch.look(), watch.look()
    assert [(one.state, one.held, one.checked_ms) for one in (first, second)] == [
        ("checking", PIECE_ENTRIES, None),
        ("checking", 2 * PIECE_ENTRIES, None),
    ]
    third = watch.look()
    assert (third.state, third.held, third.entries) == ("intact", 2 * PIECE_ENTRIES + 10, 2 * PIECE_ENTRIES + 10)
    assert (third.checked_ms, third.whole_ms) == (world.clock.now_ms(), world.clock.now_ms())
    read.clear()
    world.advance(seconds=5)
    assert watch.look().checked_ms == world.clock.now_ms()
    assert read == []
    fill(world, 2)
    again = watch.look()
    assert (again.state, again.entries) == ("intact", 2 * PIECE_ENTRIES + 12)
    # No old entry is read for a new one.
    assert set(read) == {2 * PIECE_ENTRIES + 11, 2 * PIECE_ENTRIES + 12}


def test_what_somebody_changes_in_the_file_is_seen_when_all_is_read_again(world: World) -> None:
    fill(world, 20)
    watch = ChainWatch(world.store, world.clock)
    assert watch.look().state == "intact"
    spoil(world, 7)
    assert watch.look().state == "intact"
    world.advance(minutes=WHOLE_EVERY_MS // MINUTE_MS)
    broken = watch.look()
    assert (broken.state, broken.breaks, broken.break_count) == (
        "broken",
        ("Audit log: entry 7 (license.set another) does not match its hash.",),
        1,
    )
    # It stays broken while the log grows, and however often it is read.
    fill(world, 1)
    assert watch.look().break_count == 1
    world.advance(minutes=WHOLE_EVERY_MS // MINUTE_MS)
    assert watch.look().break_count == 1


def test_what_is_forged_at_the_end_is_seen_at_once(world: World) -> None:
    fill(world, 3)
    watch = ChainWatch(world.store, world.clock)
    assert watch.look().state == "intact"
    world.store.write(lambda rows: rows.put_info("audit_head", f"3:{'0' * 64}")).result()
    assert watch.look().breaks == (
        "Audit log: it ends with entry 3, which is not what the store remembers as its end.",
    )


def test_a_log_that_is_read_anew_keeps_its_last_verdict_meanwhile(world: World) -> None:
    fill(world, PIECE_ENTRIES + 1)
    watch = ChainWatch(world.store, world.clock)
    watch.look()
    whole = watch.look()
    world.advance(minutes=WHOLE_EVERY_MS // MINUTE_MS)
    spoil(world, 1)
    # The first piece of the second time: nothing is said before the end.
    assert (watch.look().state, watch.look().state) == ("intact", "broken")
    assert whole.state == "intact"


def test_only_some_of_many_breaks_are_told(world: World) -> None:
    fill(world, 50)
    for number in range(1, 31):
        spoil(world, number)
    broken = ChainWatch(world.store, world.clock).look()
    assert (len(broken.breaks), broken.break_count) == (chain_watch.TOLD_BREAKS, 30)


def test_an_erased_device_breaks_nothing_wherever_the_reading_was(world: World) -> None:
    world.license()
    world.handshake()
    for device in (1, 2):
        world.authorize(device)
        world.admin.release_device(CODE, uuid(device))
    watch = ChainWatch(world.store, world.clock)
    assert watch.look().state == "intact"
    world.admin.forget_device(uuid(1))  # an entry changes that was held already
    assert watch.look().state == "intact"
    fill(world, PIECE_ENTRIES)
    watch = ChainWatch(world.store, world.clock)
    assert watch.look().state == "checking"
    world.admin.forget_device(uuid(2))  # ... and one that was read, in the middle of reading
    assert watch.look().state == "intact"
    # What a redaction names stays held, too.
    number = next(entry.number for entry in world.reads.audit() if "forgotten" in entry.subject)
    spoil(world, number)
    assert ChainWatch(world.store, world.clock).look().state == "checking"
    world.advance(minutes=WHOLE_EVERY_MS // MINUTE_MS)
    assert (watch.look().state, watch.look().state) == ("intact", "broken")


def test_the_server_tells_it_to_operators(world: World) -> None:
    operator = Operator(world)
    fill(world, 2)
    told = operator("GET", "/audit/chain").json()
    assert told.pop("checkedAt") == told.pop("readWholeAt")
    assert told == {"state": "intact", "entries": 3, "held": 3, "breakCount": 0, "breaks": []}
    spoil(world, 2)
    world.advance(minutes=WHOLE_EVERY_MS // MINUTE_MS)
    told = operator("GET", "/audit/chain").json()
    assert (told["state"], told["breakCount"]) == ("broken", 1)


def test_a_chain_state_says_nothing_before_the_end(world: World) -> None:
    fill(world, PIECE_ENTRIES + 1)
    told = Operator(world)("GET", "/audit/chain").json()
    assert told == {
        "state": "checking",
        "entries": PIECE_ENTRIES + 2,
        "held": PIECE_ENTRIES,
        "checkedAt": None,
        "readWholeAt": None,
        "breakCount": 0,
        "breaks": [],
    }
