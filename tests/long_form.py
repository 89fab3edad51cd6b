"""Which tests have a long form, and which form this run is of: `make test` has minutes, `make test-long` hours.

``long_form`` marks a test that does more in the long form: more examples, rounds, starts. ``long_only`` marks one that
runs in no other, because what it proves is proved in `make test` as well, of less. `make test-long` runs both kinds.
"""

from __future__ import annotations

import os
from typing import TypeVar

import pytest

VARIABLE = "DLT_WEB_LONG_TESTS"
IS_LONG = bool(os.environ.get(VARIABLE))

T = TypeVar("T")


def by_form(short: T, long: T) -> T:
    """Return what this run is to have: of `make test`, and of `make test-long`; for tests marked ``long_form``."""
    return long if IS_LONG else short


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs in the long form only."""
    if IS_LONG:
        return
    left_out = [item for item in items if item.get_closest_marker("long_only") is not None]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
