"""What the baked runtime answers to all that the core's own tests feed a tracker: the same as CPython, to the byte."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import build_wasm
from dlt_web import browser
from tests.cold_bundle import make_cold_bundle
from tests.wasm.replay.recorder import record
from wasm import npm, workshop
from wasm.baked.bake import COLD_FILE

HERE = Path(__file__).parent
# The one thing that a tracker tells of the Python that it runs in.
PYTHON_VERSION = re.compile(r'"python": "[0-9.]+"')


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What trackers were fed, one request a line."""
    return record(tmp_path_factory.mktemp("recorded") / "requests.jsonl")


@dataclass(frozen=True)
class Replay:
    """What the baked runtime answers, and which file it fetched on the way."""

    answers: list[dict[str, str]]
    fetched: list[str]


def replayed(bundle: Path, requests: Path, folder: Path) -> Replay:
    answers = folder / "answers.jsonl"
    program = str(HERE / "replay" / "replay.mjs")
    said = workshop.run([npm.find_node(), program, str(bundle), str(requests), str(answers)])
    return Replay([json.loads(line) for line in answers.read_text().splitlines()], said.split())


def answered_here(text: str) -> dict[str, str]:
    try:
        return {"answer": browser.handle(text)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


@pytest.fixture(params=["as it is served", "with every function in the second file"])
def replay(request: pytest.FixtureRequest, requests: Path, tmp_path: Path) -> Replay:
    bundle = build_wasm.build()
    if request.param == "as it is served":
        replay = replayed(bundle, requests, tmp_path)
        assert replay.fetched == [], "stale: run `python -m tests.wasm.replay.profile`, which finds out what runs"
    else:
        replay = replayed(make_cold_bundle(bundle, tmp_path / "cold"), requests, tmp_path)
        assert replay.fetched == [COLD_FILE]
    return replay


def test_it_answers_as_cpython_does(requests: Path, replay: Replay, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(browser, "_trackers", {})
    monkeypatch.setattr(browser, "_streams", {})
    asked, answers = requests.read_text().splitlines(), replay.answers
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
