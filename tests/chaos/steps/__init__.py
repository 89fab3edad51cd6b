"""The words of a schedule, and what each of them does.

A step about something that is not there (a tab that was closed, a tracker that could not be made) does nothing, so that
any steps of a schedule can be taken out by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.schedule import Step
from tests.chaos.steps import ends, server, storage, tabs
from tests.chaos.steps.words import STEPS
from tests.chaos.world import World

__all__ = ["STEPS", "carry_out", "ends", "server", "storage", "tabs"]


def carry_out(world: World, steps: Sequence[Step]) -> None:
    """Take the steps, one after another."""
    for word, *arguments in steps:
        did = STEPS[word](world, *arguments)
        world.note(f"{' '.join((word, *arguments))}{'' if did is None else f': {did}'}")
