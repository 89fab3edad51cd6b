"""Which tests have a long form, and which form this run is of: `make test` has minutes, `make test-long` hours.

``long_form`` marks a test that does more in the long form: more examples, rounds, starts, or more of its cases: with
``long_form(cases=2)`` `make test` runs the first two, in the engines that it would run all in. ``long_only`` marks one
that runs in no other, because what it proves is proved in `make test` as well, of less or by less. `make test-long`
runs both kinds, and `make test-browsers` those that start browsers.

A test that starts a browser takes seconds of a processor. Of those `make test` runs the first of each file, which tell
most of what it is about, and what is to run in each engine or is marked ``every_form``. What is asked for by its
name runs in any form: a case, a test, or the tests of a file that are not ``long_only``, and whatever ``-k`` chooses.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from tests.chosen import IS_WHOLE
from tests.engine_turns import Case, case_of, engine_of

VARIABLE = "DLT_WEB_LONG_TESTS"
# Those that start browsers are long where each engine runs all of them.
IS_LONG = IS_WHOLE or bool(os.environ.get(VARIABLE))
# Of the tests of a file that start a browser, cases counted.
FIRST_OF_A_FILE = 2
IN_ANY_FORM = ("in_each_engine", "every_form")

T = TypeVar("T")


class Limit(NamedTuple):
    """Of the items of a group so many cases run."""

    group: Hashable
    cases: int


def by_form(short: T, long: T) -> T:
    """Return what this run is to have: of `make test`, and of the long form; for tests marked ``long_form``."""
    return long if IS_LONG else short


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs in the long form only."""
    if IS_LONG or config.option.keyword:
        return
    asked = [(Path(path).resolve(), name) for path, _, name in (argument.partition("::") for argument in config.args)]
    names = {f"{path.as_posix()}::{name}" for path, name in asked if name}
    files = {path for path, name in asked if not name}
    long = {item for item in items if item.get_closest_marker("long_only") is not None and not _is_test_of(item, names)}
    long |= {item for item in beyond(items, _of_test) if _name(item) not in names}
    others = [item for item in items if item not in long and item.path not in files and not _is_test_of(item, names)]
    left_out = long | beyond(others, _of_file)
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=list(left_out))


def beyond(items: Iterable[pytest.Item], limit_of: Callable[[pytest.Item], Limit | None]) -> set[pytest.Item]:
    """Return the items whose group has as many cases before them as it may have; one in each engine counts as one."""
    kept: dict[Hashable, set[Case]] = {}
    left_out = set()
    for item in items:
        if (limit := limit_of(item)) is None:
            continue
        case, cases = case_of(item), kept.setdefault(limit.group, set())
        if len(cases | {case}) > limit.cases:
            left_out.add(item)
        else:
            cases.add(case)
    return left_out


def _of_test(item: pytest.Item) -> Limit | None:
    """Return how many of its cases a test marked ``long_form(cases=…)`` may have."""
    mark = item.get_closest_marker("long_form")
    if mark is None or "cases" not in mark.kwargs:
        return None
    return Limit((item.path, case_of(item)[0]), mark.kwargs["cases"])


def _of_file(item: pytest.Item) -> Limit | None:
    """Return how many cases that start a browser a file may have, beside what has to run in any form."""
    if engine_of(item) is None or any(item.get_closest_marker(name) for name in IN_ANY_FORM):
        return None
    return Limit(item.path, FIRST_OF_A_FILE)


def _name(item: pytest.Item) -> str:
    return f"{item.path.as_posix()}::{item.nodeid.partition('::')[2]}"


def _is_test_of(item: pytest.Item, named: Iterable[str]) -> bool:
    """Tell whether an item, or the test that it is a case of, is among those that somebody named."""
    return not {_name(item), _name(item).partition("[")[0]}.isdisjoint(named)
