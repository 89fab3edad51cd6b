"""Of many fresh starts no two have a device, a stream or a report in common: nothing random lies in the picture."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path

import build_wasm
from wasm import npm, workshop

STARTS = 1000 if os.environ.get("DLT_WEB_LONG_TESTS") else 60
# Port 9 is nobody's: what is sent fails at once.
OPTIONS = {
    "handshakeCode": "200001-demo",
    "licenseServer": ["http://127.0.0.1:9"],
    "origin": "https://shop.example",
    "partitioned": False,
}


def test_no_two_starts_have_a_name_in_common():
    program = str(Path(__file__).parent / "replay" / "fresh.mjs")
    said = workshop.run([npm.find_node(), program, str(build_wasm.build()), str(STARTS), json.dumps(OPTIONS)])
    starts = json.loads(said)
    assert len(starts) == STARTS
    names = {name for start in starts for name in start.values()}
    assert len(names) == 3 * STARTS
    assert {uuid.UUID(name).version for name in names} == {4}
