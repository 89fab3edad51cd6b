"""Fixtures of the browser tests: one proxy, one site, one LTS and one boot per engine; new everything else per test."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage

from dlt_web.bundle import ensure_bundle
from dlt_web.testing.browser_launch import BrowserSetup, EngineName
from dlt_web.testing.harness_page import HarnessPage
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.static_site import Site, StaticSite
from dlt_web.testing.webkit.context import WebKitContext
from dlt_web.testing.webkit.screen import VirtualScreen

Notes = dict[str, Callable[[], str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def web_bundle() -> Path:
    """The bundle that belongs to the tested package: built in a checkout, shipped in a wheel."""
    return ensure_bundle()


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder served at /media/ on every site."""
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="session")
def site_mounts(web_bundle: Path, media: Path) -> dict[str, Path]:
    """URL prefix -> folder of every site."""
    return {"/": web_bundle, "/media/": media}


@pytest.fixture(scope="session")
def site(site_mounts: dict[str, Path]) -> Iterator[StaticSite]:
    with StaticSite(site_mounts) as running:
        yield running


@pytest.fixture
def shop(site: StaticSite) -> Site:
    """The site that a test visits when it needs no second one."""
    return site.shop_a


@pytest.fixture
def proxy(session_proxy: RecordingProxy, failure_notes: Notes) -> Iterator[RecordingProxy]:
    """The network of this test: nothing recorded yet, nothing broken; healed afterwards."""
    session_proxy.heal()
    session_proxy.forget()
    failure_notes["Traffic"] = session_proxy.journal
    yield session_proxy
    session_proxy.heal()


@pytest.fixture(scope="session")
def session_lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LtsProcess]:
    with LtsProcess(tmp_path_factory.mktemp("lts"), test_clock=False) as running:
        yield running


@pytest.fixture
def lts(session_lts: LtsProcess, failure_notes: Notes) -> LtsProcess:
    """A server on the real clock, shared by tests that each use a handshake code of their own."""
    session_lts.mark_log()
    failure_notes["LTS"] = session_lts.log
    return session_lts


@pytest.fixture
def clock_lts(tmp_path: Path, failure_notes: Notes) -> Iterator[LtsProcess]:
    """A server of this test alone, whose time the test moves."""
    with LtsProcess(tmp_path) as running:
        failure_notes["LTS"] = running.log
        yield running


@pytest.fixture
def code(lts: LtsProcess) -> str:
    """A fresh handshake code with room for everything."""
    return lts.add_code()


@pytest.fixture
def options(lts: LtsProcess, code: str) -> dict[str, Any]:
    """Tracker options for the fresh code."""
    return {"handshakeCode": code, "licenseServer": lts.url}


@pytest.fixture
def console(failure_notes: Notes) -> list[str]:
    """Console lines and page errors of all tabs of this test."""
    lines: list[str] = []
    failure_notes["Console"] = lambda: "\n".join(lines)
    return lines


def _watch(context: BrowserContext, console: list[str]) -> BrowserContext:
    def note(message: ConsoleMessage) -> None:
        console.append(f"{message.type}: {message.text}")

    context.on("console", note)
    context.on("weberror", lambda error: console.append(f"uncaught: {error.error}"))
    return context


@pytest.fixture
def new_visitor(
    request: pytest.FixtureRequest, browser_name: EngineName, proxy: RecordingProxy, console: list[str]
) -> Callable[[], BrowserContext]:
    """Make a browser context that shares nothing with others, in the session's browser, or a private WebKit."""
    if browser_name == "webkit":
        return functools.partial(request.getfixturevalue("open_browser"), "webkit", is_private=True)
    new_context = request.getfixturevalue("new_context")
    return lambda: _watch(new_context(), console)


@pytest.fixture
def visitor(new_visitor: Callable[[], BrowserContext]) -> BrowserContext:
    """The one person who visits in this test."""
    return new_visitor()


@pytest.fixture
def tab(visitor: BrowserContext, shop: Site) -> HarnessPage:
    """The test page of the shop in a fresh context, where Python has yet to start."""
    return HarnessPage.open(visitor, shop)


@pytest.fixture(scope="session")
def screen() -> Iterator[VirtualScreen]:
    """Where WebKit shows its windows."""
    with VirtualScreen() as running:
        yield running


@pytest.fixture(scope="session")
def session_context(
    request: pytest.FixtureRequest, browser_name: EngineName, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[BrowserContext, list[str]]]:
    """A context that lives as long as the session's browser, and its console."""
    lines: list[str] = []
    if browser_name == "webkit":
        display = request.getfixturevalue("screen").display
        proxy_url = request.getfixturevalue("session_proxy").url
        context = WebKitContext(tmp_path_factory.mktemp("webkit"), display=display, proxy_url=proxy_url)
    else:
        context = _watch(request.getfixturevalue("browser").new_context(), lines)
    yield context, lines
    context.close()


@pytest.fixture
def warm_tab(
    session_context: tuple[BrowserContext, list[str]], proxy: RecordingProxy, shop: Site, failure_notes: Notes
) -> Iterator[HarnessPage]:
    """The test page in a tab that many tests share, each with a handshake code of its own.

    Its device is an old one, and Python runs already: for tests on neither, a second or two cheaper than ``tab``.
    """
    context, console = session_context
    console.clear()
    failure_notes["Console"] = lambda: "\n".join(console)
    page = context.pages[0] if context.pages else context.new_page()
    tab = HarnessPage(page, shop)
    if page.url != shop.harness:
        page.goto(shop.harness)
        tab.wait_loaded()
    tab.reset()
    yield tab
    proxy.heal()
    if page.is_closed() or page.url != shop.harness:
        return
    tab.reset()


OpenProfile = Callable[..., BrowserContext]


@pytest.fixture
def open_profile(open_browser: OpenProfile, browser_name: EngineName) -> OpenProfile:
    """Start the engine under test on a profile folder of its own."""
    return functools.partial(open_browser, browser_name)


@pytest.fixture
def open_browser(
    request: pytest.FixtureRequest, proxy: RecordingProxy, console: list[str], failure_notes: Notes, tmp_path: Path
) -> Iterator[OpenProfile]:
    """Start an engine by name on a profile folder; what is left open is closed afterwards."""
    contexts: list[BrowserContext] = []
    numbers = itertools.count()

    def start(
        engine: EngineName,
        folder: Path | None = None,
        *,
        is_private: bool = False,
        proxy_url: str = proxy.url,
        **more: Any,
    ) -> Any:
        number = next(numbers)
        profile = folder or tmp_path / f"profile-{number}"
        if engine == "webkit":
            display = request.getfixturevalue("screen").display
            kept = None if is_private else profile
            context = WebKitContext(tmp_path / f"webkit-{number}", display=display, profile=kept, proxy_url=proxy_url)
            failure_notes[f"WebKit {number}"] = context.log
            contexts.append(context)
            return context
        setup = BrowserSetup(engine, proxy_url=proxy_url, **more)
        contexts.append(setup.open_profile(request.getfixturevalue("playwright"), profile))
        return _watch(contexts[-1], console)

    yield start
    for context in contexts:
        context.close()
