"""A page whose bundle and license server are paths of its own origin, behind a real nginx and a real Caddy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from tests.hosted import snippet
from tests.hosting.proxies import DOCS, NAMES, running

# All that the page may speak to is its own origin.
POLICY = snippet(DOCS.read_text(), "csp page").replace(" https://lts.example", "")
PAGE = f"""<!doctype html><html lang="en"><title>shop</title>
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<link rel="icon" href="data:,"><script type="module" src="/app.js"></script>"""
TRACKER = snippet(DOCS.read_text(), "js same-origin")


@pytest.fixture
def proxy(own_proxy: RecordingProxy) -> RecordingProxy:
    return own_proxy


@pytest.mark.long_form(cases=1)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_counts_through_a_path_of_its_own_origin_and_speaks_to_nobody_else(
    name: str, visitor: BrowserContext, dlt_bundle: Path, lts: LtsProcess, proxy: RecordingProxy, tmp_path: Path
) -> None:
    site, folder = tmp_path / "site", tmp_path / "server"
    folder.mkdir()
    shutil.copytree(dlt_bundle, site / "dlt")
    (site / "index.html").write_text(PAGE)
    with running(name, folder, site, lts.url) as shop:
        code = lts.add_handshake(lts.add_license("per_device"), allow_origins=[shop.origin])
        made = TRACKER.replace("200001-demo", code)
        assert made != TRACKER
        (site / "app.js").write_text(
            f'import {{ Tracker }} from "/dlt/dlt-web.js"; globalThis.tracker = {made.rstrip(";")};'
        )
        page = visitor.new_page()
        page.goto(f"{shop.origin}/")
        page.wait_for_function("() => globalThis.tracker !== undefined")
        page.evaluate(
            "(barcode) => tracker.ready.then(() => tracker.scan(barcode))", {"format": "qr_code", "text": "A"}
        )
        page.evaluate("tracker.flush()")
        assert lts.usage(code).scans == 1
        # The page's last word goes the same way, once it was told what that is.
        page.evaluate(
            "(barcode) => tracker.scan(barcode).then(() => tracker.scan([]))", {"format": "qr_code", "text": "B"}
        )
        page.goto("about:blank")
        wait_until(lambda: lts.usage(code).scans == 2, what="the page's last word")
        hosts = {request.host for request in proxy.requests()}
        assert hosts == {shop.origin.removeprefix("http://")}
        page.close()
