"""Where a run's reports go: looked at before the run, and written whatever becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import VerifyError
from .outcome import Report
from .report import save_report, see_that_it_can_be_saved
from .report.matrix import MatrixPageError, replace_matrix, see_that_it_has_a_place


def told_to_stop(signal: str) -> str:
    """Say why a check was not made before a signal of that name came."""
    return f"The run was told to stop ({signal}) before this was made."


@dataclass(frozen=True, slots=True)
class ReportPlaces:
    """Where a person wants reports.

    Attributes:
        folder: for JUnit XML and the HTML page; None wants none.
        matrix: a Markdown page that takes the table; None wants none.
    """

    folder: Path | None
    matrix: Path | None = None

    def look_at(self) -> None:
        """Find out before a run of many minutes whether its report has a place.

        Raises:
            VerifyError: it has none.
        """
        try:
            if self.folder is not None:
                see_that_it_can_be_saved(self.folder)
            if self.matrix is not None:
                see_that_it_has_a_place(self.matrix.read_text(encoding="utf-8"))
                with self.matrix.open("a"):
                    pass
        except MatrixPageError as error:
            raise VerifyError(f"--matrix {self.matrix}: {error}") from error
        except (OSError, ValueError) as error:
            raise VerifyError(f"The report has no place: {error}. Name another one.") from error

    def save(self, report: Report) -> list[Path]:
        """Write it, and return where; a page's table is left as it is where no check was made.

        Raises:
            OSError: it cannot be written.
            MatrixPageError: the page has lost its marks since.
        """
        written: list[Path] = []
        if self.folder is not None:
            written += save_report(report, self.folder)
        if self.matrix is not None and any(column.cells for column in report.columns):
            self.matrix.write_text(replace_matrix(self.matrix.read_text(encoding="utf-8"), report), encoding="utf-8")
            written.append(self.matrix)
        return written
