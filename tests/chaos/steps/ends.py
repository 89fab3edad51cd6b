"""Ends of a runtime, of a browser, of what lies in its profile."""

from __future__ import annotations

from dlt_web.testing.site_data import PURGE_WAYS
from tests.chaos.steps.words import step
from tests.chaos.world import World


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
