"""``dlt-web explain-scan``: which barcode a reader's result is, and by which rules.

Reads the JSON of a result as a page would read the result itself (``reader_shapes``), and judges it as the tracker does
(``symbology``).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from .errors import OptionError, ScanError
from .messages import Json
from .reader_shapes import CONTAINERS, SHAPES, Shape
from .reading_log import explain_readings

_MISSING: Any = object()
_KINDS: Mapping[str, Any] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    # JSON has none.
    "function": lambda value: False,
    "object": lambda value: isinstance(value, dict | list),
    "list": lambda value: isinstance(value, list),
    "any": lambda value: value is not _MISSING,
}


def explain_json(text: str) -> list[Json]:
    """Return for each barcode in a reader's result what :func:`~dlt_web.reading_log.explain_readings` says of it.

    Args:
        text: JSON of what a reader gave: one result, a list of them, or what holds them.

    Returns:
        Also with ``reader``, the reader whose shape it is.

    Raises:
        OptionError: the text is no JSON.
        ScanError: a shape that no supported reader has, or a result that is no barcode.
    """
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OptionError(
            "A reader's result is needed as JSON, such as an object with format and text, or a format and a text "
            f"in its place; the JSON could not be read: {error}."
        ) from error
    found = [read for index, result in enumerate(_list_of(decoded)) if (read := _read(result, index)) is not None]
    explained = explain_readings([barcode for _reader, barcode in found])
    return [{"reader": reader, **told} for (reader, _barcode), told in zip(found, explained, strict=True)]


def as_words(explained: list[Json]) -> str:
    """Return explanations for people: a paragraph for each barcode."""
    return "\n\n".join(_paragraph(told) for told in explained) or "There is no barcode in it."


def _paragraph(told: Json) -> str:
    key = told["key"] if told["key"] is not None and told["key"].isprintable() else f"0x{told['keyHex']}"
    rows = {
        "reader": told["reader"],
        "its format": told["format"],
        "symbology": told["symbology"],
        "identity": told["identity"],
        "key": key,
        "rules": ", ".join(told["rules"]) or "none",
        "rules version": told["rulesVersion"],
    }
    rows |= {"flags": ", ".join(told["flags"])} if told["flags"] else {}
    return "\n".join(f"{name:<14} {value}" for name, value in rows.items())


def _list_of(decoded: Json) -> list[Json]:
    if isinstance(decoded, list):
        return decoded
    for container in CONTAINERS:
        held = _at(decoded, container.path)
        if container.kind == "list" and isinstance(held, list):
            return held
        if container.kind == "object" and (held is None or isinstance(held, dict)):
            return [] if held is None else [held]
    return [decoded]


def _read(result: Json, index: int) -> tuple[str, dict[str, Any]] | None:
    for shape in SHAPES:
        if all(_KINDS[kind](_at(result, path)) for path, kind in shape.needs.items()):
            if shape.is_barcode_if is not None and _at(result, shape.is_barcode_if) in (False, None, _MISSING):
                return None
            return shape.reader, _found(result, shape)
    raise ScanError(
        f"Result {index} of the reader has a shape that is not known: {_seen(result)}. "
        "Give the JSON of the reader's own result, or a format and a text."
    )


def _found(result: Json, shape: Shape) -> dict[str, Any]:
    texts = [text for path in shape.text if (text := _at(result, path)) is not None and text is not _MISSING]
    raw = None if shape.bytes is None else _bytes_of(_at(result, shape.bytes))
    name = _at(result, shape.format)
    if isinstance(name, int) and 0 <= name < len(shape.formats):
        name = shape.formats[name]
    found = {
        "format": None if name is _MISSING else name,
        "text": texts[0] if texts else None,
        # Some give an empty array where there is nothing but text.
        "bytes": None if raw == "" and texts and texts[0] else raw,
        "identifier": None if shape.identifier is None else _at(result, shape.identifier),
    }
    return {name: value for name, value in found.items() if value is not _MISSING and value is not None}


def _bytes_of(given: Json) -> Json:
    """Return a byte array in base64; JSON writes one as a list or as an object with its indexes. Others stay."""
    if isinstance(given, dict) and all(index in given for index in map(str, range(len(given)))):
        given = [given[str(index)] for index in range(len(given))]
    if isinstance(given, list) and all(isinstance(byte, int) and -128 <= byte <= 255 for byte in given):
        return base64.b64encode(bytes(byte & 255 for byte in given)).decode()
    return given


def _at(value: Json, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step, _MISSING) if isinstance(value, dict) else _MISSING
    return value


def _seen(result: Json) -> str:
    if isinstance(result, dict):
        return f"an object with {', '.join(list(result)[:12])}" if result else "an object without fields"
    kinds = {str: "string", bool: "boolean", int: "number", float: "number", list: "list", type(None): "null"}
    return kinds[type(result)]
