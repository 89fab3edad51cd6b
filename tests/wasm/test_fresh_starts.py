"""Of many fresh starts no two have a device, a stream or a report in common: nothing random lies in the picture."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

import build_wasm
from tests.long_form import by_form
from tests.runnable_bundle import runnable_bundle
from wasm import npm, workshop

REPLAY = Path(__file__).parent / "replay"
STARTS = by_form(short=60, long=1000)
# Port 9 is nobody's: what is sent fails at once.
OPTIONS = {
    "handshakeCode": "200001-demo",
    "licenseServer": ["http://127.0.0.1:9"],
    "origin": "https://shop.example",
    "partitioned": False,
}


@pytest.mark.long_form
def test_no_two_starts_have_a_name_in_common():
    program = [npm.find_node(), str(REPLAY / "fresh.mjs")]
    said = workshop.run([*program, str(build_wasm.build()), str(STARTS), json.dumps(OPTIONS)])
    starts = json.loads(said)
    assert len(starts) == STARTS
    names = {name for start in starts for name in start.values()}
    assert len(names) == 3 * STARTS
    assert {uuid.UUID(name).version for name in names} == {4}


def test_nothing_that_draws_at_random_lies_in_the_picture(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory):
    """What does would start from one state everywhere, and had to be seeded anew at each start."""
    program = tmp_path / "program.py"
    program.write_text(
        'import sys\nprint("json" in sys.modules, sorted({"random", "_random", "secrets", "uuid"} & {*sys.modules}))\n'
    )
    said = workshop.run(
        [npm.find_node(), str(REPLAY / "run.mjs"), str(runnable_bundle(tmp_path_factory)), str(program)]
    )
    assert said.splitlines()[-1] == "True []"
