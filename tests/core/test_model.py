"""What frozen values are: equal and hashed by their fields, and never changed."""

import sys
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from dlt_web.model import Barcode, frozen


def pair_on(platform: str, monkeypatch: pytest.MonkeyPatch) -> type[Any]:
    class Pair:
        one: int
        other: str = ""

    monkeypatch.setattr(sys, "platform", platform)
    return frozen(Pair)


@pytest.mark.parametrize("platform", ["linux", "emscripten"])
def test_values_with_equal_fields_are_one(monkeypatch: pytest.MonkeyPatch, platform: str):
    kind = pair_on(platform, monkeypatch)
    assert kind(1, "a") == kind(1, other="a") != kind(1)
    assert len({kind(1), kind(1), kind(2)}) == 2
    assert not hasattr(kind(1), "__dict__")


@pytest.mark.skipif(sys.platform == "emscripten", reason="there the type checker alone holds it")
def test_a_value_never_changes():
    with pytest.raises(FrozenInstanceError):
        Barcode("qr_code", b"A").key = b"B"  # type: ignore[misc]


def test_in_the_page_a_field_is_set_without_a_call(monkeypatch: pytest.MonkeyPatch):
    assert pair_on("emscripten", monkeypatch).__setattr__ is object.__setattr__
