"""Fixtures in place of the real ones where a package that they need is missing: each says so."""

from __future__ import annotations

import pytest

from dlt_web.testing.plugin import FIXTURES, MISSING


def _sentence(name: str) -> object:
    @pytest.fixture(name=name)
    def say(pytestconfig: pytest.Config) -> None:
        pytest.fail(f"The fixture {name} of dlt-web cannot be had: {pytestconfig.stash[MISSING]}.", pytrace=False)

    return say


for _name in FIXTURES:
    globals()[_name] = _sentence(_name)
