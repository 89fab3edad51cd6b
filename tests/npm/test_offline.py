"""With the documented service workers a page that was visited once starts and counts later without a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dlt_web.testing.browser_page import BrowserPage
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import StaticSite
from tests.npm.apps import deploy

REGISTER = """async (script) => {
    await navigator.serviceWorker.register(script);
    await navigator.serviceWorker.ready;
    await tracker.ready;
    return tracker.deviceUuid;
}"""
COUNT = "(text) => tracker.scan({ format: 'qr_code', text }).then(({ scans }) => scans)"


@pytest.fixture
def start_lts(dlt_start_lts: Callable[..., LtsProcess]) -> LtsProcess:
    """A server of this test's own, which goes away with the network."""
    return dlt_start_lts(test_clock=False)


@pytest.mark.long_form(cases=1)
@pytest.mark.parametrize("script", ["/service-worker.js", "/workbox.js"])
def test_a_page_that_was_visited_once_counts_offline(
    script: str, apps: Path, tmp_path: Path, tab: BrowserPage, start_lts: LtsProcess
) -> None:
    code, port = start_lts.add_code(), start_lts.port
    mounts = deploy(apps / "offline" / "dist", tmp_path / "deployed", code=code, server=start_lts.url)
    with StaticSite(mounts) as running:
        address = running.shop_a.url("/")
        tab.goto(address)
        device = tab.evaluate(REGISTER, script)
    start_lts.kill()
    # Nothing answers any more: neither the page's own server nor the license server.
    tab.goto(address)
    tab.evaluate("() => tracker.ready")
    assert tab.evaluate("() => navigator.serviceWorker.controller.scriptURL").endswith(script)
    assert tab.evaluate(COUNT, "OFFLINE") == 1
    told = tab.evaluate("() => tracker.explain()")
    assert (told["runtime"]["name"], tab.evaluate("() => tracker.deviceUuid")) == ("baked", device)
    assert tab.evaluate("() => tracker.pending.scans") == 1
    start_lts.start(port=port)
    wait_until(
        lambda: tab.evaluate("() => tracker.flush().then(({ pendingScans }) => pendingScans)") == 0,
        what="the scan is reported",
    )  # fmt: skip
    assert (start_lts.usage(code).devices, start_lts.usage(code).scans) == (1, 1)
