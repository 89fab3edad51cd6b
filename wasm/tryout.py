"""The documentation's try-out: the demo's scanner, the tracker, and a stand-in for the license server in the browser.

    python -m wasm.tryout [--out DIR]

It is a folder of static files, which any web server can serve over HTTPS or on localhost, at any path: a web bundle as
it is, and beside it what is in ``web/tryout/``, whose service worker is made one script. It is no part of the bundle
that apps get.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from .npm import find_node, npm_package
from .scripts import WEB
from .workshop import ROOT, copy_file, new_folder, run

SOURCE = WEB / "tryout"
DEFAULT_OUT = ROOT / "dist" / "try"
SERVICE_WORKER = "service-worker.js"
PAGE = "index.html"
# A classic script: not every browser that runs the tracker starts a service worker from a module.
_OPTIONS = ("--bundle", "--minify", "--format=iife", "--target=es2022", "--log-level=warning")
# Beside the demo's page, whose parts are used; compressed copies are for servers that know of them.
_LEFT_OUT = ("index.html", "*.br", "*.gz", ".key", "wall*", "*.d.ts", "wrappers")


def build_tryout(into: Path, bundle: Path) -> Path:
    """Put the try-out together.

    Args:
        into: the folder, replaced if it is there; its parent is made.
        bundle: a web bundle, as ``build_wasm.build()`` returns it.

    Returns:
        The folder; ``index.html`` in it is the page.

    Raises:
        BuildError: esbuild failed; the message holds what it said.
    """
    with new_folder(into) as fresh:
        shutil.copytree(bundle, fresh, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        for path in sorted(SOURCE.glob("*.*")):
            if path.name not in {PAGE, SERVICE_WORKER}:
                copy_file(path, fresh / "tryout" / path.name)
        copy_file(SOURCE / PAGE, fresh / PAGE)
        esbuild = npm_package("esbuild") / "bin" / "esbuild"
        source, made = SOURCE / SERVICE_WORKER, fresh / SERVICE_WORKER
        run([find_node(), str(esbuild), str(source), *_OPTIONS, f"--outfile={made}"])
    return into


def main() -> None:
    """Build it from the command line, the bundle first where that is not up to date."""
    import build_wasm

    parser = argparse.ArgumentParser(description="Build the documentation's try-out.")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder to build into (default: dist/try)")
    into = parser.parse_args().out.resolve()
    print(f"dlt-web try-out: {build_tryout(into, build_wasm.build())}")


if __name__ == "__main__":
    main()
