"""Reads and writes the WebAssembly binary format, as far as baking needs it; instructions stay bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from .encoding import CONST_I32, Reader, WasmError, const_i32, memory_limits, sized, unsigned, vector

HEADER: Final = b"\0asm\1\0\0\0"
TYPES, IMPORTS, FUNCTIONS, TABLES, MEMORIES, GLOBALS, EXPORTS, START, ELEMENTS, CODE, DATA = range(1, 12)
TAGS: Final = 13
# What is written, in the order that the format asks for. Names, links and other custom sections are left out.
ORDER: Final = (TYPES, IMPORTS, FUNCTIONS, TABLES, MEMORIES, TAGS, GLOBALS, EXPORTS, ELEMENTS, CODE, DATA)
FUNCTION, TABLE, MEMORY, GLOBAL, TAG = range(5)


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
    """A module with one memory of its own, or with none.

    ``types``, ``tables`` (one each) and ``tags`` stay as the format writes them.
    """

    types: bytes = b"\0"
    imports: list[Import] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    tables: list[bytes] = field(default_factory=list)
    memory: tuple[int, int | None] | None = (0, None)
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
    sections = {
        TYPES: module.types,
        IMPORTS: vector([_name(one.module) + _name(one.name) + bytes([one.kind]) + one.what for one in module.imports]),
        FUNCTIONS: vector([unsigned(index) for index in module.functions]),
        TABLES: vector(module.tables),
        MEMORIES: vector([memory_limits(module.memory)]) if module.memory else b"",
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
