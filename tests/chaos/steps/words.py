"""The words that a schedule may have, which the modules beside this one fill in."""

from __future__ import annotations

from collections.abc import Callable

STEPS: dict[str, Callable[..., str | None]] = {}
"""Word to what it does; an answer is for the log."""


def step(function: Callable[..., str | None]) -> Callable[..., str | None]:
    """Make a function the meaning of the word that it is named by."""
    STEPS[function.__name__.strip("_").replace("_", "-")] = function
    return function
