"""The one command of CONTRIBUTING.md, run as a newcomer runs it: in a copy that holds nothing which was built here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.build.interpreters import clean_environment

ROOT = Path(__file__).parents[1]
PROMISED = re.search(r"over\s+(\d+) tests", (ROOT / "CONTRIBUTING.md").read_text())
# What git does not keep, either.
NOT_CLONED = shutil.ignore_patterns(
    ".git", ".venv", ".build", "dist", "node_modules", "_bundle", "__pycache__", ".hypothesis", ".*_cache"
)


def make(folder: Path, *words: str) -> str:
    # Not as a part of the `make test` that runs this: such a one tells of its folders, and hands its settings down.
    inherited = ("MAKE", "MFLAGS", "PYTEST", "COVERAGE")
    environment = {name: value for name, value in clean_environment().items() if not name.startswith(inherited)}
    done = subprocess.run(
        ["make", *words, f"PYTHON={sys.executable}"],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT, tmp_path / "clone", ignore=NOT_CLONED)


@pytest.mark.long_only
def test_from_a_clone_to_the_first_green_test_in_one_command(clone: Path) -> None:
    said = make(clone, "first-test", "PYTEST_ARGS=-p no:cacheprovider")
    (numbers,) = re.findall(r"=+ (\d+) passed(?:, (\d+) deselected)? in [\d.]+s =+$", said, re.MULTILINE)
    assert sum(int(number or 0) for number in numbers) > int(PROMISED[1])
    # With the two packages that it promises, and what these bring.
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["core-tests"]
    assert [re.match(r"\w+", name)[0] for name in wanted] == ["pytest", "hypothesis"]
    (site,) = (clone / ".venv" / "lib").glob("python3*/site-packages")
    assert not {"click", "playwright", "starlette", "dlt_web"} & {path.name for path in site.iterdir()}
    # No bundle, no wheel, no browser; and a second call installs nothing.
    assert sorted(path.name for path in (clone / ".build" / "stamps").iterdir()) == ["core-tests", "environment"]
    assert not (clone / "dist").exists()
    assert "pip install" not in make(clone, "--dry-run", "first-test")
