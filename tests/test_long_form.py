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
CASES = """
import pytest

def test_once(): pass

@pytest.mark.long_form
def test_in_both(): pass

@pytest.mark.long_only
def test_in_one(): pass
"""


def collected(folder: Path, variable: str, *words: str) -> set[str]:
    """Return which of the cases run."""
    (folder / "test_it.py").write_text(CASES)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  long_form\n  long_only\n")
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
    ]
    done = subprocess.run(
        [*command, "--collect-only", "-q", f"--rootdir={folder}", "-c", folder / "pytest.ini", *words, folder],
        cwd=ROOT, env=os.environ | {long_form.VARIABLE: variable}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return set(re.findall(r"::(test_\w+)$", done.stdout, re.MULTILINE))


def test_what_is_long_only_is_left_out_unless_the_long_form_is_asked_for(tmp_path: Path) -> None:
    assert collected(tmp_path, "") == {"test_once", "test_in_both"}
    assert collected(tmp_path, "1") == {"test_once", "test_in_both", "test_in_one"}


def test_make_test_long_runs_what_is_marked_in_the_long_form(tmp_path: Path) -> None:
    recipe = re.search(r"\n\t(\w+)=1 .* -m '(.+)' ", (ROOT / "Makefile").read_text().partition("\ntest-long:")[2])
    assert recipe is not None
    assert recipe[1] == long_form.VARIABLE
    assert collected(tmp_path, "1", "-m", recipe[2].removesuffix(" and not browser")) == {"test_in_both", "test_in_one"}


@pytest.mark.parametrize("name", ["by_form(", "IS_LONG"])
def test_what_has_two_forms_is_marked_as_such(name: str) -> None:
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    assert [path.name for path in files if name in (text := path.read_text()) and "mark.long_form" not in text] == []
