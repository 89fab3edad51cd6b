"""The words in which every form of a report speaks of a run."""

from __future__ import annotations

from collections.abc import Iterator

from ..outcome import Cell, Outcome, Report, Row

GROUPS = {
    "device": "Who is one device",
    "count": "What the license tracking server counted",
    "purge": "Purged site data",
    "frame": "In a frame of another site",
    "scan": "What is a scan",
    "queue": "What waits to be reported",
    "lifetime": "How long a device counts",
    "privacy": "What leaves the browser and what is stored",
}


def grouped(report: Report) -> Iterator[tuple[str, list[Row]]]:
    """Yield the lines by what they are about, in the order of :data:`GROUPS`."""
    for group, title in GROUPS.items():
        rows = [row for row in report.rows if row.group == group]
        if rows:
            yield title, rows


def as_sentence(reason: str) -> str:
    """Return a reason with a capital letter and one full stop."""
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}."


def summary(report: Report) -> str:
    """Return the run in one sentence."""
    counts, in_part = report.counts(), in_part_count(report)
    passed = f"{counts['passed']} passed" + (f" ({in_part} in part)" if in_part else "")
    return ", ".join((passed, *(f"{counts[outcome]} {outcome}" for outcome in ("failed", "not tested"))))


def in_part_count(report: Report) -> int:
    """Return how many checks passed of which a part could not be tested."""
    return sum(bool(report.cell(column, row).untested) for column in report.columns for row in report.rows)


def word(cell: Cell) -> str:
    """Return what came of a check in a word or three."""
    return "passed in part" if cell.untested else cell.outcome


def reasons(report: Report, outcome: Outcome) -> dict[str, list[str]]:
    """Return why cells have an outcome, parts of passed ones too: reason -> ``check in browser``."""
    found: dict[str, list[str]] = {}
    for column in report.columns:
        for row in report.rows:
            cell = report.cell(column, row)
            where = f"{row.id} in {column.engine}"
            if cell.outcome == outcome:
                found.setdefault(cell.reason, []).append(where)
            elif cell.untested and outcome == "not tested":
                found.setdefault(cell.untested, []).append(f"{where}, in part")
    return found
