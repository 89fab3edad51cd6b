"""The types of a module's functions."""

from __future__ import annotations

from dataclasses import dataclass

from .encoding import Reader, WasmError

_FUNCTION_TYPE = 0x60
_REFERENCES_TO = (0x63, 0x64)


@dataclass(frozen=True, slots=True)
class FunctionType:
    """What a function takes and gives, each as the format writes it."""

    parameters: tuple[bytes, ...]
    results: tuple[bytes, ...]


def function_types(section: bytes) -> list[FunctionType]:
    """Read the section of types.

    Raises:
        WasmError: there are types of another kind.
    """
    reader = Reader(section)
    types: list[FunctionType] = []
    for number in range(reader.unsigned()):
        if reader.byte() != _FUNCTION_TYPE:
            raise WasmError(f"the type {number} is not that of a function")
        types.append(FunctionType(_value_types(reader), _value_types(reader)))
    return types


def _value_types(reader: Reader) -> tuple[bytes, ...]:
    found: list[bytes] = []
    for _ in range(reader.unsigned()):
        start = reader.at
        if reader.byte() in _REFERENCES_TO:
            reader.signed()
        found.append(reader.content[start : reader.at])
    return tuple(found)
