"""The source distribution: what a build needs is in it, nothing that a build or a tool left behind, and it builds."""

import os
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
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that comes out of the source distribution of this checkout."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(run_build("--sdist", workshop.ROOT, folder / "out")) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (top,) = (folder / "unpacked").iterdir()
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
    tops += ("README.md", "CHANGELOG.md", "LICENSE")
    assert set(sources(*tops)) == names - ADDED


def test_it_holds_nothing_that_was_left_behind(names: set[str]):
    assert [name for name in names if LEFTOVERS & set(Path(name).parts) or name.endswith((".pyc", ".db"))] == []


def test_a_wheel_with_the_same_bundle_builds_from_it(unpacked: Path, bundle: Path, tmp_path: Path):
    # What the build of this checkout installed and compiled is found again: it is kept by what it was made from. Were
    # a source missing or different, it would be another one, and the link here refuses to be replaced.
    (unpacked / "node_modules").symlink_to(workshop.ROOT / "node_modules")
    (unpacked / ".build").mkdir()
    for kept in workshop.CACHE.iterdir():
        if kept.name.startswith(("site", "stdlib-", "wheel-", "xbuildenv")):
            (unpacked / ".build" / kept.name).symlink_to(kept)
    with zipfile.ZipFile(run_build("--wheel", unpacked, tmp_path / "out")) as wheel:
        shipped = wheel.read("dlt_web/_bundle/manifest.json")
    assert shipped == (bundle / "manifest.json").read_bytes()
