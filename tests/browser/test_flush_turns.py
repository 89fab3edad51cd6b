"""Tabs with a runtime each take turns in flushing their one queue, which saves work and decides nothing (spec §5)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.testing.faults import Fault
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.static_site import Site, StaticSite
from tests.page_workers import OWN_WORKERS

REPORTS = "/v1/usage-reports"
FREEZE = """(code) => new Promise((resolve) => {
    navigator.locks.request(`dlt-web flush ${code}`, () => { resolve(); return new Promise(() => {}); });
})"""
# A worker waits two seconds for its turn, and a server, or a machine, that stands still for longer than that is no tab
# that is frozen. Until a page says otherwise.
PATIENT = """
const { timeout } = AbortSignal;
let patience = 30;
const channel = new BroadcastChannel("patience");
channel.onmessage = ({ data }) => {
    if (data === "enough") {
        patience = 1;
        channel.postMessage("heard");
    }
};
AbortSignal.timeout = (ms) => timeout.call(AbortSignal, patience * ms);
"""
# Until both workers have heard it.
BE_IMPATIENT = """() => new Promise((resolve) => {
    const channel = new BroadcastChannel("patience");
    let heard = 0;
    channel.onmessage = ({ data }) => {
        heard += data === "heard" ? 1 : 0;
        if (heard === 2) { channel.close(); resolve(); }
    };
    channel.postMessage("enough");
})"""


@pytest.fixture
def proxy(own_proxy: RecordingProxy) -> RecordingProxy:
    return own_proxy


@pytest.fixture
def patient_shop(site_mounts: dict[str, Path], tmp_path: Path) -> Iterator[Site]:
    """A shop whose workers wait for their turn as long as it takes, until they are told not to."""
    folder = tmp_path / "worker"
    folder.mkdir()
    shutil.copy(site_mounts["/"] / "worker" / "main.js", folder / "whole.js")
    (folder / "patient.js").write_text(PATIENT)
    (folder / "main.js").write_text('import "./patient.js";\nimport "./whole.js";\n')
    with StaticSite({**site_mounts, "/worker/": folder}) as site:
        yield site.shop_a


def test_one_tab_sends_for_all_and_none_waits_long_for_one_that_is_frozen(
    visitor: BrowserContext,
    patient_shop: Site,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    proxy: RecordingProxy,
) -> None:
    visitor.add_init_script(OWN_WORKERS)
    tabs = [HarnessPage.open(visitor, patient_shop) for _ in range(2)]
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
    second.page.evaluate(BE_IMPATIENT)
    second.scan(plain("qr_code", "TURNS-FROZEN"))
    waited_ms = second.page.evaluate(
        """async () => {
            const begin = performance.now();
            await harness.tracker("main").flush();
            return performance.now() - begin;
        }"""
    )
    # Two seconds; without them it would have waited for no lock at all, and with the patience of before for a minute.
    assert 1_900 < waited_ms < 20_000
    usage = lts.usage(code)
    assert (usage.devices, usage.scans, usage.lost) == (1, 3, {})
