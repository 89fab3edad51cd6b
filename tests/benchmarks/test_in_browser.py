"""The page that measures, and the JavaScript tracker in it: what they say that they counted, a server has booked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from benchmarks.browser.variants import HERE, JS
from benchmarks.browser.visit import PAGE
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import StaticSite

# A tracker in plain JavaScript, for comparison.
pytestmark = [pytest.mark.browser, pytest.mark.in_one_engine("chromium")]


@pytest.fixture
def lts(tmp_path: Path) -> Iterator[LtsProcess]:
    with LtsProcess(tmp_path, test_clock=False) as running:
        yield running


@pytest.fixture
def site() -> Iterator[StaticSite]:
    with StaticSite({"/js/": HERE / "js_tracker", "/bench/": HERE / "page"}) as running:
        yield running


def start(page: Page, site: StaticSite, lts: LtsProcess, code: str) -> dict[str, float]:
    page.goto(site.shop_a.url(PAGE))
    page.wait_for_selector("html[data-bench]", state="attached")
    options = {"handshakeCode": code, "licenseServer": lts.url}
    started: dict[str, float] = page.evaluate("given => bench.start(...given)", [JS.module, options])
    return started


def test_what_the_page_counts_the_server_books(
    page: Page, site: StaticSite, lts: LtsProcess, browser_name: str
) -> None:
    code = lts.add_code()
    started = start(page, site, lts, code)
    # Firefox tells times in whole milliseconds, and the call takes less.
    assert 0 <= started["callsMs"] <= started["firstVerdictMs"] <= started["withModuleMs"]
    times = page.evaluate("bench.latencies(3)")
    assert {what: len(values) for what, values in times.items()} == {"put": 3, "durable": 3, "verdict": 3}
    page.evaluate("bench.watch()")
    assert page.evaluate("bench.framesPerSecond(10, true, 50)") > 0
    page.evaluate(
        """() => {
            const busy = () => { for (const from = performance.now(); performance.now() - from < 80; ); };
            return new Promise((resolve) => setTimeout(() => resolve(busy())));
        }"""
    )
    long_tasks = page.evaluate("bench.longTasks()")
    # Only Chromium tells of them.
    assert long_tasks >= 1 if browser_name == "chromium" else long_tasks is None
    page.evaluate("bench.scanMany(20, 4)")
    counted = page.evaluate("bench.flush()")
    assert counted >= 1 + 1 + 3 + 10 + 20
    usage = lts.usage(code)
    assert (usage.scans, usage.unverified_scans, usage.devices) == (counted, 0, 1)


def test_the_javascript_tracker_is_one_device_and_loses_nothing_that_it_kept(
    page: Page, site: StaticSite, lts: LtsProcess
) -> None:
    code = lts.add_code()
    start(page, site, lts, code)
    page.evaluate("bench.scanMany(5, 1)")
    # Another page of the site: the reports of before lie on disk, or in the worker that it finds still alive.
    start(page, site, lts, code)
    page.evaluate("bench.flush()")
    usage = lts.usage(code)
    assert (usage.scans, usage.devices) == (1 + 5 + 1, 1)
