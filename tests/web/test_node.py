"""What needs no browser runs in Node: the module's inert import, readers' shapes, shell, memory store, HTTP, tokens."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dlt_web.options import SETTINGS, options_from_json
from wasm import npm, workshop

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.test.mjs"))
# A whole file takes a second or two; a test that waits for ever shall not stop the others.
TIMEOUT_S = 60


DEFAULTS_OF_THE_PAGE = """
import { DEFAULTS } from "./web/page/options.js";
console.log(JSON.stringify(DEFAULTS));
"""


def test_the_page_takes_for_equal_what_the_tracker_does() -> None:
    command = [npm.find_node(), "--input-type=module", "--eval", DEFAULTS_OF_THE_PAGE]
    shown = subprocess.run(command, cwd=workshop.ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    defaults = json.loads(shown.stdout)
    needed = {"handshakeCode": "code", "licenseServer": "https://lts.example"}
    assert options_from_json({**needed, **defaults}) == options_from_json(needed)
    assert {*defaults, *needed} == set(SETTINGS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".test.mjs"))
def test_in_node(file: Path) -> None:
    command = [npm.find_node(), "--test", "--test-reporter=spec", str(file)]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
