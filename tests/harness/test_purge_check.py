"""What is judged of an app whose browser is set to delete what sites stored when it is closed, without any browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlt_web.testing.conformance.checks import purges
from dlt_web.testing.conformance.errors import CheckFailedError, NotTestedError
from dlt_web.testing.conformance.own_pages import BLANK_PATH
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.window_setup import WindowSetup

APP = "http://shop.localhost/app/"
BLANK = f"http://shop.localhost{BLANK_PATH}"


class Tab:
    """A tab in which nothing but the suite's own page is shown, and the driver asked."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def goto(self, url: str) -> None:
        assert url == BLANK

    def evaluate(self, _expression: str, argument: Any) -> Any:
        _, name, _ = argument
        self._run.done.append(name)
        return {"value": self._run.is_kept if name == "store" else self._run.is_left}

    def close(self) -> None:
        pass


class Run:
    """A run in which the app is some device at each visit, and the browser keeps the mark, leaves it, or does not."""

    engine, setup = "firefox", WindowSetup()
    settings = Settings(APP, "code")

    def __init__(self, *devices: str, is_kept: bool = True, is_left: bool = False) -> None:
        self._devices: Iterator[str] = iter(devices)
        self.is_kept, self.is_left = is_kept, is_left
        self.done: list[str] = []
        self.claims: list[dict[str, int]] = []

    def new_folder(self) -> Path:
        return Path("profile")

    def profile(self, _folder: Path, setup: WindowSetup) -> None:
        assert setup.clears_on_close
        self.done.append("open")

    def visit(self, _window: None) -> str:
        self.done.append("visit")
        return next(self._devices)

    def new_tab(self, _window: None) -> Tab:
        return Tab(self)

    def close(self, _window: None) -> None:
        self.done.append("close")

    def claim(self, **counts: int) -> None:
        self.claims.append(counts)

    def judge(self) -> None:
        (check,) = (check for check in purges.CHECKS if check.row.id == "purge.on-close")
        run: Any = self
        check.run(run)


def test_where_the_browser_deleted_the_mark_another_device_passes_and_the_same_one_fails() -> None:
    run = Run("old", "new")
    run.judge()
    assert run.done == ["open", "visit", "store", "close", "open", "hasStored", "visit"]
    assert run.claims == [{"devices": 2, "scans": 2}]
    with pytest.raises(CheckFailedError, match="still is the device old"):
        Run("old", "old").judge()


def test_a_browser_that_left_the_mark_accuses_no_app_and_has_it_count_nothing_more() -> None:
    run = Run("old", "old", is_left=True)
    with pytest.raises(NotTestedError, match="this browser did not delete what sites stored when it was closed"):
        run.judge()
    assert run.done.count("visit") == 1
    assert run.claims == []


def test_a_browser_that_stores_nothing_has_nothing_to_delete() -> None:
    run = Run("one", "another", is_kept=False)
    with pytest.raises(NotTestedError, match="this browser stores nothing for sites that it could delete"):
        run.judge()
    assert run.claims == []
