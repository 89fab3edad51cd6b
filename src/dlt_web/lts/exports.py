"""Exports as text in pieces, JSON lines or CSV: whoever writes them out holds one page at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from .records import Device
from .views import device_json

ExportFormat = Literal["jsonl", "csv"]
MEDIA_TYPES: dict[ExportFormat, str] = {"jsonl": "application/jsonl", "csv": "text/csv"}

DEVICE_COLUMNS = (
    "handshakeCode",
    "deviceUuid",
    "licenseId",
    "firstSeen",
    "lastSeen",
    "removalTime",
    "storage",
    "partitioned",
    "friendlyName",
    "seated",
    "unseated",
    "cloned",
    "scans",
)

# Spreadsheets take a cell that begins so for a formula, and friendly names come from whoever holds a device.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def export_devices(pages: Iterable[Sequence[Device]], form: ExportFormat) -> Iterator[str]:
    """Yield an export of devices, one piece a page; CSV begins with a line of column names."""
    if form == "csv":
        yield csv_text([DEVICE_COLUMNS])
        for page in pages:
            rows = [device_json(device) for device in page]
            yield csv_text([[row[name] for name in DEVICE_COLUMNS] for row in rows])
        return
    for page in pages:
        yield "".join(json.dumps(device_json(device)) + "\n" for device in page)


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV (RFC 4180); true and false as such, nothing for what is not known.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    out = io.StringIO()
    csv.writer(out).writerows([[_cell(value) for value in row] for row in rows])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
