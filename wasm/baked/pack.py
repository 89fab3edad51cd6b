"""The first file for hosts that compress nothing: compressed in itself, in a way that every browser can undo.

Browsers offer scripts gzip, not Brotli, and gzip sees little in memory full of addresses: of each four bytes the upper
ones hardly differ from those before, but lie among the lower ones, which do. So blocks in which it helps are laid down
with all their first bytes, then all their second ones, and so on; where records lie one after the other, with all
first bytes of those.
"""

from __future__ import annotations

import struct
import zlib

from wasm.squeeze.squeeze import gzip

# As web/worker/packed.js has it.
BLOCK_BYTES = 4096
# Sizes of an address and of common records; 1 leaves a block as it is.
STRIDES = (1, 4, 8, 16, 24, 32)
# What another order has to win, since it also costs the blocks around.
LEAST_GAIN_BYTES = 8


def pack(content: bytes) -> bytes:
    """Compress; what comes out is read by ``unpack()`` of ``web/worker/packed.js``."""
    blocks = [content[at : at + BLOCK_BYTES] for at in range(0, len(content), BLOCK_BYTES)]
    strides = [min(STRIDES, key=lambda stride: _cost(block, stride)) for block in blocks]
    parted = [_parted(block, stride) for block, stride in zip(blocks, strides, strict=True)]
    return gzip(struct.pack("<I", len(content)) + bytes(strides) + b"".join(parted))


def _parted(block: bytes, stride: int) -> bytes:
    return b"".join(block[at::stride] for at in range(stride))


def _cost(block: bytes, stride: int) -> int:
    return len(zlib.compress(_parted(block, stride), 9)) + (LEAST_GAIN_BYTES if stride > 1 else 0)
