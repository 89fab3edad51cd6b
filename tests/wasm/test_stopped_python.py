"""A Python that stopped in the middle of a call is asked nothing more; one that raised an error goes on."""

from __future__ import annotations

import json
from pathlib import Path

import build_wasm
from wasm import npm, workshop

PROGRAM = Path(__file__).parent / "replay" / "stopped.mjs"


def test_a_python_that_stopped_in_the_middle_of_a_call_is_asked_nothing_more():
    said = workshop.run([npm.find_node(), str(PROGRAM), str(build_wasm.build())])
    opened, raised, joined, stopped, after = json.loads(said)
    assert "answer" in opened
    assert raised["name"] == "Error"
    assert "JSONDecodeError" in raised["message"]
    assert "answer" in joined
    assert stopped == after
    assert stopped["name"] == "RuntimeLostError"
    assert stopped["message"] == "Python stopped in the middle of a call (RangeError: no stack is left)"
