"""Storage that breaks under the workers of a profile, and is whole again."""

from __future__ import annotations

from tests.chaos import faulty_workers
from tests.chaos.steps.words import step
from tests.chaos.world import World


@step
def open_broken(world: World, name: str, profile: str, build: str, kind: str) -> None:
    """Have each worker that starts from now on find its storage broken, and open a tab, which may start one."""
    if name not in world.tabs and world.faulty_workers is not None:
        world.faulty_workers.begin_with(faulty_workers.STARTING_FAULTS[kind])
        world.open_tab(name, profile, build)


@step
def storage_fault(world: World, profile: str, kind: str, who: str) -> str | None:
    """Break the storage under one worker that runs, or under all."""
    tabs = world.tabs_of(profile, "on", "quit")
    return faulty_workers.break_storage(tabs[0].page, kind, who) if tabs else None


@step
def heal_storage(world: World, profile: str) -> str | None:
    """End what is wrong with the storage, for workers that start from now on and where a connection is opened again."""
    if profile not in world.used_profiles or world.faulty_workers is None:
        return None
    page = world.profiles[profile].context().new_page()
    told = faulty_workers.heal_storage(page, world.site, world.faulty_workers)
    page.close()
    return told
