"""Main and standby servers, restored ones, and servers whose operator has yet to mend something (spec §5, §6)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.faults import Fault
from dlt_web.testing.harness_page import HarnessPage, PageError, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from tests.page_workers import WORKERS

REPORTS = "/v1/usage-reports"


@pytest.fixture(params=list(WORKERS))
def workers(request: pytest.FixtureRequest) -> str:
    """Each test here holds in both kinds of worker, and runs in one of them where nobody names an engine."""
    return str(request.param)


@pytest.fixture
def main_server(lts: LtsProcess) -> Iterator[RecordingProxy]:
    """Another address of the same server and store, whose network a test breaks and heals."""
    with RecordingProxy(upstream=lts.url) as running:
        yield running


def go_down(server: RecordingProxy) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        server.inject(Fault.drop(), path="/", method=method)


def flush_until(tab: HarnessPage, has_arrived: Callable[[], bool]) -> None:
    def arrived() -> bool:
        tab.flush()
        return has_arrived()

    wait_until(arrived, what="the counts to arrive")


def errors_of(tab: HarnessPage) -> list[str]:
    """Codes of what the tracker complains of in its report for support."""
    return [error["code"] for error in tab.explain()["tracker"]["errors"]]


@pytest.mark.parametrize(
    "main",
    ["http://127.0.0.1:9", "http://no-such-host.invalid", "https://127.0.0.1:9"],
    ids=["nobody listens", "no such host", "no TLS"],
)
def test_the_standby_takes_over(
    warm_tab: HarnessPage, lts: LtsProcess, code: str, proxy: RecordingProxy, main: str
) -> None:
    warm_tab.start({"handshakeCode": code, "licenseServer": [main, lts.url]})
    warm_tab.scan(plain("qr_code", f"STANDBY {main}"))
    flush_until(warm_tab, lambda: lts.usage(code).scans == 1)
    assert lts.usage(code).lost == {}


def test_the_main_server_is_used_again_once_it_is_back(
    warm_tab: HarnessPage, lts: LtsProcess, code: str, main_server: RecordingProxy
) -> None:
    warm_tab.start({"handshakeCode": code, "licenseServer": [main_server.url, lts.url]})
    warm_tab.scan(plain("qr_code", "MAIN-1"))
    warm_tab.flush()
    assert main_server.requests(path=REPORTS, method="POST")
    go_down(main_server)
    warm_tab.scan(plain("qr_code", "MAIN-2"))
    flush_until(warm_tab, lambda: lts.usage(code).scans == 2)
    main_server.heal()
    main_server.forget()
    warm_tab.scan(plain("qr_code", "MAIN-3"))
    flush_until(warm_tab, lambda: bool(main_server.requests(path=REPORTS, method="POST")))
    assert (lts.usage(code).scans, lts.usage(code).lost) == (3, {})


def test_with_both_down_counts_wait_for_whichever_comes_first(
    warm_tab: HarnessPage, lts: LtsProcess, code: str, main_server: RecordingProxy
) -> None:
    warm_tab.start({"handshakeCode": code, "licenseServer": [main_server.url, "http://127.0.0.1:9"]})
    go_down(main_server)
    for number in range(3):
        assert warm_tab.scan(plain("qr_code", f"BOTH-{number}")).scans == 1
        warm_tab.flush()
    assert lts.usage(code).scans == 0
    main_server.heal()
    flush_until(warm_tab, lambda: lts.usage(code).scans == 3)
    assert lts.usage(code).lost == {}


def test_a_standby_with_another_store_is_told_nothing_and_the_page_says_why(
    warm_tab: HarnessPage, lts: LtsProcess, code: str, main_server: RecordingProxy, tmp_path: Path
) -> None:
    with LtsProcess(tmp_path, test_clock=False) as stranger:
        stranger.add_handshake(stranger.add_license(), code=code)
        warm_tab.start({"handshakeCode": code, "licenseServer": [main_server.url, stranger.url]})
        warm_tab.scan(plain("qr_code", "STRANGER-1"))
        warm_tab.flush()
        go_down(main_server)
        warm_tab.scan(plain("qr_code", "STRANGER-2"))
        flush_until(warm_tab, lambda: "STORE_MISMATCH" in errors_of(warm_tab))
        usage = stranger.usage(code)
        assert (usage.scans, usage.unverified_scans) == (0, 0)
        main_server.heal()
        flush_until(warm_tab, lambda: lts.usage(code).scans == 2)
        assert stranger.usage(code).scans == 0


def test_what_a_restored_server_lost_comes_back(warm_tab: HarnessPage, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    with LtsProcess(tmp_path, test_clock=False) as server:
        code = server.add_code()
        warm_tab.start({"handshakeCode": code, "licenseServer": server.url})
        for number in range(4):
            if number == 2:
                server.cli("backup", str(backup), as_json=False)
            warm_tab.scan(plain("qr_code", f"RESTORED-{number}"))
            warm_tab.flush()
        assert server.usage(code).scans == 4
        server.kill()
        server.cli("restore", str(backup), "--verify", as_json=False)
        assert server.usage(code).scans == 2
        server.start(port=server.port)
        warm_tab.scan(plain("qr_code", "RESTORED-4"))
        flush_until(warm_tab, lambda: server.usage(code).scans == 5)
        usage = server.usage(code)
        assert (usage.devices, usage.unverified_scans, usage.lost) == (1, 0, {})


def test_counts_made_before_the_operator_knows_the_code_arrive_once_it_is_added(
    warm_tab: HarnessPage, lts: LtsProcess
) -> None:
    code = f"forgotten-{secrets.token_hex(6)}"
    warm_tab.create({"handshakeCode": code, "licenseServer": lts.url, "enforcement": "event"})
    with pytest.raises(PageError, match="HANDSHAKE_CODE_UNKNOWN"):
        warm_tab.ready()
    assert [warm_tab.scan(plain("qr_code", f"UNKNOWN-{number}")).scans for number in range(2)] == [1, 1]
    warm_tab.flush()
    lts.add_handshake(lts.add_license(), code=code)
    flush_until(warm_tab, lambda: lts.usage(code).scans == 2)
    assert warm_tab.license_state() == "licensed"
    assert lts.usage(code).lost == {}


@pytest.mark.untestable_in("webkit", why="WebDriver takes no browser off the network")
# No browser's driver takes a SharedWorker off the network.
@pytest.mark.parametrize("workers", ["own"], indirect=True)
def test_a_browser_that_says_it_is_offline_counts_on_and_sends_when_it_is_back(
    visitor: BrowserContext,
    tab: HarnessPage,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    proxy: RecordingProxy,
) -> None:
    tab.start(options)
    # A Python that lacks a file of its own waits for the network; the last is fetched some seconds after the start.
    if tab.page.evaluate("async () => (await harness.tracker('main').explain()).runtime.name") == "baked":
        wait_until(lambda: any("/python-cold" in one.path for one in proxy.requests()), what="the runtime's last file")
    tab.scan(plain("qr_code", "ONLINE"))
    tab.flush()
    wait_until(lambda: lts.usage(code).scans == 1, what="the first count to arrive")
    for number in range(3):
        visitor.set_offline(True)
        assert tab.scan(plain("qr_code", f"OFFLINE-{number}")).scans == 1
        tab.flush()
        assert tab.state()["pending"]["scans"] >= 1
        visitor.set_offline(False)
    # Nobody flushes: the browser's word that it is online again is reason enough. Should a worker have the network back
    # a moment after its page, it waits once more, as long as after so many failures: up to a minute.
    wait_until(lambda: lts.usage(code).scans == 4, what="the counts to arrive", timeout_s=90)
