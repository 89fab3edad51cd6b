"""Levels of alerts: which there can be, and that each can be told again."""

from __future__ import annotations

import pytest

from dlt_web.lts import alerts
from tests.lts.world import World


@pytest.mark.parametrize("percents", [(), (0,), (90, 75), (75, 75), (1_001,), tuple(range(1, 12))])
def test_levels_that_are_none_are_refused(world: World, percents: tuple[int, ...]) -> None:
    world.license()
    for changes, own in (({"percents": percents}, None), ({}, {"L": percents})):
        with pytest.raises(Exception, match=r"thresholds are 1 to 10 different whole percentages from 1 to 1000"):
            world.admin.set_alerts(changes, own)
    assert world.reads.audit()[-1].action != "alerts.set"


@pytest.mark.parametrize("level", [1, 2, 5, 10, 75, 1_000])
def test_every_level_can_be_armed_again(level: int) -> None:
    reached = alerts._percent_finding("license.threshold", "L", (level, 100), frozenset({level}), {})
    told = alerts.judge(reached, None, 1)
    assert told is not None
    assert told.levels == (level,)
    empty = alerts.judge(
        alerts._percent_finding("license.threshold", "L", (0, 100), frozenset({level}), {}), told.state, 2
    )
    assert empty is not None
    assert empty.state.levels == ()


def test_what_is_open_is_so_since_its_last_level_was_reached_and_not_since_one_was_left() -> None:
    state = None
    for at_ms, used, levels in ((1, 91, (75, 90)), (2, 80, (75,)), (3, 92, (75, 90)), (4, 91, (75, 90)), (5, 10, ())):
        found = alerts._percent_finding("license.threshold", "L", (used, 100), frozenset({75, 90}), {})
        verdict = alerts.judge(found, state, at_ms)
        state = state if verdict is None else verdict.state
        assert state is not None
        assert (state.levels, state.at_ms) == (levels, {2: 1, 4: 3, 5: 3}.get(at_ms, at_ms))
