"""What runs in `make test`, and what in `make test-long`: a test in two forms runs in both."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import long_form

ROOT = Path(__file__).parents[1]
ENGINES = ("--browser", "chromium", "--browser", "firefox")
CASES = """
import pytest

def test_once(): pass

@pytest.mark.long_form
def test_in_both(): pass

@pytest.mark.long_form(cases=1)
@pytest.mark.parametrize("number", [1, 2])
def test_in_cases(browser_name, number): pass

def test_second(browser_name): pass

def test_third(browser_name): pass

@pytest.mark.every_form
def test_that_matters(browser_name): pass

@pytest.mark.long_only
def test_in_one(): pass
"""
FIRST = {"test_once", "test_in_both", "test_in_cases[chromium-1]", "test_in_cases[firefox-1]"} | {
    f"{name}[{engine}]" for name in ("test_second", "test_that_matters") for engine in ("chromium", "firefox")
}
SHORT = FIRST | {"test_third[chromium]", "test_third[firefox]"}
LONG = SHORT | {"test_in_one", "test_in_cases[chromium-2]", "test_in_cases[firefox-2]"}


def collected(folder: Path, variable: str, *words: str, name: str | None = "") -> set[str]:
    """Return which of the cases run."""
    (folder / "test_it.py").write_text(CASES)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  long_form\n  long_only\n  every_form\n")
    asked = f"{folder}/test_it.py{name}" if name is not None else folder
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.long_form",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
        *ENGINES,
    ]
    done = subprocess.run(
        [*command, "--collect-only", "-q", f"--rootdir={folder}", "-c", folder / "pytest.ini", *words, asked],
        cwd=ROOT, env=os.environ | {long_form.VARIABLE: variable}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return set(re.findall(r"::(test_\S+)$", done.stdout, re.MULTILINE))


def test_what_is_long_only_is_left_out_unless_the_long_form_is_asked_for(tmp_path: Path) -> None:
    assert collected(tmp_path, "") == SHORT
    assert collected(tmp_path, "1") == LONG


def test_of_what_starts_a_browser_the_first_of_a_folder_s_files_run_and_what_matters_most(tmp_path: Path) -> None:
    assert collected(tmp_path, "", name=None) == FIRST
    assert collected(tmp_path, "", "-k", "one or third", name=None) == {"test_in_one"} | SHORT - FIRST
    assert collected(tmp_path, "1", name=None) == LONG


def test_what_is_asked_for_by_its_name_runs_in_any_form(tmp_path: Path) -> None:
    assert collected(tmp_path, "", name="::test_in_one") == {"test_in_one"}
    assert collected(tmp_path, "", name="::test_in_cases[firefox-2]") == {"test_in_cases[firefox-2]"}


def test_make_test_long_runs_what_is_marked_in_the_long_form(tmp_path: Path) -> None:
    recipe = re.search(r"\n\t(\w+)=1 .* -m '(.+)' ", (ROOT / "Makefile").read_text().partition("\ntest-long:")[2])
    assert recipe is not None
    assert recipe[1] == long_form.VARIABLE
    assert collected(tmp_path, "1", "-m", recipe[2].removesuffix(" and not browser")) == {
        name for name in LONG if re.match("test_in_(both|one|cases)", name)
    }


@pytest.mark.parametrize("name", ["by_form(", "IS_LONG"])
def test_what_has_two_forms_is_marked_as_such(name: str) -> None:
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    assert [path.name for path in files if name in (text := path.read_text()) and "mark.long_form" not in text] == []
