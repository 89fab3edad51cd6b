"""In which engines tests run where nobody says in which: everything in one at least."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chosen import BROWSER_FOLDERS

ROOT = Path(__file__).parents[1]
CASES = """
import pytest

@pytest.fixture(params=["own", "shared"])
def workers(request): return request.param

@pytest.mark.in_each_engine
def test_each(browser_name): pass

@pytest.mark.in_one_engine("firefox")
def test_one(browser_name): pass

@pytest.mark.parametrize(("text", "more"), [("a-b", 1), ("b", 2), ("c", 3)])
def test_many(browser_name, text, more): pass

def test_next(browser_name): pass

def test_none(): pass

def test_workers(browser_name, workers): pass

@pytest.mark.parametrize("workers", ["own"], indirect=True)
def test_own(browser_name, workers): pass

def test_more_workers(browser_name, workers): pass

def test_more(browser_name): pass

@pytest.mark.untestable_in("firefox", why="only Chromium can")
def test_only_there(browser_name): pass

@pytest.mark.in_one_engine("webkit")
def test_elsewhere(browser_name): pass
"""
IN_TURNS = {
    "test_each": {"chromium", "firefox"},
    "test_one": {"firefox"},
    "test_many-a-b-1": {"chromium"},
    "test_many-b-2": {"chromium"},
    "test_many-c-3": {"chromium"},
    "test_next": {"chromium"},
    "test_none": set(),
    "test_workers-own": {"chromium"},
    "test_own-own": {"chromium"},
    "test_more_workers-shared": {"chromium"},
    "test_more": {"firefox"},
    "test_only_there": {"chromium"},
}
BOTH = {"chromium", "firefox"}
# What nobody's turn leaves out.
ALL = {
    **dict.fromkeys(IN_TURNS, BOTH),
    "test_none": set(),
    "test_workers-shared": BOTH,
    "test_more_workers-own": BOTH,
    "test_elsewhere": BOTH,
}


def collected(folder: Path, *words: str) -> dict[str, set[str]]:
    """Return what runs in which engines."""
    (folder / "test_it.py").write_text(CASES)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  in_each_engine\n  in_one_engine\n  untestable_in\n")
    plugins = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-p", "no:schemathesis"]
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *plugins,
            "--collect-only",
            "-q",
            f"--rootdir={folder}",
            "-c",
            str(folder / "pytest.ini"),
            *words,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, set[str]] = {}
    for test, parameters in re.findall(r"test_it\.py::(\w+)(?:\[(.*)\])?", ran.stdout):
        names = parameters.split("-") if parameters else []
        engines = {name for name in names if name in ("chromium", "firefox")}
        found.setdefault("-".join([test, *(name for name in names if name not in engines)]), set()).update(engines)
    assert found, ran.stdout + ran.stderr
    return found


def test_each_case_runs_in_an_engine_and_in_workers_of_one_kind_and_those_of_a_file_in_turns(tmp_path: Path) -> None:
    assert collected(tmp_path, f"{tmp_path}/test_it.py") == IN_TURNS


def test_in_the_engines_that_somebody_names_everything_runs(tmp_path: Path) -> None:
    assert collected(tmp_path, f"{tmp_path}/test_it.py", "--browser", "chromium", "--browser", "firefox") == ALL


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_a_case_that_is_asked_for_in_an_engine_runs_there(tmp_path: Path, engine: str) -> None:
    assert collected(tmp_path, f"{tmp_path}/test_it.py::test_next[{engine}]") == {"test_next": {engine}}


UNTESTABLE = """
import pytest

@pytest.mark.untestable_in("firefox", "webkit", why="only Chromium can")
def test_it(browser_name): pass
"""


def test_what_cannot_be_tested_in_an_engine_is_skipped_there_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(UNTESTABLE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  untestable_in\n")
    plugins = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-p", "no:schemathesis"]
    where = [f"--rootdir={tmp_path}", "-c", str(tmp_path / "pytest.ini"), str(tmp_path)]
    named = ["--browser", "chromium", "--browser", "webkit"]
    command = [sys.executable, "-m", "pytest", *plugins, *where, *named, "-rs"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "1 passed, 1 skipped" in ran.stdout, ran.stdout + ran.stderr
    assert "test_it.py:4: only Chromium can" in ran.stdout


def test_no_test_is_skipped_in_an_engine_without_a_reason() -> None:
    # pytest-playwright's own marks know none.
    marks = re.compile(r"mark\.(?:skip|only)_browser\b")
    assert [file for file in (ROOT / "tests").rglob("*.py") if marks.search(file.read_text())] == []


def test_make_looks_for_tests_in_browsers_wherever_there_are_some(pytestconfig: pytest.Config) -> None:
    makefile = (ROOT / "Makefile").read_text()
    (named,) = re.findall(r"^WITH_BROWSERS := \$\(addprefix tests/,(.*)\)$", makefile, re.MULTILINE)
    found = pytestconfig.stash[BROWSER_FOLDERS]
    if not {"browser", "web"} <= found:
        pytest.skip("this run looks at a part of the tests")
    assert sorted(found) == named.split()
