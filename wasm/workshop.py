"""What the steps of the build share: where things lie, pinned versions, commands, files, hashes."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".build"

# guest_build.py meets three private names of this very version.
PYODIDE_BUILD_VERSION = "0.39.2"
# The same as in pyproject.toml: the wheels of both builds are compared byte for byte.
HATCHLING_VERSION = "1.33.0"
# pyodide-build's dependencies are whatever pip finds; none of them writes into a wheel.

# Every time stamp in an archive: 2026-01-01T00:00:00Z. Equal sources must give equal bytes, or the manifest's hash
# would change with each build and no cache would ever hit.
SOURCE_DATE_EPOCH = "1767225600"

Say = Callable[[str], None]


class BuildError(Exception):
    """The bundle cannot be built; the message says what is missing and what repairs it."""


def run(command: list[str], env: dict[str, str] | None = None) -> str:
    """Run a command, give its output, and show it only when it fails."""
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | (env or {}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        shown = " ".join(Path(word).name for word in command[:4])
        raise BuildError(f"`{shown} …` failed with exit code {done.returncode}:\n{done.stdout}")
    return done.stdout


def hash_of(paths: Iterable[Path]) -> str:
    """Hash names and contents of files."""
    digest = hashlib.sha256(f"{PYODIDE_BUILD_VERSION} {HATCHLING_VERSION} {SOURCE_DATE_EPOCH}".encode())
    for path in paths:
        name = str(path.relative_to(ROOT))
        content = path.read_bytes()
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def hash_base64(path: Path, algorithm: str) -> str:
    """Give a hash as ``integrity`` wants it: base64."""
    return base64.b64encode(hashlib.new(algorithm, path.read_bytes()).digest()).decode()


def copy_file(source: Path, target: Path) -> None:
    """Copy a file's content, making folders on the way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that becomes ``target`` when the block ends well, and vanishes otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        yield fresh
        if target.exists():
            target.rename(Path(scratch) / "old")
        fresh.rename(target)


@contextlib.contextmanager
def only_one_build_at_a_time() -> Iterator[None]:
    """Wait for another build in the same checkout: two at once would write the same files."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def holds_bundle(folder: Path) -> bool:
    """Tell whether a folder was made by a build, and may be replaced, as the package itself tells it."""
    return bool(_of_the_package("bundle").holds_bundle(folder))


def _of_the_package(name: str) -> ModuleType:
    """Load a module of ours that imports no other by its file: when the first build runs, nothing is installed."""
    spec = importlib.util.spec_from_file_location(f"_dlt_web_{name}", ROOT / "src" / "dlt_web" / f"{name}.py")
    if spec is None or spec.loader is None:
        raise BuildError(f"src/dlt_web/{name}.py is missing: check the sources out anew")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
