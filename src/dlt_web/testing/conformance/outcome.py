"""What came of a run: one cell for each check and browser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Outcome = Literal["passed", "failed", "not tested"]

PASSED, FAILED, UNTESTED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the matrix.

    Attributes:
        id: stable name, ``group.name``.
        title: the rule as a sentence.
    """

    id: str
    title: str

    @property
    def group(self) -> str:
        """What it is about."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request as it left the browser.

    Attributes:
        method: e.g. ``POST``.
        url: where it was meant to go.
        answer: status, with the fault's name before it where the suite harmed it on purpose.
        body: what it said, cut to a readable length; of one that carried a barcode's text away, what stands around it.
    """

    method: str
    url: str
    answer: str
    body: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one check in one browser.

    Attributes:
        outcome: passed, failed, or not tested.
        reason: why it failed or was not tested; for a passed one a remark, mostly none.
        seconds: how long it took.
        screenshot: PNG of the page when it failed.
        requests: what the tracker sent meanwhile.
        leaks: requests of anybody on the page in which a barcode's text was found.
        untested: what part of a passed one could not be tested; mostly nothing.
        is_unmade: it was begun and could not be made, by no fault of the app: the run says less than was asked of it.
    """

    outcome: Outcome
    reason: str = ""
    seconds: float = 0.0
    screenshot: bytes | None = field(default=None, repr=False)
    requests: tuple[SeenRequest, ...] = ()
    leaks: tuple[SeenRequest, ...] = ()
    untested: str = ""
    is_unmade: bool = False


@dataclass(frozen=True, slots=True)
class InPart:
    """What a check returns that passed as far as it could be made.

    Attributes:
        untested: what could not be tested, or why.
    """

    untested: str


@dataclass(frozen=True, slots=True)
class BrowserColumn:
    """One browser of the run.

    Attributes:
        engine: ``chromium``, ``firefox`` or ``webkit``.
        version: what it calls itself, e.g. ``Firefox 153.0``.
        cells: by the id of the row.
        trouble: why nothing could be tested in it, or nothing more; empty where it could.
        hosts: requests that left it, by origin.
        screenshot: the app in it, PNG.
    """

    engine: str
    version: str
    cells: Mapping[str, Cell]
    hosts: Mapping[str, int]
    trouble: str = ""
    screenshot: bytes | None = field(default=None, repr=False)

    @property
    def is_broken_off(self) -> bool:
        """Tell whether the run could not go on in the middle of it."""
        return bool(self.trouble and self.cells)

    def why_unmade(self, row: Row) -> str:
        """Say why a check was not made that should have been; empty where it was, or where that was foreseen."""
        cell = self.cells.get(row.id)
        if cell is None:
            return self.trouble
        return cell.reason if cell.is_unmade else ""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run.

    Attributes:
        app_url: what was verified.
        handshake_code: under which code.
        counted_by: who counted: a sentence.
        version: of dlt-web.
        began: when, UTC.
        rows: the checks in their order.
        columns: the browsers in theirs.
    """

    app_url: str
    handshake_code: str
    counted_by: str
    version: str
    began: datetime
    rows: tuple[Row, ...]
    columns: tuple[BrowserColumn, ...]

    def cell(self, column: BrowserColumn, row: Row) -> Cell:
        """Return what came of a check in a browser; one that was not made is not tested."""
        missing = column.trouble or "it was not asked for, or the run ended before it"
        return column.cells.get(row.id, Cell("not tested", missing))

    def counts(self) -> Counter[Outcome]:
        """Return how many cells have which outcome."""
        return Counter(self.cell(column, row).outcome for column in self.columns for row in self.rows)

    @property
    def troubles(self) -> tuple[str, ...]:
        """Why not all was tested that should have been, each reason once, with the browser before it."""
        told = (
            f"{column.engine}: {why}"
            for column in self.columns
            for why in (*(column.why_unmade(row) for row in self.rows), column.trouble)
            if why
        )
        return tuple(dict.fromkeys(told))

    @property
    def is_broken_off(self) -> bool:
        """Tell whether the run could not go on in the middle of one of the browsers."""
        return any(column.is_broken_off for column in self.columns)

    @property
    def why_untested(self) -> str:
        """Why nothing at all could be tested, where that is no trouble of the run; empty where something was."""
        cells = [cell for column in self.columns for cell in column.cells.values()]
        if self.troubles or any(cell.outcome != "not tested" for cell in cells):
            return ""
        reasons = "; ".join(dict.fromkeys(cell.reason.rstrip(".") for cell in cells if cell.reason))
        return f"Nothing that was asked for could be tested: {reasons or 'it was asked for nothing'}."

    @property
    def exit_code(self) -> int:
        """0 when nothing failed, 1 when something did, 2 when not all was tested that should have been.

        A run that could not go on says 2, whatever had failed until then.
        """
        counts = self.counts()
        if self.is_broken_off:
            return UNTESTED
        if counts["failed"]:
            return FAILED
        return PASSED if counts["passed"] and not self.troubles else UNTESTED
