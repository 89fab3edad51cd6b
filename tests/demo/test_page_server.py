"""The demo page's web server, in process, over a real store."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest

from dlt_web.demo.codes import DEMO_CODES, ensure_codes
from dlt_web.demo.page import Site, demo_app
from dlt_web.demo.usage import StoreUsage
from dlt_web.lts.advice_views import advice_json
from dlt_web.lts.app import create_app
from dlt_web.lts.clock import StandingClock
from dlt_web.lts.reads import Reads
from dlt_web.lts.service import Service
from dlt_web.lts.store import MemoryStore

SITE_A, SITE_B = "http://shop-a.localhost:8000", "http://shop-b.localhost:8000"
LICENSE_SERVER = "http://127.0.0.1:8010"
DEVICES = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"]

GZIPPED = gzip.compress(b"content", mtime=0)


class Demo:
    """The page's server and the license server over one store, called without a network."""

    def __init__(self, bundle: Path) -> None:
        self.store, self.clock = MemoryStore(), StandingClock()
        ensure_codes(self.store, self.clock)
        sites = [Site("shop-a", SITE_A), Site("shop-b", SITE_B)]
        usage = StoreUsage(self.store, self.clock)
        self.page = demo_app(bundle=bundle, sites=sites, license_server=LICENSE_SERVER, codes=DEMO_CODES, usage=usage)
        self.lts = create_app(Service(self.store, self.clock))

    def ask(self, method: str, url: str, **how: Any) -> httpx.Response:
        """Sends a request to the page's server, or to the license server where the URL is its."""
        app = self.lts if url.startswith(LICENSE_SERVER) else self.page

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
                return await client.request(method, url, **how)

        # In a thread: where browser tests ran before in this process, Playwright holds this one's event loop.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, send()).result()

    def authorize(self, code: str, device: str, name: str) -> httpx.Response:
        """Asks the license server for a token, as a browser does."""
        body = {"handshakeCode": code, "deviceUuid": device, "product": "barcode-reader", "storage": "indexeddb"}
        return self.ask(
            "POST",
            f"{LICENSE_SERVER}/v1/authorizations",
            json={**body, "sessionPassword": None, "deviceFriendlyName": name},
            headers={"Origin": SITE_A},
        )

    def state(self, code: str) -> dict[str, Any]:
        """Gives what the page is told."""
        answer = self.ask("GET", f"{SITE_A}/demo/state", params={"handshakeCode": code})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo whose page is one file of each kind; beside its folder lies a file that is nobody's business."""
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    for name in ("index.html", "main.js", "main.mjs", "reader.wasm", "sample.webm", "icons.svg", "look.css"):
        (bundle / name).write_bytes(b"content")
    (bundle / "python.0123456789abcdef.wasm").write_bytes(b"content")
    (bundle / "reader.wasm.br").write_bytes(b"Brotli")
    (bundle / "reader.wasm.gz").write_bytes(GZIPPED)
    (tmp_path / "secret.txt").write_text("not for the web")
    running = Demo(bundle)
    yield running
    running.store.close()


@pytest.mark.parametrize("site", [SITE_A, SITE_B])
def test_both_sites_are_served(demo: Demo, site: str) -> None:
    answer = demo.ask("GET", f"{site}/")
    assert (answer.status_code, answer.text) == (200, "content")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost:8000", "shop-a.localhost", "shop-c.localhost:8000", "evil.example", ""]
)
def test_any_other_host_is_refused_and_told_where_the_demo_is(demo: Demo, host: str) -> None:
    answer = demo.ask("GET", f"{SITE_A}/demo/state?handshakeCode=200001-demo", headers={"Host": host})
    assert answer.status_code == 421
    assert f"The demo is at {SITE_A} or {SITE_B}" in answer.text


@pytest.mark.parametrize("path", ["/", "/demo/config.json", "/nothing-here", "/demo/state"])
def test_every_answer_carries_the_security_headers(demo: Demo, path: str) -> None:
    headers = demo.ask("GET", f"{SITE_A}{path}").headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["worker-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {LICENSE_SERVER}"
    assert policy["img-src"] == "'self' blob: data:"
    assert policy["media-src"] == "'self' blob:"
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("main.js", "text/javascript; charset=utf-8"),
        ("main.mjs", "text/javascript; charset=utf-8"),
        ("reader.wasm", "application/wasm"),
        ("sample.webm", "video/webm"),
        ("icons.svg", "image/svg+xml"),
        ("look.css", "text/css; charset=utf-8"),
    ],
)
def test_files_have_the_media_types_that_browsers_insist_on(demo: Demo, name: str, media_type: str) -> None:
    answer = demo.ask("GET", f"{SITE_A}/{name}")
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("name", "caching"),
    [("main.js", "no-cache"), ("python.0123456789abcdef.wasm", "public, max-age=31536000, immutable")],
)
def test_only_what_is_called_by_its_content_is_kept_for_ever(demo: Demo, name: str, caching: str) -> None:
    assert demo.ask("GET", f"{SITE_A}/{name}").headers["cache-control"] == caching


@pytest.mark.parametrize(
    ("accepted", "encoding", "size"),
    [
        ("gzip, deflate, br", "br", len(b"Brotli")),
        ("gzip", "gzip", len(GZIPPED)),
        ("br;q=0, gzip;q=1.0", "gzip", len(GZIPPED)),
        ("", None, len(b"content")),
    ],
)
def test_a_file_is_sent_as_the_build_compressed_it(demo: Demo, accepted: str, encoding: str | None, size: int) -> None:
    answer = demo.ask("HEAD", f"{SITE_A}/reader.wasm", headers={"Accept-Encoding": accepted})
    assert (answer.headers.get("content-encoding"), int(answer.headers["content-length"])) == (encoding, size)
    assert (answer.headers["content-type"], answer.headers["vary"]) == ("application/wasm", "accept-encoding")


def test_a_compressed_file_is_not_sent_again_either(demo: Demo) -> None:
    tags = {
        encoding: demo.ask("HEAD", f"{SITE_A}/reader.wasm", headers={"Accept-Encoding": encoding}).headers["etag"]
        for encoding in ("br", "gzip", "identity")
    }
    again = demo.ask("HEAD", f"{SITE_A}/reader.wasm", headers={"Accept-Encoding": "br", "If-None-Match": tags["br"]})
    assert again.status_code == 304
    assert len({*tags.values()}) == 3


def test_an_unchanged_file_is_not_sent_again(demo: Demo) -> None:
    first = demo.ask("GET", f"{SITE_A}/main.js")
    again = demo.ask("GET", f"{SITE_A}/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_video_is_served_in_ranges(demo: Demo) -> None:
    part = demo.ask("GET", f"{SITE_A}/sample.webm", headers={"Range": "bytes=0-2"})
    assert (part.status_code, part.content) == (206, b"con")
    assert part.headers["content-type"] == "video/webm"


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"])
def test_nothing_outside_the_bundle_is_served(demo: Demo, path: str) -> None:
    assert demo.ask("GET", f"{SITE_A}{path}").status_code == 404


def test_settings_name_the_license_server_the_sites_and_the_codes(demo: Demo) -> None:
    assert demo.ask("GET", f"{SITE_B}/demo/config.json").json() == {
        "licenseServer": LICENSE_SERVER,
        "sites": [{"name": "shop-a", "origin": SITE_A}, {"name": "shop-b", "origin": SITE_B}],
        "codes": [
            {"chargeWay": "per_device", "handshakeCode": "200001-demo"},
            {"chargeWay": "concurrent_device", "handshakeCode": "200002-demo"},
            {"chargeWay": "per_scan", "handshakeCode": "200003-demo"},
        ],
    }


@pytest.mark.parametrize(
    ("code", "charge_way", "quota"),
    [("200001-demo", "per_device", 5), ("200002-demo", "concurrent_device", 3), ("200003-demo", "per_scan", 1000)],
)
def test_an_untouched_code_has_counted_nothing(demo: Demo, code: str, charge_way: str, quota: int) -> None:
    state = demo.state(code)
    assert state.pop("now").endswith("Z")
    assert [way["counted"] for way in state.pop("ways")] == [0, 0, 0, 0]
    assert state == {
        "handshakeCode": code,
        "chargeWay": charge_way,
        "quota": quota,
        "used": 0,
        "devices": 0,
        "concurrentDevices": 0,
        "scans": 0,
        "deviceList": [],
    }


def test_the_state_is_what_the_license_server_counted(demo: Demo) -> None:
    for device, site in zip(DEVICES, ("shop-a", "shop-b"), strict=True):
        assert demo.authorize("200001-demo", device, f"Firefox on {site}").status_code == 201
    state = demo.state("200001-demo")
    assert (state["devices"], state["concurrentDevices"], state["used"]) == (2, 2, 2)
    first = state["deviceList"][0]
    assert (first["deviceUuid"], first["friendlyName"]) == (DEVICES[0], "Firefox on shop-a")
    assert (first["seated"], first["storage"], first["purged"]) == (True, "indexeddb", False)
    assert first["removalTime"] > first["lastSeen"] >= first["firstSeen"]
    assert demo.state("200002-demo")["devices"] == 0


def test_each_charge_way_is_told_as_the_advisor_has_it_for_today(demo: Demo) -> None:
    for device in DEVICES:
        demo.authorize("200001-demo", device, "Firefox on shop-a")
    advice = advice_json(Reads(demo.store, demo.clock).advice("200001-demo", demo.clock.now_ms(), rates=(Fraction(0),)))
    ways = demo.state("200001-demo")["ways"]
    assert ways == advice["ways"]
    assert {way["name"]: way["counted"] for way in ways} == {
        "scan": 0,
        "device-366": 2,
        "device-90": 2,
        "concurrent-device": 2,
    }
    # Of a day that is over nothing is told: these devices are still there, but no longer concurrent.
    demo.ask("POST", f"{LICENSE_SERVER}/v1/test/clock", json={"advanceSeconds": 86_400})
    assert [way["counted"] for way in demo.state("200001-demo")["ways"]] == [0, 2, 2, 0]


def test_a_device_that_rests_three_minutes_is_not_concurrent_at_any_charge_way(demo: Demo) -> None:
    for code in ("200001-demo", "200002-demo"):
        demo.authorize(code, DEVICES[0], "Firefox on shop-a")
    advanced = demo.ask("POST", f"{LICENSE_SERVER}/v1/test/clock", json={"advanceSeconds": 241})
    assert advanced.status_code == 200
    per_device, concurrent = demo.state("200001-demo"), demo.state("200002-demo")
    assert (per_device["devices"], per_device["concurrentDevices"]) == (1, 0)
    assert (concurrent["devices"], concurrent["concurrentDevices"], concurrent["deviceList"]) == (0, 0, [])


def test_making_the_codes_again_changes_nothing(demo: Demo) -> None:
    demo.authorize("200001-demo", DEVICES[0], "Firefox on shop-a")
    ensure_codes(demo.store, demo.clock)
    assert demo.state("200001-demo")["devices"] == 1


def test_an_unknown_code_is_not_found(demo: Demo) -> None:
    answer = demo.ask("GET", f"{SITE_A}/demo/state", params={"handshakeCode": "nobody's"})
    assert answer.status_code == 404
    assert "200001-demo" in answer.text


def test_purge_has_the_browser_delete_the_sites_data_and_marks_the_device(demo: Demo) -> None:
    demo.authorize("200001-demo", DEVICES[0], "Firefox on shop-a")
    body = {"deviceUuid": DEVICES[0]}
    answer = demo.ask("POST", f"{SITE_A}/demo/purge", json=body, headers={"Origin": SITE_A})
    assert answer.status_code == 200
    assert answer.headers["clear-site-data"] == '"storage"'
    device = demo.state("200001-demo")["deviceList"][0]
    assert device["purged"] is True
    assert demo.state("200001-demo")["devices"] == 1


def test_purge_works_before_there_is_a_device(demo: Demo) -> None:
    body = {"deviceUuid": None}
    answer = demo.ask("POST", f"{SITE_A}/demo/purge", json=body, headers={"Origin": SITE_A})
    assert answer.headers["clear-site-data"] == '"storage"'


@pytest.mark.parametrize("path", ["/demo/purge", "/demo/release"])
@pytest.mark.parametrize("origin", [None, SITE_B, "http://evil.example", "null"])
def test_no_other_site_can_purge_or_release(demo: Demo, path: str, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = demo.ask("POST", f"{SITE_A}{path}", json={"handshakeCode": "200001-demo"}, headers=headers)
    assert answer.status_code == 403
    assert "clear-site-data" not in answer.headers


@pytest.mark.parametrize("path", ["/demo/purge", "/demo/release"])
def test_reading_never_purges_or_releases(demo: Demo, path: str) -> None:
    answer = demo.ask("GET", f"{SITE_A}{path}")
    assert answer.status_code == 404
    assert "clear-site-data" not in answer.headers


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"not json", 400),
        (b"[1]", 400),
        (b'{"deviceUuid": "x"}', 422),
        (b'{"deviceUuid": 7}', 422),
        (b" " * 5000, 413),
        (b"[" * 4000, 400),
    ],
)
def test_a_malformed_purge_is_refused_with_a_reason(demo: Demo, content: bytes, status: int) -> None:
    answer = demo.ask("POST", f"{SITE_A}/demo/purge", content=content, headers={"Origin": SITE_A})
    assert (answer.status_code, bool(answer.text)) == (status, True)
    assert "clear-site-data" not in answer.headers


def test_release_frees_the_seat_of_the_device_that_was_seen_longest_ago(demo: Demo) -> None:
    for device in DEVICES:
        demo.authorize("200001-demo", device, "Firefox on shop-a")
        demo.ask("POST", f"{LICENSE_SERVER}/v1/test/clock", json={"advanceSeconds": 1})
    body = {"handshakeCode": "200001-demo"}
    answer = demo.ask("POST", f"{SITE_A}/demo/release", json=body, headers={"Origin": SITE_A})
    assert answer.json() == {"released": DEVICES[0]}
    assert [device["deviceUuid"] for device in demo.state("200001-demo")["deviceList"]] == [DEVICES[1]]


def test_release_without_a_seat_frees_nothing(demo: Demo) -> None:
    body = {"handshakeCode": "200002-demo"}
    answer = demo.ask("POST", f"{SITE_A}/demo/release", json=body, headers={"Origin": SITE_A})
    assert answer.json() == {"released": None}


def test_no_answer_holds_a_secret(demo: Demo) -> None:
    demo.authorize("200001-demo", DEVICES[0], "Firefox on shop-a")
    text = json.dumps([demo.state("200001-demo"), demo.ask("GET", f"{SITE_A}/demo/config.json").json()])
    assert "token" not in text.lower()
    assert "key" not in text.lower()
