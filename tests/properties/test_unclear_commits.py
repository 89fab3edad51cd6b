"""A database that fails under a commit whose end nobody sees, and another tab that goes on with it (spec §5)."""

import pytest

from tests.properties.failing_disks import WorldOfFailingDisks

SLOT_MS = 180_000
# What the failing tab had counted before: nothing, so that the lost commit opens a report; or something in this slot,
# told or untold, which it grows; or something in an earlier slot.
BEFORE = ["nothing", "something untold", "something told", "something in an earlier slot"]
OTHERS = ["scans the same", "scans another", "scans twice", "scans in the next slot", "is new"]


def world_of(before: str) -> WorldOfFailingDisks:
    world = WorldOfFailingDisks(seed=1)
    world.settle()
    if before != "nothing":
        world.scan(1, 1)
        world.scan(0, 2)
    if before == "something told":
        world.settle()
    if before == "something in an earlier slot":
        world.advance(SLOT_MS)
    return world


def go_on(world: WorldOfFailingDisks, other: str) -> None:
    if other == "is new":
        world.kill_tab(1)
    if other == "scans in the next slot":
        world.advance(SLOT_MS)
    world.scan(1, 2 if other == "scans another" else 1)
    if other == "scans twice":
        world.scan(1, 1)


def tell(world: WorldOfFailingDisks, tab: int) -> None:
    world.flush(tab)
    while world.tabs[tab].sent:
        world.deliver(tab)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["who fails tells first", "who goes on tells first"])
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("has_landed", [True, False], ids=["on disk", "not on disk"])
def test_nothing_of_it_counts_twice_or_is_taken_for_another_tab_s_and_what_may_be_lost_is_said(
    has_landed, before, other, order
):
    world = world_of(before)
    world.lose_end_of_commit(0, 1, has_landed=has_landed)
    go_on(world, other)
    for tab in order:
        tell(world, tab)
    world.settle()
    assert world.counted() == world.called - (0 if has_landed else 1)
    assert (world.lost(), world.devices()) == (1, 1)


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("has_landed", [True, False], ids=["on disk", "not on disk"])
def test_without_another_tab_it_waits_for_the_next_one(has_landed, before):
    world = world_of(before)
    world.tabs.pop(1)
    world.lose_end_of_commit(0, 1, has_landed=has_landed)
    tell(world, 0)
    world.open_tab()
    world.scan(1, 1)
    world.settle()
    assert world.counted() == world.called - (0 if has_landed else 1)
    assert (world.lost(), world.devices()) == (1, 1)


@pytest.mark.parametrize("has_landed", [True, False], ids=["on disk", "not on disk"])
def test_a_journal_under_a_commit_whose_end_is_lost_is_counted_once_and_cleared_at_the_next_start(has_landed):
    world = world_of("something untold")
    disk = world.store
    world.kill_before_start(2)
    world.lose_end_of_commit(0, 0, has_landed=has_landed)
    world.tabs[0].join("page-9")  # who comes has the journal read
    tell(world, 0)
    assert len(disk.journal) == 1
    world.open_tab()
    assert disk.journal == []
    world.settle()
    assert (world.counted(), world.lost()) == (world.called, 0)
