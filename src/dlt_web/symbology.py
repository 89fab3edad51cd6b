"""Canonical symbologies, and what makes two readings of one printed symbol the same barcode.

Readers disagree on names and on payloads (UPC-A with 12 or 13 digits, GS1 with or without parentheses). Everything
that is counted goes through :func:`read_barcode` first, so one symbol read by two readers is one barcode. The rules of
payloads are a table of their own (``payload_rules.py``).
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from .errors import ScanError
from .model import Barcode, frozen
from .payload_rules import comparable

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
# A name that is written as one of these already needs no look at its letters → as the table writes it, and canonically.
_AS_WRITTEN = {name: (name.replace("_", ""), name) for name in _ALIASES}
_AS_WRITTEN |= {alias: (alias, name) for alias, name in _CANONICAL.items()}
PREFIXES = ("bf", "zbar")

# A reader that expands a UPC-E on its own calls it the EAN-13 that it stands for, and none can tell which was printed.
_FAMILIES = {"upc_e": "ean_13"}
# What JSON makes comes first: it is told without a look at the abstract class.
_OBJECTS = (dict, Mapping)
_NOT_SNAKE = re.compile(r"[^a-z0-9]+")
# What stands where a reader could not decode: different symbols may then read alike.
_REPLACEMENT = "\ufffd"
_REPLACEMENT_BYTES = _REPLACEMENT.encode()


@frozen
class Reading:
    """A barcode as a reader gave it, and how it came to be the one that is compared.

    Attributes:
        barcode: what is counted.
        identity: what two readings of one printed symbol have in common, and two different barcodes have not: what is
            compared. As a tuple, it is found among others without a call of Python's.
        rules: ids of the payload's rules that changed something, in their order.
        flags: ``unknown_symbology`` (kept under the reader's own name), ``lossy`` (the reader could not decode all of
            the text, so different symbols may be one barcode).
    """

    barcode: Barcode
    identity: tuple[str, bytes]
    rules: tuple[str, ...]
    flags: tuple[str, ...]


def canonical_name(reader_name: str) -> str:
    """Return the canonical symbology of a reader's name for it.

    A name that the table does not know is kept, lower-cased and in snake_case, so that nothing is dropped.
    """
    return _named(reader_name)[1]


def _named(reader_name: str) -> tuple[str, str]:
    """Return a name as the table writes it, without a prefix where it knows what is left, and the canonical one."""
    lowered = reader_name.lower()
    if lowered in _AS_WRITTEN:
        return _AS_WRITTEN[lowered]
    squashed = _NOT_SNAKE.sub("", lowered)
    if squashed in _CANONICAL:
        return squashed, _CANONICAL[squashed]
    for prefix in PREFIXES:
        candidate = squashed.removeprefix(prefix)
        if candidate in _CANONICAL:
            return candidate, _CANONICAL[candidate]
    return squashed, _NOT_SNAKE.sub("_", lowered).strip("_")[:MAX_SYMBOLOGY_LENGTH].rstrip("_") or UNKNOWN


def aliases_of(canonical: str) -> tuple[str, ...]:
    """Return the names of a known symbology, as readers write them but without case, prefix and punctuation."""
    return tuple(_ALIASES[canonical].split())


def is_known(canonical: str) -> bool:
    """Tell whether the table has this canonical symbology."""
    return canonical in _ALIASES


def read_barcode(found: object, index: int = 0) -> Barcode:
    """Return the barcode that a reader found; see :func:`read`."""
    return read(found, index).barcode


def read(found: object, index: int = 0) -> Reading:
    """Return the barcode that a reader found, and by which rules.

    Args:
        found: mapping with ``format`` (a reader's name for the symbology), ``text`` (str) or ``bytes`` (base64 text) or
            both, and perhaps ``identifier`` (AIM symbology identifier such as ``]E0``).
        index: its place in the reader's results, for the error.

    Raises:
        ScanError: names what is missing or wrong; never quotes the barcode's text.
    """
    if not isinstance(found, _OBJECTS):
        raise ScanError(f"Result {index} of the reader is no object with format and text or bytes.")
    name = found.get("format")
    if not isinstance(name, str) or not name.strip():
        raise ScanError(f"Result {index} of the reader has no format: a name such as qr_code is needed.")
    alias, symbology = _named(name)
    payload, is_text = _payload(found, index)
    key, rules = comparable(payload, symbology, alias, found.get("identifier"), is_text=is_text)
    identity = (_FAMILIES.get(symbology, symbology), key)
    return Reading(Barcode(symbology, key), identity, rules, _flags(symbology, payload, is_text=is_text))


def _flags(symbology: str, payload: bytes, *, is_text: bool) -> tuple[str, ...]:
    unknown = () if symbology in _ALIASES else ("unknown_symbology",)
    return (*unknown, "lossy") if is_text and _REPLACEMENT_BYTES in payload else unknown


def _payload(found: Mapping[Any, Any], index: int) -> tuple[bytes, bool]:
    """Return the payload, and whether it was given as text."""
    raw, text = found.get("bytes"), found.get("text")
    if raw is not None:
        payload, is_text = _of_bytes(_decode_base64(raw, index), text)
    elif isinstance(text, str):
        # Lone surrogates are no UTF-8, but a reader that gives them gives the same ones for the same symbol.
        payload, is_text = text.encode("utf-8", "surrogatepass"), True
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
    return payload, is_text


def _of_bytes(raw: bytes, text: object) -> tuple[bytes, bool]:
    """Return the payload of a reader that gives bytes, as one that gives text alone would have given it.

    Bytes of ASCII are the same to all. For others the reader knows the character set, unless it says that it does not;
    without one they are UTF-8 where they can be, else Latin-1, as QR codes have it.
    """
    if raw.isascii():
        return raw, False
    if isinstance(text, str) and _is_faithful(text, raw):
        return text.encode("utf-8", "surrogatepass"), True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1").encode(), False
    return raw, False


def _is_faithful(text: str, raw: bytes) -> bool:
    """Tell whether a reader's text says all that its bytes say: some write what is no text as ``<U+80>``."""
    return not text.isascii() and _REPLACEMENT not in text and text.count("<") == raw.count(b"<")


def _decode_base64(raw: object, index: int) -> bytes:
    try:
        if isinstance(raw, str):
            return b64decode(raw, validate=True)
    except ValueError:
        pass
    raise ScanError(f"Result {index} of the reader has bytes that are no byte array.")
