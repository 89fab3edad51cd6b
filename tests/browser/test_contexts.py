"""Pages to which a browser gives less: no secure context, frames where third-party cookies are blocked (browsers.md).

What the tracker does there holds in each engine; whether there is storage, and why not, is the browser's to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.browsers import find_browser
from dlt_web.testing.browser_launch import BrowserSetup, EngineName
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.faults import Fault
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recorded_request import RecordedRequest
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.static_site import Site, StaticSite
from tests.page_workers import JOURNAL_SIZE

CODE = plain("qr_code", "CONTEXT-TEST")
# Of a top level domain that is for tests (RFC 2606): no browser takes it for this machine.
ELSEWHERE = Site("http://shop.test")
HAS = """() => ({ isSecureContext, subtle: "subtle" in crypto, randomUUID: "randomUUID" in crypto,
  locks: "locks" in navigator, camera: "mediaDevices" in navigator, indexedDB: "indexedDB" in globalThis })"""
# Chromium as people have it, with its switch for third-party cookies at "block"; Playwright's own list of features to
# disable, which has the parting of storage among them, gives way to a later one.
BLOCKED_IN_CHROMIUM = {"profile": {"cookie_controls_mode": 1}}
PARTED = "--disable-features=Translate"
IFRAME = """(url) => new Promise((resolve) => {
  const frame = Object.assign(document.createElement("iframe"), { src: url });
  frame.addEventListener("load", resolve, { once: true });
  document.body.append(frame);
})"""
THIRD_PARTY_COOKIE = "() => { document.cookie = 'set=1; SameSite=None; Secure'; return document.cookie; }"

OpenBlocking = Callable[..., BrowserContext]


@pytest.fixture
def proxy(own_proxy: RecordingProxy) -> RecordingProxy:
    """A network of this test alone: it leads a name of another machine to the site."""
    return own_proxy


@pytest.fixture
def insecure_shop(site_mounts: dict[str, Path], lts: LtsProcess, proxy: RecordingProxy) -> Iterator[Site]:
    """The site by plain HTTP at a name that is not this machine's, with its license server behind a path."""
    with StaticSite(site_mounts) as site:
        for prefix in ("/v1/", "/.well-known/"):
            site.forward(prefix, lts.url)

        def to_site(request: RecordedRequest) -> str | None:
            is_its = request.host == urlsplit(ELSEWHERE.origin).hostname
            return request.url.replace(ELSEWHERE.origin, site.shop_a.origin, 1) if is_its else None

        proxy.detour(to_site)
        yield ELSEWHERE


def test_outside_secure_contexts_a_device_is_kept_and_its_scans_are_counted(
    insecure_shop: Site, visitor: BrowserContext, lts: LtsProcess, code: str
) -> None:
    tab = HarnessPage.open(visitor, insecure_shop)
    has = {"isSecureContext": False, "subtle": False, "randomUUID": False, "locks": False, "camera": False}
    assert tab.page.evaluate(HAS) == {**has, "indexedDB": True}
    options = {"handshakeCode": code, "licenseServer": insecure_shop.origin}
    device = tab.start(options)
    state = tab.state()
    assert state["storage"] == "indexeddb"
    # The token's signature cannot be checked.
    assert state["license"]["state"] == "licensed"
    assert state["license"]["offlineUntil"] == state["license"]["expiresAt"]
    assert tab.scan(CODE).scans == 1
    tab.flush()
    tab.reload()
    assert tab.start(options) == device
    assert tab.scan(CODE).scans == 1
    tab.flush()
    assert lts.seated(code) == {device}
    assert lts.usage(code).scans == 2
    assert tab.uncaught() == []


def test_outside_secure_contexts_what_is_scanned_while_python_starts_is_counted_and_not_journalled(
    insecure_shop: Site, visitor: BrowserContext, lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    tab = HarnessPage.open(visitor, insecure_shop)
    for runtime in ("/python.", "/pyodide."):
        proxy.inject(Fault.hang(), path=runtime, method="GET")
    tab.create({"handshakeCode": code, "licenseServer": insecure_shop.origin})
    tab.page.evaluate("(one) => { globalThis.early = harness.tracker('main').scan(one); }", CODE)
    wait_until(lambda: proxy.requests(path="/python.", method="GET"), what="Python to be asked for")
    # In a secure context the first looks find it.
    assert [tab.page.evaluate(JOURNAL_SIZE) for _ in range(20)] == [0] * 20
    proxy.heal()
    assert tab.page.evaluate("async () => (await globalThis.early).scans") == 1
    tab.flush()
    assert lts.usage(code).scans == 1


@pytest.fixture
def open_blocking(
    request: pytest.FixtureRequest, browser_name: EngineName, proxy: RecordingProxy, tmp_path: Path
) -> Iterator[OpenBlocking]:
    """Start a browser that blocks third-party cookies, with storage parted by the site around a frame, or not."""
    opened: list[BrowserContext] = []

    def start(*, is_parted: bool) -> BrowserContext:
        options = BrowserSetup(
            browser_name,
            proxy_url=proxy.url,
            extra_args=(PARTED,) if is_parted and browser_name == "chromium" else (),
            # "All cross-site cookies", in the words of its settings.
            firefox_prefs={"network.cookie.cookieBehavior": 1},
        ).launch_options()
        if browser_name == "chromium":
            whole = find_browser("chromium", is_headed=True)
            if whole is None:
                pytest.skip("a headless shell blocks no cookies: dlt-web browsers install --headed chromium")
            options |= whole.launch_options() or {"channel": "chromium"}
            (tmp_path / "profile" / "Default").mkdir(parents=True)
            (tmp_path / "profile" / "Default" / "Preferences").write_text(json.dumps(BLOCKED_IN_CHROMIUM))
        engine = getattr(request.getfixturevalue("playwright"), browser_name)
        opened.append(engine.launch_persistent_context(str(tmp_path / "profile"), **options))
        return opened[-1]

    yield start
    for context in opened:
        context.close()


def visit_in_frame(window: BrowserContext, site: StaticSite, options: dict[str, Any]) -> tuple[str, str]:
    """Scan once in a frame of another site, and return the device and where it says it is kept."""
    page = window.new_page()
    page.goto(site.shop_b.url("/no-such-page"))
    page.evaluate(IFRAME, site.shop_a.harness)
    frame: Any = page.frames[1]
    assert frame.evaluate(THIRD_PARTY_COOKIE) == ""
    tab = HarnessPage(frame, site.shop_a)
    tab.wait_loaded()
    device = tab.start(options)
    assert tab.scan(CODE).scans == 1
    tab.flush()
    storage = str(tab.state()["storage"])
    page.close()
    return device, storage


def told_in(proxy: RecordingProxy) -> set[tuple[str, bool]]:
    """Return what was told to the license server of storage, and whether that is a frame's."""
    told = [request.json() for request in proxy.requests(path="/v1/", method="POST")]
    return {(body["storage"], body["partitioned"]) for body in told}


@pytest.mark.untestable_in("webkit", why="WebKitGTK's test browser has no switch for third-party cookies")
def test_a_frame_that_may_store_nothing_is_a_device_for_each_visit_and_says_so(
    open_blocking: OpenBlocking,
    site: StaticSite,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    proxy: RecordingProxy,
) -> None:
    window = open_blocking(is_parted=False)
    visits = [visit_in_frame(window, site, options) for _ in range(2)]
    devices = {device for device, _ in visits}
    assert len(devices) == 2
    assert {storage for _, storage in visits} == {"memory"}
    assert lts.seated(code) == devices
    assert {row.storage for row in lts.devices(code)} == {"memory"}
    assert lts.usage(code).scans == 2
    assert told_in(proxy) == {("memory", True)}


@pytest.mark.untestable_in("firefox", "webkit", why="what blocks such cookies there blocks such storage, too")
def test_where_storage_is_parted_a_frame_keeps_its_device_though_third_party_cookies_are_blocked(
    open_blocking: OpenBlocking,
    site: StaticSite,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    proxy: RecordingProxy,
) -> None:
    window = open_blocking(is_parted=True)
    first, second = (visit_in_frame(window, site, options) for _ in range(2))
    assert first == second
    assert first[1] == "indexeddb"
    assert lts.seated(code) == {first[0]}
    assert lts.usage(code).scans == 2
    assert told_in(proxy) == {("indexeddb", True)}
