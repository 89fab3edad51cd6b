"""The functions of Pyodide's module that run in a page: found out by playing the tests, and kept in ``hot.txt``."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterable
from pathlib import Path

from .encoding import WasmError

HOT_FILE = Path(__file__).with_name("hot.txt")


def read_hot(wasm: Path, file: Path = HOT_FILE) -> frozenset[int]:
    """Read which functions run, by their numbers in Pyodide's module.

    Raises:
        WasmError: they were found out for another version of the module.
    """
    name, *spans = file.read_text().split()
    if name != _name_of(wasm):
        raise WasmError(
            f"{file.name} tells which functions of another version run; `python -m tests.wasm.replay.profile` finds out"
        )
    return frozenset(number for span in spans for number in _numbers(span))


def write_hot(numbers: Iterable[int], wasm: Path, file: Path = HOT_FILE) -> None:
    """Write which functions run."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    words = " ".join(f"{first}-{last}" if first != last else f"{first}" for first, last in spans)
    file.write_text(f"{_name_of(wasm)}\n{textwrap.fill(words, 120, break_on_hyphens=False)}\n")


def _name_of(wasm: Path) -> str:
    return hashlib.sha256(wasm.read_bytes()).hexdigest()


def _numbers(span: str) -> range:
    first, _, last = span.partition("-")
    return range(int(first), int(last or first) + 1)
