"""Processes of one machine that are killed (SIGKILL) amid faults of the network: nothing is lost, nothing counts twice.

``make chaos-host N=500`` throws more schedules, ``SEED=7`` one again, ``SCHEDULE=FILE`` one that was cut down by hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlt_web.testing.lts_process import LtsProcess
from tests.chaos.network import Network
from tests.host.chaos.schedule import THEMES, Schedule, plan, schedule_from_text
from tests.host.chaos.world import World

STEPS = ("start", "scan", "rush", "race", "again", "flush", "kill", "close", "fault", "heal", "purge", "restart_lts")
# What continuous integration runs: seeds that together have every theme.
FIRST_SEED, COUNT = 1, 20


def chosen_schedules() -> list[Schedule]:
    if path := os.environ.get("DLT_WEB_HOST_CHAOS_SCHEDULE"):
        return [schedule_from_text(Path(path).read_text())]
    seed = os.environ.get("DLT_WEB_HOST_CHAOS_SEED")
    count = int(os.environ.get("DLT_WEB_HOST_CHAOS_N") or (1 if seed else COUNT))
    return [plan(one) for one in range(int(seed or FIRST_SEED), int(seed or FIRST_SEED) + count)]


@pytest.fixture
def network(lts: LtsProcess) -> Iterator[Network]:
    with Network(lts) as running:
        yield running


@pytest.mark.parametrize("schedule", chosen_schedules(), ids=lambda schedule: f"{schedule.seed}-{schedule.theme}")
def test_resolved_scans_are_counted_and_counted_scans_were_called(
    schedule: Schedule, lts: LtsProcess, network: Network, tmp_path: Path
):
    world = World(schedule, lts, network, tmp_path)
    try:
        assert world.run() == []
    finally:
        print("\n".join(world.log))
        print(f"\nOnce more: make chaos-host SEED={schedule.seed}\n\n{schedule.as_text()}\n{network.journal()}")


def test_a_seed_makes_one_schedule_and_its_text_says_all_of_it():
    for seed in range(100):
        assert plan(seed) == plan(seed) == schedule_from_text(plan(seed).as_text())


def test_what_runs_by_default_has_every_theme_and_kills_amid_calls():
    schedules = [plan(seed) for seed in range(FIRST_SEED, FIRST_SEED + COUNT)]
    assert {schedule.theme for schedule in schedules} == set(THEMES)
    assert sum(step[0] == "kill" for schedule in schedules for step in schedule.steps) > COUNT
    words = {step[0] for schedule in schedules for step in schedule.steps}
    assert words == {step.replace("_", "-") for step in STEPS}
