"""What becomes of a check is judged fairly: it fails where the app breaks a rule, and for nothing else."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error as PlaywrightError

from dlt_web.testing.conformance.app_page import PageCallError
from dlt_web.testing.conformance.counting import OwnLts
from dlt_web.testing.conformance.engine_run import EngineRun
from dlt_web.testing.conformance.errors import (
    BreachFoundError,
    CheckFailedError,
    CountingError,
    LeakFoundError,
    VerifyError,
)
from dlt_web.testing.conformance.judging import cell_of
from dlt_web.testing.conformance.lts_detour import AUTHORIZATIONS, REPORTS
from dlt_web.testing.conformance.outcome import Cell
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.recording_proxy import RecordingProxy
from tests.harness.troubled_run import BROKEN_RULE, FULL, SAID

DIED = PlaywrightError("Page.evaluate: Target page, context or browser has been closed\nCall log:\n  - nothing")


class Gone:
    """A server that counts no more."""

    sentence = "nobody"

    def require(self) -> None:
        raise CountingError("The suite's own license server cannot be asked: it has gone.")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[EngineRun]:
    settings = Settings("http://shop.localhost:1/?let-me=in", "code")
    with RecordingProxy() as proxy:
        yield EngineRun("chromium", settings, folder=tmp_path, windows=None, proxy=proxy, counted=None)  # type: ignore[arg-type]


def cell_when(run: EngineRun, error: Exception) -> Cell:
    def make() -> None:
        raise error

    return cell_of(run, make)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FULL, "No space left on device: /somewhere/file"),
        (TimeoutError(), "TimeoutError"),
        (DIED, "Error: Page.evaluate: Target page, context or browser has been closed"),
        (KeyError("device"), "KeyError: 'device'"),
        (ValueError(), "ValueError: it says nothing"),
        (CountingError("The LTS at x cannot be reached."), "The LTS at x cannot be reached"),
    ],
    ids=["disk full", "silence", "browser died", "a defect", "a defect that says nothing", "nobody counts"],
)
def test_what_is_no_broken_rule_is_not_tested(run: EngineRun, error: Exception, said: str):
    cell = cell_when(run, error)
    assert (cell.outcome, cell.reason, cell.is_unmade) == ("not tested", SAID + said, True)


@pytest.mark.parametrize("error", [BROKEN_RULE, VerifyError("no tracker"), PageCallError("refused", None)])
def test_a_broken_rule_is_a_failure_unless_the_server_that_counts_has_gone(run: EngineRun, error: Exception):
    failed = cell_when(run, error)
    assert (failed.outcome, failed.reason, failed.is_unmade) == ("failed", str(error), False)
    run.counted = Gone()  # type: ignore[assignment]
    cell = cell_when(run, error)
    assert (cell.outcome, cell.is_unmade) == ("not tested", True)
    assert cell.reason == f"{SAID}The suite's own license server cannot be asked: it has gone"


@pytest.mark.parametrize("found", [BreachFoundError("It is stored."), LeakFoundError("It left.", ())])
def test_what_was_found_is_a_failure_whatever_has_gone(run: EngineRun, found: CheckFailedError):
    run.counted = Gone()  # type: ignore[assignment]
    assert cell_when(run, found).outcome == "failed"


def test_a_page_that_cannot_be_fetched_any_more_accuses_no_app(run: EngineRun):
    connection = http.client.HTTPConnection(urlsplit(run.proxy.url).netloc, timeout=20)
    connection.request("GET", "http://shop.localhost:1/?let-me=in")
    assert connection.getresponse().status == 502
    connection.close()
    cell = cell_when(run, VerifyError("The page made no tracker."))
    assert (cell.outcome, cell.is_unmade) == ("not tested", True)
    assert cell.reason.startswith(f"{SAID}http://shop.localhost:1/?… cannot be reached any more: ConnectionRefused")
    run.begin()  # what was not reached for an earlier check says nothing of this one
    assert cell_when(run, VerifyError("The page made no tracker.")).outcome == "failed"


def ask_for_the_page(run: EngineRun, answer: str, trouble: str | None = None, *, upgrade: str = "") -> None:
    """Have the app's page been asked for, and answered so."""
    headers = (("Upgrade", upgrade),) if upgrade else ()
    request, _ = run.proxy.take("GET", run.settings.app_url, b"", headers, b"")
    if trouble is not None:
        run.proxy.note_trouble(request, trouble)
    run.proxy.note_answer(request, answer)


def tab(shown: str | Exception) -> SimpleNamespace:
    """A tab that shows something, or has gone."""

    def evaluate(_: str) -> str:
        if isinstance(shown, Exception):
            raise shown
        return shown

    return SimpleNamespace(evaluate=evaluate, close=lambda: None)


def window(*tabs: str | Exception, has_gone: bool = False) -> Any:
    """A window with some tabs, in which a new one can be opened unless its browser has gone."""

    def new_page() -> SimpleNamespace:
        if has_gone:
            raise DIED
        return tab("")

    return SimpleNamespace(pages=[tab(shown) for shown in tabs], new_page=new_page)


def test_a_browser_that_died_while_the_app_was_waited_for_accuses_no_app(run: EngineRun):
    run.trace.windows += [window(), window(has_gone=True)]
    cell = cell_when(run, VerifyError("The page cannot be asked: Target page, context or browser has been closed"))
    assert (cell.outcome, cell.is_unmade) == ("not tested", True)
    assert cell.reason.startswith(f"{SAID}a browser has gone: Page.evaluate: Target page")
    assert cell_when(run, BreachFoundError("It is stored.")).outcome == "failed"
    run.trace.windows.pop()
    assert cell_when(run, BROKEN_RULE).outcome == "failed"


@pytest.mark.parametrize(
    ("tabs", "outcome"),
    [
        ((DIED, "ConnectionResetError\n", "The app"), "not tested"),
        (("The app", "The app"), "failed"),
        ((), "failed"),
    ],
    ids=["shown still", "loaded since", "closed"],
)
def test_of_tabs_that_were_opened_at_once_each_is_looked_at(
    run: EngineRun, tabs: tuple[str | Exception, ...], outcome: str
):
    for trouble in (None, "ConnectionResetError", None):
        ask_for_the_page(run, "502" if trouble else "200", trouble)
    run.trace.windows.append(window(*tabs))
    cell = cell_when(run, BROKEN_RULE)
    assert cell.outcome == outcome
    if outcome == "not tested":
        assert cell.reason == f"{SAID}http://shop.localhost:1/?… cannot be reached any more: ConnectionResetError"


def test_a_websocket_of_the_page_that_nobody_answers_excuses_no_app(run: EngineRun):
    ask_for_the_page(run, "200")
    ask_for_the_page(run, "502", "ConnectionRefusedError", upgrade="websocket")
    assert cell_when(run, BROKEN_RULE).outcome == "failed"


def test_a_page_that_was_fetched_in_the_end_excuses_no_app(run: EngineRun):
    ask_for_the_page(run, "502", "ConnectionRefusedError")
    assert cell_when(run, BROKEN_RULE).outcome == "not tested"
    ask_for_the_page(run, "200")
    assert cell_when(run, BROKEN_RULE).outcome == "failed"


def test_an_error_of_the_apps_own_is_no_server_that_cannot_be_reached(run: EngineRun):
    ask_for_the_page(run, "502", "ConnectionRefusedError")
    run.begin()  # what its server could not be asked for an earlier check is known still
    ask_for_the_page(run, "502")
    assert run.proxy.troubles() != {}
    assert cell_when(run, BROKEN_RULE).outcome == "failed"


@pytest.mark.parametrize(
    ("answer", "is_own", "outcome"),
    [
        ("503", True, "not tested"),
        ("500", True, "not tested"),
        ("403", True, "failed"),
        ("status-503 503", True, "failed"),  # a fault of the check
        ("503", False, "failed"),  # a server of the app's
    ],
)
def test_a_server_of_the_suite_that_could_not_do_what_it_was_asked_accuses_no_app(
    run: EngineRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, is_own: bool, outcome: str
):
    if is_own:
        run.own_lts = OwnLts(tmp_path / "lts", "code")  # which answers to whoever asks how it is
    body = b'{"handshakeCode": "code", "deviceUuid": "one"}'
    request, _ = run.proxy.take("POST", "http://lts.localhost/v1/usage-reports", b"", (), body)
    run.proxy.note_answer(request, answer)
    cell = cell_when(run, BROKEN_RULE)
    assert cell.outcome == outcome
    if outcome == "not tested":
        assert cell.reason == f"{SAID}The suite's own license server answered {answer} to a request of the tracker"
    run.begin()  # what it could not do for an earlier check says nothing of this one
    assert cell_when(run, BROKEN_RULE).outcome == "failed"


def tell_own_lts(run: EngineRun, path: str, answer: str, *numbers: int, device: str = "one") -> None:
    """Have the suite's own server been asked something, and answered so."""
    said = {"handshakeCode": "code", "deviceUuid": device, "reports": [{"seq": number} for number in numbers]}
    request, _ = run.proxy.take("POST", f"http://lts.localhost{path}", b"", (), json.dumps(said).encode())
    run.proxy.note_answer(request, answer)


@pytest.mark.parametrize(
    ("path", "numbers", "answer", "device", "outcome"),
    [
        (REPORTS, (1, 2), "200", "one", "failed"),
        (REPORTS, (2, 1, 3), "201", "one", "failed"),
        (REPORTS, (2,), "200", "one", "not tested"),
        (REPORTS, (1, 2), "503", "one", "not tested"),
        (REPORTS, (1, 2), "closed", "one", "not tested"),
        (REPORTS, (1, 2), "200", "two", "not tested"),
        (AUTHORIZATIONS, (1, 2), "201", "one", "not tested"),
    ],
    ids=["again", "with more", "with less", "in vain", "lost", "by another device", "something else"],
)
def test_an_error_of_the_suites_server_that_was_made_good_excuses_no_app(
    run: EngineRun,
    tmp_path: Path,
    path: str,
    numbers: tuple[int, ...],
    answer: str,
    device: str,
    outcome: str,
):
    run.own_lts = OwnLts(tmp_path / "lts", "code")
    tell_own_lts(run, REPORTS, "503", 1, 2)
    tell_own_lts(run, path, answer, *numbers, device=device)
    assert cell_when(run, BROKEN_RULE).outcome == outcome


def test_a_license_that_was_granted_at_the_second_try_excuses_no_app(run: EngineRun, tmp_path: Path):
    run.own_lts = OwnLts(tmp_path / "lts", "code")
    tell_own_lts(run, AUTHORIZATIONS, "500")
    assert cell_when(run, BROKEN_RULE).outcome == "not tested"
    tell_own_lts(run, AUTHORIZATIONS, "201")
    assert cell_when(run, BROKEN_RULE).outcome == "failed"


def test_a_picture_that_cannot_be_taken_hides_no_failure(run: EngineRun):
    def screenshot(**_: object) -> None:
        raise FULL

    run.trace.page = SimpleNamespace(is_closed=lambda: False, screenshot=screenshot)  # type: ignore[assignment]
    cell = cell_when(run, CheckFailedError("no"))
    assert (cell.outcome, cell.screenshot) == ("failed", None)
