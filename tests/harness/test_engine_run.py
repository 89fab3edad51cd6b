"""What is counted is looked at twice, without any browser."""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dlt_web.testing.conformance.app_page import PageCallError
from dlt_web.testing.conformance.checks import devices
from dlt_web.testing.conformance.engine_run import EngineRun
from dlt_web.testing.conformance.errors import CheckFailedError, CountingError, VerifyError
from dlt_web.testing.conformance.judging import cell_of, why_unlicensed
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.conformance.trace import Claim
from dlt_web.testing.recording_proxy import RecordingProxy

LATE_S = 0.2


class Growing:
    """Counts one scan, and another one a moment after it was first asked for them."""

    sentence = "a server that counts on"
    first_asked: float | None = None

    def seated(self, among: Collection[str]) -> set[str]:
        return set(among)

    def scans(self) -> int:
        self.first_asked = self.first_asked or time.monotonic()
        return 1 if time.monotonic() < self.first_asked + LATE_S else 2

    def release(self, device_uuids: Collection[str]) -> None:
        del device_uuids

    def require(self) -> None:
        """Is always there."""


@pytest.fixture
def counted() -> Growing:
    return Growing()


@pytest.fixture
def run(tmp_path: Path, counted: Growing) -> Iterator[EngineRun]:
    settings = Settings("http://shop.localhost/", "code", recount_wait_s=2 * LATE_S)
    windows: Any = None
    with RecordingProxy() as proxy:
        made = EngineRun("chromium", settings, folder=tmp_path, windows=windows, proxy=proxy, counted=counted)
        made.note("device")
        made.claim(devices=1, scans=1)
        yield made


def show(run: EngineRun) -> None:
    window: Any = SimpleNamespace()
    run.trace.windows.append(window)


def drive(run: EngineRun, app: Any) -> None:
    run.trace.apps.append(app)


class App:
    """A page of the app that books something more when it is told to send what waits."""

    def __init__(self, counted: Growing, *, is_closed: bool = False, refuses: bool = False) -> None:
        self._counted = counted
        self._refuses = refuses
        self.page = SimpleNamespace(is_closed=lambda: is_closed)

    def flush(self) -> None:
        if self._refuses:
            raise PageCallError("TRACKER_CLOSED: This tracker was closed.", "TRACKER_CLOSED")
        self._counted.first_asked = -LATE_S


def test_what_is_counted_too_much_a_moment_later_is_found(run: EngineRun):
    show(run)
    with pytest.raises(CheckFailedError, match=r"Expected 1 device\(s\) and 1 scan\(s\); 0.4 s later .* 1 and 2"):
        run.judge_count()


def test_where_no_window_is_open_any_more_nothing_is_waited_for(run: EngineRun):
    began = time.monotonic()
    run.judge_count()
    assert time.monotonic() < began + LATE_S


def test_what_is_counted_too_much_at_the_next_report_is_found(run: EngineRun, counted: Growing):
    drive(run, App(counted))
    with pytest.raises(CheckFailedError, match=r"Expected 1 device.* 1 and 2"):
        run.judge_count()


@pytest.mark.parametrize("state", [{"is_closed": True}, {"refuses": True}], ids=["closed", "refuses"])
def test_a_page_that_has_nothing_to_send_any_more_disturbs_no_count(
    run: EngineRun, counted: Growing, state: dict[str, bool]
):
    drive(run, App(counted, **state))
    run.judge_count()


EXPIRED = "its certificate is not good: certificate has expired."


@pytest.mark.parametrize(
    ("servers", "license_", "said"),
    [
        (
            ["https://lts.example", "https://standby.example"],
            {"state": "offline"},
            f"https://lts.example, https://standby.example (state offline): https://lts.example: {EXPIRED}",
        ),
        (
            "https://lts.example",
            {"state": "offline"},
            f"https://lts.example (state offline): https://lts.example: {EXPIRED}",
        ),
        ("/lts", {"state": "offline"}, "/lts (state offline): it gave no reason."),
        (
            "/lts",
            {"state": "refused", "code": "LICENSE_EXPIRED", "message": "It ended yesterday."},
            "/lts (state refused): LICENSE_EXPIRED: It ended yesterday.",
        ),
    ],
)
def test_why_there_is_no_license_is_what_kept_the_server_from_answering_or_what_it_said(
    servers: Any, license_: dict[str, str], said: str
):
    troubles = {"https://lts.example": EXPIRED, "https://elsewhere.example": "it is not on this machine"}
    assert why_unlicensed({"licenseServer": servers}, license_, troubles) == f"The tracker has no license from {said}"


(PRIVATE,) = (check for check in devices.CHECKS if check.row.id == "device.private-window")


@pytest.fixture
def firefox(run: EngineRun, monkeypatch: pytest.MonkeyPatch) -> EngineRun:
    """Windows that keep apart what each visit is; whether pages have a folder for files stands in ``has_folder``."""
    run.engine = "firefox"
    visits = itertools.count()
    monkeypatch.setattr(run, "private", lambda: "private")
    monkeypatch.setattr(run, "profile", lambda _: "profile")
    monkeypatch.setattr(run, "visit", lambda _: f"device {next(visits)}")
    return run


@pytest.mark.parametrize(
    ("has_folder", "outcome"),
    [(True, "not tested"), (False, "passed"), (None, "passed")],
    ids=["not private", "private", "not to be told"],
)
def test_a_firefox_that_opens_no_private_window_passes_no_check_of_them(
    firefox: EngineRun, monkeypatch: pytest.MonkeyPatch, has_folder: bool | None, outcome: str
):
    page = SimpleNamespace(goto=lambda _: None, evaluate=lambda _: has_folder, close=lambda: None)
    monkeypatch.setattr(firefox, "new_tab", lambda window: page if window == "private" else None)
    firefox.trace.claim = None
    cell = cell_of(firefox, lambda: PRIVATE.run(firefox))
    assert cell.outcome == outcome, cell.reason
    assert (firefox.trace.claim is None) == (outcome == "not tested")
    said = "this Firefox opens no private window: see whether a policy of this machine forbids it"
    assert cell.reason == (said if outcome == "not tested" else "")
    assert not cell.is_unmade


GONE = CountingError("The suite's own license server has gone.")
ELSEWHERE: dict[str, Any] = {"firefox": VerifyError("The page made no tracker."), "webkit": "device there"}


@pytest.fixture
def other_browsers(run: EngineRun, monkeypatch: pytest.MonkeyPatch) -> EngineRun:
    """Windows that say where the app is which device, or why it is none there."""
    is_device: dict[str, Any] = {**ELSEWHERE, "chromium": "device here"}

    def visited(_run: EngineRun, window: str, _url: str) -> str:
        if isinstance(is_device[window], Exception):
            raise is_device[window]
        return str(is_device[window])

    monkeypatch.setattr(devices, "visit_first", visited)
    monkeypatch.setattr(run, "isolated", lambda engine="chromium": engine)
    monkeypatch.setattr(run, "visit", lambda window: visited(run, window, ""))
    return run


(BROWSERS,) = (check for check in devices.CHECKS if check.row.id == "device.browsers")


def test_an_app_that_does_not_start_in_another_browser_is_tried_in_the_next_one(other_browsers: EngineRun):
    other_browsers.others = ("firefox", "webkit")
    cell = cell_of(other_browsers, lambda: BROWSERS.run(other_browsers))
    assert (cell.outcome, cell.reason) == ("passed", "beside webkit")
    assert other_browsers.trace.claim == Claim(devices=2, scans=2)


def test_an_app_that_starts_in_no_other_browser_fails_nowhere(other_browsers: EngineRun):
    other_browsers.others = ("firefox",)
    cell = cell_of(other_browsers, lambda: BROWSERS.run(other_browsers))
    why = "the app can be used in no other browser of this machine: firefox: The page made no tracker"
    assert (cell.outcome, cell.reason) == ("not tested", why)


def test_a_server_that_cannot_be_asked_is_no_matter_of_the_other_browser(
    other_browsers: EngineRun, monkeypatch: pytest.MonkeyPatch
):
    def visited(*_: object) -> str:
        raise GONE

    other_browsers.others = ("firefox", "webkit")
    monkeypatch.setattr(devices, "visit_first", visited)
    cell = cell_of(other_browsers, lambda: BROWSERS.run(other_browsers))
    assert (cell.outcome, cell.is_unmade) == ("not tested", True)
    assert cell.reason.endswith(": The suite's own license server has gone")


def test_an_app_that_starts_nowhere_because_the_server_that_counts_has_gone_has_another_reason(
    other_browsers: EngineRun, counted: Growing, monkeypatch: pytest.MonkeyPatch
):
    def require() -> None:
        raise GONE

    other_browsers.others = ("firefox",)
    monkeypatch.setattr(counted, "require", require)
    cell = cell_of(other_browsers, lambda: BROWSERS.run(other_browsers))
    assert (cell.outcome, cell.is_unmade) == ("not tested", True)
    assert cell.reason.endswith(": The suite's own license server has gone")
