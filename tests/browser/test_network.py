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

REPORTS = "/v1/usage-reports"


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


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.drop(), id="request lost"),
        pytest.param(Fault.lose_answer(), id="answer lost"),
        pytest.param(Fault.status(500), id="server error"),
        pytest.param(Fault.status(503, retry_after="1"), id="asked to come again"),
        pytest.param(Fault.html_page(), id="HTML with 200"),
        pytest.param(Fault.html_page(403), id="HTML with 403"),
    ],
)
def test_a_count_arrives_once_through_a_broken_network(
    tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy, fault: Fault
) -> None:
    tab.start(options)
    tab.scan(plain("qr_code", "NETWORK-1"))
    proxy.inject(fault, path=REPORTS)
    tab.flush()
    tab.scan(plain("qr_code", "NETWORK-2"))
    tab.flush()
    assert proxy.requests(path=REPORTS, method="POST")
    proxy.heal()
    scan_and_wait_for(tab, lts, code, 2)


def test_a_killed_and_restarted_server_has_every_count_once(tab: HarnessPage, tmp_path: Path, lts: LtsProcess) -> None:
    with LtsProcess(tmp_path, test_clock=False) as server:
        code = server.add_code()
        tab.start({"handshakeCode": code, "licenseServer": server.url})
        tab.scan(plain("qr_code", "KILL-1"))
        tab.flush()
        server.kill()
        tab.scan(plain("qr_code", "KILL-2"))
        tab.flush()
        server.start(port=server.port)
        scan_and_wait_for(tab, server, code, 2)


def test_a_closed_tab_has_its_last_count_at_the_lts(
    tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    tab.start(options)
    tab.scan(plain("qr_code", "LAST"))
    tab.page.close(run_before_unload=True)
    wait_until(lambda: lts.usage(code).scans == 1, what="the count of the closed tab")


def test_the_standby_server_takes_over(tab: HarnessPage, lts: LtsProcess, code: str, proxy: RecordingProxy) -> None:
    # Nothing listens on the main server's port; main and standby front one store.
    tab.start({"handshakeCode": code, "licenseServer": ["http://127.0.0.1:9", lts.url]})
    tab.scan(plain("qr_code", "STANDBY"))
    scan_and_wait_for(tab, lts, code, 1)


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
    tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    tab.start(options)
    proxy.inject(Fault.drop(), path=REPORTS)
    tab.scan(plain("qr_code", "STORED"))
    tab.page.goto(tab.site.url("/elsewhere"))
    proxy.heal()
    tab.page.goto(tab.site.harness)
    tab.wait_loaded()
    tab.start(options)
    scan_and_wait_for(tab, lts, code, 1)
