"""``--headed`` shows the browsers, in every check and whoever drives them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from dlt_web.browsers import find_browser
from dlt_web.testing.conformance.checks.frames import CHECKS
from dlt_web.testing.window_setup import WindowSetup
from dlt_web.testing.windows import BrowserWindows


class Asked(Exception):
    """A window was asked for."""


def test_the_frames_check_opens_windows_as_all_others_do():
    setup = WindowSetup(proxy_url="http://127.0.0.1:1", is_headed=True, slow_mo_ms=5, accept_insecure_certs=True)
    asked: list[WindowSetup] = []

    def isolated(*, setup: WindowSetup) -> Any:
        asked.append(setup)
        raise Asked

    proxy = SimpleNamespace(url=setup.proxy_url)
    run: Any = SimpleNamespace(engine="chromium", frames_forbidden=None, setup=setup, proxy=proxy, isolated=isolated)
    with pytest.raises(Asked):
        CHECKS[0].run(run)
    (one,) = asked
    assert (one.is_headed, one.slow_mo_ms, one.proxy_url) == (True, 5, setup.proxy_url)
    assert one.extra_args


@pytest.mark.parametrize("is_headed", [True, False])
def test_webkit_is_shown_on_the_persons_screen_when_it_is_headed(
    is_headed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    found = find_browser("webkit")
    if found is None or found.is_for_playwright:
        pytest.skip("WebKitGTK is not here")
    monkeypatch.setenv("DISPLAY", ":4711")
    with BrowserWindows(tmp_path, setup=WindowSetup(is_headed=is_headed)) as windows:
        windows.open_isolated("webkit")  # starts with its first tab only
        screens = [child for child in psutil.Process().children() if child.name() == "Xvfb"]
        assert bool(screens) is not is_headed
