"""A report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ..outcome import Report
from .words import grouped, reasons, summary

_WORDS = {"passed": "passed", "failed": "FAILED", "not tested": "not tested"}
_GAP = "  "


def as_table(report: Report) -> str:
    """Return a line for each check and a column for each browser, then why some failed or were not tested."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    width = max(len(row.title) for row in report.rows)
    widths = [max(len("not tested"), len(column.version)) for column in report.columns]
    heads = [column.version.ljust(size) for column, size in zip(report.columns, widths, strict=True)]
    yield _GAP.join(["".ljust(width), *heads]).rstrip()
    for title, rows in grouped(report):
        yield ""
        yield title
        for row in rows:
            words = [_WORDS[report.cell(column, row).outcome] for column in report.columns]
            padded = [word.ljust(size) for word, size in zip(words, widths, strict=True)]
            yield _GAP.join([row.title.ljust(width), *padded]).rstrip()
    for heading, outcome in (("Failed", "failed"), ("Not tested", "not tested")):
        if told := reasons(report, outcome):
            yield ""
            yield f"{heading}:"
            for reason, where in told.items():
                yield f"  {', '.join(where)}"
                yield f"    {reason}"
    yield ""
    yield f"{summary(report)}; counted by {report.counted_by}."
