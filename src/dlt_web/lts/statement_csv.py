"""A statement as CSV: one line for each number. Made of the statement's JSON and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .exports import csv_text

# What it is a line of; of which month; what it counts, of what (a symbology, a license item, …), how many, and why.
COLUMNS = ("customer", "statement", "section", "month", "handshakeCode", "measure", "name", "count", "note")

Json = dict[str, Any]
Line = tuple[str, str | None, str, str, str, int, str]


def statement_csv(said: Json) -> str:
    """Return a statement's CSV (RFC 4180)."""
    lines = [*_usage(said), *_late(said), *_credits(said), *_totals(said)]
    return csv_text([COLUMNS, *((said["customer"], said["month"], *line) for line in lines)])


def _usage(said: Json) -> Iterator[Line]:
    for line in said["usage"]:
        code, note = line["handshakeCode"], f"{line['start']} to {line['end']}"
        for measure, name, count in _counts(line):
            yield "usage", said["month"], code, measure, name, count, note
        yield "usage", said["month"], code, "peakConcurrentDevices", "", line["peakConcurrentDevices"], note
        for name, devices in line["devices"].items():
            yield "usage", said["month"], code, "peakDevices", name, devices["peak"], note
            yield "usage", said["month"], code, "devicesAtEnd", name, devices["atEnd"], note


def _late(said: Json) -> Iterator[Line]:
    for line in said["late"]:
        for measure, name, count in _counts(line):
            yield "late", line["month"], line["handshakeCode"], measure, name, count, "came after its month was frozen"


def _counts(line: Json) -> Iterator[tuple[str, str, int]]:
    yield "scans", "", line["scans"]
    for name, count in line["bySymbology"].items():
        yield "scansOfSymbology", name, count
    for name, count in line["charged"].items():
        yield "chargedScans", name, count
    yield "unverifiedScans", "", line["unverifiedScans"]
    for name, count in line["lost"].items():
        yield "lostScans", name, count


def _credits(said: Json) -> Iterator[Line]:
    for credit in said["credits"]:
        note = f"{credit['bookedAt']}: {credit['reason']}"
        yield "credit", credit["month"], credit["handshakeCode"], credit["unit"], "", -credit["quantity"], note


def _totals(said: Json) -> Iterator[Line]:
    for item in said["items"]:
        note = f"{item['chargeWay']}, quota {item['quota']}"
        yield "item", said["month"], "", "chargedScans", item["licenseId"], item["chargedScans"], note
        yield "item", said["month"], "", "peakDevices", item["licenseId"], item["devices"]["peak"], note
        yield "item", said["month"], "", "devicesAtEnd", item["licenseId"], item["devices"]["atEnd"], note
    for name, count in said["totals"].items():
        yield "total", said["month"], "", name, "", count, ""
