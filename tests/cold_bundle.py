"""A bundle whose Python has all its functions in the second file, so that the first call of any fetches it."""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.bundle_files import copy_bundle
from tests.made_once import made_once
from tests.runnable_bundle import picture_of_the_page
from wasm import npm
from wasm.assembly import write_manifest
from wasm.baked.bake import PACKED, bake, divided
from wasm.baked.binary import read_module, write_module
from wasm.scripts import bundle_loader
from wasm.workshop import hash_base64


def cold_bundle_of(bundle: Path, factory: pytest.TempPathFactory) -> Path:
    """Return such a bundle, which nobody may change: made once from each bundle."""
    build = hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest()[:16]
    return made_once(factory, f"cold-{build}", functools.partial(make_cold_bundle, bundle))


def make_cold_bundle(bundle: Path, folder: Path) -> Path:
    """Make one from a bundle in a new folder."""
    copy_bundle(bundle, folder)
    node = npm.find_node()
    picture = picture_of_the_page(node)
    module = bake(read_module((bundle / "pyodide.asm.wasm").read_bytes()), picture)
    for name, part in divided(module, frozenset(), picture.stack["end"]).items():
        (folder / name).write_bytes(write_module(part))
    names = [
        name for name in json.loads((bundle / "manifest.json").read_text())["files"] if name not in PACKED.values()
    ]
    (folder / "manifest.json").unlink()
    write_manifest(folder, names, lambda line: None)
    # What is written over would be the other bundle's, too.
    (folder / "dlt-web.js").unlink()
    shutil.rmtree(folder / "page")
    bundle_loader(node, hash_base64(folder / "manifest.json", "sha384"), folder)
    return folder
