"""Takes barcodes out of what Python barcode readers give.

A result is recognised by its attributes, so no reader is imported. Names of symbologies stay the reader's own, values
are not judged: the core does both.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import ScanError

Json = Any


def read_barcodes(decoded: object) -> list[dict[str, Json]]:
    """Return the barcodes in what a reader gave for one frame or image.

    Args:
        decoded: one result or several: of zxing-cpp (``read_barcodes``), of pyzbar (``decode``), or mappings with
            ``format`` and ``text`` or ``bytes``.

    Raises:
        ScanError: a result that is none of these; names its type.
    """
    if decoded is None:
        return []
    results = decoded if isinstance(decoded, Iterable) and not _is_one(decoded) else [decoded]
    return [found for index, result in enumerate(results) if (found := _read(result, index)) is not None]


def _is_one(decoded: object) -> bool:
    # pyzbar's result is a named tuple, and so iterable.
    return isinstance(decoded, Mapping | str | bytes) or hasattr(decoded, "type")


def _read(result: Any, index: int) -> dict[str, Json] | None:
    if isinstance(result, Mapping):
        return _found(result.get("format"), result.get("text"), result.get("bytes"), result.get("identifier"))
    if hasattr(result, "symbology_identifier") and hasattr(result, "valid"):  # zxing-cpp
        if not result.valid:
            return None  # a place in the picture that could not be decoded
        name = getattr(result.format, "name", None) or str(result.format)
        return _found(name, result.text, result.bytes, result.symbology_identifier)
    if hasattr(result, "type") and hasattr(result, "data"):  # pyzbar
        return _found(result.type, None, result.data, None)
    raise ScanError(
        f"Result {index} of the reader is a {type(result).__name__}, which no supported reader gives; "
        "hand over the reader's own result, or a mapping with format and text or bytes."
    )


def _found(name: object, text: object, raw: object, identifier: object) -> dict[str, Json]:
    if isinstance(raw, bytes | bytearray | memoryview):
        # Some give no bytes where there is nothing but text.
        raw = base64.b64encode(raw).decode() if len(raw) or not text else None
    given = {"format": name, "text": text, "bytes": raw, "identifier": identifier or None}
    return {key: value for key, value in given.items() if value is not None}
