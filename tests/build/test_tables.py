"""Constant data in the second file: only what tells its own place and size, and nobody in the first file names."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from wasm.baked.binary import Module
from wasm.baked.encoding import WasmError, signed, unsigned, vector
from wasm.baked.tables import Piece, movable

END = 8192
NAME, CODE, FROZEN, ROWS, CHARACTERS = 1000, 2000, 4000, 5000, 3000
ROW_COUNT = 20


def memory() -> bytearray:
    """A frozen module, and a codec's rows of two characters each, with a row of none among them."""
    made = bytearray(END + 100)
    made[NAME : NAME + 18] = b"_frozen_importlib\0"
    made[CODE : CODE + 300] = b"c" + bytes(12) + b"x" * 287
    made[FROZEN : FROZEN + 16] = struct.pack("<IIII", NAME, CODE, 300, 0)
    for number in range(ROW_COUNT):
        at = ROWS + 8 * (number + (number > 3))
        made[at : at + 8] = struct.pack("<IBBH", CHARACTERS + 4 * number, 65, 66, 0)
    return made


def module_naming(instruction: bytes) -> Module:
    """A module of one function, which names an address."""
    return Module(types=vector([b"\x60\0\0"]), functions=[0], code=[b"\0" + instruction + b"\x0b"])


def constant(address: int) -> bytes:
    return b"\x41" + signed(address) + b"\x1a"


NAMING_NOTHING = module_naming(b"")
FROZEN_PIECE = Piece(CODE, CODE + 300)
ROW_PIECES = [Piece(CHARACTERS + 4 * number, CHARACTERS + 4 * number + 4) for number in range(ROW_COUNT)]
TELLING_ROWS = [ROWS + 8 * (number + (number > 3)) for number in range(ROW_COUNT)]
TELLING = [Piece(FROZEN + 4, FROZEN + 12), *(Piece(at, at + 8) for at in TELLING_ROWS)]
ALL_PIECES = [FROZEN_PIECE, *ROW_PIECES, *TELLING]


def test_frozen_modules_and_codecs_can_go():
    assert movable(bytes(memory()), END, NAMING_NOTHING, {0}) == ALL_PIECES


@pytest.mark.parametrize(
    ("instruction", "staying"),
    [
        (constant(CODE), [FROZEN_PIECE]),
        (constant(CODE + 299), [FROZEN_PIECE]),
        (constant(CODE + 300), []),
        (constant(CHARACTERS + 5), [ROW_PIECES[1]]),
        (b"\x41\0\x2d\0" + unsigned(FROZEN) + b"\x1a", []),
        (b"\x41\0\x28\2" + unsigned(CODE + 4) + b"\x1a", [FROZEN_PIECE]),
    ],
    ids=["its start", "its last byte", "what follows", "a row", "a load from elsewhere", "a load from it"],
)
def test_what_a_function_of_the_first_file_names_stays(instruction: bytes, staying: list[Piece]):
    found = movable(bytes(memory()), END, module_naming(instruction), {0})
    assert found == [one for one in ALL_PIECES if one not in staying]
    assert movable(bytes(memory()), END, module_naming(instruction), set()) == ALL_PIECES


@pytest.mark.parametrize(
    ("at", "content"),
    [
        pytest.param(NAME, b"something_else\0\0\0\0", id="no bootstrap module"),
        pytest.param(CODE, b"d", id="no code"),
        pytest.param(FROZEN + 12, b"\7", id="no flag"),
        pytest.param(ROWS + 8 * 10, struct.pack("<I", CHARACTERS + 800), id="rows that do not follow each other"),
        pytest.param(ROWS + 8 * 10 + 4, b"\x43", id="a row that ends before it begins"),
    ],
)
def test_what_has_another_form_is_not_found(at: int, content: bytes):
    changed = memory()
    changed[at : at + len(content)] = content
    with pytest.raises(WasmError, match=r"^(0 frozen modules and 20|1 frozen modules and 0) rows of codecs were found"):
        movable(bytes(changed), END, NAMING_NOTHING, {0})


def test_nothing_beyond_the_end_of_constants_is_looked_at():
    with pytest.raises(WasmError, match="0 frozen modules and 0 rows"):
        movable(bytes(memory()), NAME, replace(NAMING_NOTHING), {0})
