"""What happens to the license server, and to the ways there."""

from __future__ import annotations

from tests.chaos.steps.words import step
from tests.chaos.world import World


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
