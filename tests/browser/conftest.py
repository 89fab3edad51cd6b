"""Fixtures of the browser tests: one proxy, one site, one LTS and one boot per engine; new everything else per test."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.harness_page import HarnessPage
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.static_site import Site, StaticSite
from dlt_web.testing.webkit.context import WebKitContext
from dlt_web.testing.windows import BrowserWindows
from tests.bundle_files import tested_bundle
from tests.page_workers import WORKERS

Notes = dict[str, Callable[[], str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def dlt_bundle() -> Path:
    """The bundle under test."""
    return tested_bundle()


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder served at /media/ on every site."""
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="session")
def site_mounts(dlt_bundle: Path, media: Path) -> dict[str, Path]:
    """URL prefix -> folder of every site."""
    return {"/": dlt_bundle, "/media/": media}


@pytest.fixture(scope="session")
def site(site_mounts: dict[str, Path]) -> Iterator[StaticSite]:
    with StaticSite(site_mounts) as running:
        yield running


@pytest.fixture
def shop(site: StaticSite) -> Site:
    """The site that a test visits when it needs no second one."""
    return site.shop_a


@pytest.fixture
def proxy(recording_proxy: RecordingProxy) -> RecordingProxy:
    """The network of this test."""
    return recording_proxy


@pytest.fixture
def own_proxy(dlt_notes: Notes) -> Iterator[RecordingProxy]:
    """A network of this test alone, for files that look at all that is sent.

    The warm tabs of other tests go on behind the session's, and their trackers speak for three minutes after them.
    """
    with RecordingProxy() as running:
        dlt_notes["Traffic"] = running.journal
        yield running


@pytest.fixture(scope="session")
def session_lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LtsProcess]:
    with LtsProcess(tmp_path_factory.mktemp("lts"), test_clock=False) as running:
        yield running


@pytest.fixture
def lts(session_lts: LtsProcess, dlt_notes: Notes) -> LtsProcess:
    """A server on the real clock, shared by tests that each use a handshake code of their own."""
    session_lts.mark_log()
    dlt_notes["LTS"] = session_lts.log
    return session_lts


@pytest.fixture
def clock_lts(dlt_start_lts: Callable[[], LtsProcess]) -> LtsProcess:
    """A server of this test alone, whose time the test moves."""
    return dlt_start_lts()


@pytest.fixture
def code(lts: LtsProcess) -> str:
    """A fresh handshake code with room for everything."""
    return lts.add_code()


@pytest.fixture
def options(lts: LtsProcess, code: str) -> dict[str, Any]:
    """Tracker options for the fresh code."""
    return {"handshakeCode": code, "licenseServer": lts.url}


@pytest.fixture
def console(dlt_notes: Notes) -> list[str]:
    """Console lines and page errors of all tabs of this test."""
    lines: list[str] = []
    dlt_notes["Console"] = lambda: "\n".join(lines)
    return lines


def _watch(context: BrowserContext, console: list[str]) -> BrowserContext:
    def note(message: ConsoleMessage) -> None:
        console.append(f"{message.type}: {message.text}")

    context.on("console", note)
    context.on("weberror", lambda error: console.append(f"uncaught: {error.error}"))
    return context


@pytest.fixture
def workers() -> str:
    """Which worker the trackers of a test live in; a file whose tests hold on both ways runs them on both."""
    return "shared"


@pytest.fixture
def new_visitor(
    request: pytest.FixtureRequest,
    browser_name: EngineName,
    proxy: RecordingProxy,
    console: list[str],
    workers: str,
) -> Callable[[], BrowserContext]:
    """Make a browser context that shares nothing with others, in the session's browser, or a WebKit of its own."""

    def make() -> BrowserContext:
        if browser_name == "webkit":
            windows: BrowserWindows = request.getfixturevalue("dlt_windows")
            setup = dataclasses.replace(windows.setup, proxy_url=proxy.url)
            context = windows.open_isolated("webkit", setup=setup)
        else:
            # Who asks for the session's network is on it already, by the plugin.
            own = {} if "recording_proxy" in request.fixturenames else {"proxy": {"server": proxy.url}}
            context = _watch(request.getfixturevalue("new_context")(**own), console)
        context.add_init_script(WORKERS[workers])
        return context

    return make


@pytest.fixture
def visitor(new_visitor: Callable[[], BrowserContext]) -> BrowserContext:
    """The one person who visits in this test."""
    return new_visitor()


@pytest.fixture
def tab(visitor: BrowserContext, shop: Site) -> HarnessPage:
    """The test page of the shop in a fresh context, where Python has yet to start."""
    return HarnessPage.open(visitor, shop)


@pytest.fixture(scope="session")
def session_contexts(
    request: pytest.FixtureRequest,
    browser_name: EngineName,
    dlt_session_proxy: RecordingProxy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], tuple[BrowserContext, list[str]]]]:
    """Contexts that live as long as the session's browser, one for each kind of worker, and their consoles."""
    # Asked for now, so that it ends after the contexts.
    browser = None if browser_name == "webkit" else request.getfixturevalue("browser")

    def new_context(lines: list[str]) -> BrowserContext:
        if browser is not None:
            return _watch(browser.new_context(proxy={"server": dlt_session_proxy.url}), lines)
        display = request.getfixturevalue("dlt_screen").display
        return WebKitContext(tmp_path_factory.mktemp("webkit"), display=display, proxy_url=dlt_session_proxy.url)

    @functools.cache
    def context_of(workers: str) -> tuple[BrowserContext, list[str]]:
        lines: list[str] = []
        context = new_context(lines)
        context.add_init_script(WORKERS[workers])
        made.callback(context.close)
        return context, lines

    with ExitStack() as made:
        yield context_of


@pytest.fixture
def warm_tab(
    session_contexts: Callable[[str], tuple[BrowserContext, list[str]]],
    proxy: RecordingProxy,
    shop: Site,
    dlt_notes: Notes,
    workers: str,
) -> Iterator[HarnessPage]:
    """The test page in a tab that many tests share, each with a handshake code of its own.

    Its device is an old one, and Python runs already: for tests on neither, a second or two cheaper than ``tab``.
    """
    context, console = session_contexts(workers)
    console.clear()
    dlt_notes["Console"] = lambda: "\n".join(console)
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
def open_browser(dlt_windows: BrowserWindows, proxy: RecordingProxy) -> OpenProfile:
    """Start an engine by name, on a profile folder or in private; what is left open is closed afterwards."""

    def start(
        engine: EngineName, folder: Path | None = None, *, is_private: bool = False, proxy_url: str = "", **more: Any
    ) -> Any:
        setup = dataclasses.replace(dlt_windows.setup, proxy_url=proxy_url or proxy.url, **more)
        return dlt_windows.open(engine, folder, is_private=is_private, setup=setup)

    return start
