"""The functions of Pyodide's module that run in a page: found out by playing the tests, and kept in ``hot.txt``."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterable
from pathlib import Path

from .binary import FUNCTION, Module
from .encoding import WasmError
from .instructions import calls

HOT_FILE = Path(__file__).with_name("hot.txt")
# Of those that are called by name; they make the first file 1 % larger.
SHORT_BYTES = 200
# Of those that lie in the table; they make the first file 2 % larger.
SHORTEST_BYTES = 32


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


def with_short_ones(module: Module, numbers: Iterable[int]) -> frozenset[int]:
    """Add the short functions that some functions call by name, and the shortest of those that are called by place.

    The former raise an error, or take a rare turn; the latter subtract a float from an integer, or say how long a
    thing is, and which of them the interpreter calls hangs on what a page happens to say. A short function takes hardly
    more room than its stub.
    """
    imported = len(module.imported(FUNCTION))
    found: set[int] = set()
    listed = {number for one in module.elements for number in one.functions if number >= imported}
    left = [*numbers, *(one for one in listed if len(module.code[one - imported]) <= SHORTEST_BYTES)]
    while left:
        number = left.pop()
        if number not in found and number >= imported:
            found.add(number)
            left += [one for one in calls(module.code[number - imported]) if _is_short(module, one - imported)]
    return frozenset(found)


def _is_short(module: Module, at: int) -> bool:
    return at >= 0 and len(module.code[at]) <= SHORT_BYTES


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
