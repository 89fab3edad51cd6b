"""The heap of a picture: dlmalloc's chunks, one after the other, and what in them is dead."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .encoding import WasmError

# A chunk begins with the size of the one before, if that is free, and its own size. Sizes are multiples of 8, so the
# lowest bits say whether the one before and the chunk itself are in use.
_HEAD = struct.Struct("<II")
_PREVIOUS_IN_USE, _IN_USE, _FLAGS = 1, 2, 7
_LEAST_BYTES = 16
# A free chunk begins with up to eight words with which the allocator finds it: its head, its neighbours in a list, its
# place in a tree.
_BOOKKEEPING_BYTES = 32


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of the heap; ``size`` counts its head, too."""

    at: int
    size: int
    is_free: bool


def chunks(memory: bytes | bytearray, start: int) -> Iterator[Chunk]:
    """Walk the heap. Its last chunk is free: what was never used.

    Raises:
        WasmError: this is not a heap of dlmalloc's: a chunk does not fit the one before.
    """
    at, free_bytes = start, 0
    while at + _HEAD.size <= len(memory):
        previous_size, word = _HEAD.unpack_from(memory, at)
        size = word & ~_FLAGS
        if free_bytes and not word & _IN_USE:
            return  # Two free chunks are never neighbours: this only marks the end.
        is_after_free = not word & _PREVIOUS_IN_USE
        if size < _LEAST_BYTES or is_after_free != bool(free_bytes) or (free_bytes and free_bytes != previous_size):
            break
        free_bytes = 0 if word & _IN_USE else size
        yield Chunk(at, size, bool(free_bytes))
        at += size
    raise WasmError(f"the heap that begins at {start} makes no sense at {at}")


def without_dead_chunks(memory: bytes, start: int) -> bytes:
    """Give a memory with zeros where its heap is free.

    Args:
        memory: all of it.
        start: where the heap begins.

    Raises:
        WasmError: this is not a heap of dlmalloc's.
    """
    cleared = bytearray(memory)
    for one in chunks(memory, start):
        if one.is_free and one.size > _BOOKKEEPING_BYTES:
            cleared[one.at + _BOOKKEEPING_BYTES : one.at + one.size] = bytes(one.size - _BOOKKEEPING_BYTES)
    return bytes(cleared)
