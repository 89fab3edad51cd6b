"""A bundle in whose Python any program can be run, and not only our package's one function be called."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import pytest

import build_wasm
from tests.bundle_files import copy_bundle
from tests.made_once import made_once
from wasm import npm
from wasm.baked.bake import KEPT_EXPORTS, bake, divided
from wasm.baked.binary import read_module, write_module
from wasm.baked.hot import read_hot, with_short_ones
from wasm.baked.picture import Picture, take_picture
from wasm.guest import compile_stdlib
from wasm.page_wheel import build_page_wheel


def picture_of_the_page(node: str) -> Picture:
    """Take the picture that a bundle's Python is made of once more."""
    with tempfile.TemporaryDirectory() as scratch:
        return take_picture(node, compile_stdlib(node, print), build_page_wheel(node, print), Path(scratch))


def runnable_bundle(factory: pytest.TempPathFactory) -> Path:
    """Return one of the bundle as it is built, which nobody may change; made once."""
    return made_once(factory, "runnable", functools.partial(make_runnable_bundle, build_wasm.build()))


def make_runnable_bundle(bundle: Path, folder: Path) -> Path:
    """Make one from a bundle in a new folder: its two files of Python, which export ``PyRun_SimpleString`` as well."""
    copy_bundle(bundle, folder)
    picture = picture_of_the_page(npm.find_node())
    wasm = bundle / "pyodide.asm.wasm"
    whole = read_module(wasm.read_bytes())
    hot = with_short_ones(whole, read_hot(wasm))
    module = bake(whole, picture, kept_exports=KEPT_EXPORTS | {"PyRun_SimpleString"})
    for name, part in divided(module, hot, picture.stack["end"]).items():
        (folder / name).write_bytes(write_module(part))
    (folder / "manifest.json").unlink()
    return folder
