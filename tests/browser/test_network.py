"""A count reaches the LTS once, whatever the network and the server do meanwhile (spec §5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.faults import Fault
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from tests.page_workers import WORKERS

REPORTS = "/v1/usage-reports"
SLOT_MS, SLOT_COUNT = 180_000, 6
# Of a request with two reports, which is some 800 bytes long.
ROOM_FOR_TWO_BYTES = 900
# Which slot a scan is of, the page's clock says.
SHOW_EARLIER_TIME = """(ms) => {
    globalThis.platformNow ??= Date.now;
    Date.now = ms === 0 ? platformNow : () => platformNow() - ms;
}"""
SAY_OFFLINE = """() => {
    Object.defineProperty(navigator, "onLine", { value: false, configurable: true });
    window.dispatchEvent(new Event("offline"));
}"""


@pytest.fixture(params=list(WORKERS))
def workers(request: pytest.FixtureRequest) -> str:
    """Each test here holds in both kinds of worker, and runs in one of them where nobody names an engine."""
    return str(request.param)


def scan_and_wait_for(tab: HarnessPage, lts: LtsProcess, code: str, scans: int) -> None:
    """Flush until the LTS has so many scans, and see that one more report does not make them more."""

    def arrived() -> bool:
        tab.flush()
        return lts.usage(code).scans >= scans

    wait_until(arrived, what=f"{scans} scans at the LTS")
    tab.flush()
    assert lts.usage(code).scans == scans
    assert lts.usage(code).lost == {}
    assert lts.usage(code).unverified_scans == 0


FAULTS = {
    "request lost": Fault.drop(),
    "answer lost": Fault.lose_answer(),
    "server error": Fault.status(500),
    "asked to come again": Fault.status(503, retry_after="1"),
    "asked to come after a moment long past": Fault.status(503, retry_after="Mon, 23 Nov 2026 10:00:00 GMT"),
    "too many requests": Fault.status(429, retry_after="1"),
    "too many requests until a moment long past": Fault.status(429, retry_after="Mon, 23 Nov 2026 10:00:00 GMT"),
    "slow": Fault.delay(0.7),
    "HTML with 200": Fault.html_page(),
    "HTML with 403": Fault.html_page(403),
    "redirected": Fault.redirect("/elsewhere"),
}


def test_counts_arrive_once_through_every_fault_of_a_network(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    warm_tab.start(options)
    scans = 0
    # One page lives through them all, as a kiosk would.
    for what, fault in FAULTS.items():
        proxy.forget()
        proxy.inject(fault, path=REPORTS)
        for half in ("first", "second"):
            scans += warm_tab.scan(plain("qr_code", f"{what}, {half} half")).scans
            warm_tab.flush()
        assert proxy.requests(path=REPORTS, method="POST"), what
        proxy.heal()
        scan_and_wait_for(warm_tab, lts, code, scans)
    assert scans == 2 * len(FAULTS)
    assert warm_tab.uncaught() == []


def test_a_request_that_is_too_large_for_something_on_the_way_arrives_in_parts(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    warm_tab.start(options)
    proxy.inject(Fault.drop(), path=REPORTS)
    for slots_ago in reversed(range(SLOT_COUNT)):
        warm_tab.page.evaluate(SHOW_EARLIER_TIME, slots_ago * SLOT_MS)
        warm_tab.scan(plain("qr_code", f"PART-{slots_ago}"))
    proxy.heal()
    proxy.forget()
    proxy.inject(Fault.problem(413, "PAYLOAD_TOO_LARGE"), path=REPORTS, above_bytes=ROOM_FOR_TWO_BYTES)
    scan_and_wait_for(warm_tab, lts, code, SLOT_COUNT)
    sizes = [len(request.body) for request in proxy.requests(path=REPORTS, method="POST")]
    assert max(sizes) > ROOM_FOR_TWO_BYTES
    rows = lts.cli("usage", "--handshake", code, "--by", "slot")["rows"]
    assert [row["scans"] for row in rows] == [1] * SLOT_COUNT


def test_a_page_that_wrongly_says_it_is_offline_reports_all_the_same(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    warm_tab.page.evaluate(SAY_OFFLINE)
    try:
        warm_tab.start(options)
        warm_tab.scan(plain("qr_code", "NOT OFFLINE"))
        scan_and_wait_for(warm_tab, lts, code, 1)
    finally:
        warm_tab.page.evaluate("() => { delete navigator.onLine; }")


def test_a_killed_and_restarted_server_has_every_count_once(warm_tab: HarnessPage, tmp_path: Path) -> None:
    with LtsProcess(tmp_path, test_clock=False) as server:
        code = server.add_code()
        warm_tab.start({"handshakeCode": code, "licenseServer": server.url})
        warm_tab.scan(plain("qr_code", "KILL-1"))
        warm_tab.flush()
        server.kill()
        warm_tab.scan(plain("qr_code", "KILL-2"))
        warm_tab.flush()
        server.start(port=server.port)
        scan_and_wait_for(warm_tab, server, code, 2)


def test_a_closed_tab_has_its_last_count_at_the_lts(
    tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    tab.start(options)
    tab.scan(plain("qr_code", "LAST"))
    tab.hear_out()
    tab.page.close(run_before_unload=True)
    wait_until(lambda: lts.usage(code).scans == 1, what="the count of the closed tab")


def test_scans_from_the_first_moment_count(
    tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    tab.create(options)
    # Called before the runtime can be there; each promise resolves when its count is on disk.
    assert tab.scan(plain("qr_code", "EARLY"), time=0).scans == 1
    assert tab.scan(plain("qr_code", "EARLY"), time=2999).scans == 0
    tab.ready()
    tab.flush()
    assert lts.usage(code).scans == 1


def test_what_was_counted_is_sent_by_the_next_page_load(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    warm_tab.start(options)
    proxy.inject(Fault.drop(), path=REPORTS)
    warm_tab.scan(plain("qr_code", "STORED"))
    warm_tab.page.goto(warm_tab.site.url("/elsewhere"))
    proxy.heal()
    warm_tab.page.goto(warm_tab.site.harness)
    warm_tab.wait_loaded()
    warm_tab.start(options)
    scan_and_wait_for(warm_tab, lts, code, 1)
