"""The checks as tests: ``pytest --pyargs dlt_web.testing.conformance --app-url URL --handshake-code CODE``."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from dlt_web.testing.browser_launch import EngineName

from .checks import CHECKS
from .command import MAX_WAIT_S, MIN_WAIT_S, _key
from .errors import VerifyError, sentence_of
from .outcome import Cell, Row
from .preflight import choose_engines
from .report.words import as_sentence
from .saving import ReportPlaces, told_to_stop
from .settings import Settings
from .stopping import ending_cleanly
from .suite import Suite

_CHECK_OF = {row: check for check in CHECKS for row in check.rows}


def _say_and_end(error: VerifyError | str) -> None:
    """End the session with the sentence and exit code 2, as ``dlt-web verify`` does."""
    pytest.exit(f"Error: {error}", returncode=2)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each check in each browser, browser by browser."""
    option = metafunc.config.option
    if not getattr(option, "app_url", None) or not option.handshake_code:
        _say_and_end("Give the app to verify: --app-url URL and --handshake-code CODE.")
    if not MIN_WAIT_S <= option.app_wait <= MAX_WAIT_S:
        _say_and_end(f"--app-wait {option.app_wait:g} is no patience: give {MIN_WAIT_S} to {MAX_WAIT_S} seconds.")
    try:
        engines = choose_engines(option.browser or (), is_headed=bool(option.headed))
    except VerifyError as error:
        _say_and_end(error)
    cases = [(engine, row) for engine in engines for row in _CHECK_OF]
    metafunc.parametrize(("engine", "row"), cases, ids=[f"{engine}-{row.id}" for engine, row in cases])


@pytest.fixture(scope="session")
def app_suite(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Suite]:
    """What makes the checks, each once; asks for Playwright by name, so that it ends before that does."""
    option = request.config.option
    hide: Callable[[str], str] = str
    places = ReportPlaces(None if option.app_report is None else Path(option.app_report))
    suite: Suite | None = None
    said: list[str] = []
    is_made = False
    try:
        settings = Settings(
            app_url=option.app_url,
            handshake_code=option.handshake_code,
            second_url=option.second_url,
            lts_url=option.lts,
            lts_key=_key(option.lts_key_env),
            own_lts=option.own_lts,
            ca_file=option.app_ca_file,
            outside=option.app_outside,
            clicks=tuple(option.app_click),
            is_headed=bool(option.headed),
            tracker_wait_s=option.app_wait,
        )
        hide = settings.hide
        places.look_at()
        engines = choose_engines(option.browser or (), is_headed=settings.is_headed)
        suite = made = Suite(settings, engines, playwright=playwright)

        def save_stopped(name: str) -> None:
            places.save(made.unfinished(told_to_stop(name)))

        # An interrupt is pytest's to hear, which ends the fixtures.
        with ending_cleanly(suite.give_up, [signal.SIGTERM], save=save_stopped), suite:
            yield suite
            is_made = True
            said += _report(suite, places, request.session)
    except (VerifyError, OSError) as error:
        said.append(hide(sentence_of(error)))
        if suite is not None and not is_made:
            with suppress(OSError):  # why the run could not begin says more
                places.save(suite.unfinished(said[0]))
    # Only here: pytest shows an error that is being handled, with all that it names.
    if said and _is_one_of_several(request.config):
        pytest.fail(" ".join(said), pytrace=False)
    if said:
        _say_and_end(" ".join(said))


def _report(suite: Suite, places: ReportPlaces, session: pytest.Session) -> list[str]:
    """Save what came of the run, and return why it ends with exit code 2: not all was tested that should have been."""
    report = suite.report()
    places.save(report)
    # Of several processes none knows what the others tested, nor may it end them.
    if _is_one_of_several(session.config):
        return []
    # A test that failed says more, unless the run could not go on.
    if session.testsfailed and not report.is_broken_off:
        return []
    return [as_sentence(why) for why in (*report.troubles, report.why_untested) if why]


def _is_one_of_several(config: pytest.Config) -> bool:
    """Tell whether this process makes a part of the tests for pytest-xdist."""
    return hasattr(config, "workerinput")


def _leave_unmade(config: pytest.Config, reason: str) -> None:
    """Skip a check that could not be made by no fault of the app.

    The session ends with exit code 2 for it; where none can, the test fails: skipped ones are taken for good.
    """
    if _is_one_of_several(config):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def test_app(
    app_suite: Suite,
    engine: EngineName,
    row: Row,
    record_property: Callable[[str, object], None],
    pytestconfig: pytest.Config,
) -> None:
    """Make a check unless that was done; what cannot be tested is skipped with its reason."""
    try:
        cell, trouble = app_suite.cells(engine, _CHECK_OF[row])[row], ""
    except VerifyError as error:
        cell, trouble = Cell("not tested"), str(error)
    # Only here: pytest shows an error that is being handled, with all that it names.
    if trouble:
        if app_suite.is_vain and not _is_one_of_several(pytestconfig):
            _say_and_end(trouble)
        if app_suite.is_broken_off(engine):
            _leave_unmade(pytestconfig, trouble)
        pytest.fail(f"The app could not be verified in {engine}: {trouble}", pytrace=False)
    if cell.is_unmade:
        _leave_unmade(pytestconfig, cell.reason)
    if cell.untested:
        record_property("not tested", cell.untested)
    if cell.outcome == "not tested":
        pytest.skip(cell.reason)
    if cell.outcome == "failed":
        pytest.fail(f"{row.title}: {cell.reason}", pytrace=False)
