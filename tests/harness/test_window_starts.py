"""How windows are started and what a failed start leaves, without any browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Error as PlaywrightError

from dlt_web.testing import windows
from dlt_web.testing.browser_launch import BrowserSetup
from dlt_web.testing.windows import BrowserWindows


class DyingBrowser:
    """A browser that is lost after its first window."""

    def __init__(self) -> None:
        self.opened = 0

    def is_connected(self) -> bool:
        return self.opened == 0

    def new_context(self, **_: object) -> Any:
        self.opened += 1
        return SimpleNamespace(pages=[], new_page=lambda: None, close=lambda: None)

    def close(self) -> None:
        """Has ended by itself."""


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrowserWindows]:
    playwright: Any = None
    monkeypatch.setattr(windows, "require_browser", lambda _: SimpleNamespace(is_for_playwright=True))
    monkeypatch.setattr(BrowserSetup, "launch_options", lambda _: {})
    with BrowserWindows(tmp_path, playwright=lambda: playwright) as windows_here:
        yield windows_here


def test_a_browser_that_died_by_itself_is_started_anew(opened: BrowserWindows, monkeypatch: pytest.MonkeyPatch):
    started: list[DyingBrowser] = []

    def launch(*_: object) -> DyingBrowser:
        started.append(DyingBrowser())
        return started[-1]

    monkeypatch.setattr(BrowserSetup, "launch", launch)
    for _ in range(2):
        opened.open_isolated("chromium")
    assert [browser.opened for browser in started] == [1, 1]


@pytest.mark.parametrize(("is_private", "left"), [(True, []), (False, ["profile-0"])], ids=["private", "a profile"])
def test_a_private_firefox_that_does_not_start_leaves_no_folder(
    opened: BrowserWindows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_private: bool, left: list[str]
):
    def open_profile(_setup: object, _playwright: object, folder: Path, **_: object) -> None:
        (folder / "storage").mkdir(parents=True)
        raise PlaywrightError("BrowserType.launch_persistent_context: it did not start")

    monkeypatch.setattr(BrowserSetup, "open_profile", open_profile)
    with pytest.raises(PlaywrightError, match="it did not start"):
        opened.open("firefox", is_private=is_private)
    assert [path.name for path in tmp_path.iterdir()] == left
    assert opened.all_open == []
