"""Canonical symbologies, and what makes two readings of one printed symbol the same barcode.

Readers disagree on names and on payloads (UPC-A with 12 or 13 digits, GS1 with or without parentheses). Everything
that is counted goes through :func:`read_barcode` first, so one symbol read by two readers is one barcode.

The rules of payloads are a table, :data:`REWRITES`. A page that journals digests before Python is up has a copy of it
(``wasm/symbology_table.py``), since two readings can be compared in a journal only if they were one before the digest.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ScanError
from .model import Barcode

# Raised whenever a rule below changes which readings are one barcode: a disputed count names the rules it was made by.
RULES_VERSION = 2
# The largest symbol in the field (a full QR code or Han Xin code) holds under 8 kB; what is far beyond is no barcode.
MAX_PAYLOAD_BYTES = 65_536
MAX_SYMBOLOGY_LENGTH = 64
UNKNOWN = "unknown"

# canonical name → other names in use, written as readers do but without case, prefix and punctuation.
_ALIASES = {
    "ean_13": "ean13 upca isbn isbn13 isbn10 ean13upca jan13",
    "upc_e": "upce",
    "ean_8": "ean8",
    "code_128": "code128 gs1128",
    "code_39": "code39 code39std code39ext code39extended code39full code32 code39vin pzn pzn7 pzn8 code32reader",
    "code_93": "code93 code93i",
    "itf": "itf itf14 i2of5 i25 interleaved2of5 interleavedtwooffive",
    "codabar": "codabar nw7",
    "databar": (
        "databar databaromni databarstk databarstkomni databaromnidirectional databarstacked databarstackedomni "
        "databarstackedomnidirectional databartruncated rss14 gs1databar gs1databaromnidirectional "
        "gs1databartruncated gs1databarstacked gs1databarstackedomnidirectional"
    ),
    "databar_limited": "databarlimited databarltd databarlim rsslimited gs1databarlimited",
    "databar_expanded": (
        "databarexpanded databarexp databarexpstk databarexpandedstacked rssexpanded gs1databarexpanded "
        "gs1databarexpandedstacked"
    ),
    "qr_code": "qr qrcode qrcodemodel1 qrcodemodel2",
    "micro_qr_code": "microqr microqrcode",
    "rm_qr_code": "rmqr rmqrcode",
    "data_matrix": "datamatrix",
    "pdf417": "pdf417 compactpdf417",
    "micro_pdf417": "micropdf417",
    "aztec": "aztec azteccode aztecrune",
    "maxicode": "maxicode",
    "telepen": "telepen telepenalpha telepennumeric",
    "dx_film_edge": "dxfilmedge",
    "msi": "msi msicode msiplessey",
    "code_11": "code11",
    "pharmacode": "pharmacode",
    "dotcode": "dotcode",
}
_CANONICAL = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
# A name that is written as one of these already needs no look at its letters.
_AS_WRITTEN = _CANONICAL | {name: name for name in _ALIASES}
PREFIXES = ("bf", "zbar")

# AIM identifiers (ISO/IEC 15424) that say "GS1 data": the text may then carry parentheses for people.
GS1_IDENTIFIERS = ("]C1", "]e0", "]d2", "]Q3", "]J1")
GS1_SYMBOLOGIES = ("databar", "databar_limited", "databar_expanded")
# What JSON makes comes first: it is told without a look at the abstract class.
_OBJECTS = (dict, Mapping)
_NOT_SNAKE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One step from the payload that a reader gave to the one that is compared.

    Attributes:
        symbologies: canonical names of those that it is for; none stands for all.
        is_for_gs1_text: it is for the texts of GS1 data only, not for bytes.
        pattern: regular expression over the payload, in which a character stands for a byte, and which says the same to
            Python and to JavaScript; each match is replaced.
        parts: what takes its place: groups by number, 0 being the whole, and texts.
        digit_count: as many digits does a match have at least; zeros come before it.
    """

    symbologies: tuple[str, ...]
    is_for_gs1_text: bool
    pattern: str
    parts: tuple[int | str, ...]
    digit_count: int = 0


def _upc_e(pattern: str, *parts: int | str) -> Rewrite:
    return Rewrite(("upc_e",), False, rf"^{pattern}(?![\s\S])", parts, 13)


# In this order. The end of the payload is written `(?![\s\S])`, since Python's `$` also stands before a last newline.
REWRITES = (
    # UPC-A is the EAN-13 whose first digit is 0 (GS1 General Specifications §5.2.2).
    Rewrite(("ean_13",), False, r"^[0-9]+(?![\s\S])", (0,), 13),
    # A UPC-E of 8 digits is a UPC-A with its zeros left out (§5.2.2.4); its last but one tells where they were.
    _upc_e(r"([0-9]{3})([0-9]{3})([0-2])([0-9])", 1, 3, "0000", 2, 4),
    _upc_e(r"([0-9]{4})([0-9]{2})3([0-9])", 1, "00000", 2, 3),
    _upc_e(r"([0-9]{5})([0-9])4([0-9])", 1, "00000", 2, 3),
    _upc_e(r"([0-9]{6})([5-9][0-9])", 1, "0000", 2),
    # Parentheses around application identifiers are for people.
    Rewrite((), True, r"\(([0-9]{2,4})\)", (1,)),
    # The application identifier of a GTIN, which some readers put in front of what cannot be anything else.
    Rewrite(("databar", "databar_limited"), False, r"^01([\s\S]{14})(?![\s\S])", (1,)),
    # FNC1 is said as GS by some readers and left out by others; where there is nothing else, it stays.
    Rewrite((), False, r"^\x1d+(?=[^\x1d])|([^\x1d])\x1d+", (1,)),
)
_COMPILED = [(rewrite, re.compile(rewrite.pattern.encode())) for rewrite in REWRITES]
# By canonical symbology, those that may be for it; a name that is not known has those that are for all.
_FOR_ALL = [one for one in _COMPILED if not one[0].symbologies]
_FOR_SYMBOLOGY = {
    name: [one for one in _COMPILED if not one[0].symbologies or name in one[0].symbologies] for name in _ALIASES
}


def canonical_name(reader_name: str) -> str:
    """Return the canonical symbology of a reader's name for it.

    A name that the table does not know is kept, lower-cased and in snake_case, so that nothing is dropped.
    """
    lowered = reader_name.lower()
    if lowered in _AS_WRITTEN:
        return _AS_WRITTEN[lowered]
    squashed = _NOT_SNAKE.sub("", lowered)
    if squashed in _CANONICAL:
        return _CANONICAL[squashed]
    for prefix in PREFIXES:
        candidate = squashed.removeprefix(prefix)
        if candidate in _CANONICAL:
            return _CANONICAL[candidate]
    return _NOT_SNAKE.sub("_", lowered).strip("_")[:MAX_SYMBOLOGY_LENGTH].rstrip("_") or UNKNOWN


def aliases_of(canonical: str) -> tuple[str, ...]:
    """Return the names of a known symbology, as readers write them but without case, prefix and punctuation."""
    return tuple(_ALIASES[canonical].split())


def is_known(canonical: str) -> bool:
    """Tell whether the table has this canonical symbology."""
    return canonical in _ALIASES


def read_barcode(found: object, index: int = 0) -> Barcode:
    """Return the barcode that a reader found.

    Args:
        found: mapping with ``format`` (a reader's name for the symbology), ``text`` (str) or ``bytes`` (base64 text),
            and perhaps ``identifier`` (AIM symbology identifier such as ``]E0``).
        index: its place in the reader's results, for the error.

    Raises:
        ScanError: names what is missing or wrong; never quotes the barcode's text.
    """
    if not isinstance(found, _OBJECTS):
        raise ScanError(f"Result {index} of the reader is no object with format and text or bytes.")
    name = found.get("format")
    if not isinstance(name, str) or not name.strip():
        raise ScanError(f"Result {index} of the reader has no format: a name such as qr_code is needed.")
    identifier = found.get("identifier")
    symbology = canonical_name(name)
    payload = _payload(found, index)
    is_gs1 = symbology in GS1_SYMBOLOGIES or identifier in GS1_IDENTIFIERS
    return Barcode(symbology, _key(symbology, payload, is_gs1_text=is_gs1 and found.get("bytes") is None))


def _payload(found: Mapping[Any, Any], index: int) -> bytes:
    raw, text = found.get("bytes"), found.get("text")
    if raw is not None:
        payload = _decode_base64(raw, index)
    elif isinstance(text, str):
        # Lone surrogates are no UTF-8, but a reader that gives them gives the same ones for the same symbol.
        payload = text.encode("utf-8", "surrogatepass")
    elif text is None:
        raise ScanError(f"Result {index} of the reader has neither text nor bytes.")
    else:
        raise ScanError(f"Result {index} of the reader has a text that is no string.")
    if not payload:
        raise ScanError(f"Result {index} of the reader is empty: a barcode holds at least one character.")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ScanError(
            f"Result {index} of the reader holds {len(payload)} bytes; a barcode holds at most {MAX_PAYLOAD_BYTES}."
        )
    return payload


def _decode_base64(raw: object, index: int) -> bytes:
    try:
        if isinstance(raw, str):
            return b64decode(raw, validate=True)
    except ValueError:
        pass
    raise ScanError(f"Result {index} of the reader has bytes that are no byte array.")


def _key(symbology: str, payload: bytes, *, is_gs1_text: bool) -> bytes:
    for rewrite, pattern in _FOR_SYMBOLOGY.get(symbology, _FOR_ALL):
        if is_gs1_text or not rewrite.is_for_gs1_text:
            payload = pattern.sub(lambda match, rewrite=rewrite: _replaced(match, rewrite), payload)  # type: ignore[misc]
    return payload


def _replaced(match: re.Match[bytes], rewrite: Rewrite) -> bytes:
    parts = (part.encode() if isinstance(part, str) else match[part] or b"" for part in rewrite.parts)
    return b"".join(parts).rjust(rewrite.digit_count, b"0")
