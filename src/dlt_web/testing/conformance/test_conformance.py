"""The checks as tests: ``pytest --pyargs dlt_web.testing.conformance --app-url URL --handshake-code CODE``."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from dlt_web.testing.browser_launch import EngineName

from .checks import CHECKS
from .command import MAX_WAIT_S, MIN_WAIT_S, _key, _see_that_it_can_be_saved
from .errors import VerifyError, sentence_of
from .outcome import Cell, Row
from .preflight import choose_engines
from .report import save_report
from .report.words import as_sentence
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
    said = ""
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
        if option.app_report is not None:
            _see_that_it_can_be_saved(Path(option.app_report), None)
        engines = choose_engines(option.browser or (), is_headed=settings.is_headed)
        suite = Suite(settings, engines, playwright=playwright)
        # An interrupt is pytest's to hear, which ends the fixtures.
        with ending_cleanly(suite.give_up, [signal.SIGTERM]), suite:
            yield suite
            _report(suite, option.app_report, request.session)
    except (VerifyError, OSError) as error:
        said = hide(sentence_of(error))
    # Only here: pytest shows an error that is being handled, with all that it names.
    if said and _is_one_of_several(request.config):
        pytest.fail(said, pytrace=False)
    if said:
        _say_and_end(said)


def _report(suite: Suite, folder: str | None, session: pytest.Session) -> None:
    """Save what came of the run, and end with exit code 2 where not all was tested that should have been."""
    report = suite.report()
    if folder is not None:
        save_report(report, Path(folder))
    # A test that failed says more, unless the run could not go on; of several processes none may end the others.
    if report.troubles and (report.is_broken_off or not session.testsfailed) and not _is_one_of_several(session.config):
        _say_and_end(" ".join(map(as_sentence, report.troubles)))


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
