"""Constant data that only functions in the second file read: recognized by its form, and found anew in each version.

Where C lays its constants down nothing says where one ends, and code may point into the middle of one. So only what
tells its own place and size is moved: the standard library's modules that lie frozen in the interpreter, and the tables
of East Asian codecs. What tells it moves as well, so that in the first file there is no such module and no such
character, and nobody reads what is not there. A piece that a function of the first file so much as names stays.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from .binary import FUNCTION, Module
from .encoding import CONST_I32, Reader, WasmError
from .instructions import LOADS_AND_STORES, instructions

_WORD_BYTES = 4
# CPython's `struct _frozen`: name, byte-code, its size, whether it is a package. A module without byte-code counts as
# excluded. Byte-code is that of a module, which takes no arguments: the letter of a code object and three numbers.
_FROZEN = struct.Struct("<IIII")
_MODULE_NAME = re.compile(rb"[a-z_]\w*(?:\.\w+)*")
_MODULE_CODE = b"c" + bytes(12)
_LONGEST_NAME = 64
_LONGEST_CODE_BYTES = 1_000_000
_BOOTSTRAP = b"_frozen_importlib"
# `struct dbcs_index` of CPython's multibyte codecs: a row of characters, and the first and the last of them. The rows
# of one table lie one after the other.
_ROW = struct.Struct("<IBBH")
_CHARACTER_BYTES = 2
_FEWEST_ROWS = 16


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes in memory, from ``start`` up to ``end``."""

    start: int
    end: int


def movable(memory: bytes, end: int, module: Module, hot: Set[int]) -> list[Piece]:
    """Find the constant data that can go to the second file.

    Args:
        memory: all of it, as it is at the start.
        end: where what C laid down ends.
        module: whose functions read it.
        hot: numbers of the functions in the first file.

    Raises:
        WasmError: there is no such data, so it has another form in this version.
    """
    frozen = [*_frozen_modules(memory, end)]
    rows = [*_codec_rows(memory, end)]
    if not frozen or not rows:
        counts = f"{len(frozen) // 2} frozen modules and {len(rows) // 2} rows of codecs"
        raise WasmError(f"{counts} were found in what C laid down, and there are some of both")
    named = sorted(_named_addresses(module, hot))
    return [one for one in sorted({*frozen, *rows}, key=lambda one: one.start) if not _holds_any(one, named)]


def _frozen_modules(memory: bytes, end: int) -> Iterator[Piece]:
    names: set[bytes] = set()
    found: list[Piece] = []
    for at in range(_WORD_BYTES, end - _FROZEN.size, _WORD_BYTES):
        name_at, code, size, is_package = _FROZEN.unpack_from(memory, at)
        if is_package > 1 or not 0 < code < end or not 0 < size < _LONGEST_CODE_BYTES or not 0 < name_at < end:
            continue
        if memory[code : code + len(_MODULE_CODE)] == _MODULE_CODE:
            name = memory[name_at : name_at + _LONGEST_NAME].split(b"\0")[0]
            if _MODULE_NAME.fullmatch(name):
                names.add(name)
                found += [Piece(code, code + size), Piece(at + _WORD_BYTES, at + 3 * _WORD_BYTES)]
    if _BOOTSTRAP in names:
        yield from found


def _codec_rows(memory: bytes, end: int) -> Iterator[Piece]:
    at = _WORD_BYTES
    while at < end - _ROW.size:
        rows, told, after = _rows_from(memory, at, end)
        if len(rows) < _FEWEST_ROWS:
            at += _WORD_BYTES
        else:
            yield from [*rows, *told]
            at = after


def _rows_from(memory: bytes, at: int, end: int) -> tuple[list[Piece], list[Piece], int]:
    """Give the rows that are told from a place on, what tells each, and where that ends."""
    rows: list[Piece] = []
    told: list[Piece] = []
    while at < end - _ROW.size:
        row = _row(memory, at, end)
        if row is not None and (not rows or row.start == rows[-1].end):
            rows.append(row)
            told.append(Piece(at, at + _ROW.size))
        elif not rows or any(memory[at : at + _ROW.size]):  # else it is a row without characters
            break
        at += _ROW.size
    return rows, told, at


def _row(memory: bytes, at: int, end: int) -> Piece | None:
    start, bottom, top, padding = _ROW.unpack_from(memory, at)
    size = (top - bottom + 1) * _CHARACTER_BYTES
    if padding or bottom > top or start % _CHARACTER_BYTES or not 0 < start < end - size:
        return None
    return Piece(start, start + size)


def _named_addresses(module: Module, functions: Iterable[int]) -> Iterator[int]:
    """Give every number in some functions that could be an address."""
    imported = len(module.imported(FUNCTION))
    for number in functions:
        body = module.code[number - imported]
        for opcode, at in instructions(body):
            if opcode == CONST_I32:
                yield Reader(body, at + 1).signed()
            elif opcode in LOADS_AND_STORES:
                reader = Reader(body, at + 1)
                reader.unsigned()
                yield reader.unsigned()


def _holds_any(piece: Piece, addresses: list[int]) -> bool:
    """Tell whether one of some sorted addresses lies in a piece."""
    return bisect_left(addresses, piece.start) < bisect_left(addresses, piece.end)
