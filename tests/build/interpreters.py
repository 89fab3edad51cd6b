"""The Pythons of this machine, and environments of theirs that hold the wheel and nothing of the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from wasm.workshop import ROOT

# Where Pythons lie beside those on PATH: pyenv's, those of Debian, of python.org's installer, of build images.
FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/python/*/bin")
ASK = "import sys; print(*sys.version_info[:2], sep='.')"


def promised_versions() -> list[str]:
    """Return the versions of Python, as ``3.11``, that the package says it runs on, oldest first."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    return re.findall(r"^Programming Language :: Python :: (3\.\d+)$", "\n".join(classifiers), re.MULTILINE)


def find_python(version: str) -> Path | None:
    """Return an interpreter of a version (``3.12``), or None where this machine has none that runs."""
    return next((path for path in _candidates(version) if _version_of(path) == version), None)


def clean_environment() -> dict[str, str]:
    """Give this process's environment without what would let an installed Python find the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


def make_environment(python: Path, folder: Path, *requirements: str) -> Path:
    """Make a virtual environment, install into it, and return its folder of programs."""
    # Without pip, because Debian's Python may lack ensurepip; the running Python's pip installs from outside.
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True, env=clean_environment())
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "install", "--quiet", "--no-compile", *requirements],
        env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return folder / "bin"


def _candidates(version: str) -> Iterator[Path]:
    if "{}.{}".format(*sys.version_info) == version:
        yield Path(sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from sorted(pyenv.glob(f"{version}.*/bin/python{version}"), reverse=True)
    for folder in FOLDERS:
        yield from Path("/").glob(f"{folder.removeprefix('/')}/python{version}")
    # Last: what lies there may be a shim of pyenv's, which runs nothing where that version is not chosen.
    on_path = shutil.which(f"python{version}")
    yield from [Path(on_path)] if on_path else []


def _version_of(python: Path) -> str | None:
    try:
        done = subprocess.run(
            [python, "-c", ASK], capture_output=True, text=True, timeout=30, check=False, env=clean_environment()
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
