"""Finds out which functions of the runtime's module run in a page, and writes them down for the build.

    python -m tests.wasm.replay.profile

Plays whatever the core's own tests feed a tracker, and long random histories, to a module that notes what runs.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.wasm.replay.recorder import record
from wasm.baked.bake import bake
from wasm.baked.binary import Module, read_module, write_module
from wasm.baked.hot import HOT_FILE, write_hot
from wasm.baked.instrument import instrumented, noted
from wasm.baked.picture import Picture, take_picture
from wasm.baked.steps import ALL
from wasm.guest import compile_stdlib
from wasm.npm import find_node, npm_package
from wasm.page_wheel import build_page_wheel
from wasm.workshop import ROOT, run

# As the module comes: the numbers of functions are those of the npm package.
STEPS = ALL - {"split"}
# Below what any call of Python's needs of the stack, which grows towards the notes from megabytes above.
NOTES_OFFSET_BYTES = 65_536
# Which turns are taken depends on where things lie in memory, since much is found by its address.
LAYOUTS = 4


def main() -> None:
    """Run from the command line."""
    node, wasm = find_node(), npm_package("pyodide") / "pyodide.asm.wasm"
    stdlib, wheel = compile_stdlib(node, print), build_page_wheel(node, print)
    hot: set[int] = set()
    with tempfile.TemporaryDirectory() as scratch:
        requests = record(Path(scratch) / "requests.jsonl")
        for layout in range(LAYOUTS):
            folder = Path(scratch) / str(layout)
            folder.mkdir()
            padding = {"PADDING": "x" * 1001 * layout} if layout else {}
            picture = take_picture(node, stdlib, wheel, folder, STEPS, more_environment=padding)
            ran = played(node, bake(read_module(wasm.read_bytes()), picture, STEPS), picture, requests, folder)
            print(f"{len(ran)} functions ran, {len({*ran} - hot)} of them for the first time")
            hot |= {*ran}
    write_hot(hot, wasm)
    print(f"{len(hot)} functions run: {HOT_FILE.relative_to(ROOT)}")


def played(node: str, module: Module, picture: Picture, requests: Path, folder: Path) -> list[int]:
    """Give the numbers of the functions that run while requests are played."""
    notes = picture.stack["end"] + NOTES_OFFSET_BYTES
    (folder / "noting.wasm").write_bytes(write_module(instrumented(module, notes)))
    job = {
        "runtime": str(ROOT / "web" / "worker" / "baked.js"),
        "module": str(folder / "noting.wasm"),
        "requests": str(requests),
        "at": notes,
        "count": len(module.code),
        "out": str(folder / "notes"),
    }
    print(run([node, str(Path(__file__).parent / "play.mjs"), json.dumps(job)]), end="")
    return noted(module, (folder / "notes").read_bytes())


if __name__ == "__main__":
    main()
