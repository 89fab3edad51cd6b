"""``precache.json``: the files that a service worker lays by, so that pages which were visited once start offline.

Its entries are what Workbox's ``precacheAndRoute`` takes: an address relative to the list, a revision where the name
does not tell one content from another, and the hash.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from .scripts import LOADER, WORKER
from .workshop import hash_base64

PRECACHE = "precache.json"
MANIFEST = "manifest.json"
# What runs, as the manifest names it; Pyodide as it comes is for browsers in which that cannot, and is 20 MB.
RUNTIME = ("python.wasm", "python-cold.wasm")
PACKED = ("python.packed", "python-cold.packed")
# A page without a bundler may import these beside the loader.
ELEMENT = ("wrappers/element.js", "wrappers/holder.js")
_REVISION_DIGITS = 16
_TELLS_CONTENT = re.compile(rf"\.[0-9a-f]{{{_REVISION_DIGITS}}}\.\w+$|/\w+-[0-9A-Z]{{8}}\.js$")


def write_precache(folder: Path) -> None:
    """Write the list into a bundle's folder whose other files are all there."""
    named = json.loads((folder / MANIFEST).read_text())["files"]

    def called(names: tuple[str, ...]) -> list[str]:
        return [named[name].get("file", name) for name in names if name in named]

    page = sorted(path.relative_to(folder).as_posix() for path in (folder / "page").glob("*.js"))
    lists = {
        "files": [MANIFEST, WORKER, *called(RUNTIME)],
        "packed": called(PACKED),
        "module": [LOADER, *page, *ELEMENT],
    }
    told: dict[str, Any] = {"version": 1, "build": hash_base64(folder / MANIFEST, "sha384")}
    told |= {name: [_entry(folder, file) for file in files] for name, files in lists.items()}
    (folder / PRECACHE).write_text(json.dumps(told, indent=1) + "\n")


def _entry(folder: Path, name: str) -> dict[str, str | int | None]:
    path = folder / name
    revision = None if _TELLS_CONTENT.search(f"/{name}") else hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "url": name,
        "revision": revision and revision[:_REVISION_DIGITS],
        "integrity": f"sha384-{hash_base64(path, 'sha384')}",
        "bytes": path.stat().st_size,
    }
