"""What both runtimes answer to all that the core's own tests feed a tracker: the same as CPython, to the byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import build_wasm
from dlt_web import browser
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.static_site import Site
from dlt_web.testing.windows import BrowserWindows
from tests.cold_bundle import cold_bundle_of
from tests.long_form import IS_LONG, by_form
from tests.made_once import made_once
from tests.wasm.core_run import guest_site, report_of
from tests.wasm.replay.recorder import record
from wasm import npm, workshop
from wasm.baked.bake import COLD_FILE

HERE = Path(__file__).parent
# The one thing that a tracker tells of the Python that it runs in.
PYTHON_VERSION = re.compile(r'"python": "[0-9.]+"')


@dataclass(frozen=True)
class Requests:
    """What trackers are fed, one request a line of a file, and what CPython answers: the last ones fail."""

    file: Path
    texts: list[str]
    answers: list[dict[str, str]]

    @property
    def good_count(self) -> int:
        return sum("answer" in answer for answer in self.answers)


@dataclass(frozen=True)
class Replay:
    """What a runtime answers, and which file it fetched on the way, at the how manieth request."""

    answers: list[dict[str, str]]
    fetched: list[tuple[str, int]]


def answered_here(texts: list[str]) -> list[dict[str, str]]:
    """What CPython answers."""
    answers = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(browser, "_trackers", {})
        patch.setattr(browser, "_streams", {})
        for text in texts:
            try:
                answers.append({"answer": browser.handle(text)})
            except Exception as error:
                # Where the package is a plugin of pytest's, a failed assertion says more in the lines below.
                said = f"{type(error).__name__}: {error}"
                answers.append({"error": said.split("\nassert ")[0]})
    return answers


def make_requests(folder: Path) -> None:
    """Record requests, put those last that fail, and note what CPython answers to them in this order."""
    folder.mkdir(exist_ok=True)
    file = record(folder / "requests.jsonl")
    texts = file.read_text().splitlines()
    failing = {at for at, answer in enumerate(answered_here(texts)) if "error" in answer}
    ordered = [texts[at] for at in sorted(range(len(texts)), key=lambda at: at in failing)]
    file.write_text("".join(f"{text}\n" for text in ordered))
    answers = answered_here(ordered)
    (folder / "answers.jsonl").write_text("".join(f"{json.dumps(answer)}\n" for answer in answers))


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Requests:
    folder = made_once(tmp_path_factory, "requests", make_requests)
    file, answers = folder / "requests.jsonl", (folder / "answers.jsonl").read_text().splitlines()
    return Requests(file, file.read_text().splitlines(), [json.loads(line) for line in answers])


@pytest.fixture
def some_requests(requests: Requests, tmp_path: Path) -> Requests:
    """All requests to every tenth tracker; in the long form all requests."""
    if IS_LONG:
        return requests
    trackers = list(dict.fromkeys(json.loads(text)["tracker"] for text in requests.texts))
    chosen = set(trackers[::10])
    texts = [text for text in requests.texts if json.loads(text)["tracker"] in chosen]
    file = tmp_path / "some.jsonl"
    file.write_text("".join(f"{text}\n" for text in texts))
    return Requests(file, texts, answered_here(texts))


def replayed(bundle: Path, requests: Requests, folder: Path, runtime: str = "baked") -> Replay:
    answers = folder / "answers.jsonl"
    program = str(HERE / "replay" / "replay.mjs")
    said = workshop.run([npm.find_node(), program, str(bundle), str(requests.file), str(answers), runtime])
    fetched = [(line.split()[0], int(line.split()[1])) for line in said.splitlines()]
    return Replay([json.loads(line) for line in answers.read_text().splitlines()], fetched)


def assert_it_answers_as_cpython_does(requests: Requests, answers: list[dict[str, str]], least: int):
    assert len(answers) == len(requests.answers) > least
    for number, (here, there) in enumerate(zip(requests.answers, answers, strict=True)):
        [(kind_here, said_here)], [(kind, said)] = here.items(), there.items()
        without_version = [PYTHON_VERSION.sub("", text) for text in (said, said_here)]
        assert (kind, without_version[0]) == (kind_here, without_version[1]), requests.texts[number]
    # Some histories fit no longer, since page names differ; their errors are compared as well, but prove little.
    assert requests.good_count > 0.95 * len(requests.answers)


def test_it_answers_as_cpython_does(requests: Requests, tmp_path: Path):
    replay = replayed(build_wasm.build(), requests, tmp_path)
    assert_it_answers_as_cpython_does(requests, replay.answers, 10_000)
    [(name, number)] = replay.fetched
    assert name == COLD_FILE
    stale = "a page would fetch the second file: `python -m tests.wasm.replay.profile` finds out anew what runs"
    assert number >= requests.good_count, f"{stale}; {requests.texts[number]}"


@pytest.mark.long_only
def test_it_answers_the_same_with_every_function_in_the_second_file(
    requests: Requests, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
):
    replay = replayed(cold_bundle_of(build_wasm.build(), tmp_path_factory), requests, tmp_path)
    assert_it_answers_as_cpython_does(requests, replay.answers, 10_000)
    assert replay.fetched == [(COLD_FILE, 0)]


@pytest.mark.long_form
def test_the_runtime_in_reserve_answers_the_same_with_its_part_of_the_standard_library(
    some_requests: Requests, tmp_path: Path
):
    replay = replayed(build_wasm.build(), some_requests, tmp_path, "pyodide")
    assert_it_answers_as_cpython_does(some_requests, replay.answers, by_form(short=1_000, long=10_000))
    assert replay.fetched == []


@pytest.fixture
def site(requests: Requests) -> Iterator[Site]:
    with guest_site(build_wasm.build(), requests.file.parent) as shown:
        yield shown


# Node, where the others play, has Chromium's engine.
@pytest.mark.long_only
@pytest.mark.in_one_engine("firefox")
@pytest.mark.browser
def test_it_answers_as_cpython_does_in_a_worker(
    dlt_windows: BrowserWindows, browser_name: EngineName, site: Site, requests: Requests
):
    report = report_of(dlt_windows, browser_name, site.url("/guest/index.html?worker=replay_worker.js"))
    assert report["wrong"] == []
    assert report["played"] == report["expected"] == len(requests.texts)
    [(name, number)] = report["fetchedLater"]
    assert name == COLD_FILE
    assert number >= requests.good_count
