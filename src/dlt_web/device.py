"""Device UUIDs and the other random names of the protocol, made from bytes that the caller drew.

The core draws no randomness itself (architecture: time and random bytes are arguments), so that a memory image or a
test never repeats a name by accident.
"""

from __future__ import annotations

import re

_SEED = re.compile(r"[0-9a-f]{32}")
_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
UUID_BYTES = 16
# 2**128 over the golden ratio, made odd: multiples of it lie far from each other.
_MULTIPLIER = 0x9E3779B97F4A7C15F39CC0605CEDC835
MIN_RANDOM_BYTES = 64


def uuid4_from(random_bytes: bytes) -> str:
    """Return the version 4 UUID (RFC 9562) of 16 random bytes, in lower case."""
    if len(random_bytes) != UUID_BYTES:
        raise ValueError(f"a UUID is made from {UUID_BYTES} bytes, got {len(random_bytes)}")
    octets = bytearray(random_bytes)
    octets[6] = octets[6] & 0x0F | 0x40
    octets[8] = octets[8] & 0x3F | 0x80
    digits = octets.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def uuid4_of(name: str) -> str:
    """Return the version 4 UUID that a name stands for, always the same; it is as random as the name is."""
    octets, value = name.encode(), 0
    for first in range(0, len(octets), 8):
        value = (value * _MULTIPLIER + int.from_bytes(octets[first : first + 8])) % 2**128
    return uuid4_from(value.to_bytes(UUID_BYTES))


def seed_from(text: object) -> bytes | None:
    """Return the 16 random bytes that 32 lower-case hexadecimal digits say; None if it is no such text."""
    is_seed = isinstance(text, str) and _SEED.fullmatch(text) is not None
    return bytes.fromhex(text) if is_seed else None  # type: ignore[arg-type]


def is_uuid4(text: object) -> bool:
    """Tell whether a value is a lower-case version 4 UUID text."""
    return isinstance(text, str) and _UUID4.fullmatch(text) is not None


class Entropy:
    """Deals out the random bytes that came with one input.

    The first blocks of 16 are given as they are. Should a decision need more (a move of many reports to a new
    stream), further blocks count up from the last one: still names that nobody else has, for things that need no
    secrecy.
    """

    def __init__(self, random_bytes: bytes) -> None:
        if len(random_bytes) < MIN_RANDOM_BYTES:
            raise ValueError(f"expected at least {MIN_RANDOM_BYTES} random bytes, got {len(random_bytes)}")
        self._bytes = random_bytes
        self._taken = 0
        self._beyond = 0

    def uuid4(self) -> str:
        """Return a fresh random UUID."""
        return uuid4_from(self._block())

    def fraction(self) -> float:
        """Return a number from 0 up to, not including, 1; for jitter."""
        return int.from_bytes(self._block()[:6]) / 2**48

    def _block(self) -> bytes:
        block = self._bytes[self._taken : self._taken + UUID_BYTES]
        if len(block) == UUID_BYTES:
            self._taken += UUID_BYTES
            return block
        self._beyond += 1
        last = int.from_bytes(self._bytes[-UUID_BYTES:])
        return ((last + self._beyond * _MULTIPLIER) % 2**128).to_bytes(UUID_BYTES)
