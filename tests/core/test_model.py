"""What frozen values are: equal and hashed by their fields, and never changed."""

import sys
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from dlt_web.model import frozen


def pair_on(platform: str) -> type[Any]:
    class Pair:
        one: int
        other: str = ""

    here, sys.platform = sys.platform, platform
    try:
        return frozen(Pair)
    finally:
        sys.platform = here


@pytest.mark.parametrize("platform", ["linux", "emscripten"])
def test_values_with_equal_fields_are_one(platform: str):
    kind = pair_on(platform)
    assert kind(1, "a") == kind(1, other="a") != kind(1)
    assert len({kind(1), kind(1), kind(2)}) == 2
    assert not hasattr(kind(1), "__dict__")


def test_a_value_never_changes():
    with pytest.raises(FrozenInstanceError):
        pair_on("linux")(1).one = 2


def test_in_the_page_a_field_is_set_without_a_call():
    assert pair_on("emscripten").__setattr__ is object.__setattr__
