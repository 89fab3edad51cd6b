"""Canonical symbologies, and what makes two readings of one printed symbol the same barcode.

Readers disagree on names and on payloads (UPC-A with 12 or 13 digits, GS1 with or without parentheses). Everything
that is counted goes through :func:`read_barcode` first, so one symbol read by two readers is one barcode.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from .errors import ScanError
from .model import Barcode

# Raised whenever a rule below changes which readings are one barcode: a disputed count names the rules it was made by.
RULES_VERSION = 1
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
_PREFIXES = ("bf", "zbar")

_RETAIL = frozenset({"ean_13", "upc_e", "ean_8"})
# AIM identifiers (ISO/IEC 15424) that say "GS1 data": the text may then carry parentheses for people.
_GS1_IDENTIFIERS = frozenset({"]C1", "]e0", "]d2", "]Q3", "]J1"})
_GS1_SYMBOLOGIES = frozenset({"databar", "databar_limited", "databar_expanded"})
_GROUP_SEPARATOR = b"\x1d"
_PARENTHESES = re.compile(r"\((\d{2,4})\)")
_NOT_SNAKE = re.compile(r"[^a-z0-9]+")


def canonical_name(reader_name: str) -> str:
    """Return the canonical symbology of a reader's name for it.

    A name that the table does not know is kept, lower-cased and in snake_case, so that nothing is dropped.
    """
    squashed = _NOT_SNAKE.sub("", reader_name.lower())
    for candidate in (squashed, *(squashed.removeprefix(prefix) for prefix in _PREFIXES)):
        if candidate in _CANONICAL:
            return _CANONICAL[candidate]
    return _NOT_SNAKE.sub("_", reader_name.lower()).strip("_")[:MAX_SYMBOLOGY_LENGTH].rstrip("_") or UNKNOWN


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
    if not isinstance(found, Mapping):
        raise ScanError(f"Result {index} of the reader is no object with format and text or bytes.")
    name = found.get("format")
    if not isinstance(name, str) or not name.strip():
        raise ScanError(f"Result {index} of the reader has no format: a name such as qr_code is needed.")
    identifier = found.get("identifier")
    symbology = canonical_name(name)
    payload = _payload(found, index)
    is_gs1 = symbology in _GS1_SYMBOLOGIES or (isinstance(identifier, str) and identifier in _GS1_IDENTIFIERS)
    return Barcode(symbology, _key(symbology, payload, is_gs1=is_gs1, is_text=found.get("bytes") is None))


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


def _key(symbology: str, payload: bytes, *, is_gs1: bool, is_text: bool) -> bytes:
    if symbology in _RETAIL and payload.isdigit():
        return _retail_key(symbology, payload)
    if is_gs1 and is_text:
        payload = _PARENTHESES.sub(r"\1", payload.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")
    if symbology in {"databar", "databar_limited"} and len(payload) == 16 and payload.startswith(b"01"):
        return payload[2:]
    # FNC1 is said as GS by some readers and left out by others.
    return payload.replace(_GROUP_SEPARATOR, b"") or payload


def _retail_key(symbology: str, digits: bytes) -> bytes:
    if symbology == "ean_13":
        return digits.rjust(13, b"0")
    if symbology == "upc_e" and len(digits) == 8:
        return _expand_upc_e(digits).rjust(13, b"0")
    return digits


def _expand_upc_e(digits: bytes) -> bytes:
    """Return the UPC-A digits that an 8-digit UPC-E stands for (GS1 General Specifications §5.2.2.4)."""
    system, body, check = digits[:1], digits[1:7], digits[7:]
    last = body[5:6]
    if last in b"012":
        middle = body[:2] + last + b"0000" + body[2:5]
    elif last == b"3":
        middle = body[:3] + b"00000" + body[3:5]
    elif last == b"4":
        middle = body[:4] + b"00000" + body[4:5]
    else:
        middle = body[:5] + b"0000" + last
    return system + middle + check
