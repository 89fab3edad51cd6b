"""A database that returns to its image every night, or is cloned, with a journal in it, is counted once (spec §5)."""

import copy

import pytest

from tests.properties.simulated_world import SimulatedWorld


def world_with_a_journal(image_of: str) -> SimulatedWorld:
    """A page scans three barcodes and is killed before Python is up; nobody else has opened since ``image_of``."""
    world = SimulatedWorld(seed=1, tab_count=0 if image_of == "before the first start" else 1)
    if image_of == "after the first answer":
        world.settle()
    world.kill_before_start(3)
    world.tabs.clear()
    return world


IMAGES = ["after the first answer", "before it", "before the first start"]


@pytest.mark.parametrize("image_of", IMAGES)
def test_a_journal_in_a_kiosk_s_image_is_counted_once_however_often_it_returns(image_of):
    world = world_with_a_journal(image_of)
    image = copy.deepcopy(world.store)
    for _night in range(7):
        world.tabs.clear()
        world.store = copy.deepcopy(image)
        world.open_tab()
        world.scan(0, 2)
        world.settle()
        world.advance(86_400_000)
    assert world.called == 3 + 7 * 2
    assert world.counted() == world.called
    assert world.devices() == 1


@pytest.mark.parametrize("image_of", IMAGES)
def test_a_journal_that_is_cloned_is_counted_once_though_all_clones_run_at_the_same_time(image_of):
    world = world_with_a_journal(image_of)
    image = copy.deepcopy(world.store)
    for _clone in range(4):
        world.store = copy.deepcopy(image)
        world.open_tab()
    for scans in (1, 2):
        for clone in range(4):
            world.scan(clone, scans)
            world.deliver(clone)
    for _ in range(3):
        world.settle()
        world.advance(200_000)
    assert world.called == 3 + 4 * 3
    assert world.counted() == world.called
    assert world.devices() == 1


@pytest.mark.parametrize("purge_count", [1, 3])
def test_a_purge_makes_a_new_device_each_time_though_the_first_one_was_named_by_a_journal(purge_count):
    world = world_with_a_journal("before the first start")
    world.open_tab()
    world.settle()
    for _ in range(purge_count):
        world.purge()
        world.scan(0, 1)
        world.settle()
    assert world.counted() == world.called
    assert world.devices() == 1 + purge_count
