"""One check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..engine_run import EngineRun
from ..outcome import InPart, Row


@dataclass(frozen=True, slots=True)
class Check:
    """A rule, and how to find out whether an app keeps it.

    Attributes:
        row: its line of the matrix.
        run: makes it in a browser.
        counted: the line for what the license tracking server counted meanwhile; None where nothing is claimed.
    """

    row: Row
    run: Callable[[EngineRun], str | InPart | None]
    counted: Row | None = None

    @property
    def rows(self) -> tuple[Row, ...]:
        """Its lines of the matrix."""
        return (self.row,) if self.counted is None else (self.row, self.counted)


def check(
    row_id: str, title: str, run: Callable[[EngineRun], str | InPart | None], counted: str | None = None
) -> Check:
    """Name a check; ``counted`` is the sentence about what the server counts, for the line ``count.…``.

    ``run`` returns a remark for the report, what it could not test, or None.
    """
    name = row_id.partition(".")[2]
    group = row_id.partition(".")[0]
    counted_id = f"count.{name}" if group in ("device", "scan") else f"count.{group}-{name}"
    return Check(Row(row_id, title), run, None if counted is None else Row(counted_id, counted))
