"""Reports at the license server: what it does with each, and what it has counted after each request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlt_web.lts.booking import book
from dlt_web.lts.records import Stream, StreamKey
from dlt_web.model import ReportResult, UsageReport
from dlt_web.slots import SLOT_MS, total_of

from .canvas import LINE, WIDTH, Canvas, scans

_KEY = StreamKey("200001-demo", "device", "stream", is_verified=True)
# All of a vector's slots lie in the past of this receipt, within the year that is booked as it is.
_NOW_MS = 1000 * SLOT_MS
_ROW = 34


@dataclass(frozen=True)
class Sent:
    """One report of one request.

    Attributes:
        report: as it was sent.
        result: what the server answered to it.
        counted: the server's scans after it.
    """

    report: UsageReport
    result: ReportResult
    counted: int


def deliver(vector: Mapping[str, Any]) -> list[list[Sent]]:
    """Run the server's own booking on a vector's requests of one stream, and give what came of each report."""
    stream: Stream | None = None
    counted, answered = 0, []
    for request in vector["requests"]:
        request_sent = []
        for entry in request["reports"]:
            report = UsageReport(entry["id"], entry["seq"], entry["version"], entry["slotIndex"], entry["counts"], {})
            booked = book(_KEY, stream, [report], now_ms=_NOW_MS, sent_at_ms=_NOW_MS)
            stream = booked.stream
            counted += sum(total_of(addition.counts) for addition in booked.additions)
            request_sent.append(Sent(report, booked.results[0], counted))
        answered.append(request_sent)
    return answered


def draw(title: str, vectors: Sequence[Mapping[str, Any]]) -> str:
    """Return a picture with the requests of each vector, one row a report."""
    canvas = Canvas()
    canvas.y = LINE
    descriptions = []
    for vector in vectors:
        heading = vector["name"][0].upper() + vector["name"][1:]
        canvas.text(16, canvas.y + 8, heading, "ink strong")
        canvas.y += 22
        requests = deliver(vector)
        for at, sent in enumerate(requests):
            _request(canvas, at + 1, sent)
        canvas.y += 16
        said = "; ".join(f"request {at + 1}: {', '.join(map(_told, sent))}" for at, sent in enumerate(requests))
        descriptions.append(f"{heading}: {said}.")
    return canvas.drawn(title, " ".join(descriptions))


def _told(sent: Sent) -> str:
    return f"{_report_words(sent.report)} {sent.result.outcome}, {scans(sent.counted)} counted"


def _report_words(report: UsageReport) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in sorted(report.counts.items()))
    return f"report {report.seq} version {report.version} ({counts})"


def _request(canvas: Canvas, number: int, sent: Sequence[Sent]) -> None:
    canvas.mark("rect", x=16, y=canvas.y, width=WIDTH - 32, height=_ROW * len(sent) - 4, rx=8, classes="card")
    canvas.text(28, canvas.y + 20, f"{number}.", "soft small")
    for one in sent:
        canvas.text(48, canvas.y + 20, f"report {one.report.seq}, version {one.report.version}", "ink small")
        counts = ", ".join(f"{name} {count}" for name, count in sorted(one.report.counts.items()))
        canvas.text(176, canvas.y + 20, counts, "soft small")
        is_accepted = one.result.outcome == "accepted"
        look = "counted" if is_accepted else "refused" if one.result.outcome == "rejected" else "seen"
        canvas.mark("circle", cx=346, cy=canvas.y + 15, r=7, classes=look)
        canvas.text(360, canvas.y + 20, one.result.outcome, "ink small" if is_accepted else "pencil small")
        canvas.text(WIDTH - 28, canvas.y + 20, f"{scans(one.counted)} in all", "ink small", "end")
        canvas.y += _ROW
    canvas.y += 4
