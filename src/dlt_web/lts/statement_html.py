"""A statement as one HTML page for paper: no script, nothing from elsewhere. Made of its JSON and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

Json = dict[str, Any]
Cell = str | int

# The tokens of the light theme; on paper the page's ground is the paper's.
STYLE = """
:root { --page: #F5F4EF; --surface: #FFFFFF; --line: #DAD7CC; --ink: #16181D; --muted: #4F555F; --accent: #2446C6;
  --pencil: #61666F; color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font-variant-numeric: tabular-nums;
  font: 14px/20px -apple-system, "Segoe UI", Roboto, "Liberation Sans", system-ui, sans-serif; }
main { max-width: 820px; margin: 24px auto; padding: 32px; background: var(--surface); border: 1px solid var(--line);
  border-radius: 12px; }
header { margin-bottom: 24px; }
h1 { margin: 0; font-size: 28px; line-height: 34px; font-weight: 650; }
h2 { margin: 32px 0 8px; font-size: 16px; line-height: 24px; font-weight: 650; }
h3 { margin: 16px 0 4px; font: 600 13px/18px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono",
  monospace; overflow-wrap: anywhere; }
p { margin: 0 0 8px; }
.customer { font-size: 20px; line-height: 28px; font-weight: 600; overflow-wrap: anywhere; }
.hint { color: var(--muted); font-size: 12px; line-height: 16px; }
.sum { font-size: 28px; line-height: 34px; font-weight: 600; color: var(--accent); margin: 16px 0 0; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 4px 8px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--muted); font-size: 12px; line-height: 16px; font-weight: 500; }
td.long { overflow-wrap: anywhere; min-width: 12ch; }
td.number, th.number { text-align: right; white-space: nowrap; }
tr.strong td { font-weight: 600; border-bottom: 2px solid var(--ink); }
tr.pencil td { color: var(--pencil); border-bottom-style: dashed; }
footer { margin-top: 32px; padding-top: 8px; border-top: 1px solid var(--line); }
@media (max-width: 600px) { main { margin: 0; padding: 16px; border: 0; border-radius: 0; } }
@page { size: A4; margin: 16mm 14mm; }
@media print {
  body, main { background: none; }
  main { margin: 0; padding: 0; border: 0; max-width: none; }
  .wide { overflow: visible; }
  thead { display: table-header-group; }
  tr, h3 { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .sum { color: var(--ink); }
}
"""

# Longer texts are broken wherever they must, so that a long code leaves room for the numbers beside it.
LONG_CELL = 24
CHARGE_WAYS = {"per_scan": "per scan", "per_device": "per device", "concurrent_device": "per concurrent device"}


def statement_html(said: Json) -> str:
    """Return a statement's page."""
    title = f"Usage statement {said['month']}"
    parts = [
        f"<header><h1>{escape(title)}</h1>{_customer(said)}{_headline(said)}</header>",
        _items(said["items"]),
        *_usage(said["usage"]),
        _late(said["late"]),
        _credits(said["credits"]),
        _totals(said["totals"]),
        _footer(said),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}: {escape(said['customer'])}</title>\n<style>{STYLE}</style>\n</head>\n"
        "<body>\n<main>\n" + "\n".join(part for part in parts if part) + "\n</main>\n</body>\n</html>\n"
    )


def style_hash(page: str) -> str:
    """Return the hash by which a policy allows a page's style alone; the page may be of an earlier version."""
    # A customer's name comes before it, escaped.
    style = page.partition("<style>")[2].partition("</style>")[0]
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _customer(said: Json) -> str:
    return (
        f'<p class="customer">{escape(said["customer"])}</p>'
        f"<p>From {_moment(said['localStart'])} until {_moment(said['localEnd'])}, {escape(said['timeZone'])}</p>"
    )


def _headline(said: Json) -> str:
    """Return the number of scans to be charged; none for a customer who pays for devices alone."""
    if all(item["chargeWay"] != "per_scan" for item in said["items"]):
        return ""
    net = _number(said["totals"]["netChargedScans"])
    return f'<p class="sum">{net}</p><p class="hint">charged scans, late ones and credits included</p>'


def _items(items: Sequence[Json]) -> str:
    rows = [
        _row(item["licenseId"], item["product"], CHARGE_WAYS[item["chargeWay"]], item["quota"], item["chargedScans"],
             item["devices"]["peak"], item["devices"]["atEnd"])
        for item in items
    ]  # fmt: skip
    head = ["License item", "Product", "Charged", "Quota", "Charged scans", "Devices at most", "At the end"]
    return _section("License items", head, 3, rows, "Nothing was used of any license item.")


def _usage(usage: Sequence[Json]) -> Iterable[str]:
    yield "<h2>Usage by handshake code</h2>"
    if not usage:
        yield "<p>No handshake code belonged to this customer in this time.</p>"
    for line in usage:
        rows = [_row(name, count) for name, count in line["bySymbology"].items()]
        rows += [_row("All scans", line["scans"], style="strong")]
        rows += [_row(f"Charged to {name}", count) for name, count in line["charged"].items()]
        rows += [_row("Concurrent devices at most", line["peakConcurrentDevices"])]
        for name, devices in line["devices"].items():
            rows += [_row(f"Devices at {name} at most", devices["peak"])]
            rows += [_row(f"Devices at {name} at the end", devices["atEnd"])]
        rows += [_row("Unverified scans, not charged", line["unverifiedScans"], style="pencil")]
        rows += [
            _row(f"Lost on devices ({name}), not charged", count, style="pencil")
            for name, count in line["lost"].items()
        ]
        span = f"{_moment(line['start'])} until {_moment(line['end'])}"
        yield f'<h3>{escape(line["handshakeCode"])}</h3><p class="hint">{span}, UTC</p>'
        yield _table(["Counted", "Number"], 1, rows)


def _late(late: Sequence[Json]) -> str:
    rows = []
    for line in late:
        charged = sum(line["charged"].values())
        rows.append(_row(line["month"], line["handshakeCode"], line["scans"], charged, line["unverifiedScans"]))
    head = ["Used in", "Handshake code", "Scans", "Charged", "Unverified"]
    return _section("Late usage of earlier months", head, 2, rows, "None came.")


def _credits(booked: Sequence[Json]) -> str:
    rows = [
        _row(credit["number"], credit["month"] or "", credit["handshakeCode"], credit["reason"], credit["unit"],
             -credit["quantity"])
        for credit in booked
    ]  # fmt: skip
    return _section("Credits", ["No.", "For", "Handshake code", "Reason", "Unit", "Number"], 5, rows, "None.")


def _totals(totals: Json) -> str:
    rows = [
        _row("Scans in the month", totals["scans"]),
        _row("Late scans of earlier months", totals["lateScans"]),
        _row("Charged scans in the month", totals["chargedScans"]),
        _row("Late charged scans of earlier months", totals["lateChargedScans"]),
        _row("Credited scans", -totals["creditedScans"]),
        _row("Charged scans, net", totals["netChargedScans"], style="strong"),
        _row("Concurrent devices of all codes at most", totals["peakConcurrentDevices"]),
    ]
    if totals["creditedDevices"]:
        rows.append(_row("Credited devices", -totals["creditedDevices"]))
    return _section("Totals", ["", "Number"], 1, rows, "")


def _footer(said: Json) -> str:
    notes = [
        f"Frozen at {_moment(said['frozenAt'])}, UTC, in store {escape(said['storeEpoch'])}. This statement never "
        "changes: usage of this month that comes later is a line of the next one.",
        "A device counts from its first authorization until it is removed or released; a concurrent one until it was "
        "quiet for three minutes. Numbers of devices of several codes do not add up, as each may be at its most at "
        "another time; with the license items, and in the totals, they are counted at once, by slots of three minutes.",
    ]
    if said["devicesFollowedFrom"] is not None:
        notes.append(f"Numbers of devices are known from {_moment(said['devicesFollowedFrom'])}, UTC, on.")
    return "<footer>" + "".join(f'<p class="hint">{note}</p>' for note in notes) + "</footer>"


def _section(title: str, head: Sequence[str], first_number: int, rows: Sequence[str], empty: str) -> str:
    body = _table(head, first_number, rows) if rows else f"<p>{escape(empty)}</p>"
    return f"<h2>{escape(title)}</h2>\n{body}"


def _table(head: Sequence[str], first_number: int, rows: Sequence[str]) -> str:
    """Return a table; its columns from ``first_number`` on hold numbers."""
    cells = "".join(
        f'<th scope="col"{_class(["number"] if place >= first_number else [])}>{escape(name)}</th>'
        for place, name in enumerate(head)
    )
    body = "\n".join(rows)
    return f'<div class="wide"><table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def _row(*cells: Cell, style: str = "") -> str:
    shown = "".join(
        f'<td class="number">{_number(cell)}</td>'
        if isinstance(cell, int)
        else f"<td{_class(['long'] if len(cell) > LONG_CELL else [])}>{escape(cell)}</td>"
        for cell in cells
    )
    return f"<tr{_class([style] if style else [])}>{shown}</tr>"


def _class(names: Sequence[str]) -> str:
    return f' class="{" ".join(names)}"' if names else ""


def _number(value: int) -> str:
    """Return a number with thin spaces between thousands, and a minus sign that is as wide as a digit."""
    return f"{value:,}".replace(",", "\u202f").replace("-", "\u2212")


def _moment(text: str) -> str:
    moment = re.sub(r"([+-]\d\d:\d\d)$", r" \1", text.replace("T", " ").removesuffix("Z"))
    return f"<time>{escape(moment)}</time>"
