"""What in a picture's heap is dead: told by the allocator's own books, and only by them."""

from __future__ import annotations

import struct

import pytest

from wasm.baked.encoding import WasmError
from wasm.baked.heap import Chunk, chunks, without_dead_chunks

START = 64


def heap(*sizes: int) -> bytes:
    """A memory with a heap of chunks; a negative size is that of a free one. Each is full of letters."""
    memory = bytearray(START)
    free_bytes = 0
    for size in sizes:
        head = abs(size) | (0 if free_bytes else 1) | (2 if size > 0 else 0)
        memory += struct.pack("<II", free_bytes, head) + b"x" * (abs(size) - 8)
        free_bytes = -size if size < 0 else 0
    return bytes(memory + struct.pack("<II", 0, 40) + bytes(64))


def test_chunks_are_walked_to_the_end():
    assert list(chunks(heap(24, -64, 16, -128), START)) == [
        Chunk(64, 24, False),
        Chunk(88, 64, True),
        Chunk(152, 16, False),
        Chunk(168, 128, True),
    ]


def test_what_is_free_is_cleared_but_for_what_the_allocator_notes_there():
    before = heap(24, -64, 16, -128)
    after = without_dead_chunks(before, START)
    assert after[88 + 32 : 152] == bytes(32)
    assert after[168 + 32 : 296] == bytes(96)
    for first, end in ((0, 88 + 32), (152, 168 + 32), (296, len(before))):
        assert after[first:end] == before[first:end]


def test_a_small_free_chunk_is_all_notes():
    before = heap(24, -24, 16, -32)
    assert without_dead_chunks(before, START) == before


@pytest.mark.parametrize(
    ("broken_at", "word"),
    [
        pytest.param(64 + 4, 0, id="no size"),
        pytest.param(64 + 4, 2**31 | 3, id="beyond the memory"),
        pytest.param(152, 63, id="another size of the free one before"),
        pytest.param(152 + 4, 16 | 3, id="the one before is said to be in use"),
        pytest.param(88 + 4, 64 | 2, id="the one before is said to be free"),
    ],
)
def test_what_is_no_heap_is_refused(broken_at: int, word: int):
    memory = bytearray(heap(24, -64, 16, -128))
    memory[broken_at : broken_at + 4] = struct.pack("<I", word)
    with pytest.raises(WasmError, match="the heap that begins at 64 makes no sense at"):
        without_dead_chunks(bytes(memory), START)


def test_a_heap_that_ends_in_use_is_refused():
    with pytest.raises(WasmError, match="makes no sense"):
        list(chunks(heap(24, 32)[: START + 56], START))
