"""Tabs with a runtime each take turns in flushing their one queue, which saves work and decides nothing (spec §5)."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import BrowserContext

from dlt_web.testing.faults import Fault
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.static_site import Site
from tests.page_workers import OWN_WORKERS

REPORTS = "/v1/usage-reports"
FREEZE = """(code) => new Promise((resolve) => {
    navigator.locks.request(`dlt-web flush ${code}`, () => { resolve(); return new Promise(() => {}); });
})"""


def test_one_tab_sends_for_all_and_none_waits_long_for_one_that_is_frozen(
    visitor: BrowserContext, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    visitor.add_init_script(OWN_WORKERS)
    tabs = [HarnessPage.open(visitor, shop) for _ in range(2)]
    for tab in tabs:
        tab.start(options)
    for number, tab in enumerate(tabs):
        tab.flush()
        tab.scan(plain("qr_code", f"TURNS-{number}"))
    proxy.forget()
    # Long enough for the second to have begun before the first has ended.
    proxy.inject(Fault.delay(0.5), path=REPORTS)
    for tab in tabs:
        tab.page.evaluate("() => { window.flushed = harness.tracker('main').flush(); }")
    for tab in tabs:
        assert tab.page.evaluate("flushed") == {"pendingScans": 0, "pendingReports": 0}
    sent = [json.loads(request.body) for request in proxy.requests(path=REPORTS, method="POST")]
    assert len([body for body in sent if body["reports"]]) == 1
    assert lts.usage(code).scans == 2
    proxy.heal()

    first, second = tabs
    first.page.evaluate(FREEZE, code)
    second.scan(plain("qr_code", "TURNS-FROZEN"))
    waited_ms = second.page.evaluate(
        """async () => {
            const begin = performance.now();
            await harness.tracker("main").flush();
            return performance.now() - begin;
        }"""
    )
    # Two seconds; without them it would have waited for no lock at all.
    assert 1_900 < waited_ms < 6_000
    usage = lts.usage(code)
    assert (usage.devices, usage.scans, usage.lost) == (1, 3, {})
