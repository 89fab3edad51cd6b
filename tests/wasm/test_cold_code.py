"""Python that wanders into code and data of the second file answers as CPython does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.runnable_bundle import runnable_bundle
from wasm import npm, workshop
from wasm.baked.bake import COLD_FILE

REPLAY = Path(__file__).parent / "replay"
PROGRAM = REPLAY / "wander.py"


def test_it_answers_as_cpython_does(tmp_path_factory: pytest.TempPathFactory):
    bundle = runnable_bundle(tmp_path_factory)
    said = workshop.run([npm.find_node(), str(REPLAY / "run.mjs"), str(bundle), str(PROGRAM)])
    fetched, *lines = said.splitlines()
    expected = subprocess.run([sys.executable, str(PROGRAM)], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert fetched == f"fetched {COLD_FILE}"
    assert lines == expected.splitlines()
    assert len(lines) > 30
