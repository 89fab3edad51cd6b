"""Measures what each step of the build does for the size of what a page fetches first.

    python -m benchmarks.size_bench

Builds the page's Python once with all steps, once with none, and once without each, compresses what a page fetches at
the start, and the standard library of the runtime in reserve, and writes the table in ``docs/runtime.md`` anew. Takes
some minutes: Brotli does its best.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from wasm.baked.bake import COLD_FILE, FILE, bake_runtime
from wasm.baked.steps import ALL, STEPS
from wasm.guest import Docstrings, compile_stdlib
from wasm.library.library import make_library
from wasm.npm import STDLIB, find_node
from wasm.page_wheel import build_page_wheel
from wasm.squeeze.squeeze import BEST, gzip
from wasm.workshop import ROOT, copy_file, run

PAGE = ROOT / "docs" / "runtime.md"
BEGIN, END = "<!-- sizes: made by `make bench-size` -->", "<!-- end of sizes -->"
# They change no file that a page fetches at the start: one makes a further file, two are of the runtime in reserve.
OF_RESERVE = ("library", "classes")
NOT_MEASURED = frozenset({"packed", *OF_RESERVE})
HEAD = ["| left out | bytes | Brotli 11 | gzip 9 |", "|---|---|---|---|"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a file takes, in bytes: as it is, and compressed."""

    raw: int
    brotli: int
    gzip: int


def main() -> None:
    """Run from the command line."""
    node = find_node()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        everything = made(node, ALL, folder / "all")
        nothing = made(node, frozenset(), folder / "none")
        without = {step: made(node, ALL - {step}, folder / step) for step in STEPS if step not in NOT_MEASURED}
        sizes = measured(node, [everything / FILE, everything / COLD_FILE, nothing / FILE])
        sizes |= measured(node, [path / FILE for path in without.values()])
        libraries = made_libraries(node, folder)
        sizes |= measured(node, libraries)
    rows = [
        row("nothing: `python.wasm` as it is served", sizes[everything / FILE]),
        *(row(f"`{step}`: {STEPS[step]}", sizes[path / FILE]) for step, path in without.items()),
        row("all of these", sizes[nothing / FILE]),
        row("(`python-cold.wasm`, fetched some seconds later, or when it is needed)", sizes[everything / COLD_FILE]),
        row(f"(`{STDLIB}`, fetched by the runtime in reserve)", sizes[libraries[0]]),
        *(
            row(f"`{step}`: {STEPS[step]}; the same file", sizes[path])
            for step, path in zip(OF_RESERVE, libraries[1:], strict=True)
        ),
    ]
    table = "\n".join([BEGIN, *HEAD, *rows, END])
    PAGE.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: table, PAGE.read_text(), flags=re.S))
    print(table)


def made(node: str, steps: frozenset[str], folder: Path) -> Path:
    """Make the page's Python with some steps, in a folder of its own."""
    docstrings: Docstrings = "without" if "docstrings" in steps else "with"
    files = bake_runtime(
        node, compile_stdlib(node, print, docstrings), build_page_wheel(node, print, docstrings), print, steps
    )
    folder.mkdir()
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def made_libraries(node: str, folder: Path) -> list[Path]:
    """Make the standard library of the runtime in reserve in a folder: as it is served, and without each step."""
    stdlib, wheel = compile_stdlib(node, print), build_page_wheel(node, print)
    copies = []
    for left_out in ("none", *OF_RESERVE):
        copies.append(folder / f"without-{left_out}.zip")
        copy_file(make_library(node, stdlib, wheel, print, ALL - {left_out}), copies[-1])
    return copies


def measured(node: str, files: list[Path]) -> dict[Path, Sizes]:
    """Compress files, and tell what that gives."""
    jobs = [{"from": str(file), "to": f"{file}.br", "quality": BEST} for file in files]
    run([node, str(ROOT / "wasm" / "squeeze" / "brotli.mjs"), json.dumps(jobs)])
    return {
        file: Sizes(file.stat().st_size, Path(f"{file}.br").stat().st_size, len(gzip(file.read_bytes())))
        for file in files
    }


def row(name: str, sizes: Sizes) -> str:
    """Write a line of the table."""
    return f"| {name} | {sizes.raw:,} | {sizes.brotli:,} | {sizes.gzip:,} |"


if __name__ == "__main__":
    main()
