"""One build for all tests of this folder; quick when `make` has just made it."""

import json
from pathlib import Path

import pytest

from tests import built
from wasm import npm, workshop
from wasm.baked.binary import Module, read_module
from wasm.page_wheel import build_page_wheel

bundle, node = built.bundle, built.node


@pytest.fixture(scope="session")
def manifest(bundle: Path) -> dict:
    return json.loads((bundle / "manifest.json").read_text())


@pytest.fixture(scope="session")
def module(bundle: Path) -> Module:
    """The runtime's module as it comes."""
    return read_module((bundle / "pyodide.asm.wasm").read_bytes())


@pytest.fixture(scope="session")
def page_wheel(bundle: Path) -> Path:
    """The wheel for the page as `pyodide build` made it, before its byte-code was compiled."""
    (wheel,) = build_page_wheel(npm.find_node(), print).parent.glob("*-py3-none-any.whl")
    return wheel


@pytest.fixture(scope="session")
def built_wheel() -> Path:
    """The wheel of the full package, as `make` leaves it."""
    wheels = sorted((workshop.ROOT / "dist").glob("*.whl"))
    assert len(wheels) == 1, f"dist/ holds {len(wheels)} wheels where these tests need the one built: run `make build`."
    return wheels[0]
