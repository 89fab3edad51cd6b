"""Reads and writes the WebAssembly binary format, as far as baking needs it; instructions stay bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

HEADER: Final = b"\0asm\1\0\0\0"
TYPES, IMPORTS, FUNCTIONS, TABLES, MEMORIES, GLOBALS, EXPORTS, START, ELEMENTS, CODE, DATA = range(1, 12)
TAGS: Final = 13
# What is written, in the order that the format asks for. Names, links and other custom sections are left out.
ORDER: Final = (TYPES, IMPORTS, FUNCTIONS, TABLES, MEMORIES, TAGS, GLOBALS, EXPORTS, ELEMENTS, CODE, DATA)
FUNCTION, TABLE, MEMORY, GLOBAL, TAG = range(5)
I32: Final = 0x7F
END, CONST_I32, GLOBAL_GET = 0x0B, 0x41, 0x23


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


@dataclass(slots=True)
class Import:
    """What a module asks for. ``what`` is its type, as the format writes it."""

    module: str
    name: str
    kind: int
    what: bytes


@dataclass(slots=True)
class Export:
    """What a module offers, by its index among those of its kind."""

    name: str
    kind: int
    index: int


@dataclass(slots=True)
class Global:
    """A variable of the module. ``value`` is the constant expression that it begins with."""

    type: int
    is_mutable: bool
    value: bytes


@dataclass(slots=True)
class Element:
    """Functions that lie in the first table from an index on."""

    offset: int
    functions: list[int]


@dataclass(slots=True)
class Segment:
    """Bytes that lie in memory from an address on."""

    offset: int
    content: bytes


@dataclass(slots=True)
class Module:
    """A module with one memory. ``types``, ``tables`` (one each) and ``tags`` stay as the format writes them."""

    types: bytes = b"\0"
    imports: list[Import] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    tables: list[bytes] = field(default_factory=list)
    memory: tuple[int, int | None] = (0, None)
    tags: bytes = b""
    globals: list[Global] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    code: list[bytes] = field(default_factory=list)
    data: list[Segment] = field(default_factory=list)

    def imported(self, kind: int) -> list[Import]:
        """Give the imports of a kind; their indices come before those of what the module defines."""
        return [one for one in self.imports if one.kind == kind]

    def exported(self, kind: int) -> dict[str, int]:
        """Give the indices of what is exported of a kind, by name."""
        return {one.name: one.index for one in self.exports if one.kind == kind}

    def body_of(self, name: str) -> bytes:
        """Give the code of an exported function.

        Raises:
            WasmError: no function of the module's own is exported under this name.
        """
        index = self.exported(FUNCTION).get(name, -1) - len(self.imported(FUNCTION))
        if index < 0:
            raise WasmError(f"the module exports no function {name} of its own")
        return self.code[index]


def read_module(content: bytes) -> Module:
    """Read a module.

    Raises:
        WasmError: it holds what this reader does not know.
    """
    if content[: len(HEADER)] != HEADER:
        raise WasmError("the file does not begin as a WebAssembly module of version 1 does")
    reader = Reader(content, len(HEADER))
    sections: dict[int, bytes] = {}
    while reader.at < len(content):
        number = reader.byte()
        sections[number] = reader.take(reader.unsigned())
    if START in sections:
        raise WasmError("the module has a start function, which would run before the image's Python is there")

    def of(number: int) -> Reader:
        return Reader(sections.get(number, b"\0"))

    return Module(
        types=sections[TYPES],
        imports=[_read_import(it) for it in _each(of(IMPORTS))],
        functions=[it.unsigned() for it in _each(of(FUNCTIONS))],
        tables=[it.take(1) + it.limits() for it in _each(of(TABLES))],
        memory=_read_memory(of(MEMORIES)),
        tags=sections.get(TAGS, b""),
        globals=[Global(it.byte(), bool(it.byte()), it.constant()) for it in _each(of(GLOBALS))],
        exports=[Export(it.name(), it.byte(), it.unsigned()) for it in _each(of(EXPORTS))],
        elements=[_read_element(it) for it in _each(of(ELEMENTS))],
        code=[it.take(it.unsigned()) for it in _each(of(CODE))],
        data=[_read_segment(it) for it in _each(of(DATA))],
    )


def write_module(module: Module) -> bytes:
    """Write a module."""
    least, most = module.memory
    memory = bytes([0]) + unsigned(least) if most is None else bytes([1]) + unsigned(least) + unsigned(most)
    sections = {
        TYPES: module.types,
        IMPORTS: vector([_name(one.module) + _name(one.name) + bytes([one.kind]) + one.what for one in module.imports]),
        FUNCTIONS: vector([unsigned(index) for index in module.functions]),
        TABLES: vector(module.tables),
        MEMORIES: vector([memory]),
        TAGS: module.tags,
        GLOBALS: vector([bytes([one.type, one.is_mutable]) + one.value for one in module.globals]),
        EXPORTS: vector([_name(one.name) + bytes([one.kind]) + unsigned(one.index) for one in module.exports]),
        ELEMENTS: vector(
            [b"\0" + const_i32(one.offset) + vector([unsigned(at) for at in one.functions]) for one in module.elements]
        ),
        CODE: vector([sized(body) for body in module.code]),
        DATA: vector([b"\0" + const_i32(one.offset) + sized(one.content) for one in module.data]),
    }
    return HEADER + b"".join(bytes([number]) + sized(sections[number]) for number in ORDER if sections[number])


def _each(reader: Reader) -> Iterable[Reader]:
    for _ in range(reader.unsigned()):
        yield reader


def _name(text: str) -> bytes:
    return sized(text.encode())


def _read_import(reader: Reader) -> Import:
    module, name, kind = reader.name(), reader.name(), reader.byte()
    start = reader.at
    if kind == FUNCTION:
        reader.unsigned()
    elif kind == TABLE:
        reader.byte()
        reader.limits()
    elif kind == MEMORY:
        reader.limits()
    elif kind == GLOBAL:
        reader.take(2)
    else:
        reader.byte()
        reader.unsigned()
    return Import(module, name, kind, reader.content[start : reader.at])


def _read_memory(reader: Reader) -> tuple[int, int | None]:
    if reader.unsigned() != 1:
        raise WasmError("the module does not define exactly one memory")
    flags = reader.byte()
    return reader.unsigned(), reader.unsigned() if flags & 1 else None


def _read_element(reader: Reader) -> Element:
    flags = reader.unsigned()
    if flags not in (0, 2) or (flags == 2 and reader.unsigned() != 0):
        raise WasmError(f"a table's content is written in a way that is not known here (flags {flags})")
    offset = _offset(reader)
    if flags == 2 and reader.byte() != 0:
        raise WasmError("a table's content is not of functions")
    return Element(offset, [it.unsigned() for it in _each(reader)])


def _read_segment(reader: Reader) -> Segment:
    if reader.unsigned() != 0:
        raise WasmError("the memory's content is not laid down at the start")
    offset = _offset(reader)
    return Segment(offset, reader.take(reader.unsigned()))


def _offset(reader: Reader) -> int:
    expression = Reader(reader.constant())
    if expression.byte() != CONST_I32:
        raise WasmError("an offset is not a number")
    return expression.signed() % 2**32
