"""Numbers, texts and lists as the WebAssembly binary format writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

END, CONST_I32, GLOBAL_GET = 0x0B, 0x41, 0x23
I32: Final = 0x7F


class WasmError(Exception):
    """The module is not what baking knows how to read; says where."""


class Reader:
    """Reads one section, from front to back."""

    def __init__(self, content: bytes, at: int = 0) -> None:
        self.content = content
        self.at = at

    def byte(self) -> int:
        """Read one byte."""
        self.at += 1
        return self.content[self.at - 1]

    def unsigned(self) -> int:
        """Read an unsigned LEB128 number."""
        return self._leb128()[0]

    def signed(self) -> int:
        """Read a signed LEB128 number."""
        value, bits = self._leb128()
        return value - (1 << bits) if value >> (bits - 1) else value

    def take(self, count: int) -> bytes:
        """Read some bytes."""
        self.at += count
        return self.content[self.at - count : self.at]

    def name(self) -> str:
        """Read a text after its length."""
        return self.take(self.unsigned()).decode()

    def limits(self) -> bytes:
        """Read a memory's or a table's limits and give them as they are."""
        start = self.at
        flags = self.byte()
        self.unsigned()
        if flags & 1:
            self.unsigned()
        return self.content[start : self.at]

    def constant(self) -> bytes:
        """Read a constant expression of one instruction and give it as it is."""
        start = self.at
        opcode = self.byte()
        if opcode in (CONST_I32, 0x42, 0xD0):
            self.signed()
        elif opcode in (GLOBAL_GET, 0xD2):
            self.unsigned()
        else:
            raise WasmError(f"a constant expression begins with the instruction {opcode:#x}, which is not known here")
        if self.byte() != END:
            raise WasmError("a constant expression has more than one instruction")
        return self.content[start : self.at]

    def _leb128(self) -> tuple[int, int]:
        """Read a number's bits, lowest first, and tell how many there are."""
        value = bits = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << bits
            bits += 7
            if byte < 0x80:
                return value, bits


def unsigned(value: int) -> bytes:
    """Write an unsigned LEB128 number."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """Write a signed LEB128 number."""
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def const_i32(value: int) -> bytes:
    """Write the constant expression of a 32-bit number; addresses above 2 GiB wrap, as the format has them."""
    return bytes([CONST_I32, *signed((value + 2**31) % 2**32 - 2**31), END])


def sized(content: bytes) -> bytes:
    """Write bytes after their length."""
    return unsigned(len(content)) + content


def vector(items: Sequence[bytes]) -> bytes:
    """Write items after their number."""
    return unsigned(len(items)) + b"".join(items)


def memory_limits(memory: tuple[int, int | None]) -> bytes:
    """Write how many pages a memory has at least and at most."""
    least, most = memory
    return b"\0" + unsigned(least) if most is None else b"\1" + unsigned(least) + unsigned(most)
