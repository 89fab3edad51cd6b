"""Lets the dust of a schedule settle, and holds the license server's books against the oracle's."""

from __future__ import annotations

import random

from dlt_web.testing.deadline import DeadlineMissedError, wait_until
from dlt_web.testing.lts_process import Usage
from tests.chaos.steps import carry_out
from tests.chaos.tabs import Tab
from tests.chaos.world import World

# Waits of the tracker's own (a server's Retry-After, patience with a dead worker), and starts on a busy machine.
SETTLE_TIMEOUT_S = 150.0
FLUSH_WAIT_MS = 12_000


def settle(world: World) -> list[str]:
    """Mend everything, have a tab report on every profile, and return what is wrong with the counts."""
    world.network.heal()
    carry_out(world, [("start-lts",), *([] if world.is_permitted else [("permit",)])])
    carry_out(world, [("online", profile) for profile in sorted(world.used_profiles)])
    for name in [name for name, tab in world.tabs.items() if tab.state == "away"]:
        carry_out(world, [("close", name, "abruptly")])
    for profile in sorted(world.used_profiles):
        _report_all(world, profile)
    for tab in world.tabs.values():
        world.harvest(tab, wait_ms=FLUSH_WAIT_MS)
    before = _wait_for_books(world)
    wrong = _judge(world, before)
    world.note(f"{world.oracle.summary()}; the server has {before}")
    for name in list(world.tabs):
        carry_out(world, [("close", name, "politely")])
    copies = world.network.replay(random.Random(before.scans))
    world.note(f"{copies} copies of reports that were sent before came again")
    after = world.lts.usage(world.code)
    world.note(f"the server has {after}")
    return wrong or _judge(world, after)


def _wait_for_books(world: World) -> Usage:
    """Return the books once they hold what was resolved; should they never do so, they are judged as they are."""

    def has_enough() -> Usage | None:
        usage = world.lts.usage(world.code)
        return usage if usage.scans + sum(usage.lost.values()) >= world.oracle.least else None

    try:
        return wait_until(has_enough, what="the books to hold what was resolved", timeout_s=10)  # type: ignore[return-value]
    except DeadlineMissedError:
        return world.lts.usage(world.code)


def _judge(world: World, usage: Usage) -> list[str]:
    wrong = world.oracle.verdict(usage)
    wrong += [f"uncaught in a page: {text}" for text in world.uncaught]
    most = len(world.used_profiles) + world.purge_count
    found = world.lts.devices(world.code)
    if world.theme == "storage-fault":
        # A runtime that cannot read who it is counts as somebody else, and says so.
        found = [device for device in found if device.storage != "memory"]
        if other := usage.lost.keys() - {"unclear"}:
            wrong.append(f"lost for no reason that a fault of the storage has: {other}")
    if len(found) > most:
        wrong.append(f"{len(found)} devices, where {most} were made: {found}")
    return wrong


def _report_all(world: World, profile: str) -> None:
    """Open a tab on a profile, and flush there and in its other tabs until nothing is left on disk."""
    if world.theme == "storage-fault":
        _end_on_disk(world, profile)
    others = world.tabs_of(profile, "on")
    # A start of Python for each tab costs seconds; one that has it already finds all but what a restore calls for.
    is_there = others and world.workers == "own" and world.theme != "restore"
    last = others.pop() if is_there else world.open_tab(f"last-{profile}", profile)
    if world.theme == "storage-fault":
        wait_until(last.knows_its_device, what="the last tab to know its device", timeout_s=SETTLE_TIMEOUT_S)
        assert last.storage() == "indexeddb", f"healed storage is not used: {last.explain()}"

    def is_done() -> bool:
        # Each of them, also where one has something left: a runtime of its own holds what no other one knows.
        flushed = [_is_flushed(world, tab) for tab in (last, *others)]
        if last.journal_size() > 0 and not world.oracle.pending_of(last.load):
            # Of a page whose lock was not free yet when the runtime looked; who comes now finds it.
            world.reload(last)
            return False
        return all(flushed)

    try:
        wait_until(is_done, what=f"profile {profile} to have nothing left to report", timeout_s=SETTLE_TIMEOUT_S)
    except DeadlineMissedError:
        for tab in (last, *others):
            world.note(f"{tab.load} explains: {tab.explain()}")
        raise


def _end_on_disk(world: World, profile: str) -> None:
    """Have each runtime report what it may hold in memory only, and end; the next one finds all else on the disk."""
    carry_out(world, [("heal-storage", profile)])
    tabs = world.tabs_of(profile, "on")

    def is_done() -> bool:
        for tab in tabs:
            world.harvest(tab, wait_ms=FLUSH_WAIT_MS)
        resolved = {tab.load: world.oracle.resolved_of(tab.load) for tab in tabs}
        flushed = [tab for tab in tabs if _is_flushed(world, tab)]
        for tab in flushed:
            world.oracle.flushed(resolved[tab.load])
        return flushed == tabs and not any(world.oracle.pending_of(tab.load) for tab in tabs)

    wait_until(is_done, what=f"the tabs of profile {profile} to have nothing left", timeout_s=SETTLE_TIMEOUT_S)
    world.quit_browser(profile)
    carry_out(world, [("heal-storage", profile)])


def _is_flushed(world: World, tab: Tab) -> bool:
    left = tab.flush(FLUSH_WAIT_MS)
    world.note(f"flushed {tab.profile}: {left}")
    return "error" not in left and left["pendingScans"] == left["pendingReports"] == left["purged"] == 0
