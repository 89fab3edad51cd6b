"""The source distribution: what a build needs is in it, nothing that a build or a tool left behind, and it builds."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wasm import workshop

# What hatchling adds by itself.
ADDED = {"PKG-INFO", ".gitignore"}
# Left behind by builds, tools, tests and people, anywhere in a tree.
LEFTOVERS = {
    "node_modules", "dist", ".build", ".venv", ".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache",
    ".hypothesis", "test-results", "_bundle",
}  # fmt: skip


def run_build(kind: str, source: Path, out: Path) -> Path:
    """Build from a source tree with what is installed here, and give the one file that came of it."""
    done = subprocess.run(
        [sys.executable, "-m", "build", kind, "--no-isolation", "--outdir", str(out), str(source)],
        env=os.environ | {"SOURCE_DATE_EPOCH": workshop.SOURCE_DATE_EPOCH},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_build("--sdist", workshop.ROOT, tmp_path_factory.mktemp("sdist") / "out")


@pytest.fixture(scope="module")
def unpacked(sdist: Path) -> Path:
    """The folder that comes out of the source distribution of this checkout."""
    folder = sdist.parent.parent / "unpacked"
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (top,) = folder.iterdir()
    return top


@pytest.fixture(scope="module")
def names(unpacked: Path) -> set[str]:
    return {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}


def sources(*tops: str) -> Iterator[str]:
    """Name the files of a checkout that belong to its sources."""
    for top in tops:
        path = workshop.ROOT / top
        for file in [path] if path.is_file() else path.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                yield str(file.relative_to(workshop.ROOT))


def test_it_holds_all_that_a_build_and_a_test_run_need(names: set[str]):
    tops = ("src", "web", "wasm", "tests", "docs", "benchmarks", "build_wasm.py", "hatch_build.py", "pyproject.toml")
    tops += ("package.json", "package-lock.json", ".npmrc", "Makefile", "biome.json", "tsconfig.json")
    tops += ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", ".github")
    assert set(sources(*tops)) == names - ADDED


@pytest.mark.skipif(not (workshop.ROOT / ".git").exists(), reason="unpacked from a source distribution itself")
def test_it_holds_all_that_the_repository_does_but_for_what_is_its_own(names: set[str]):
    """A new file at the top is thought of, and `make test` runs from what was unpacked."""
    kept = subprocess.run(["git", "ls-files", "-z"], cwd=workshop.ROOT, capture_output=True, text=True, check=True)
    assert {name for name in kept.stdout.split("\0") if name} - names == {".ci/run"}


def test_it_holds_nothing_that_was_left_behind(names: set[str]):
    assert [name for name in names if LEFTOVERS & set(Path(name).parts) or name.endswith((".pyc", ".db"))] == []


STALE = "or dist/ holds a wheel from before the last change: `make build` makes it anew"


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.long_only
def test_the_wheel_of_this_checkout_builds_from_it(unpacked: Path, built_wheel: Path, tmp_path: Path):
    # What the build of this checkout installed and compiled is found again: it is kept by what it was made from. Were
    # a source missing or different, it would be another one, and the link here refuses to be replaced.
    (unpacked / "node_modules").symlink_to(workshop.ROOT / "node_modules")
    (unpacked / ".build").mkdir()
    for kept in workshop.CACHE.iterdir():
        if kept.name.startswith(("site", "stdlib-", "wheel-", "xbuildenv", "baked-")):
            (unpacked / ".build" / kept.name).symlink_to(kept)
    # Kept by the hash of each file, and emptied of what this build has no use for.
    shutil.copytree(workshop.CACHE / "squeezed", unpacked / ".build" / "squeezed")
    again = contents(run_build("--wheel", unpacked, tmp_path / "out"))
    ours = contents(built_wheel)
    assert again.keys() == ours.keys(), STALE
    assert [name for name in ours if ours[name] != again[name]] == [], STALE


def test_packages_are_as_the_index_wants_them(sdist: Path, built_wheel: Path):
    command = [sys.executable, "-m", "twine", "check", "--strict", str(sdist), str(built_wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"NO_COLOR": "1"})
    assert (done.returncode, done.stdout.count("PASSED")) == (0, 2), done.stdout + done.stderr
