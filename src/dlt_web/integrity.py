"""Hashes of the scripts that a page loads from a built bundle, in the form that browsers check them by.

The loader itself checks everything that is no script of the page (:mod:`~dlt_web.bundle`'s manifest); what the browser
loads as a script only the browser can check, told by an import map.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from urllib.parse import urljoin

from .errors import OptionError


def import_map(folder: Path, base: str) -> str:
    """Return the import map of a bundle: the hash of each script that the page's half consists of, by its address.

    Args:
        folder: that ``dlt-web build`` made.
        base: address of the folder in the page: a path or URL that ends with a slash.

    Raises:
        OptionError: the folder is no bundle, or the address names no folder.
    """
    if not base.endswith("/"):
        raise OptionError(f"The address of a folder ends with a slash, as /dlt/ does; found {base!a:.60}.")
    scripts = [folder / "dlt-web.js", *sorted((folder / "page").glob("*.js"))]
    if not scripts[0].is_file() or not (folder / "manifest.json").is_file():
        raise OptionError(
            f"{folder} is no folder that `dlt-web build --out` made: it has no dlt-web.js and manifest.json."
        )
    hashes = {
        urljoin(base, path.relative_to(folder).as_posix()): _hash("sha384", path.read_bytes()) for path in scripts
    }
    # A script's text is taken as it is, up to the tag that ends it.
    return json.dumps({"integrity": hashes}, separators=(",", ":")).replace("<", "\\u003c")


def as_tag(text: str) -> str:
    """Return the tag to put before a page's first script."""
    return f'<script type="importmap">{text}</script>'


def policy_source(text: str) -> str:
    """Return what lets a Content-Security-Policy's ``script-src`` take the tag."""
    return f"'{_hash('sha256', text.encode())}'"


def _hash(name: str, content: bytes) -> str:
    return f"{name}-{base64.b64encode(hashlib.new(name, content).digest()).decode()}"
