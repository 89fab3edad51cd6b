"""No byte that leaves the page, and nothing on disk, contains a barcode's text (spec §11)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext

from dlt_web.testing.barcode_media import PrintedBarcode, Shot, save_picture, save_webm
from dlt_web.testing.canaries import find_leaks
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.harness_page import HarnessPage, PageError, plain, plain_bytes
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.site_data import dump_storage
from dlt_web.testing.static_site import Site

TYPED = "CANARY-TYPED-b21f9c"
AS_BYTES = "CANARY-BYTES-77d0e4"
PICTURED = "CANARY-PICTURE-19aa3e"
FILMED = "CANARY-FILMED-c0ffee"
PURGED = "CANARY-PURGED-5d6e7f"
REFUSED = "CANARY-REFUSED-0a1b2c"
NON_ASCII = "CANARY-ÄÖ-日本-4f"
LEFT = "CANARY-LEFT-9e8d7c"
DIGITS = "4006381333931"
CANARIES = [TYPED, AS_BYTES, PICTURED, FILMED, PURGED, REFUSED, NON_ASCII, LEFT, DIGITS]


def scan_all_canaries(tab: HarnessPage, media: Path) -> int:
    """Bring canaries in by every way that scans come, and return how many counted."""
    save_picture(media / "private.png", PrintedBarcode("qr_code", PICTURED), PrintedBarcode("ean_13", DIGITS))
    save_webm(media / "private.webm", [Shot((PrintedBarcode("qr_code", FILMED),), 0.5)])
    scans = tab.scan(plain("qr_code", TYPED), plain("code_128", NON_ASCII), plain("qr_code", TYPED)).scans
    scans += tab.scan(plain_bytes("data_matrix", AS_BYTES.encode())).scans
    scans += int(tab.scan_image("/media/private.png")["scans"])
    scans += int(tab.scan_video("/media/private.webm")["scans"])
    # An error about a barcode must not carry it away either.
    for broken in ({"text": REFUSED}, {"format": "", "text": REFUSED}, {"format": "qr_code", "text": REFUSED * 9000}):
        with contextlib.suppress(PageError):
            tab.scan(broken)
    return scans


def test_no_barcodes_text_leaves_the_page_or_lies_on_disk(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy, media: Path
) -> None:
    warm_tab.start({**options, "deviceFriendlyName": "till 4"})
    scans = scan_all_canaries(warm_tab, media)
    assert scans == 6
    warm_tab.flush()
    stored = dump_storage(warm_tab.page)
    # What is said at the last moment goes another way: the page's beacon.
    warm_tab.scan(plain("qr_code", LEFT), time=1e6)
    warm_tab.hear_out()
    stored += dump_storage(warm_tab.page)
    warm_tab.page.goto(warm_tab.site.url("/elsewhere"))
    wait_until(lambda: lts.usage(code).scans == scans + 1, what="the beacon's count at the LTS")
    stored += dump_storage(warm_tab.page)

    requests = proxy.requests()
    assert sum(request.path.startswith("/v1/usage-reports") for request in requests) >= 2
    assert b"qr_code" in stored
    left = [(f"{request.method} {request.url}", request.searchable) for request in requests]
    assert find_leaks(CANARIES, [*left, ("storage", stored)]) == []


def test_only_the_own_site_and_the_lts_are_spoken_to(
    open_profile: Callable[..., BrowserContext], shop: Site, options: dict[str, Any], lts: LtsProcess
) -> None:
    # A browser and a record of its own: in the session's, pages of other tests may still be open and speak.
    with RecordingProxy() as own_proxy:
        context = open_profile(proxy_url=own_proxy.url)
        tab = HarnessPage.open(context, shop)
        tab.start(options)
        tab.scan(plain("qr_code", TYPED))
        tab.flush()
        context.close()
        requests = own_proxy.requests()
    # Behind a CONNECT nobody could see what is said: there is none, for everything here is plain HTTP.
    origins = {request.url.split("/")[2] if "://" in request.url else request.url for request in requests}
    assert origins == {shop.origin.removeprefix("http://"), lts.url.removeprefix("http://")}


def test_reports_say_counts_and_technical_flags_only(
    warm_tab: HarnessPage, options: dict[str, Any], code: str, proxy: RecordingProxy
) -> None:
    warm_tab.start(options)
    warm_tab.scan(plain("qr_code", TYPED))
    warm_tab.flush()
    bodies = [request.json() for request in proxy.requests(path="/v1/usage-reports", method="POST")]
    # Another test's tracker may say something, too.
    body = [one for one in bodies if one["handshakeCode"] == code][-1]
    assert set(body) <= {
        "handshakeCode",
        "deviceUuid",
        "streamId",
        "reportToken",
        "storeEpoch",
        "storage",
        "partitioned",
        "sentAt",
        "reports",
    }
    assert set(body["reports"][0]) <= {"id", "seq", "version", "slot", "counts", "lost"}
