"""What all tests share: the browsers and how they are started, and logs shown with a failed test."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from dlt_web.testing.browser_launch import BrowserSetup, EngineName, require_browser
from dlt_web.testing.recording_proxy import RecordingProxy

# Both judge the speed of the machine, which may be busy with another engine's browser, and not the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

DEFAULT_BROWSERS = ["chromium", "firefox"]
NO_PLAYWRIGHT_WEBKIT = (
    "needs a page of Playwright's, whose own WebKit is not here; WebKitGTK, which is, is driven over WebDriver"
)
NOTES: pytest.StashKey[dict[str, Callable[[], str]]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Run browser tests in both engines unless ``--browser`` says otherwise."""
    if getattr(config.option, "browser", None) == []:
        config.option.browser = list(DEFAULT_BROWSERS)
    # pytest-base-url, which pytest-playwright brings, declares a fixture in a way that pytest 10 will refuse.
    config.addinivalue_line("filterwarnings", "ignore:Session-scoped fixtures defined as instance methods")


@pytest.fixture
def failure_notes(request: pytest.FixtureRequest) -> dict[str, Callable[[], str]]:
    """Title -> text that is printed when this test fails (server logs, console, traffic)."""
    return request.node.stash.setdefault(NOTES, {})


@pytest.fixture(scope="session")
def session_proxy() -> Iterator[RecordingProxy]:
    """The network of the session's browser."""
    with RecordingProxy() as running:
        yield running


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], browser_name: EngineName, session_proxy: RecordingProxy
) -> dict[str, Any]:
    """How to start the engine under test: behind the recording proxy.

    In this one place, because a session starts each engine once, for the first test that asks: did a folder of tests
    start it in a way of its own, the folder that runs first would decide for all.
    """
    if not require_browser(browser_name).is_for_playwright:
        pytest.skip(NO_PLAYWRIGHT_WEBKIT)
    return {**browser_type_launch_args, **BrowserSetup(browser_name, proxy_url=session_proxy.url).launch_options()}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for title, text in item.stash.get(NOTES, {}).items():
            report.sections.append((f"{title} ({report.when})", text() or "(nothing)"))
    return report
