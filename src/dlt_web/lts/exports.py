"""Exports as text in pieces, JSON lines or CSV: whoever writes them out holds one page at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from ..slots import format_time
from .records import Device
from .usage_reads import ItemUsage, Span, UsageView
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


def export_usage(usage: UsageView | ItemUsage, span: Span) -> Iterator[str]:
    """Yield usage as CSV: scans per period and symbology of a handshake code, or per period and code of an item.

    Without periods there is one, the asked time; a side on which it is open is empty.
    """
    if isinstance(usage, UsageView):
        name, total = "symbology", usage.by_symbology
        periods = [(row.start_ms, row.end_ms, row.by_symbology) for row in usage.rows]
    else:
        name, total = "handshakeCode", {share.handshake_code: share.scans for share in usage.shares}
        periods = [(row.start_ms, row.end_ms, row.by_code) for row in usage.rows]
    yield csv_text([("start", "end", name, "scans")])
    if span.by == "total":
        yield csv_text([(_time(span.from_ms), _time(span.to_ms), *pair) for pair in total.items()])
    for start_ms, end_ms, counts in periods:
        yield csv_text([(_time(start_ms), _time(end_ms), *pair) for pair in counts.items()])


def _time(wall_ms: int | None) -> str | None:
    return None if wall_ms is None else format_time(wall_ms)
