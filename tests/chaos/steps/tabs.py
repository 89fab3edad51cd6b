"""What people do in tabs: open them, scan, leave."""

from __future__ import annotations

from tests.chaos.steps.words import step
from tests.chaos.world import SYMBOLOGIES, World

# How long a step waits for what may not come; nothing is concluded from it.
SCAN_WAIT_MS = 8_000
FLUSH_WAIT_MS = 2_000
START_WAIT_MS = 60_000

# -- tabs --


@step
def open_(world: World, name: str, profile: str, build: str) -> None:
    if name not in world.tabs:
        world.open_tab(name, profile, build)


@step
def reload(world: World, name: str) -> None:
    if (tab := world.tab(name, "on", "quit")) is not None:
        world.reload(tab)


@step
def close(world: World, name: str, how: str) -> None:
    if (tab := world.tab(name, "on", "quit", "away")) is not None:
        world.harvest(tab)
        world.end_load(tab)
        del world.tabs[name]
        tab.close(is_polite=how == "politely")


@step
def away(world: World, name: str) -> None:
    if (tab := world.tab(name, "on")) is not None:
        world.harvest(tab)
        # In a cache or gone: what it held in memory is out of reach.
        world.oracle.runtime_ended(tab.profile)
        tab.go_away(world.site)


@step
def back(world: World, name: str) -> str | None:
    if (tab := world.tab(name, "away")) is None:
        return None
    before = tab.load
    if tab.come_back():
        return "out of the cache"
    world.oracle.ended(before)
    tab.construct(world.tracker_options)
    return "loaded anew"


@step
def hide(world: World, name: str) -> None:
    if (tab := world.tab(name, "on")) is not None:
        tab.hide()


@step
def quit_(world: World, name: str) -> None:
    if (tab := world.tab(name, "on")) is not None:
        world.harvest(tab)
        tab.quit_tracker()


@step
def renew(world: World, name: str) -> None:
    if (tab := world.tab(name, "quit")) is not None:
        tab.construct(world.tracker_options)


# -- scans --


@step
def scan(world: World, name: str, count: str) -> str | None:
    """One call with fresh barcodes, and its answer if it comes in time."""
    if (tab := world.tab(name, "on")) is None:
        return None
    return world.call(tab, [world.fresh(int(count))], wait_ms=SCAN_WAIT_MS)


@step
def must_scan(world: World, name: str) -> None:
    """One call with a fresh barcode, and its answer, for which a start of Python is waited for."""
    tab = world.tabs[name]
    world.call(tab, [world.fresh(1)], wait_ms=START_WAIT_MS)
    assert not world.oracle.pending_of(tab.load), "the runtime did not start"


@step
def rush(world: World, name: str, count: str) -> None:
    """Calls with a fresh barcode each, one after another, whose answers nobody waits for."""
    if (tab := world.tab(name, "on")) is not None:
        world.call(tab, [world.fresh(1) for _ in range(int(count))])


@step
def again(world: World, name: str) -> str | None:
    """A call with what this page load has seen before."""
    if (tab := world.tab(name, "on")) is None or not (known := world.known(tab)):
        return None
    return world.call(tab, [known[-2:]], wait_ms=SCAN_WAIT_MS)


@step
def mix(world: World, name: str) -> str | None:
    """A call with a fresh barcode twice, a known one, and the fresh one's text in another symbology."""
    if (tab := world.tab(name, "on")) is None:
        return None
    [(symbology, text)] = world.fresh(1)
    other = next(one for one in SYMBOLOGIES if one != symbology)
    return world.call(
        tab, [[(symbology, text), *world.known(tab)[:1], (symbology, text), (other, text)]], wait_ms=SCAN_WAIT_MS
    )


@step
def flush(world: World, name: str) -> str | None:
    if (tab := world.tab(name, "on")) is None:
        return None
    world.harvest(tab)
    known = world.oracle.resolved_of(tab.load)
    left = tab.flush(FLUSH_WAIT_MS)
    if "error" not in left and left["pendingScans"] == left["purged"] == 0:
        world.oracle.flushed(known)
    return str(left)
