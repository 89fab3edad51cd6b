"""Finds a text in bytes even when it was encoded or hashed first.

A barcode's text must not leave the browser (spec §11). A test scans barcodes whose texts exist nowhere else, canaries,
and searches all that left for every form in which one could hide.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s")
# A part of a base64 text shorter than this is found by chance in random tokens.
_MIN_NEEDLE_BYTES = 6


@dataclass(frozen=True, slots=True)
class Leak:
    """A canary that was found.

    Attributes:
        canary: the text.
        form: how it was disguised, e.g. ``base64`` or ``sha256 hex``.
        where: name of the searched thing.
    """

    canary: str
    form: str
    where: str


def find_leaks(canaries: Iterable[str], things: Iterable[tuple[str, bytes]]) -> list[Leak]:
    """Search named byte strings for canaries in all forms; an empty list means that none was found.

    Args:
        canaries: at least 8 characters each; shorter ones would be found by chance.
        things: pairs of a name, for the answer, and the bytes to search.

    Raises:
        ValueError: a canary is too short.
    """
    needles = [(canary, form, needle) for canary in canaries for form, needle in disguises(canary)]
    return [
        Leak(canary, form, where)
        for where, haystack in things
        for lowered in (haystack.lower(),)
        for canary, form, needle in needles
        if needle in (lowered if form in _ANY_CASE else haystack)
    ]


def find_form(leak: Leak, haystack: bytes) -> tuple[int, int] | None:
    """Return where a canary of a leak's form begins and ends in bytes; None where they do not hold it.

    Raises:
        ValueError: the canary is too short.
    """
    needle = next(needle for form, needle in disguises(leak.canary) if form == leak.form)
    at = (haystack.lower() if leak.form in _ANY_CASE else haystack).find(needle)
    return None if at < 0 else (at, at + len(needle))


# These spell the same thing in capitals and small letters; they are kept in small ones and compared so.
_ANY_CASE = frozenset(
    {"raw", "hex", "url", "form", "url, every byte", "json \\u"} | {f"{name} hex" for name in _HASHES}
)


def disguises(canary: str) -> Iterator[tuple[str, bytes]]:
    """Yield every form of a text that is searched for, each with its name.

    Raises:
        ValueError: the text is too short.
    """
    if len(canary) < 8:
        raise ValueError(f"A canary needs at least 8 characters, this one has {len(canary)}.")
    data = canary.encode()
    yield "raw", data.lower()
    yield "utf-16", canary.encode("utf-16-le")
    yield "utf-16 big-endian", canary.encode("utf-16-be")
    yield "reversed", data[::-1]
    yield "hex", data.hex().encode()
    yield "url", quote(canary, safe="").lower().encode()
    yield "form", quote_plus(canary).lower().encode()
    yield "url, every byte", "".join(f"%{byte:02x}" for byte in data).encode()
    yield "json \\u", "".join(f"\\u{ord(char):04x}" for char in canary).encode()
    yield from _base64_forms("base64", data)
    yield from _base64_forms("base64 of utf-16", canary.encode("utf-16-le"))
    for name in _HASHES:
        digest = hashlib.new(name, data, usedforsecurity=False).digest()
        # A cut digest still tells two values apart, so its first half counts as found.
        yield f"{name} hex", digest.hex()[: len(digest)].encode()
        yield f"{name} raw", digest[: len(digest) // 2]
        yield f"{name} base64", base64.b64encode(digest)[: len(digest) // 2]
        yield f"{name} base64url", base64.urlsafe_b64encode(digest)[: len(digest) // 2]


def _base64_forms(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what base64 shows of a text that begins at each of the three places in a group of three bytes."""
    for offset in range(3):
        # The letters that also depend on the neighbours are cut off at both ends.
        first = -(-offset * 4 // 3)
        last = (offset + len(data)) * 4 // 3
        for kind, encode in (("", base64.b64encode), ("url", base64.urlsafe_b64encode)):
            needle = encode(b"\0" * offset + data)[first:last]
            if len(needle) >= _MIN_NEEDLE_BYTES:
                yield f"{name}{kind}, offset {offset}", needle
