"""Builds the web bundle: the folder that any static file server can serve, with Python in it.

    python build_wasm.py [--out DIR] [--npm DIR] [--without STEP …]

Steps, in ``wasm/``:

1. ``npm``: Node and the locked npm packages (``pyodide``, ``zxing-wasm``)
2. ``guest``: a cross-build environment for ``pyodide build``, made from the npm package; ``pyodide-build`` and
   hatchling, installed where the Python inside Pyodide finds them; the standard library as byte-code
3. ``page_wheel``: our wheel by ``pyodide build``, then as byte-code; only the core and ``browser/`` travel to the page
4. ``baked``: one WebAssembly module with the memory of a Python in it that has imported our wheel, made small in steps
   that can be left out one by one, to measure what they are worth
5. ``library``: of the standard library, for the npm runtime that starts where the baked one cannot, what a page imports
6. ``scripts``: the loader and the worker, each made one small file out of the modules of ``web/``
7. ``assembly``: runtimes, wheel, scripts, type declarations, the demo and its decoder put together, with a SHA-384
   manifest that the loader checks, and ``precache``: the list of what a service worker lays by
8. ``squeeze``: each file compressed beforehand, for servers to send in its place
9. ``package``: the same once more as an npm package, without the demo
10. ``dashboard``: the license server's page, apart from the bundle

What a step makes is kept in ``.build/`` under a hash of what it was made from, so a second run costs a fraction of a
second.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Set
from pathlib import Path

from wasm.assembly import assemble, is_up_to_date, refuse_foreign_folder, web_files
from wasm.baked.bake import bake_runtime
from wasm.baked.steps import ALL, STEPS, all_but
from wasm.dashboard import build_dashboard
from wasm.guest import Docstrings, compile_stdlib, install_pyodide_build, make_cross_build_env
from wasm.library.library import make_library
from wasm.npm import find_node, install_npm_packages
from wasm.package.package import build_package
from wasm.page_wheel import build_page_wheel, travelling_files
from wasm.workshop import ROOT, BuildError, Say, hash_of, only_one_build_at_a_time

DEFAULT_OUT = ROOT / "dist" / "web"
DEFAULT_NPM = ROOT / "dist" / "npm"
# Where the license server looks for it in a checkout.
DASHBOARD = ROOT / "dist" / "dashboard"


def build(out: Path = DEFAULT_OUT, say: Say = print, steps: Set[str] = ALL) -> Path:
    """Build the web bundle into a folder, or leave it when it is up to date; the dashboard beside it, too.

    Args:
        out: the folder; what an older build left there is replaced. Refused when it holds something else.
        say: gets one line for each step.
        steps: what is done so that a page's Python is small.

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
        build_dashboard(DASHBOARD, node)
        key = f"{hash_of([*web_files(), *travelling_files(), *build_files()])} {' '.join(sorted(steps))}"
        if is_up_to_date(out, key):
            return out
        make_cross_build_env()
        install_pyodide_build(say)
        docstrings: Docstrings = "without" if "docstrings" in steps else "with"
        stdlib = compile_stdlib(node, say, docstrings)
        wheel = build_page_wheel(node, say, docstrings)
        baked = bake_runtime(node, stdlib, wheel, say, steps)
        library = make_library(node, stdlib, wheel, say, steps)
        assemble(out, key, library, wheel, baked, node, say)
        say(f"Web bundle ready in {out} after {time.monotonic() - started:.1f} s")
    return out


def build_npm(bundle: Path, out: Path = DEFAULT_NPM, say: Say = print) -> Path:
    """Build the npm package out of a web bundle into a folder, or leave it when it is up to date.

    Args:
        bundle: what :func:`build` returned.
        out: the folder; what an older build left there is replaced. Refused when it holds something else.
        say: gets a line when something was made.

    Returns:
        The folder.

    Raises:
        BuildError: the folder holds something else.
    """
    with only_one_build_at_a_time():
        return build_package(bundle, out, say)


def build_files() -> list[Path]:
    """Name what decides how the bundle is made; the npm package is made of it later."""
    programs = sorted(path for path in (ROOT / "wasm").rglob("*.*") if path.suffix in {".py", ".mjs", ".txt"})
    programs = [
        path
        for path in programs
        if path.parent.name not in {"package", "release"} and path.name not in {"dashboard.py", "tryout.py"}
    ]
    return [Path(__file__).resolve(), *programs, ROOT / "package-lock.json"]


def main(argv: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Build the web bundle of dlt-web.")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder to build into (default: dist/web)")
    parser.add_argument("--npm", type=Path, default=DEFAULT_NPM, help="folder for the npm package (default: dist/npm)")
    parser.add_argument("--without", nargs="*", default=[], metavar="STEP", help=f"leave out: {', '.join(STEPS)}")
    options = parser.parse_args(argv)
    try:
        bundle = build(options.out.resolve(), steps=all_but(options.without))
        print(f"dlt-web bundle: {bundle}")
        print(f"dlt-web npm package: {build_npm(bundle, options.npm.resolve())}")
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
