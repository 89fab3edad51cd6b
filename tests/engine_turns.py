"""In which engine a browser test runs where nobody says in which: in one, and each engine has its turn."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Turn(NamedTuple):
    """Where a case runs: in this engine, and in this kind of worker if it holds in both."""

    engine: str
    workers: str


SHARED, OWN = Turn("chromium", "shared"), Turn("chromium", "own")
# In Firefox a test costs more than twice what it does in Chromium. What a page starts first is a SharedWorker.
TURNS = (SHARED, Turn("firefox", "shared"), OWN, OWN, SHARED, OWN, OWN, OWN)
Case = tuple[str, ...]


def left_out(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return what is left to other engines, or to the other kind of worker; something of each case stays.

    ``in_one_engine(name)`` stays in that engine and ``in_each_engine`` in all; everything else runs in turns. What
    somebody picked by its id is the only one of its case, and runs.
    """
    cases: dict[tuple[Path, Case], list[pytest.Item]] = {}
    for item in items:
        if engine_of(item) is not None:
            cases.setdefault((item.path, case_of(item)), []).append(item)
    others = []
    for variants, turn in zip(cases.values(), cycle(TURNS), strict=False):
        kept = _kept(variants, turn)
        others += [item for item in variants if item not in kept]
    return others


def engine_of(item: pytest.Item) -> str | None:
    """Return in which engine an item runs; None for what starts none."""
    engine: str | None = _parameter(item, "browser_name")
    return engine


def case_of(item: pytest.Item) -> Case:
    """Return what an item is in each engine and each kind of worker: its test, and the names of other parameters."""
    test, _, parameters = item.nodeid.removesuffix("]").partition("[")
    varied = {_parameter(item, "browser_name"), _parameter(item, "workers")}
    return test, *(name for name in parameters.split("-") if name not in varied)


def _kept(variants: list[pytest.Item], turn: Turn) -> list[pytest.Item]:
    first = variants[0]
    one, untestable = first.get_closest_marker("in_one_engine"), first.get_closest_marker("untestable_in")
    if one is None and first.get_closest_marker("in_each_engine") is not None:
        return variants
    if one is not None:
        variants = [item for item in variants if engine_of(item) == one.args[0]]
    elif untestable is not None:
        variants = [item for item in variants if engine_of(item) not in untestable.args] or variants
    return _those(_those(variants, "browser_name", turn.engine), "workers", turn.workers)


def _those(variants: list[pytest.Item], name: str, value: str) -> list[pytest.Item]:
    """Return the items that have this value; where none has it, those that are as the first one is."""
    there = [_parameter(item, name) for item in variants]
    wanted = value if value in there else next(iter(there), None)
    return [item for item, found in zip(variants, there, strict=True) if found == wanted]


def _parameter(item: pytest.Item, name: str) -> Any:
    return getattr(getattr(item, "callspec", None), "params", {}).get(name)
