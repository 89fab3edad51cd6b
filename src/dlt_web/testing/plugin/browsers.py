"""Which browsers the fixtures start, and how: what is missing, and what pytest-playwright's options ask for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dlt_web.browsers import FoundBrowser
    from dlt_web.testing.browser_launch import EngineName
    from dlt_web.testing.browser_page import BrowserWindow
    from dlt_web.testing.plugin import Notes
    from dlt_web.testing.windows import BrowserWindows, Watch

NO_PLAYWRIGHT_WEBKIT = (
    "needs a page of Playwright's, whose own WebKit is not here; WebKitGTK, which is, is driven over WebDriver: use "
    "the fixture browser_profile"
)


def need_browser(config: pytest.Config, engine: EngineName) -> FoundBrowser:
    """Return an engine's browser; where it is missing, the test fails, or is skipped, with what installs it."""
    from dlt_web.testing.browser_launch import BrowserMissingError, require_browser

    try:
        return require_browser(engine, is_headed=config.getoption("--headed"))
    except BrowserMissingError as error:
        if config.getoption("--missing-browser") == "skip":
            pytest.skip(str(error))
        pytest.fail(str(error), pytrace=False)


def launch_args(engine: EngineName, given: dict[str, Any], *, is_used: bool, is_tls_ours: bool) -> dict[str, Any]:
    """Return pytest-playwright's arguments of a launch with ours, where it says nothing else.

    Args:
        engine: to launch.
        given: what options and the user's own fixtures say.
        is_used: a test of the session asks for a fixture of ours.
        is_tls_ours: of one whose certificates no browser trusts.
    """
    from dlt_web.testing.browser_launch import require_browser
    from dlt_web.testing.window_setup import WindowSetup

    is_headed = given.get("headless") is False
    if not is_used:
        return {**require_browser(engine, is_headed=is_headed).launch_options(), **given}
    setup = WindowSetup(accept_insecure_certs=is_tls_ours, is_headed=is_headed)
    ours = setup.in_playwright(engine).launch_options()
    together = {**ours, **given, "args": [*ours["args"], *given.get("args", ())]}
    if "firefox_user_prefs" in ours:
        together["firefox_user_prefs"] = {**ours["firefox_user_prefs"], **given.get("firefox_user_prefs", {})}
    return together


def open_windows(
    request: pytest.FixtureRequest, folder: Path, *, proxy_url: str | None, notes: Notes
) -> BrowserWindows:
    """Return windows as the session's options want them, whose logs are printed when the test fails."""
    from dlt_web.testing.webkit.context import WebKitContext
    from dlt_web.testing.window_setup import WindowSetup
    from dlt_web.testing.windows import BrowserWindows

    option = request.config.getoption
    setup = WindowSetup(
        proxy_url=proxy_url,
        accept_insecure_certs=True,
        is_headed=option("--headed"),
        slow_mo_ms=option("--slowmo"),
    )
    record, keep = _artifacts(request, folder)

    def display() -> str:
        screen: str = os.environ.get("DISPLAY", "") if setup.is_headed else ""
        return screen or request.getfixturevalue("dlt_screen").display

    def watch(window: BrowserWindow) -> None:
        number = len(notes)
        if isinstance(window, WebKitContext):
            notes[f"WebKit {number}"] = window.log
        else:
            notes[f"Console {number}"] = _console_of(window)
        record(window)

    return BrowserWindows(
        folder,
        playwright=lambda: request.getfixturevalue("playwright"),
        display=display,
        setup=setup,
        watch=watch,
        before_close=keep,
        firefox_startup=request.getfixturevalue("dlt_firefox_startup"),
    )


def _console_of(context: Any) -> Any:
    lines: list[str] = []
    context.on("console", lambda message: lines.append(f"{message.type}: {message.text}"))
    context.on("weberror", lambda error: lines.append(f"uncaught: {error.error}"))
    return lambda: "\n".join(lines)


def _artifacts(request: pytest.FixtureRequest, folder: Path) -> tuple[Watch, Watch]:
    """Return what starts a window's trace, and what keeps it and its pictures, as pytest-playwright does for its own.

    ``folder`` is for pictures until the test's end, when it is known whether they are kept.
    Its recorder is no public interface: where it is not as it was, or nobody asked for artifacts, there are none.
    """
    option = request.config.getoption
    if option("--tracing") == "off" and option("--screenshot") == "off":
        return _nothing, _nothing
    try:
        recorder = request.getfixturevalue("_artifacts_recorder")
        start, keep = recorder.on_did_create_browser_context, recorder.on_will_close_browser_context
    except (pytest.FixtureLookupError, AttributeError):
        return _nothing, _nothing
    if option("--screenshot") == "off" or not hasattr(recorder, "_screenshots"):
        return _if_playwrights(start), _if_playwrights(keep)

    def keep_too(window: BrowserWindow) -> None:
        _if_playwrights(keep)(window)
        _keep_pictures(window, folder, recorder._screenshots)

    return _if_playwrights(start), keep_too


def _keep_pictures(window: BrowserWindow, folder: Path, pictures: list[str]) -> None:
    """Add pictures of WebKitGTK's tabs to those that pytest-playwright moves to the results, or deletes."""
    from dlt_web.testing.webkit.context import WebKitContext

    if isinstance(window, WebKitContext):
        for page in window.pages:
            path = folder / f"webkit-{len(pictures)}.png"
            page.screenshot(path=path)
            pictures.append(str(path))


def _if_playwrights(act: Watch) -> Watch:
    from playwright.sync_api import BrowserContext

    return lambda window: act(window) if isinstance(window, BrowserContext) else None


def _nothing(_window: BrowserWindow) -> None:
    pass
