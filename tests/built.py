"""Fixtures of tests that look into what the build makes; their folders' conftest.py import them."""

from __future__ import annotations

from pathlib import Path

import pytest

import build_wasm
from wasm import npm


@pytest.fixture(scope="session")
def node() -> str:
    """Node, as the build uses it."""
    return npm.find_node()


@pytest.fixture(scope="session")
def bundle() -> Path:
    """One build for all tests; quick when `make` has just made it."""
    return build_wasm.build()
