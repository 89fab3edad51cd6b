"""What the baked runtime answers to all that the core's own tests feed a tracker: the same as CPython, to the byte."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import build_wasm
from dlt_web import browser
from tests.wasm.replay.recorder import FILE_VARIABLE
from wasm import npm, workshop

HERE = Path(__file__).parent
LONG_HISTORY = "tests/properties/test_exactly_once.py::test_a_long_random_history_ends_exact"
RECORDED = ("tests/core", f"{LONG_HISTORY}[6]", f"{LONG_HISTORY}[9]")
# The one thing that a tracker tells of the Python that it runs in.
PYTHON_VERSION = re.compile(r'"python": "[0-9.]+"')


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What trackers were fed, one request a line."""
    file = tmp_path_factory.mktemp("recorded") / "requests.jsonl"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.wasm.replay.recorder", "-p", "no:cacheprovider"]
    subprocess.run(
        [*command, *RECORDED],
        cwd=workshop.ROOT,
        env={**os.environ, FILE_VARIABLE: str(file)},
        capture_output=True,
        check=True,
        text=True,
    )
    return file


def replayed(requests: Path, folder: Path) -> list[dict[str, str]]:
    """What the baked runtime answers."""
    program = str(HERE / "replay" / "replay.mjs")
    answers = folder / "answers.jsonl"
    workshop.run([npm.find_node(), program, str(build_wasm.build()), str(requests), str(answers)])
    return [json.loads(line) for line in answers.read_text().splitlines()]


def answered_here(text: str) -> dict[str, str]:
    try:
        return {"answer": browser.handle(text)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def test_it_answers_as_cpython_does(requests: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(browser, "_trackers", {})
    monkeypatch.setattr(browser, "_streams", {})
    asked = requests.read_text().splitlines()
    answers = replayed(requests, tmp_path)
    assert len(answers) == len(asked) > 10_000
    failures = 0
    for number, (request, answer) in enumerate(zip(asked, answers, strict=True)):
        [(kind, said)] = answer.items()
        [(kind_here, said_here)] = answered_here(request).items()
        failures += kind_here == "error"
        without_version = [PYTHON_VERSION.sub("", text) for text in (said, said_here)]
        assert (kind, without_version[0]) == (kind_here, without_version[1]), f"request {number}: {request}"
    # Some histories fit no longer, since page names differ; their errors are compared as well, but prove little.
    assert failures < len(asked) / 20
