"""Walks through functions, instruction by instruction: knows of each where it ends, and whom it names, and no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from .encoding import Reader, WasmError, unsigned

CALL: Final = 0x10
CALL_INDIRECT: Final = 0x11
LOCAL_GET: Final = 0x20
GLOBAL_GET: Final = 0x23
GLOBAL_SET: Final = 0x24
LOADS_AND_STORES: Final = range(0x28, 0x3F)
REF_FUNC: Final = 0xD2

_NAMING: Final = frozenset({CALL, REF_FUNC, GLOBAL_GET, GLOBAL_SET})
_REFERENCE_TYPES: Final = (0x63, 0x64)

# How many numbers follow an instruction. Signed or not, their bytes end the same way.
_NUMBERS: Final[dict[int, int]] = {
    **dict.fromkeys((0x00, 0x01, 0x05, 0x0A, 0x0B, 0x0F, 0x19, 0x1A, 0x1B, 0xD1), 0),
    **dict.fromkeys((0x02, 0x03, 0x04, 0x06), 1),  # blocks, and their type
    **dict.fromkeys((0x07, 0x08, 0x09, 0x18), 1),  # exceptions: a tag or a label
    **dict.fromkeys((0x0C, 0x0D), 1),
    **dict.fromkeys((CALL, 0x12), 1),
    **dict.fromkeys((CALL_INDIRECT, 0x13), 2),
    **dict.fromkeys(range(0x20, 0x27), 1),
    **dict.fromkeys(LOADS_AND_STORES, 2),  # alignment, offset
    **dict.fromkeys((0x3F, 0x40, 0x41, 0x42), 1),
    **dict.fromkeys(range(0x45, 0xC5), 0),
    **dict.fromkeys((0xD0, REF_FUNC), 1),
}
_NUMBERS_OF_PREFIXED: Final[dict[int, int]] = {
    **dict.fromkeys(range(8), 0),
    **dict.fromkeys((8, 10, 12, 14), 2),
    **dict.fromkeys((9, 11, 13, 15, 16, 17), 1),
}
_BR_TABLE, _SELECT_OF_TYPES, _TRY_TABLE, _F32, _F64, _PREFIX = 0x0E, 0x1C, 0x1F, 0x43, 0x44, 0xFC


def start_of_instructions(body: bytes) -> int:
    """Give where a function's instructions begin, after its local variables."""
    reader = Reader(body)
    for _ in range(reader.unsigned()):
        reader.unsigned()
        if reader.byte() in _REFERENCE_TYPES:
            reader.signed()
    return reader.at


def instructions(body: bytes) -> Iterator[tuple[int, int]]:
    """Give each instruction of a function: its first byte, and where that lies.

    Raises:
        WasmError: an instruction is not known here.
    """
    at, end = start_of_instructions(body), len(body)
    while at < end:
        opcode = body[at]
        yield opcode, at
        at += 1
        count = _NUMBERS.get(opcode)
        if count is None:
            at = _end_of_rare(body, opcode, at)
            continue
        for _ in range(count):
            while body[at] >= 0x80:
                at += 1
            at += 1


def _end_of_rare(body: bytes, opcode: int, at: int) -> int:
    if opcode in (_F32, _F64):
        return at + (4 if opcode == _F32 else 8)
    reader = Reader(body, at)
    if opcode == _BR_TABLE:
        numbers = reader.unsigned() + 1
    elif opcode == _SELECT_OF_TYPES:
        numbers = reader.unsigned()
    elif opcode == _PREFIX and (known := _NUMBERS_OF_PREFIXED.get(reader.unsigned())) is not None:
        numbers = known
    elif opcode == _TRY_TABLE:
        reader.signed()
        for _ in range(reader.unsigned()):
            numbers_of_catch = 2 if reader.byte() < 2 else 1
            for _ in range(numbers_of_catch):
                reader.unsigned()
        numbers = 0
    else:
        raise WasmError(f"a function has the instruction {opcode:#x} at {at - 1}, which is not known here")
    for _ in range(numbers):
        reader.unsigned()
    return reader.at


def calls(body: bytes) -> set[int]:
    """Give the functions that a function calls by name."""
    return {Reader(body, at + 1).unsigned() for opcode, at in instructions(body) if opcode == CALL}


@dataclass(frozen=True, slots=True)
class Renumbering:
    """What things are called in another module: functions and globals by number, constants as instructions."""

    functions: Mapping[int, int]
    globals: Mapping[int, int]
    constants: Mapping[int, bytes] = field(default_factory=dict)

    def of(self, body: bytes) -> bytes:
        """Give a function's code for the other module.

        Raises:
            WasmError: an instruction is not known here.
            KeyError: the function calls something that the other module has not.
        """
        pieces: list[bytes] = []
        kept_until = 0
        for opcode, at in instructions(body):
            if opcode in _NAMING:
                reader = Reader(body, at + 1)
                number = reader.unsigned()
                pieces += [body[kept_until:at], self._renamed(opcode, number)]
                kept_until = reader.at
        return b"".join([*pieces, body[kept_until:]])

    def _renamed(self, opcode: int, number: int) -> bytes:
        if opcode in (CALL, REF_FUNC):
            return bytes([opcode]) + unsigned(self.functions[number])
        if number in self.constants:
            return self.constants[number]
        return bytes([opcode]) + unsigned(self.globals[number])
