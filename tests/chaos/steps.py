"""The words of a schedule, and what each of them does.

A step about something that is not there (a tab that was closed, a tracker that could not be made) does nothing, so that
any steps of a schedule can be taken out by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dlt_web.testing.site_data import PURGE_WAYS
from tests.chaos import storage
from tests.chaos.schedule import Step
from tests.chaos.world import SYMBOLOGIES, World

# How long a step waits for what may not come; nothing is concluded from it.
SCAN_WAIT_MS = 8_000
FLUSH_WAIT_MS = 2_000
START_WAIT_MS = 60_000

STEPS: dict[str, Callable[..., str | None]] = {}
"""Word to what it does; an answer is for the log."""


def carry_out(world: World, steps: Sequence[Step]) -> None:
    """Take the steps, one after another."""
    for word, *arguments in steps:
        did = STEPS[word](world, *arguments)
        world.note(f"{' '.join((word, *arguments))}{'' if did is None else f': {did}'}")


def step(function: Callable[..., str | None]) -> Callable[..., str | None]:
    """Make a function the meaning of the word that it is named by."""
    STEPS[function.__name__.strip("_").replace("_", "-")] = function
    return function


# -- tabs --


@step
def open_(world: World, name: str, profile: str, build: str) -> None:
    if name not in world.tabs:
        world.open_tab(name, profile, build)


@step
def open_broken(world: World, name: str, profile: str, build: str, kind: str) -> None:
    """Have each worker that starts from now on find its storage broken, and open a tab, which may start one."""
    if name not in world.tabs and world.faulty_workers is not None:
        world.faulty_workers.begin_with(storage.STARTING_FAULTS[kind])
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
    if left is not None and left["pendingScans"] == left["purged"] == 0:
        world.oracle.flushed(known)
    return str(left)


# -- ends --


@step
def kill_runtime(world: World, profile: str) -> None:
    if world.workers != "own":
        world.life_count += 1
        for tab in world.tabs_of(profile, "on", "quit"):
            tab.kill_worker(world.life_count)
        world.oracle.runtime_ended(profile)


@step
def kill_browser(world: World, profile: str) -> None:
    world.forget_tabs(profile)
    world.profiles[profile].kill()


@step
def keep(world: World, profile: str) -> None:
    """Copy the profile away."""
    world.quit_browser(profile)
    world.profiles[profile].copy_to(world.folder / profile)
    calls = world.oracle.calls.values()
    if any(call.profile == profile and call.fate == "resolved" for call in calls):
        world.images_of_devices.add(profile)


@step
def put_back(world: World, source: str, target: str) -> None:
    """Put the copy in a profile's place."""
    world.quit_browser(source)
    world.quit_browser(target)
    world.oracle.purged(target, known_loads=())
    if (world.folder / source).exists():
        world.profiles[target].replace_by(world.folder / source)
        # An image that has no device yet is a purge to the profile that gets it.
        world.purge_count += 0 if source in world.images_of_devices else 1


@step
def purge(world: World, profile: str, way: str) -> None:
    if profile not in world.used_profiles:
        return
    for tab in world.tabs_of(profile, "on", "quit"):
        world.harvest(tab)
    world.oracle.purged(profile, known_loads=world.loads_known(profile))
    world.purge_count += 1
    PURGE_WAYS[way](world.profiles[profile].context(), world.site)  # type: ignore[index]


@step
def storage_fault(world: World, profile: str, kind: str, who: str) -> str | None:
    """Break the storage under one worker that runs, or under all."""
    tabs = world.tabs_of(profile, "on", "quit")
    return storage.break_storage(tabs[0].page, kind, who) if tabs else None


@step
def heal_storage(world: World, profile: str) -> str | None:
    """End what is wrong with the storage, for workers that start from now on and where a connection is opened again."""
    if profile not in world.used_profiles or world.faulty_workers is None:
        return None
    page = world.profiles[profile].context().new_page()
    told = storage.heal_storage(page, world.site, world.faulty_workers)
    page.close()
    return told


# -- server and network --


@step
def kill_lts(world: World) -> None:
    world.is_lts_up = False
    world.lts.kill()


@step
def start_lts(world: World) -> None:
    if not world.is_lts_up:
        world.is_lts_up = True
        world.lts.start(port=world.lts.port)


@step
def restart_lts(world: World) -> None:
    if world.is_lts_up:
        world.lts.restart()


@step
def backup(world: World) -> None:
    world.lts.cli("backup", str(world.folder / "lts.backup"), as_json=False)


@step
def restore(world: World) -> None:
    kept = world.folder / "lts.backup"
    if kept.exists():
        kill_lts(world)
        world.lts.cli("restore", str(kept), "--verify", as_json=False)
        start_lts(world)


@step
def forbid(world: World) -> None:
    """The operator makes a mistake: the app's origin is not on the list."""
    world.is_permitted = False
    world.lts.cli("handshake", "set", world.code, "--allow-origin", "https://elsewhere.example")


@step
def permit(world: World) -> None:
    world.is_permitted = True
    world.lts.cli("handshake", "set", world.code, "--any-origin")


@step
def fault(world: World, which: str, kind: str) -> None:
    world.network.break_(which, kind)


@step
def heal(world: World) -> None:
    world.network.heal()


@step
def offline(world: World, profile: str) -> None:
    world.profiles[profile].context().set_offline(True)


@step
def online(world: World, profile: str) -> None:
    if world.profiles[profile].is_running:
        world.profiles[profile].context().set_offline(False)
