"""SIGKILL of the whole browser right after `scan()` resolved: how many resolved scans survive (docs/durability.md).

A kill takes nothing from what the operating system has been given, so all of them do, with either durability; a power
failure might take what only ``strict`` waits for, and no test without a switch for the power can tell.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import Site
from tests.chaos.network import Network
from tests.chaos.profiles import Profile
from tests.chaos.schedule import Schedule
from tests.chaos.settling import settle
from tests.chaos.steps import carry_out
from tests.chaos.world import World

# A round is a start of the browser and of Python; a long run takes 20, and schedules kill browsers, too.
ROUNDS = int(os.environ.get("DLT_WEB_CHAOS_KILLS") or 1)


@pytest.mark.in_one_engine("chromium")
@pytest.mark.parametrize("durability", ["relaxed", "strict"])
def test_every_scan_that_resolved_before_the_browser_was_killed_is_counted(
    durability: str,
    browser_name: str,
    lts: LtsProcess,
    network: Network,
    profiles: dict[str, Profile],
    own_site: Site,
    tmp_path: Path,
) -> None:
    schedule = Schedule(0, "shared", "walk", "alone", ())
    world = World(schedule, lts=lts, network=network, profiles=profiles, site=own_site, folder=tmp_path)
    world.tracker_options["durability"] = durability
    # Nothing but the disk has them: no report leaves the browser, not even as it ends.
    network.break_("both", "refused")
    try:
        for number in range(ROUNDS):
            world.open_tab(f"t{number}", "a")
            # The second is waited for by nothing but the kill.
            carry_out(world, [("must-scan", f"t{number}"), ("scan", f"t{number}", "1"), ("kill-browser", "a")])
        wrong = settle(world)
    finally:
        print("\n".join(world.log))
    resolved, counted = world.oracle.least, lts.usage(world.code).scans
    print(f"{browser_name}, {durability}: {ROUNDS} kills, {resolved} scans resolved before them, {counted} counted")
    assert wrong == []
    assert resolved == counted == 2 * ROUNDS
