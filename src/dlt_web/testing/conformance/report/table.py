"""A report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ..outcome import Outcome, Report
from .words import grouped, reasons, summary, word

_GAP = "  "


def as_table(report: Report) -> str:
    """Return a line for each check and a column for each browser, then why some failed or were not tested."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    width = max(len(row.title) for row in report.rows)
    shown = {row.id: [_loud(word(report.cell(column, row))) for column in report.columns] for row in report.rows}
    widths = [
        max(len(column.version), len("not tested"), *(len(words[place]) for words in shown.values()))
        for place, column in enumerate(report.columns)
    ]
    heads = [column.version.ljust(size) for column, size in zip(report.columns, widths, strict=True)]
    yield _GAP.join(["".ljust(width), *heads]).rstrip()
    for title, rows in grouped(report):
        yield ""
        yield title
        for row in rows:
            padded = [said.ljust(size) for said, size in zip(shown[row.id], widths, strict=True)]
            yield _GAP.join([row.title.ljust(width), *padded]).rstrip()
    headings: tuple[tuple[str, Outcome], ...] = (("Failed", "failed"), ("Not tested", "not tested"))
    for heading, outcome in headings:
        if told := reasons(report, outcome):
            yield ""
            yield f"{heading}:"
            for reason, where in told.items():
                yield f"  {', '.join(where)}"
                yield f"    {reason}"
    yield ""
    yield f"{summary(report)}; counted by {report.counted_by}."


def _loud(said: str) -> str:
    return said.upper() if said == "failed" else said
