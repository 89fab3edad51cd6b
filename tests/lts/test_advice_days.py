"""The advisor's numbers day by day: what the simulations had on each day, and nothing that the totals do not say."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from dlt_web.errors import OptionError
from dlt_web.lts.advice import MAX_DAYS
from dlt_web.lts.clock import DAY_MS
from dlt_web.lts.store import SqliteStore
from tests.lts.admin_client import Operator
from tests.lts.test_advice import DAY_0_MS, Player, Sign, sessions, true_levels, visits, way
from tests.lts.world import CODE, World, code_of, report, world_over


def day_of(at_ms: int) -> int:
    return (at_ms - DAY_0_MS) // DAY_MS


def devices_by_day(signs: list[Sign], lifetime_days: int, first: int, end: int) -> list[int]:
    """Count the devices that were there at some time of each day, leaving by the end of their last one."""
    found = []
    for day in range(first, end):
        seen = {}
        for sign in signs:
            if day_of(sign.at_ms) <= day:
                seen[sign.device] = (seen.get(sign.device, (0, 0))[1], day_of(sign.at_ms))
        # One that comes back on this very day was there either way.
        found.append(sum(day - last <= lifetime_days for _before, last in seen.values()))
    return found


def test_devices_and_scans_of_each_day_are_those_that_the_simulation_had(tmp_path: Path) -> None:
    signs = [sign for sign in visits(random.Random(8)) if day_of(sign.at_ms) < 500]
    with world_over(SqliteStore(str(tmp_path / "lts.db"))) as world:
        world.license("L", "per_scan", quota=10**9, device_lifetime_s=30 * 86_400)
        world.handshake()
        player = Player(world, 30 * DAY_MS)
        player.play(signs)
        player.go_to(DAY_0_MS + 500 * DAY_MS)
        first, end = 150, 500
        asked = DAY_0_MS + first * DAY_MS, DAY_0_MS + end * DAY_MS
        advice = world.reads.advice(CODE, *asked, has_days=True)
        assert world.reads.advice(CODE, *asked).ways[0].by_day == ()
    made = {
        day: sum(s.scans for s in some if not s.is_start) for day, some in groupby(signs, lambda s: day_of(s.at_ms))
    }
    assert list(way(advice, "scan").by_day) == [made.get(day, 0) for day in range(first, end)]
    assert sum(way(advice, "scan").by_day) == way(advice, "scan").counted
    for days in (366, 90):
        found = way(advice, f"device-{days}")
        assert list(found.by_day) == devices_by_day(signs, days, first, end)
        assert max(found.by_day) == found.counted


def test_the_most_concurrent_devices_of_each_day_are_those_that_the_simulation_had(tmp_path: Path) -> None:
    signs = sessions(random.Random(12))
    # And the same once more after a day of rest.
    signs += [replace(sign, at_ms=sign.at_ms + 3 * DAY_MS) for sign in signs]
    with world_over(SqliteStore(str(tmp_path / "lts.db"))) as world:
        world.license("L", "per_scan", quota=10**9)
        world.handshake()
        player = Player(world, 180_000)
        player.play(signs)
        advice = world.reads.advice(CODE, DAY_0_MS, has_days=True)
    truth = {day: max(level for _, level in some)
             for day, some in groupby(true_levels(signs, 180_000), lambda pair: day_of(pair[0]))}  # fmt: skip
    found = way(advice, "concurrent-device")
    assert sorted(truth) == [0, 1, 3, 4]
    assert list(found.by_day) == [truth.get(day, 0) for day in range(day_of(signs[-1].at_ms) + 1)]
    assert max(found.by_day) == found.counted


def test_who_is_active_over_midnight_counts_on_both_days(world: World) -> None:
    world.license()
    world.handshake()
    world.advance(seconds=(DAY_0_MS - world.clock.now_ms()) // 1000 - 60)
    for device in (1, 2):
        world.authorize(device)
    world.advance(minutes=5)
    world.authorize(3)
    advice = world.reads.advice(CODE, DAY_0_MS - 2 * DAY_MS, has_days=True)
    assert way(advice, "concurrent-device").by_day == (0, 2, 2)
    assert way(advice, "device-366").by_day == (0, 2, 3)


def test_days_are_told_over_http_where_they_are_asked_for(world: World, operator: Operator) -> None:
    world.license()
    world.handshake()
    world.authorize(1)
    world.report(1, [report(1, 7)])
    path = f"/advice?handshake={CODE}&from=2026-11-23T00:00:00Z"
    found = operator("GET", f"{path}&days=true").json()
    assert {one["name"]: one["days"] for one in found["ways"]} == {
        "scan": [0, 7], "device-366": [0, 1], "device-90": [0, 1], "concurrent-device": [0, 1],
    }  # fmt: skip
    assert all("days" not in one for one in operator("GET", path).json()["ways"])
    assert code_of(operator("GET", f"{path}&days=yes")) == (422, "REQUEST_INVALID")


def test_more_days_than_a_year_has_are_not_told_one_by_one(world: World) -> None:
    world.license()
    world.handshake()
    now_ms = world.clock.now_ms()
    assert len(world.reads.advice(CODE, now_ms - (MAX_DAYS - 1) * DAY_MS, has_days=True).ways[0].by_day) == MAX_DAYS
    with pytest.raises(OptionError, match=f"^Days are told one by one of {MAX_DAYS} at most; found {MAX_DAYS + 1}.$"):
        world.reads.advice(CODE, now_ms - MAX_DAYS * DAY_MS, has_days=True)
