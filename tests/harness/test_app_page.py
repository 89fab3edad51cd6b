"""How an app is found in a tab, where the page does not stand still."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dlt_web.testing.conformance.app_page import AppPage
from dlt_web.testing.conformance.errors import VerifyError
from dlt_web.testing.conformance.settings import Settings

TRACKER = {"value": [{"options": {"handshakeCode": "code"}, "failure": None}]}


class Moving:
    """A tab as a driver shows it; answers one thing after the other, the last one for ever."""

    url = "https://shop.example/"

    def __init__(self, *answers: Any) -> None:
        self._answers: Iterator[Any] = iter(answers)
        self._last: Any = None

    def evaluate(self, _expression: str, argument: list[Any]) -> Any:
        if argument[1] == "ready":
            return {"value": "ready"}
        self._last = next(self._answers, self._last)
        if isinstance(self._last, Exception):
            raise self._last
        return self._last


def app_on(*answers: Any) -> AppPage:
    page: Any = Moving(*answers)
    return AppPage(page, Settings(Moving.url, "code", tracker_wait_s=0.3))


def test_a_page_that_goes_elsewhere_by_itself_is_waited_for():
    app_on({"value": []}, RuntimeError("Execution context was destroyed"), TRACKER).wait_ready()


def test_a_page_that_can_never_be_asked_is_said_in_a_sentence():
    with pytest.raises(VerifyError, match=r"shop\.example/ cannot be asked: Target crashed$"):
        app_on(RuntimeError("Target crashed\nCall log:")).wait_ready()


def test_a_page_that_names_no_such_tracker_while_its_server_is_silent_is_scanned_later():
    assert not app_on({"value": None}).scan_early({"text": "1"}, is_only=False)


def test_what_was_scanned_before_the_tracker_was_ready_is_told_however_late_its_code_is_named():
    assert app_on({"value": None}, {"value": None}, {"value": "early"}).scan_early({"text": "1"}, is_only=False)


def test_the_options_are_those_of_the_newest_tracker_of_the_code_also_where_it_tells_them_late():
    silent: dict[str, Any] = {"value": [{"options": None, "failure": None}]}
    told = [{"options": {"handshakeCode": code, "mode": mode}} for code, mode in (("code", 1), ("code", 2), ("x", 3))]
    assert app_on(silent, {"value": told}).options() == {"handshakeCode": "code", "mode": 2}


@pytest.mark.parametrize("told", [[], [{"options": None, "failure": None}]], ids=["gone", "silent"])
def test_a_tracker_that_was_closed_has_no_options_and_that_is_a_sentence(told: list[Any]):
    with pytest.raises(VerifyError, match="has no tracker of the handshake code code any more that tells its options"):
        app_on({"value": told}).options()
