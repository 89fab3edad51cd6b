"""What is judged of an app in a frame, and of what it stores while it goes elsewhere, without any browser."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from dlt_web.testing.conformance.app_page import AppPage
from dlt_web.testing.conformance.checks.frames import CHECKS
from dlt_web.testing.conformance.checks.privacy import _Beside
from dlt_web.testing.conformance.errors import CheckFailedError
from dlt_web.testing.conformance.own_pages import BLANK_PATH
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.recorded_request import RecordedRequest

APP = "http://shop.localhost/"
BLANK = f"http://shop.localhost{BLANK_PATH}"


def report(number: int, device: str, *, partitioned: bool, referer: str = APP) -> RecordedRequest:
    said = {"handshakeCode": "code", "deviceUuid": device, "storage": "indexeddb", "partitioned": partitioned}
    url, body = f"{APP}v1/usage-reports", json.dumps(said).encode()
    return RecordedRequest(number, "POST", url, (("Referer", referer),), b"", body)


class Tab:
    """A tab of a browser that parts some kinds of storage, or keeps none."""

    url = APP

    def __init__(self, *, keeps: bool, shows: bool) -> None:
        self._answers = {"store": keeps, "hasStored": shows, "unstore": None}

    def goto(self, url: str) -> None:
        self.url = url

    def evaluate(self, _expression: str, argument: Any) -> Any:
        return {"value": self._answers[argument[1]]} if isinstance(argument, list) else None

    def close(self) -> None:
        pass


class App:
    def __init__(self) -> None:
        self.page = Tab(keeps=True, shows=True)

    def state(self) -> Mapping[str, str]:
        return {"storage": "indexeddb"}


class Run:
    """A run in which the app is some device outside and some device within the frame, and says what it is given."""

    engine, setup, frames_forbidden = "firefox", None, None
    settings = Settings(APP, "code")

    def __init__(self, within: str, *, keeps: bool = True, shows: bool = False) -> None:
        self._within, self._tab = within, Tab(keeps=keeps, shows=shows)
        self._sent = [report(0, "outside", partitioned=False)]
        self.late: Sequence[RecordedRequest] = ()

    def isolated(self, **_setup: Any) -> None:
        pass

    def visit(self, _window: None) -> str:
        return "outside"

    def new_tab(self, _window: None) -> Tab:
        return self._tab

    def attach(self, _page: Tab, *, is_framed: bool) -> App:
        assert is_framed
        return App()

    def scan_once(self, _app: App) -> str:
        self._sent += [*self.late, report(len(self._sent) + 10, self._within, partitioned=True)]
        return self._within

    def requests(self) -> list[RecordedRequest]:
        return self._sent

    tracker_requests = requests

    def claim(self, **_counts: int) -> None:
        pass

    def judge(self) -> str | None:
        (check,) = (check for check in CHECKS if check.row.id == "frame.partition")
        run: Any = self
        return check.run(run)


def test_where_all_storage_is_parted_the_frame_is_another_device():
    assert Run("inside").judge() == "a device of its own, the same at each visit"
    with pytest.raises(CheckFailedError, match="is the device outside in both"):
        Run("outside").judge()


@pytest.mark.parametrize("storage", [{"shows": True}, {"keeps": False}], ids=["shown in the frame", "kept nowhere"])
def test_where_not_all_storage_is_known_to_be_parted_the_frame_may_be_the_same_device(storage: dict[str, bool]):
    assert Run("outside", **storage).judge() == "the same device as the app's own pages"


@pytest.mark.parametrize(
    "late",
    [report(5, "outside", partitioned=False), report(5, "shell", partitioned=False, referer=BLANK)],
    ids=["the page outside", "the suite's page"],
)
def test_a_last_word_of_another_page_is_not_taken_for_the_frames(late: RecordedRequest):
    run = Run("inside")
    run.late = [late]
    assert run.judge() == "a device of its own, the same at each visit"


def test_the_frames_own_words_are_all_judged():
    run = Run("inside")
    run.late = [report(5, "inside", partitioned=False)]
    with pytest.raises(CheckFailedError, match="does not say `partitioned: true`"):
        run.judge()


class Storing:
    """A tab that shows what is stored, and is on its way elsewhere when it is asked first."""

    url = APP

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    def goto(self, _url: str) -> None:
        pass

    def evaluate(self, _expression: str, argument: Any = None) -> str:
        if argument is not None:
            return "[]"  # nobody told of what was written
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return json.dumps(answer)


def test_what_is_stored_is_looked_at_again_when_the_page_has_gone_elsewhere():
    class Beside:
        settings = Settings(APP, "code")

        def new_tab(self, _window: None) -> Storing:
            return Storing({"localStorage": "shared"})

    run: Any = Beside()
    window: Any = None
    page: Any = Storing(RuntimeError("Execution context was destroyed"), {"sessionStorage": "its own"})
    beside = _Beside(run, window)
    beside.look(AppPage(page, run.settings))
    seen = b"".join(beside.stored)
    assert b"shared" in seen
    assert b"its own" in seen
