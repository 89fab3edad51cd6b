"""Makes checks in browser after browser, and keeps what came of each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from playwright.sync_api import Playwright

from dlt_web.browsers import find_browsers
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.window_setup import WindowSetup
from dlt_web.testing.windows import BrowserWindows

from .app_lts import AppLts
from .app_page import first_line
from .checks import CHECKS, Check
from .counting import Counted, OwnLts, start_own
from .engine_run import EngineRun
from .errors import SeatsKeptError, VerifyError, sentence_of
from .findings import Findings
from .first_look import look
from .judging import cell_of
from .lts_detour import devices_told
from .outcome import Cell, Report, Row
from .own_pages import own_pages
from .preflight import choose_trust, look_at_app
from .settings import Settings
from .versions import browser_version

# A server that takes longer to answer to a report has other troubles.
_LAST_WORD_WAIT_S = 10.0
ROWS: tuple[Row, ...] = tuple(row for check in CHECKS for row in check.rows)


class Suite:
    """Verifies one app; a context manager.

    Attributes:
        settings: what is verified.
        engines: in which browsers.
    """

    def __init__(
        self,
        settings: Settings,
        engines: Sequence[EngineName],
        *,
        playwright: Playwright | Callable[[], Playwright] | None = None,
        own_lts: OwnLts | None = None,
    ) -> None:
        """Prepare; entering finds out whether anything can be verified.

        Args:
            settings: what to verify.
            engines: in which browsers.
            playwright: as :class:`~dlt_web.testing.windows.BrowserWindows` takes it.
            own_lts: a running server of the suite, for several suites after one another; None starts one where the
                settings ask for it.
        """
        self.settings = settings
        self.engines = tuple(engines)
        self._given = playwright
        self._own_lts = own_lts
        self._stack = ExitStack()
        self._findings = Findings(settings, self.engines, ROWS)
        self._run: EngineRun | None = None
        self._run_stack = ExitStack()
        self._devices: set[str] = set()
        self._are_seats_kept = False
        self._counted: Counted | None = None
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            trust = choose_trust(self.settings)
            self._frames_forbidden = look_at_app(self.settings, trust)
            # A browser may still write while its folder goes; that is no reason to lose a report.
            made = TemporaryDirectory(prefix="dlt-web-verify-", ignore_cleanup_errors=True)
            self._folder = folder = Path(stack.enter_context(made))
            code = self.settings.handshake_code
            self._proxy = stack.enter_context(RecordingProxy(outside=self.settings.may_ask, trust=trust))
            self._proxy.detour(own_pages)
            if self.settings.own_lts:
                own = self._own_lts or start_own(stack, folder / "lts", code)
                self._proxy.detour(own.detour)
                self._counted = own
            elif self.settings.lts_url is not None:
                app_lts = AppLts(self.settings.lts_url, self.settings.lts_key or "", code, trust)
                app_lts.check()
                self._counted = app_lts
            self._stack = stack.pop_all()
        return self

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _tb: object) -> None:
        ended = error
        with self._stack.pop_all() as stack:
            for step in (self._end_run, self._release, stack.close):
                try:
                    step()
                except Exception as later:
                    ended = ended or later
                    if ended is not later:
                        # Why the run ended says more, and which devices keep seats must be said all the same.
                        ended.add_note(sentence_of(later))
        if error is None and ended is not None:
            raise ended

    def give_up(self) -> None:
        """Give back what would outlive a run whose browsers have ended under it: seats, and its folder.

        Raises:
            VerifyError: not all seats could be given back.
        """
        try:
            self._release()
        finally:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _release(self) -> None:
        """Give the seats of all devices back, also of those that a check had given back and a last word took again."""
        if self._counted is None:
            return
        # Pages say their last word when they go, and it may still be on its way.
        self._proxy.settle(_LAST_WORD_WAIT_S)
        self._are_seats_kept = True
        self._counted.release(self._devices | devices_told(self._proxy.requests(), self.settings.handshake_code))
        self._are_seats_kept = False

    def cells(self, engine: EngineName, check: Check) -> Mapping[Row, Cell]:
        """Make a check in a browser unless that was done, and return what came of its lines.

        Raises:
            VerifyError: the app cannot be verified in this browser, or no further.
        """
        kept, troubles = self._findings.cells[engine], self._findings.troubles
        if check.row.id not in kept:
            if engine in troubles:
                raise VerifyError(troubles[engine])
            try:
                if self._are_seats_kept:
                    self._release()  # else no more are taken, in no other browser either
                self._make(self._run_of(engine), check)
            except Exception as error:  # as many kinds as a machine has troubles; what was made until then is kept
                self._note_trouble(engine, error)
                if not all(row.id in kept for row in check.rows):
                    raise VerifyError(troubles[engine]) from error
        return {row: kept[row.id] for row in check.rows}

    def is_broken_off(self, engine: EngineName) -> bool:
        """Tell whether the run could not go on in a browser after some checks were made there."""
        return self._findings.is_broken_off(engine)

    @property
    def is_vain(self) -> bool:
        """Tell whether the app could be verified in none of the browsers."""
        return self._findings.is_vain

    def make_all(self, made: Callable[[EngineName, Row, Cell], None], only: Sequence[str] = ()) -> Report:
        """Make every check in every browser, and return what came of it.

        Args:
            made: called with each cell.
            only: beginnings of the ids of those that are made; none means all.

        Raises:
            VerifyError: the app cannot be verified in any of the browsers.
        """
        for engine in self.engines:
            try:
                for check in CHECKS:
                    if not only or any(row.id.startswith(tuple(only)) for row in check.rows):
                        for row, cell in self.cells(engine, check).items():
                            made(engine, row, cell)
            except VerifyError:
                continue  # it is noted, and the other browsers may do
        if self.is_vain:
            raise VerifyError(self._findings.troubles[self.engines[0]])
        return self.report()

    def report(self) -> Report:
        """Return what came of it so far."""
        self._end_run()
        return self._findings.report(self._counted_by)

    def unfinished(self, why: str) -> Report:
        """Return what came of it where the run ends before its time; asks no browser, which may have gone.

        Args:
            why: was not all made; a sentence.
        """
        return self._findings.unfinished(self._counted_by, self._run, why)

    @property
    def _counted_by(self) -> str:
        if self._counted is not None:
            return self._counted.sentence
        if self.settings.own_lts or self.settings.lts_url is not None:
            return "nobody, since the run ended before its license server was there to be asked"
        devices = self._devices | (self._run.devices if self._run is not None else set())
        return (
            "nobody, so what concerns counts was not tested, and the app's own license server keeps seats for the "
            f"run's {len(devices)} devices until their time is over"
        )

    def _note_trouble(self, engine: EngineName, error: Exception) -> None:
        self._end_run()
        said = sentence_of(error)
        if isinstance(error, SeatsKeptError):
            # Which they are is said at the run's end, unless they can be given back then.
            said = f"Seats could not be given back, so no more were taken: {error.why}"
        self._findings.note_trouble(engine, said)

    def _make(self, run: EngineRun, check: Check) -> None:
        """Make a check and keep what came of it, whatever becomes of what it opened."""
        kept = self._findings.cells[run.engine]
        run.begin()
        try:
            kept[check.row.id] = made = cell_of(run, lambda: check.run(run))
            if check.counted is not None:
                kept[check.counted.id] = self._count(run, made)
        finally:
            self._end_check(run)

    def _count(self, run: EngineRun, of: Cell) -> Cell:
        # What was not made was not counted either, for the same reason.
        if of.outcome == "not tested":
            return Cell("not tested", of.reason, is_unmade=of.is_unmade)
        cell = cell_of(run, run.judge_count)
        # What was sent is shown with the check itself.
        return replace(cell, requests=()) if cell.outcome == "passed" else cell

    def _run_of(self, engine: EngineName) -> EngineRun:
        if self._run is None or self._run.engine != engine:
            self._end_run()
            assert self._folder is not None
            folder = self._folder / engine
            folder.mkdir(exist_ok=True)
            setup = WindowSetup(
                proxy_url=self._proxy.url, accept_insecure_certs=True, is_headed=self.settings.is_headed
            )
            with ExitStack() as stack:
                windows = stack.enter_context(BrowserWindows(folder, playwright=self._given, setup=setup))
                run = EngineRun(
                    engine,
                    self.settings,
                    folder=folder,
                    windows=windows,
                    proxy=self._proxy,
                    counted=self._counted,
                    others=self._others(engine),
                    frames_forbidden=self._frames_forbidden,
                )
                try:
                    self._look(run)
                except Exception:
                    with suppress(Exception):  # why the app cannot be verified says more than why a browser stays
                        stack.close()
                    raise
                self._run, self._run_stack = run, stack.pop_all()
        return self._run

    def _others(self, engine: EngineName) -> tuple[EngineName, ...]:
        """Return the other browsers of this machine, those first in which the app is verified, too."""
        here: tuple[EngineName, ...] = tuple(find_browsers(is_headed=self.settings.is_headed))  # type: ignore[arg-type]
        return tuple(dict.fromkeys(other for other in (*self.engines, *here) if other != engine))

    def _look(self, run: EngineRun) -> None:
        """Visit the app once, so that an app that cannot be verified is told from one that fails."""
        run.begin()
        try:
            window = run.isolated()
            self._findings.versions[run.engine] = browser_version(run.engine, window)
            self._findings.pictures[run.engine] = look(run, window)
        except Exception as error:  # as many kinds as there are drivers of browsers
            with suppress(Exception):  # what stays of it says less; seats are given back at the end once more
                self._end_check(run)
            if isinstance(error, VerifyError):
                raise
            raise VerifyError(f"{run.engine} cannot be used: {first_line(error)}") from error
        self._end_check(run)

    def _end_check(self, run: EngineRun) -> None:
        try:
            run.end()
        except SeatsKeptError:
            self._devices |= run.devices
            self._release()  # a server that was busy for that moment has them back by that
        finally:
            # Also where seats could not be given back: it is tried once more at the end.
            self._devices |= run.devices

    def _end_run(self) -> None:
        if self._run is not None:
            self._findings.keep(self._run)  # first: whoever stops the run meanwhile finds it in one of the two
            self._run = None
        with suppress(Exception):  # a browser that has ended by itself is closed, and takes no report away
            self._run_stack.close()
