"""A database that returns to its image every night, with a journal in it, is counted once (spec §5)."""

import copy

import pytest

from tests.properties.simulated_world import SimulatedWorld


@pytest.mark.parametrize("is_licensed", [True, False], ids=["after the first answer", "before it"])
def test_a_journal_in_a_kiosk_s_image_is_counted_once_however_often_it_returns(is_licensed):
    world = SimulatedWorld(seed=1, tab_count=1)
    if is_licensed:
        world.settle()
    world.kill_before_start(3)
    image = copy.deepcopy((world.store.revision, world.store.records, world.store.journal))
    for _night in range(7):
        world.tabs.clear()
        world.store.revision, world.store.records, world.store.journal = copy.deepcopy(image)
        world.open_tab()
        world.scan(0, 2)
        world.settle()
        world.advance(86_400_000)
    assert world.called == 3 + 7 * 2
    assert world.counted() == world.called
    assert world.devices() == 1
