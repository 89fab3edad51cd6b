"""What needs no browser runs in Node: the module's inert import, readers' shapes, shell, memory store, HTTP, tokens."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from wasm import npm

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.test.mjs"))
# A whole file takes a second or two; a test that waits for ever shall not stop the others.
TIMEOUT_S = 60


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".test.mjs"))
def test_in_node(file: Path) -> None:
    command = [npm.find_node(), "--test", "--test-reporter=spec", str(file)]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
