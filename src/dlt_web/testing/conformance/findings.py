"""What was found out so far, browser by browser; a report can be made of it at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from dlt_web import __version__
from dlt_web.testing.browser_launch import EngineName

from .engine_run import EngineRun
from .outcome import BrowserColumn, Cell, Report, Row
from .settings import Settings
from .versions import NAMES, browser_version


class Findings:
    """What came of a run until now.

    Attributes:
        cells: of each browser, by the id of the row.
        versions: what browsers call themselves, as far as they were asked.
        pictures: of the app, PNG.
        troubles: why an app cannot be verified in a browser, or no further.
    """

    def __init__(self, settings: Settings, engines: Sequence[EngineName], rows: tuple[Row, ...]) -> None:
        """Know nothing yet of these browsers."""
        self._settings = settings
        self._engines = tuple(engines)
        self._rows = rows
        self._began = datetime.now(UTC)
        self.cells: dict[EngineName, dict[str, Cell]] = {engine: {} for engine in engines}
        self.versions: dict[EngineName, str] = {}
        self.pictures: dict[EngineName, bytes | None] = {}
        self.troubles: dict[EngineName, str] = {}
        self._columns: dict[EngineName, BrowserColumn] = {}

    def is_broken_off(self, engine: EngineName) -> bool:
        """Tell whether the run could not go on in a browser after some checks were made there."""
        return engine in self.troubles and bool(self.cells[engine])

    @property
    def is_vain(self) -> bool:
        """Tell whether the app could be verified in none of the browsers."""
        return all(engine in self.troubles and not self.cells[engine] for engine in self._engines)

    def keep(self, run: EngineRun) -> None:
        """Keep what is known of a browser's run, which may go on."""
        self._columns[run.engine] = self._column(run)

    def note_trouble(self, engine: EngineName, said: str) -> None:
        """Remember why an app cannot be verified in a browser, or no further: it is not tried again for each check."""
        self.troubles[engine] = self._settings.hide(said)
        version = self.versions.get(engine) or browser_version(engine)
        known = self._columns.get(engine) or BrowserColumn(engine, version, {}, {})
        self._columns[engine] = replace(known, trouble=self.troubles[engine])

    def report(self, counted_by: str) -> Report:
        """Return what came of the browsers that were used."""
        return self._report(counted_by, [self._columns[one] for one in self._engines if one in self._columns])

    def unfinished(self, counted_by: str, current: EngineRun | None, why: str) -> Report:
        """Return what came of it where the run ends before its time; asks no browser, which may have gone.

        Args:
            counted_by: who counts: a sentence.
            current: the run of the browser in which checks are being made; None where none is.
            why: was not all made; a sentence.
        """
        told = self._settings.hide(why)
        columns = []
        for engine in self._engines:
            if current is not None and current.engine == engine:
                column = self._column(current)
                is_whole = all(row.id in column.cells for row in self._rows)
                columns.append(column if is_whole else replace(column, trouble=told))
            else:
                name = self.versions.get(engine) or NAMES[engine]
                columns.append(self._columns.get(engine) or BrowserColumn(engine, name, {}, {}, told))
        return self._report(counted_by, columns)

    def _column(self, run: EngineRun) -> BrowserColumn:
        return BrowserColumn(
            run.engine,
            self.versions[run.engine],
            dict(self.cells[run.engine]),
            run.hosts(),
            screenshot=self.pictures.get(run.engine),
        )

    def _report(self, counted_by: str, columns: Sequence[BrowserColumn]) -> Report:
        return Report(
            self._settings.hide(self._settings.app_url),
            self._settings.handshake_code,
            counted_by,
            __version__,
            self._began,
            self._rows,
            tuple(columns),
        )
