"""What leaving a page and coming back does to its tracker: no count is lost, and browsers may keep pages (spec §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright
from playwright.sync_api import Error as PlaywrightError

from dlt_web.testing.browser_launch import BrowserSetup, EngineName
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import Site
from tests.page_workers import OWN_WORKERS

A, B, C, D = (plain("qr_code", f"PAGE-LIFE-{name}") for name in "ABCD")
FORGET_NOTHING = {"duplicateForgetTime": 180_000}
# What a page listens to, and whether it came out of the back/forward cache.
WATCH_LISTENERS = """
globalThis.heard = [];
globalThis.shown = [];
const { addEventListener } = EventTarget.prototype;
EventTarget.prototype.addEventListener = function (type, ...more) {
    if (this === window || this === document) heard.push(type);
    return addEventListener.call(this, type, ...more);
};
addEventListener.call(window, "pageshow", ({ persisted }) => { shown.push(persisted); });
"""
# By pages and workers of the tracker on this origin.
HELD_LOCKS = """async () => {
    const { held } = await navigator.locks.query();
    return held.map(({ name }) => name).filter((name) => name.startsWith("dlt-web"));
}"""
# Such a page is never kept by any browser, so nothing of it lives on but what outlives pages.
NEVER_KEPT = "window.addEventListener('unload', () => {});"


def accepted(tab: HarnessPage) -> int:
    """Return how many reports the runtime has seen accepted in its life."""
    return int(tab.state()["pending"]["accepted"])


def test_the_next_page_of_the_site_goes_on_with_the_runtime_where_the_browser_keeps_it(
    visitor: BrowserContext,
    shop: Site,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    browser_name: EngineName,
) -> None:
    visitor.add_init_script(NEVER_KEPT)
    tab = HarnessPage.open(visitor, shop)
    device = tab.start(options)
    for barcode in (A, B, C):
        tab.scan(barcode)
        tab.flush()
    assert accepted(tab) == 3
    tab.scan(D)
    tab.page.goto(shop.url("/a-page-without-a-tracker"))
    tab.page.goto(shop.harness)
    tab.wait_loaded()
    assert tab.start(options) == device
    # One that has started anew has sent what was left, and not more.
    assert (accepted(tab) >= 3) == (browser_name == "chromium")
    assert tab.scan(A).scans == 1  # a video stream never spans page loads
    tab.flush()
    usage = lts.usage(code)
    assert (usage.devices, usage.scans, usage.lost) == (1, 5, {})
    assert tab.uncaught() == []


@pytest.fixture
def caching_visitor(
    playwright: Playwright, browser_name: EngineName, new_visitor: Callable[[], BrowserContext], tmp_path: Path
) -> Iterator[BrowserContext]:
    """A visitor whose browser has its back/forward cache, which Playwright takes away from Chromium."""
    if browser_name == "firefox":
        yield new_visitor()
        return
    started = BrowserSetup(browser_name).launch_options() | {"ignore_default_args": ["--disable-back-forward-cache"]}
    context = playwright.chromium.launch_persistent_context(str(tmp_path / "profile"), **started)
    yield context
    context.close()


def note_why_not_kept(page: Page, engine: EngineName) -> set[str]:
    """Have Chromium say why a page was not taken out of the cache; other browsers do not tell."""
    reasons: set[str] = set()
    if engine == "chromium":
        devtools = page.context.new_cdp_session(page)
        devtools.send("Page.enable")
        devtools.on(
            "Page.backForwardCacheNotUsed",
            lambda event: reasons.update(why["reason"] for why in event["notRestoredExplanations"]),
        )
    return reasons


def is_shown(page: Page) -> bool:
    try:
        return bool(page.evaluate("document.documentElement.dataset.harness === 'ready'"))
    except PlaywrightError:
        return False  # between two pages


@pytest.mark.untestable_in("webkit", why="WebDriver runs no script before those of a single tab")
def test_a_page_comes_back_out_of_the_browsers_cache_and_counts_on(
    caching_visitor: BrowserContext,
    shop: Site,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    browser_name: EngineName,
) -> None:
    patient = options | FORGET_NOTHING
    other = HarnessPage.open(caching_visitor, shop)
    other.start(patient)
    scans = 0
    for number, script in enumerate(("", OWN_WORKERS)):
        tab = HarnessPage(caching_visitor.new_page(), shop)
        tab.page.add_init_script(WATCH_LISTENERS + script)
        tab.page.goto(shop.harness)
        tab.wait_loaded()
        reasons = note_why_not_kept(tab.page, browser_name)
        tab.start(patient)
        tab.scan(A)
        tab.flush()
        heard = set(tab.page.evaluate("heard"))
        assert {"pagehide", "pageshow", "visibilitychange"} <= heard
        assert not heard & {"unload", "beforeunload"}
        # Said as words: a function that was set would come out of the page as nothing.
        assert tab.page.evaluate("[window.onunload, window.onbeforeunload].map(String)") == ["null", "null"]
        # The journal of the start is emptied beside everything else, and Firefox keeps no page that holds a lock.
        wait_until(lambda page=tab.page: page.evaluate(HELD_LOCKS) == [], what="the end of the page's journal")
        tab.page.goto(shop.url("/a-page-without-a-tracker"))
        # What a worker tells its pages meanwhile would throw the sleeping one out.
        scans += other.scan(plain("qr_code", f"MEANWHILE-{number}")).scans
        other.flush()
        tab.page.evaluate("() => { setTimeout(() => history.back(), 0); }")
        wait_until(lambda page=tab.page: is_shown(page), what="the page after going back", timeout_s=30)
        if tab.page.evaluate("shown") == [False, True]:
            # Still the same page load: what it has seen it has seen.
            scans += 1
            assert tab.scan(A).scans == 0
        else:
            # Chromium's headless shell has no such cache, but tells what else would have been in the way: nothing.
            assert "BackForwardCacheDisabledForDelegate" in reasons
            assert reasons <= {"BackForwardCacheDisabledForDelegate", "BrowsingInstanceNotSwapped"}
            tab.start(patient)
            scans += 1 + tab.scan(A).scans
        scans += tab.scan(B).scans
        tab.flush()
        assert tab.uncaught() == []
    assert scans >= 6
    usage = lts.usage(code)
    assert (usage.devices, usage.scans, usage.lost) == (1, scans, {})
