"""A browser that stands still without dying holds nothing for ever: it is killed, and that is said."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import BrowserContext
from playwright.sync_api import Error as PlaywrightError

from dlt_web.testing import hanging
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.browser_page import BrowserWindow
from dlt_web.testing.fixture_types import BrowserWindows
from dlt_web.testing.processes import await_end

pytestmark = [
    pytest.mark.in_one_engine("chromium"),
    pytest.mark.skipif(sys.platform == "win32", reason="no process can be stopped there"),
]


def evaluate(window: BrowserWindow) -> None:
    window.pages[0].evaluate("1")


def close_tab(window: BrowserWindow) -> None:
    window.pages[0].close()


def open_tab(window: BrowserWindow) -> None:
    window.new_page()


def close(window: BrowserWindow) -> None:
    window.close()


@pytest.mark.parametrize("step", [evaluate, close_tab, open_tab, close])
@pytest.mark.parametrize("is_kept", [True, False], ids=["of a profile", "of several windows"])
def test_a_browser_that_stands_still_is_killed_and_that_is_said(
    dlt_windows: BrowserWindows,
    browser_name: EngineName,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: Callable[[BrowserWindow], None],
    is_kept: bool,
) -> None:
    others = set(psutil.Process().children(recursive=True))
    # A setup of its own has a browser of its own.
    own = replace(dlt_windows.setup, slow_mo_ms=1)
    if is_kept:
        window = dlt_windows.open(browser_name, tmp_path / "profile")
    else:
        window = dlt_windows.open_isolated(browser_name, setup=own)
    if not isinstance(window, BrowserContext):
        pytest.skip("WebKitGTK has such a limit of its own")
    window.new_page()
    assert window.pages[0].evaluate("1 + 1") == 2
    monkeypatch.setattr(hanging, "ANSWER_TIMEOUT_S", 1.0)
    # Not the driver, which it started itself.
    others.update(psutil.Process().children())
    ours = [one for one in psutil.Process().children(recursive=True) if one not in others]
    assert ours
    for process in ours:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGSTOP)
    with pytest.raises(hanging.BrowserHangsError, match="did not do within 1 s what it was told"):
        step(window)
    assert await_end(ours, 15) == []
    with suppress(PlaywrightError):
        window.close()
