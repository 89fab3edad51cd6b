"""The bundle's JavaScript: the loader and the worker, each put together out of its modules and made small.

A page that loads the module fetches one small file and one smaller that it leans on; the rest of the page's half comes
when the tracker begins to work, and the worker's half is one file. As modules they were 21 and 13, fetched in chains.
"""

from __future__ import annotations

from pathlib import Path

from .npm import npm_package
from .page_wheel import version
from .workshop import CACHE, ROOT, BuildError, copy_file, new_folder, run

WEB = ROOT / "web"
LOADER = "dlt-web.js"
WORKER = "worker/main.js"
# Bundlers make the wrappers of an app's framework small, with the app; the dashboard is a bundle of its own.
AS_THEY_ARE = {"demo", "wrappers", "dashboard"}
# What an app may import beside the loader.
WRAPPERS = ("wrappers/element.js", "wrappers/react.js", "wrappers/vue.js")
# The loader's line that the build fills in.
MANIFEST_HASH_LINE = 'const MANIFEST_SHA384 = "";'

# What engines with the WebAssembly that the runtime needs have, too.
_OPTIONS = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none", "--log-level=warning")


def our_scripts() -> list[Path]:
    """Name the modules that end up in the loader or the worker; the others go as they are."""
    return [path for path in sorted(WEB.rglob("*.js")) if path.relative_to(WEB).parts[0] not in AS_THEY_ARE]


def bundle_worker(node: str, out: Path) -> str:
    """Write the worker's script into the bundle's folder; returns its name there."""
    _esbuild(node, WEB / WORKER, f"--outfile={out / WORKER}")
    return WORKER


def bundle_loader(node: str, manifest_sha384: str, out: Path) -> None:
    """Write the loader into the bundle's folder, and into ``page/`` what it loads, under names made of the content.

    Args:
        node: the Node to run esbuild with.
        manifest_sha384: base64; what the loader believes is only what this manifest names.
        out: the bundle's folder.

    Raises:
        BuildError: the loader has no place for the hash.
    """
    text = (WEB / LOADER).read_text()
    if text.count(MANIFEST_HASH_LINE) != 1:
        raise BuildError(f"web/{LOADER} must hold this line once, to be filled in by the build: {MANIFEST_HASH_LINE}")
    filled = MANIFEST_HASH_LINE.replace('""', f'"{manifest_sha384}"')
    # At the same place each time: esbuild makes the names of its files of where the modules lie, too.
    with new_folder(CACHE / "scripts") as modules:
        for path in our_scripts():
            copy_file(path, modules / path.relative_to(WEB))
        (modules / LOADER).write_text(text.replace(MANIFEST_HASH_LINE, filled))
    # Both halves of the page need the same classes of errors, so what both use is a file of its own.
    _esbuild(node, CACHE / "scripts" / LOADER, "--splitting", f"--outdir={out}", "--chunk-names=page/[name]-[hash]")


def _esbuild(node: str, entry: Path, *options: str) -> None:
    banner = f"--banner:js=/* dlt-web {version()} | Apache-2.0 */"
    run([node, str(npm_package("esbuild") / "bin" / "esbuild"), str(entry), *_OPTIONS, banner, *options])
