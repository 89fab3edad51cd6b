"""Our wheel for the page: core and ``browser/`` as a project of its own, by ``pyodide build``, then as byte-code."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
import zipfile
from pathlib import Path

from .guest import Docstrings, run_in_pyodide, tool_files
from .workshop import CACHE, HATCHLING_VERSION, ROOT, Say, copy_file, hash_of, new_folder

# The modules that travel: the core, which lies flat in the package, and browser/. What the command line has for itself
# lies flat, too, and stays at home, as every other folder does.
HOME_MODULES = frozenset(
    {
        "cli.py",
        "bundle.py",
        "browsers.py",
        "explain_scan.py",
        "integrity.py",
        "reader_shapes.py",
        "standard_error.py",
    }
)
TRAVELLING_FOLDERS = ("browser",)


def travelling_files() -> list[Path]:
    """Name the source files that go to the page."""
    package = ROOT / "src" / "dlt_web"
    core = [path for path in package.glob("*.py") if path.name not in HOME_MODULES]
    below = [path for folder in TRAVELLING_FOLDERS for path in (package / folder).rglob("*.py")]
    return sorted([*core, *below, package / "py.typed"])


def version() -> str:
    """Read the package's version from pyproject.toml."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def lay_out_page_source(target: Path) -> None:
    """Write the source tree of the wheel for the page: a project of its own, without a dependency.

    It is a copy because ``pyodide build`` leaves a folder of its own in the tree it builds.
    """
    package = ROOT / "src" / "dlt_web"
    for path in travelling_files():
        copy_file(path, target / "src" / "dlt_web" / path.relative_to(package))
    (target / "pyproject.toml").write_text(f'''\
[build-system]
requires = ["hatchling=={HATCHLING_VERSION}"]
build-backend = "hatchling.build"

[project]
name = "dlt-web-core"
version = "{version()}"
description = "The part of dlt-web that runs in the page"
requires-python = ">=3.11"
license = "Apache-2.0"

[tool.hatch.build.targets.wheel]
packages = ["src/dlt_web"]
''')


def build_page_wheel(node: str, say: Say, docstrings: Docstrings = "without") -> Path:
    """Build our wheel by ``pyodide build`` and compile it by ``py-compile``; give the compiled one."""
    name = f"wheel-{docstrings}-docstrings"
    folder = CACHE / f"{name}-{hash_of([*travelling_files(), *tool_files(), Path(__file__).resolve()])[:16]}"
    if not folder.is_dir():
        say("Building the page's wheel with pyodide build inside Pyodide")
        for old in CACHE.glob(f"{name}-*"):
            shutil.rmtree(old)
        with new_folder(folder) as fresh, tempfile.TemporaryDirectory() as source:
            lay_out_page_source(Path(source))
            mounts = {"/wasm": ROOT / "wasm", "/site": CACHE / "site", "/xbuildenv": CACHE / "xbuildenv"}
            mounts |= {"/source": Path(source), "/out": fresh}
            run_in_pyodide(node, "guest_build.py", ["/source", "/out", docstrings], mounts)
            tidy_compiled_wheel(next(fresh.glob("*-cp3*.whl")))
    return next(folder.glob("*-cp3*.whl"))


def tidy_compiled_wheel(wheel: Path) -> None:
    """Drop what py-compile left stale in the wheel: RECORD lists the .py files, WHEEL their tag.

    The page imports straight from the archive, so nothing ever installs it; a wrong list is worse than none.
    """
    with zipfile.ZipFile(wheel) as old:
        entries = [(info, old.read(info)) for info in old.infolist() if ".dist-info/" not in info.filename]
    with zipfile.ZipFile(wheel, "w") as new:
        for info, content in entries:
            new.writestr(info, content)
