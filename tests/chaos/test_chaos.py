"""Whatever a schedule of faults does: what was resolved is counted, and what was not called is not (spec §4, §5)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import Site
from tests.chaos.faulty_workers import FaultyWorkers
from tests.chaos.network import Network
from tests.chaos.profiles import Profile
from tests.chaos.schedule import Schedule
from tests.chaos.settling import settle
from tests.chaos.steps import carry_out
from tests.chaos.world import World


# In Firefox a schedule takes four times as long.
@pytest.mark.every_form
@pytest.mark.in_one_engine("chromium")
def test_resolved_scans_are_counted_and_counted_scans_were_called(
    schedule: Schedule,
    browser_name: str,
    lts: LtsProcess,
    network: Network,
    profiles: dict[str, Profile],
    own_site: Site,
    faulty_workers: FaultyWorkers,
    tmp_path: Path,
    dlt_notes: dict[str, Callable[[], str]],
) -> None:
    world = World(
        schedule, lts=lts, network=network, profiles=profiles, site=own_site, folder=tmp_path,
        faulty_workers=faulty_workers,
    )  # fmt: skip
    dlt_notes["Schedule"] = lambda: (
        f"Once more:  {schedule.command(browser_name)}\n"
        "Cut down:   make chaos SCHEDULE=FILE, with the lines below, or some of them, in FILE\n\n" + schedule.as_text()
    )
    try:
        carry_out(world, schedule.steps)
        wrong = settle(world)
    finally:
        print("\n".join(world.log))
    assert wrong == []
