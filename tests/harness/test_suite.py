"""What a run does beside its checks, at a real license server and behind a real proxy, without any browser."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dlt_web.testing.conformance import suite as suite_module
from dlt_web.testing.conformance.checks import CHECKS
from dlt_web.testing.conformance.engine_run import EngineRun
from dlt_web.testing.conformance.errors import SeatsKeptError, VerifyError, sentence_of
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.conformance.suite import Suite
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.faults import Fault
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import StaticSite
from tests.harness.test_counting import post

CODE = "code"
KEPT = "Seats could not be given back, so no more were taken: It is busy."


@pytest.fixture(scope="module")
def lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LtsProcess]:
    with LtsProcess(tmp_path_factory.mktemp("lts")) as running:
        running.add_handshake(running.add_license(), code=CODE)
        yield running


@pytest.fixture(scope="module")
def settings(lts: LtsProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    app = tmp_path_factory.mktemp("app")
    (app / "index.html").write_text("<!doctype html>")
    key = lts.cli("admin-key", "add", "verify")["key"]
    with StaticSite({"/": app}) as site:
        yield Settings(site.shop_a.url("/"), CODE, lts_url=lts.url, lts_key=key)


def speak(suite: Suite, lts: LtsProcess, code: str = CODE) -> int:
    """Take a seat as a page does, through the run's proxy, and return the status of the answer."""
    body = {"handshakeCode": code, "deviceUuid": str(uuid.uuid4()), "storage": "indexeddb"}
    status: int = post(f"{lts.url}/v1/authorizations", body, through=suite._proxy.url)["status"]
    return status


def test_a_page_that_says_its_last_word_after_its_check_keeps_no_seat(settings: Settings, lts: LtsProcess):
    with ThreadPoolExecutor(1) as pool, Suite(settings, []) as suite:
        suite._proxy.inject(Fault.delay(0.5), path="/v1/authorizations")
        last_word = pool.submit(speak, suite, lts)
        wait_until(lambda: suite._proxy.requests(path="/v1/authorizations"), what="the last word")
    assert last_word.result() == 201
    assert lts.seated(CODE) == set()


def test_devices_of_another_handshake_code_are_left_alone(settings: Settings, lts: LtsProcess):
    other = lts.add_code()
    with Suite(settings, []) as suite:
        speak(suite, lts, other)
    assert len(lts.seated(other)) == 1


def test_a_run_that_is_given_up_keeps_no_seat_and_no_folder(settings: Settings, lts: LtsProcess):
    Suite(settings, []).give_up()  # has nothing yet
    with Suite(settings, []) as suite:
        assert speak(suite, lts) == 201
        folder = suite._folder
        assert folder is not None
        assert folder.is_dir()
        suite.give_up()
        assert lts.seated(CODE) == set()
        assert not folder.exists()


def test_a_server_of_the_suite_that_is_lost_in_the_middle_of_a_run_is_a_sentence(settings: Settings, tmp_path: Path):
    from dlt_web.testing.conformance.counting import OwnLts

    with OwnLts(tmp_path / "own", CODE) as own:
        for file in (tmp_path / "own").glob("lts.db*"):
            file.unlink()
        (tmp_path / "own" / "lts.db").mkdir()
        for ask in (lambda: own.seated(()), own.scans):
            with pytest.raises(VerifyError, match="suite's own license server cannot be asked: "):
                ask()


def test_what_the_apps_address_ends_with_is_in_no_sentence_that_pytest_shows(settings: Settings):
    secret = replace(settings, app_url=f"{settings.app_url}?let-me=in#with=this")
    with Suite(secret, ["chromium"]) as suite:

        def run_of(_: str) -> None:
            raise VerifyError(f"no tracker at {secret.app_url}, nor at let-me=in")

        suite._run_of = run_of  # type: ignore[method-assign, assignment]
        for _ in range(2):  # found out, and known
            with pytest.raises(VerifyError) as caught:
                suite.cells("chromium", CHECKS[0])
            assert str(caught.value) == f"no tracker at {settings.app_url}?…#…, nor at …"


def test_an_app_that_cannot_be_verified_in_a_browser_is_not_tried_again_for_each_check(settings: Settings):
    with Suite(settings, ["chromium", "firefox"]) as suite:
        tried = []

        def run_of(engine: str) -> None:
            tried.append(engine)
            raise VerifyError(f"no tracker in {engine} at {settings.app_url}?token")

        suite._run_of = run_of  # type: ignore[method-assign, assignment]
        for check in CHECKS[:3]:
            with pytest.raises(VerifyError, match="no tracker in chromium"):
                suite.cells("chromium", check)
        assert not suite.is_vain
        with pytest.raises(VerifyError, match="no tracker in chromium"):
            suite.make_all(lambda *_: None)
        assert tried == ["chromium", "firefox"]
        assert suite.is_vain
        assert [column.trouble.partition(" at ")[0] for column in suite.report().columns] == [
            "no tracker in chromium",
            "no tracker in firefox",
        ]


class Keeping:
    """A server that takes no seats back the first times."""

    sentence = "a server that is busy"

    def __init__(self, times: int) -> None:
        self._times_left = times

    def seated(self, among: Collection[str]) -> set[str]:
        return set(among)

    def scans(self) -> int:
        return 0

    def release(self, device_uuids: Collection[str]) -> None:
        if self._times_left:
            self._times_left -= 1
            raise SeatsKeptError("It is busy. These may still hold seats: one.", "It is busy.")

    def require(self) -> None:
        """Is always there."""


@pytest.fixture
def last_check(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A run of one check that needs no browser."""
    monkeypatch.setattr(suite_module, "CHECKS", (replace(CHECKS[0], run=lambda _: None, counted=None),))

    def run_of(suite: Suite, engine: Any) -> EngineRun:
        windows: Any = None
        suite._findings.versions[engine] = "Chromium"
        assert suite._folder is not None
        suite._run = EngineRun(
            engine,
            suite.settings,
            folder=suite._folder,
            windows=windows,
            proxy=suite._proxy,
            counted=suite._counted,
        )
        return suite._run

    monkeypatch.setattr(Suite, "_run_of", run_of)
    return Suite(settings, ["chromium", "firefox"])


def test_seats_that_could_be_given_back_in_the_end_are_no_trouble_of_the_run(last_check: Suite):
    with last_check as suite:
        suite._counted = Keeping(1)
        assert suite.make_all(lambda *_: None).troubles == ()


def test_a_browser_in_which_seats_were_kept_keeps_none_from_the_next_one_that_can_give_them_back(last_check: Suite):
    with last_check as suite:
        suite._counted = Keeping(2)
        report = suite.make_all(lambda *_: None)
    assert report.troubles == (f"chromium: {KEPT}",)
    assert [set(column.cells) for column in report.columns] == [{CHECKS[0].row.id}, {CHECKS[0].row.id}]


def test_where_seats_are_kept_no_more_are_taken_in_any_browser(last_check: Suite):
    with last_check as suite:
        suite._counted = Keeping(3)
        report = suite.make_all(lambda *_: None)
    assert report.troubles == (f"chromium: {KEPT}", f"firefox: {KEPT}")
    assert [set(column.cells) for column in report.columns] == [{CHECKS[0].row.id}, set()]


def end_keeping(settings: Settings, error: Exception | None, close: Callable[[], None] = lambda: None) -> None:
    """End a run at a server that takes no seats back, for a reason or in good order."""
    with Suite(settings, []) as suite:
        suite._counted = Keeping(1)
        suite._stack.callback(close)
        if error is not None:
            raise error


KEPT_AT_END = "It is busy. These may still hold seats: one."


def test_why_a_run_ended_is_not_replaced_by_what_it_could_not_give_back(settings: Settings):
    why = VerifyError("The page made no tracker.")
    with pytest.raises(VerifyError) as caught:
        end_keeping(settings, why)
    assert caught.value is why
    assert sentence_of(why) == f"The page made no tracker. {KEPT_AT_END}"


def test_of_what_goes_wrong_at_the_end_the_first_is_said_first(settings: Settings):
    def close() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(SeatsKeptError) as caught:
        end_keeping(settings, None, close)
    assert sentence_of(caught.value) == f"{KEPT_AT_END} The run could not go on: No space left on device."


def test_which_devices_keep_seats_is_said_only_where_they_do_so_at_the_end(last_check: Suite):
    with last_check as suite:
        suite._counted = Keeping(2)
        assert suite.make_all(lambda *_: None).troubles == (f"chromium: {KEPT}",)
    with pytest.raises(SeatsKeptError, match="may still hold seats: one"), Suite(suite.settings, []) as another:
        another._counted = Keeping(1)


class Dying:
    """Windows of a browser in which no app is shown, and which cannot be closed."""

    def __init__(self, *_: object, **__: object) -> None:
        """Take what windows take."""

    def __enter__(self) -> Dying:
        return self

    def __exit__(self, *_: object) -> None:
        raise OSError("the browser's folder cannot be removed")

    def open_isolated(self, *_: object, **__: object) -> object:
        raise VerifyError("The page made no tracker.")


@pytest.mark.parametrize("release_fails", [False, True])
def test_why_an_app_cannot_be_verified_is_said_whatever_cannot_be_closed_after_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, release_fails: bool
):
    monkeypatch.setattr(suite_module, "BrowserWindows", Dying)
    with Suite(settings, ["chromium"]) as suite:
        suite._counted = Keeping(2 if release_fails else 0)
        with pytest.raises(VerifyError, match=r"^The page made no tracker\.$"):
            suite.cells("chromium", CHECKS[0])
