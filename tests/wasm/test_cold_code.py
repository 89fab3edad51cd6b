"""Python that wanders into code and data of the second file answers as CPython does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import build_wasm
from wasm import npm, workshop
from wasm.baked import bake as baking
from wasm.baked.binary import read_module, write_module
from wasm.baked.hot import read_hot, with_short_ones
from wasm.baked.picture import take_picture
from wasm.guest import compile_stdlib
from wasm.page_wheel import build_page_wheel

REPLAY = Path(__file__).parent / "replay"
PROGRAM = REPLAY / "wander.py"


@pytest.fixture
def runnable_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundle's two files, but that a program can be run in it."""
    bundle, node = build_wasm.build(), npm.find_node()
    monkeypatch.setattr(baking, "KEPT_EXPORTS", baking.KEPT_EXPORTS | {"PyRun_SimpleString"})
    shutil.copytree(bundle, tmp_path / "bundle", copy_function=os.link)
    with tempfile.TemporaryDirectory() as scratch:
        picture = take_picture(node, compile_stdlib(node, print), build_page_wheel(node, print), Path(scratch))
    wasm = bundle / "pyodide.asm.wasm"
    whole = read_module(wasm.read_bytes())
    hot = with_short_ones(whole, read_hot(wasm))
    for name, part in baking.divided(baking.bake(whole, picture), hot, picture.stack["end"]).items():
        (tmp_path / "bundle" / name).write_bytes(write_module(part))
    (tmp_path / "bundle" / "manifest.json").unlink()
    return tmp_path / "bundle"


def test_it_answers_as_cpython_does(runnable_bundle: Path):
    said = workshop.run([npm.find_node(), str(REPLAY / "run.mjs"), str(runnable_bundle), str(PROGRAM)])
    fetched, *lines = said.splitlines()
    expected = subprocess.run([sys.executable, str(PROGRAM)], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert fetched == f"fetched {baking.COLD_FILE}"
    assert lines == expected.splitlines()
    assert len(lines) > 30
