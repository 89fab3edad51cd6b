"""A database that returns to its image every night, whatever lies in that, and its clone are counted once (spec §5)."""

import copy

import pytest

from tests.long_form import by_form
from tests.properties.simulated_world import SimulatedWorld

DAY_MS = 86_400_000
NIGHTS = 7


def put_back(world, image, machines):
    """Each machine starts on a database of its own, as the image has it."""
    world.tabs.clear()
    for _ in range(machines):
        world.store = copy.deepcopy(image)
        world.open_tab()
        while world.tabs[-1].sent:  # a day later no scan would count without a token
            world.deliver(len(world.tabs) - 1)


def live(world, events, moments):
    for _ in range(moments):
        world.rng.choice(events)(world.rng.randrange(len(world.tabs)))
        assert world.counted() <= world.called


@pytest.mark.long_form
@pytest.mark.parametrize("seed", range(by_form(short=5, long=200)))
@pytest.mark.parametrize("night_ms", [0, DAY_MS], ids=["within a slot", "every night"])
def test_a_machine_that_returns_to_its_image_again_and_again_and_its_clone_are_counted_exactly(seed, night_ms):
    world = SimulatedWorld(seed, tab_count=1)
    events = [
        lambda tab: world.scan(tab, world.rng.randint(1, 3)),
        lambda tab: world.scan(tab, 1),
        lambda tab: world.flush(tab),
        lambda tab: world.deliver(tab),
        lambda tab: world.deliver(tab),
        lambda tab: world.deliver(tab, is_answer_lost=True),
        lambda tab: world.lose_request(tab),
        lambda tab: world.keep_copy(tab),
        lambda tab: world.send_copy(),
    ]
    if night_ms:
        events.append(lambda tab: world.advance(world.rng.choice([1_000, 60_000, 181_000])))
    live(world, events, world.rng.randrange(30))
    image = copy.deepcopy(world.store)
    for night in range(NIGHTS):
        world.advance(night_ms)
        put_back(world, image, machines=2 if night == NIGHTS - 1 else 1)
        live(world, events, 30)
        world.settle()
        assert world.counted() == world.resolved == world.called, night
    assert world.devices() == 1


@pytest.mark.parametrize("scans_a_night", [0, 1, 3])
def test_what_a_clone_had_not_sent_is_counted_once_though_it_returns_to_its_image_every_night(scans_a_night):
    world = SimulatedWorld(1, tab_count=1)
    world.scan(0, 1)
    world.settle()
    image = copy.deepcopy(world.store)
    put_back(world, image, machines=1)
    world.scan(0, 2)
    for _ in range(2):
        world.advance(181_000)
        world.scan(0, 1)
    of_the_clone = copy.deepcopy(world.store)
    put_back(world, image, machines=1)
    world.scan(0, 1)
    world.settle()
    for _ in range(NIGHTS):
        put_back(world, of_the_clone, machines=2)
        for number in range(scans_a_night):
            world.scan(number % 2, 1)
            world.advance(181_000)
        world.settle()
        assert world.counted() == world.resolved == world.called
    assert world.lost() == 0
