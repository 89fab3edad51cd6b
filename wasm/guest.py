"""The Python inside Pyodide under Node: what it needs to build for the page, what is installed for it, how it is run.

Python compiles for the page in there, because byte-code must come from the interpreter that runs it, and because so
neither a compiler nor a Python newer than 3.11 is needed.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from .npm import LOCK_FILE, STDLIB, find_node, install_npm_packages, lock_file_info, npm_package, npm_version
from .workshop import (
    CACHE,
    HATCHLING_VERSION,
    PYODIDE_BUILD_VERSION,
    ROOT,
    SOURCE_DATE_EPOCH,
    BuildError,
    Say,
    hash_of,
    new_folder,
    only_one_build_at_a_time,
    run,
)

# What byte-code is compiled with: nobody reads a docstring in a page.
Docstrings = Literal["with", "without"]
# What pytest needs inside Pyodide; all pure Python. For tests only, never in the bundle.
TEST_REQUIREMENTS = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")


def make_cross_build_env() -> Path:
    """Lay out what ``pyodide build`` needs to know of its target, for pure Python wheels, out of the npm package."""
    home = CACHE / "xbuildenv"
    root = home / "pyodide-root"
    sysconfig = root / "cpython" / "sysconfigdata"
    for folder in (root / "dist", sysconfig):
        folder.mkdir(parents=True, exist_ok=True)
    (home / "requirements.txt").write_text("")
    shutil.copy(npm_package("pyodide") / LOCK_FILE, root / "dist")
    with zipfile.ZipFile(npm_package("pyodide") / STDLIB) as stdlib:
        (name,) = (name for name in stdlib.namelist() if name.startswith("_sysconfigdata"))
        stdlib.extract(name, sysconfig)
    info = lock_file_info()
    major, minor, micro = info["python"].split(".")
    variables = {
        "PYODIDE_VERSION": npm_version("pyodide"),
        "PYODIDE_ABI_VERSION": info["abi_version"],
        "PYODIDE_EMSCRIPTEN_VERSION": info["platform"].removeprefix("emscripten_").replace("_", "."),
        "PYVERSION": info["python"],
        "PYMAJOR": major,
        "PYMINOR": minor,
        "PYMICRO": micro,
        "CPYTHONINSTALL": "/xbuildenv/pyodide-root/cpython",
        "TARGETINSTALLDIR": "/xbuildenv/pyodide-root/cpython",
        "PYTHONINCLUDE": "/xbuildenv/pyodide-root/cpython/include",
        "PLATFORM_TRIPLET": "wasm32-emscripten",
        "SYSCONFIG_NAME": name.removesuffix(".py"),
    }
    exports = "".join(f"export {key} ?= {value}\n" for key, value in variables.items())
    (root / "Makefile.envs").write_text(f"{exports}\n.output_vars:\n\t@/usr/bin/env\n")
    return home


def install_pyodide_build(say: Say) -> Path:
    """Install pyodide-build and hatchling for the Python inside Pyodide: pure wheels only, none for this machine."""
    requirements = [f"pyodide-build=={PYODIDE_BUILD_VERSION}", f"hatchling=={HATCHLING_VERSION}"]
    return install_for_guest("site", requirements, say)


def install_for_guest(name: str, requirements: Iterable[str], say: Say) -> Path:
    """Install pure wheels into ``.build/NAME`` for the Python inside Pyodide; once per set of requirements."""
    requirements = sorted(requirements)
    major_minor = ".".join(lock_file_info()["python"].split(".")[:2])
    target = CACHE / name
    stamp = CACHE / f"{name}.key"
    key = f"{major_minor} {' '.join(requirements)}"
    if stamp.is_file() and stamp.read_text() == key:
        return target
    say(f"Installing {', '.join(requirements)} for Python {major_minor} in WebAssembly")
    shutil.rmtree(target, ignore_errors=True)
    options = ["--no-compile", "--quiet", "--disable-pip-version-check", "--no-warn-script-location"]
    options += ["--target", str(target), "--ignore-requires-python", "--only-binary=:all:"]
    options += ["--python-version", major_minor, "--implementation", "py", "--abi", "none", "--platform", "any"]
    run([*pip_command(), "install", *options, *requirements])
    stamp.write_text(key)
    return target


def pip_command() -> list[str]:
    """Give a pip: of this environment, or, where it was made without one, of the machine."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    pip = shutil.which("pip3") or shutil.which("pip")
    if pip is None:
        raise BuildError("pip is missing: install it (Debian: `apt-get install python3-pip`)")
    return [pip, "--python", sys.executable]


def gather_test_packages(say: Say = print) -> Path:
    """Install pytest for the Python inside Pyodide, so that the core's tests can run there; never in the bundle."""
    with only_one_build_at_a_time():
        install_npm_packages(find_node(), say)
        return install_for_guest("guest-tests", TEST_REQUIREMENTS, say)


def run_in_pyodide(node: str, program: str, argv: list[str], mounts: dict[str, Path]) -> str:
    """Run a program of ``wasm/`` inside the npm Pyodide under Node and give its output."""
    job = {
        "pyodide": str(npm_package("pyodide")),
        "lockFileInfo": {"info": lock_file_info()},
        "mounts": {guest: str(host) for guest, host in mounts.items()},
        "env": {"SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH, "NO_COLOR": "1"},
        "program": f"/wasm/{program}",
        "argv": argv,
    }
    return run([node, str(ROOT / "wasm" / "run_python.mjs"), json.dumps(job)])


def compile_stdlib(node: str, say: Say, docstrings: Docstrings = "without") -> Path:
    """Compile the standard library to byte-code, stored in a zip; depends on Pyodide's version only."""
    source = npm_package("pyodide") / STDLIB
    folder = CACHE / f"stdlib-{docstrings}-docstrings-{hash_of([source, *tool_files()])[:16]}"
    if not folder.is_dir():
        say("Compiling the standard library inside Pyodide")
        with new_folder(folder) as fresh:
            shutil.copy(source, fresh / STDLIB)
            mounts = {"/wasm": ROOT / "wasm", "/site": CACHE / "site", "/archive": fresh}
            run_in_pyodide(node, "guest_compile.py", [f"/archive/{STDLIB}", docstrings], mounts)
    return folder / STDLIB


def tool_files() -> list[Path]:
    """Name what decides how things are made in there: the guest programs, what runs them, and the npm lock."""
    own = ROOT / "wasm"
    return [*sorted(own.glob("guest_*.py")), own / "run_python.mjs", own / "guest.py", ROOT / "package-lock.json"]
