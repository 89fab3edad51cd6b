"""The table of a page in Markdown, written by a run between two marks."""

from __future__ import annotations

from collections.abc import Iterator

from ..outcome import Report
from .words import as_sentence, grouped, word

BEGIN = "<!-- matrix: written by a run -->"
END = "<!-- end of the matrix -->"


class MatrixPageError(Exception):
    """The page has no place for the matrix; the message says what to put there."""


def as_matrix(report: Report) -> str:
    """Return the table, and below it why some cells were not tested."""
    return "\n".join(_lines(report))


def replace_matrix(page: str, report: Report) -> str:
    """Return a page with this run's table in place of an earlier one.

    Raises:
        MatrixPageError: the page lacks the two marks.
    """
    before, after = see_that_it_has_a_place(page)
    return f"{before}{BEGIN}\n{as_matrix(report)}\n{END}{after}"


def see_that_it_has_a_place(page: str) -> tuple[str, str]:
    """Return what stands in a page before the matrix and behind it.

    Raises:
        MatrixPageError: the page lacks the two marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise MatrixPageError(f"The page has no place for the matrix: put {BEGIN} and {END} into it.")
    return before, after


def _lines(report: Report) -> Iterator[str]:
    notes: dict[str, int] = {}
    yield f"Written by a run of dlt-web {report.version} on {report.began:%Y-%m-%d}."
    yield ""
    yield f"| check | {' | '.join(column.version for column in report.columns)} |"
    yield f"|---|{'---|' * len(report.columns)}"
    for title, rows in grouped(report):
        yield f"| **{title}** |{' |' * len(report.columns)}"
        for row in rows:
            words = []
            for column in report.columns:
                cell = report.cell(column, row)
                note = ""
                why = cell.untested if cell.outcome == "passed" else cell.reason
                if cell.outcome != "passed" or cell.untested:
                    note = f" [{notes.setdefault(why, len(notes) + 1)}]"
                elif cell.reason and row.group in ("device", "frame", "scan"):
                    note = f" ({cell.reason})"
                words.append(("**failed**" if cell.outcome == "failed" else word(cell)) + note)
            yield f"| `{row.id}`: {row.title} | {' | '.join(words)} |"
    yield ""
    yield from (f"[{number}] {as_sentence(reason)}  " for reason, number in notes.items())
