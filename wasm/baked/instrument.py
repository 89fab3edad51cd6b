"""A module that notes which of its functions run."""

from __future__ import annotations

from dataclasses import replace

from .binary import FUNCTION, Module
from .encoding import CONST_I32, signed
from .instructions import start_of_instructions

_STORE_BYTE = b"\x3a\0\0"


def instrumented(module: Module, notes: int) -> Module:
    """Let each function begin with a note.

    Args:
        module: what to watch.
        notes: address of as many bytes as the module has functions of its own, which nothing else uses; a byte becomes
            1 when its function runs.
    """
    return replace(module, code=[_noting(body, notes + at) for at, body in enumerate(module.code)])


def _noting(body: bytes, address: int) -> bytes:
    start = start_of_instructions(body)
    note = bytes([CONST_I32]) + signed(address) + bytes([CONST_I32, 1]) + _STORE_BYTE
    return body[:start] + note + body[start:]


def noted(module: Module, notes: bytes) -> list[int]:
    """Give the numbers of the functions that ran."""
    imported = len(module.imported(FUNCTION))
    return [imported + at for at, note in enumerate(notes) if note]
