"""What is compared of a barcode's payload: the rules that make two readers' answers to one printed symbol equal.

The rules are a table, :data:`REWRITES`, applied in its order. A page that journals digests before Python is up has a
copy of it (``wasm/symbology_table.py``), since two readings can be compared in a journal only if they were one before
the digest. Each rule was needed by readers that were measured (docs/readers.md names them); none guesses: where a
reader left something out for good, the rule takes it from the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

# Raised whenever a rule changes which readings are one barcode: a disputed count names the rules it was made by.
RULES_VERSION = 3

# AIM identifiers (ISO/IEC 15424) that say "GS1 data": the text may then carry parentheses for people.
GS1_IDENTIFIERS = ("]C1", "]e0", "]d2", "]Q3", "]J1")
GS1_SYMBOLOGIES = ("databar", "databar_limited", "databar_expanded")
# Those that say "full ASCII": pairs such as `+A` were read as one character.
FULL_ASCII_IDENTIFIERS = ("]A4", "]A5", "]A7")


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One step from the payload that a reader gave to the one that is compared.

    It is applied to a reading that any of ``symbologies``, ``names`` and ``identifiers`` fits; none at all stands for
    every reading.

    Attributes:
        id: its name, for whoever asks why two readings are one barcode.
        symbologies: canonical names.
        names: readers' names, written without case, prefix and punctuation.
        identifiers: AIM identifiers.
        is_for_text: it is for what readers give as text only, not for bytes.
        pattern: regular expression over the payload, in which a character stands for a byte, and which says the same to
            Python and to JavaScript; each match is replaced.
        how: one of :data:`WAYS`.
        parts: what takes a match's place by way of ``parts``: groups by number, 0 being the whole, and texts.
        digit_count: as many digits has what takes its place at least; zeros come before it.
    """

    id: str
    pattern: str
    parts: tuple[int | str, ...] = ()
    symbologies: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    is_for_text: bool = False
    how: str = "parts"
    digit_count: int = 0


def _upc_e(pattern: str, *parts: int | str) -> Rewrite:
    return Rewrite("upc_e_expanded", rf"^{pattern}(?![\s\S])", parts, ("upc_e",), digit_count=13)


# In this order. The end of the payload is written `(?![\s\S])`, since Python's `$` also stands before a last newline.
REWRITES = (
    # The two or five digits beside a retail symbol are a symbol of their own, which most readers leave out.
    Rewrite("add_on_left_out", r"^([0-9]{8,13}) (?:[0-9]{2}|[0-9]{5})(?![\s\S])", (1,), ("ean_13", "ean_8", "upc_e")),
    # An ISBN of ten digits is printed as the EAN-13 that begins with 978.
    Rewrite("isbn_10_as_13", r"^([0-9]{9})[0-9Xx](?![\s\S])", names=("isbn10",), how="isbn_13"),
    # A UPC-E of 8 digits is a UPC-A with its zeros left out (GS1 General Specifications §5.2.2.4); its last but one
    # tells where they were.
    _upc_e(r"([0-9]{3})([0-9]{3})([0-2])([0-9])", 1, 3, "0000", 2, 4),
    _upc_e(r"([0-9]{4})([0-9]{2})3([0-9])", 1, "00000", 2, 3),
    _upc_e(r"([0-9]{5})([0-9])4([0-9])", 1, "00000", 2, 3),
    _upc_e(r"([0-9]{6})([5-9][0-9])", 1, "0000", 2),
    # UPC-A is the EAN-13 whose first digit is 0 (§5.2.2).
    Rewrite("gtin_13", r"^[0-9]{1,12}(?![\s\S])", (0,), ("ean_13",), digit_count=13),
    Rewrite("gtin_13", r"^[0-9]{11,12}(?![\s\S])", (0,), ("upc_e",), digit_count=13),
    # Parentheses around application identifiers are for people.
    Rewrite(
        "gs1_without_parentheses",
        r"\(([0-9]{2,4})\)",
        (1,),
        GS1_SYMBOLOGIES,
        identifiers=GS1_IDENTIFIERS,
        is_for_text=True,
    ),
    # The application identifier of a GTIN, which some readers put in front of what cannot be anything else.
    Rewrite("databar_without_ai", r"^01([\s\S]{14})(?![\s\S])", (1,), ("databar", "databar_limited")),
    # The letters at a Codabar's ends frame it, and half of the readers leave them out.
    Rewrite("codabar_without_frame", r"^[A-ENTa-ent*]([0-9$:/.+-]+)[A-ENTa-ent*](?![\s\S])", (1,), ("codabar",)),
    # Readers that read pairs as one character say so; what the pairs were follows from the character. Never the other
    # way, for "+A" may be meant. What a page has journalled in a text's place is no text.
    Rewrite(
        "code_39_pairs",
        r"^(?!#[0-9a-f]{32}(?![\s\S]))[\s\S]+",
        names=("code39ext", "code39extended", "code39full"),
        identifiers=FULL_ASCII_IDENTIFIERS,
        how="code_39_pairs",
    ),
    # An Italian pharmacode is six characters of Code 39, which stand for nine digits.
    Rewrite("code_32_as_code_39", r"^A?([0-9]{9})(?![\s\S])", names=("code32", "code32reader"), how="code_32"),
    # FNC1 is said as GS by some readers and left out by others; where there is nothing else, it stays.
    Rewrite("separators_left_out", r"^\x1d+(?=[^\x1d])|([^\x1d])\x1d+", (1,)),
)

_CODE_32_DIGITS = b"0123456789BCDFGHJKLMNPQRSTUVWXYZ"


def _pairs() -> dict[int, bytes]:
    """Say what Code 39 prints for each character of ASCII (ISO/IEC 16388, annex A)."""
    plain = b" -.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    ranges = [("$", 1, 26), ("%", 27, 5), ("/", 33, 12), ("%F", 59, 5), ("%K", 91, 5), ("+", 97, 26), ("%P", 123, 5)]
    pairs = {byte: bytes([byte]) for byte in plain} | {0: b"%U", 47: b"/O", 58: b"/Z", 64: b"%V", 96: b"%W"}
    for shift, first, count in ranges:
        start = ord(shift[1:] or "A")
        pairs |= {first + at: bytes([ord(shift[0]), start + at]) for at in range(count) if first + at not in pairs}
    return pairs


CODE_39_PAIRS = _pairs()


def _by_pairs(_rewrite: Rewrite, match: re.Match[bytes]) -> bytes:
    return b"".join(CODE_39_PAIRS.get(byte, bytes([byte])) for byte in match[0])


def _by_code_32(_rewrite: Rewrite, match: re.Match[bytes]) -> bytes:
    number, digits = int(match[1]), []
    for _ in range(6):
        number, digit = divmod(number, 32)
        digits.append(_CODE_32_DIGITS[digit])
    return bytes(reversed(digits))


def _by_isbn_13(_rewrite: Rewrite, match: re.Match[bytes]) -> bytes:
    digits = b"978" + match[1]
    weighed = sum((digit - 48) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return digits + b"%d" % (-weighed % 10)


def _by_parts(rewrite: Rewrite, match: re.Match[bytes]) -> bytes:
    parts = (part.encode() if isinstance(part, str) else match[part] or b"" for part in rewrite.parts)
    return b"".join(parts).rjust(rewrite.digit_count, b"0")


WAYS: Mapping[str, Callable[[Rewrite, re.Match[bytes]], bytes]] = {
    "parts": _by_parts,
    "code_39_pairs": _by_pairs,
    "code_32": _by_code_32,
    "isbn_13": _by_isbn_13,
}


def _compiled(rewrite: Rewrite) -> Callable[[bytes], bytes]:
    """Return what applies a rule to a payload; where it finds no match, no function of Python's is called."""
    return partial(re.compile(rewrite.pattern.encode()).sub, partial(WAYS[rewrite.how], rewrite))


_COMPILED = [(rewrite, _compiled(rewrite)) for rewrite in REWRITES]
# What some rule asks for; all else that a reading may say is the same to the rules.
_SYMBOLOGIES = frozenset(symbology for rewrite in REWRITES for symbology in rewrite.symbologies)
_NAMES = frozenset(name for rewrite in REWRITES for name in rewrite.names)
_IDENTIFIERS = frozenset(identifier for rewrite in REWRITES for identifier in rewrite.identifiers)


def comparable(
    payload: bytes, symbology: str, name: str, identifier: object, *, is_text: bool
) -> tuple[bytes, tuple[str, ...]]:
    """Return what is compared of a payload, and the ids of the rules that changed it.

    Args:
        payload: as the reader gave it, not empty.
        symbology: canonical name.
        name: the reader's name for it, without case, prefix and punctuation.
        identifier: AIM identifier, as the reader gave it; anything else fits no rule.
        is_text: the payload was given as text.
    """
    changed: tuple[str, ...] = ()
    meant = _meant_for(
        symbology if symbology in _SYMBOLOGIES else "",
        name if name in _NAMES else "",
        identifier if isinstance(identifier, str) and identifier in _IDENTIFIERS else "",
    )
    for rewrite, rewritten in meant:
        if is_text or not rewrite.is_for_text:
            before, payload = payload, rewritten(payload)
            if payload != before:
                changed = (*changed, rewrite.id)
    return payload, changed


@cache
def _meant_for(symbology: str, name: str, identifier: str) -> list[tuple[Rewrite, Callable[[bytes], bytes]]]:
    """Return the rules for a reading, in their order, each with what applies it to a payload.

    Each argument is one that a rule asks for, or empty: so there are few readings, and each is looked up once.
    """
    return [one for one in _COMPILED if _fits(one[0], symbology, name, identifier)]


def _fits(rewrite: Rewrite, symbology: str, name: str, identifier: str) -> bool:
    if symbology in rewrite.symbologies or name in rewrite.names or identifier in rewrite.identifiers:
        return True
    return not (rewrite.symbologies or rewrite.names or rewrite.identifiers)
