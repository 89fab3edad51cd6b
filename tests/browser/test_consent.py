"""Consent in real browsers: nothing is stored or sent before it, and nothing is left when it is taken back."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.testing.browser_page import BrowserPage
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.harness_page import HarnessPage, PageError, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.site_data import purge_by_deleting_databases
from dlt_web.testing.static_site import Site
from tests.page_workers import WORKERS

CODE = plain("qr_code", "AGREED")
# Whatever could begin by itself has begun by then: the page's first idle moment, and a report in the wake of it.
QUIET_S = 1.5

# WebKit lists a database whose making was taken back, as of version 0; it is empty, and the standard leaves it out.
EVERYTHING_STORED = """async () => ({
    databases: (await indexedDB.databases()).filter(({ version }) => version > 0).map(({ name }) => name).sort(),
    local: { ...localStorage },
    session: { ...sessionStorage },
    cookie: document.cookie,
    caches: await caches.keys(),
    files: await (async () => {
        const names = [];
        // A private window of WebKit has no such place.
        const folder = await navigator.storage?.getDirectory?.().catch(() => undefined);
        if (folder) for await (const name of folder.keys()) names.push(name);
        return names;
    })(),
    locks: Object.values(await navigator.locks.query()).flat().map(({ name }) => name),
})"""
NOTHING: dict[str, Any] = {
    "databases": [],
    "local": {},
    "session": {},
    "cookie": "",
    "caches": [],
    "files": [],
    "locks": [],
}


@pytest.fixture(params=list(WORKERS))
def workers(request: pytest.FixtureRequest) -> str:
    """Each test here holds in both kinds of worker, and runs in one of them where nobody names an engine."""
    return str(request.param)


@pytest.fixture
def proxy(own_proxy: RecordingProxy) -> RecordingProxy:
    return own_proxy


@pytest.fixture
def asking(options: dict[str, Any]) -> dict[str, Any]:
    """Options of a tracker that waits for the person."""
    return {**options, "consent": "required"}


def stored(page: BrowserPage) -> dict[str, Any]:
    return dict(page.evaluate(EVERYTHING_STORED))


def consent_of(tab: HarnessPage) -> str:
    return str(tab.settle("harness.tracker('main').consent.state"))


def grant(tab: HarnessPage) -> str:
    """Agree, wait until the tracker is ready, and return the device's UUID."""
    tab.settle("harness.tracker('main').consent.grant()")
    tab.ready()
    return tab.device_uuid()


def revoke(tab: HarnessPage) -> int:
    """Take the consent back and return how many scans are said to be discarded."""
    return int(tab.settle("harness.tracker('main').consent.revoke()")["discardedScans"])


def refused_code(tab: HarnessPage) -> str | None:
    with pytest.raises(PageError) as caught:
        tab.scan(CODE)
    return caught.value.code


def test_before_the_person_agrees_nothing_is_stored_or_sent_and_what_was_scanned_is_not_counted(
    tab: HarnessPage, shop: Site, asking: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    proxy.forget()
    tab.create(asking)
    assert refused_code(tab) == "CONSENT_REQUIRED"
    time.sleep(QUIET_S)
    assert stored(tab.page) == NOTHING
    # A page that goes says nothing either.
    tab.page.goto(shop.url("/no-such-page"))
    time.sleep(QUIET_S)
    spoken = [request.url for request in proxy.requests() if not request.url.endswith(("/no-such-page", ".ico"))]
    assert spoken == []
    tab.page.goto(shop.harness)
    tab.wait_loaded()
    assert stored(tab.page) == NOTHING
    tab.create(asking)
    assert refused_code(tab) == "CONSENT_REQUIRED"
    grant(tab)
    tab.scan(CODE)
    tab.flush()
    assert lts.usage(code).scans == 1
    assert stored(tab.page)["databases"][:1] == ["dlt-web"]


def test_taken_back_nothing_is_left_or_sent_what_was_reported_stays_and_a_new_grant_is_a_new_device(
    tab: HarnessPage, asking: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    tab.create(asking)
    first = grant(tab)
    tab.scan(CODE, time=0)
    tab.flush()
    assert lts.usage(code).scans == 1
    proxy.refuse()
    tab.scan(CODE, plain("ean_13", "4006381333931"), time=10_000)
    assert revoke(tab) == 2
    assert (consent_of(tab), tab.state()["deviceUuid"]) == ("revoked", None)
    assert stored(tab.page) == NOTHING
    assert refused_code(tab) == "CONSENT_REQUIRED"
    proxy.heal()
    proxy.forget()
    tab.reload()
    time.sleep(QUIET_S)
    assert [request.url for request in proxy.requests() if request.host == lts.url.removeprefix("http://")] == []
    assert stored(tab.page) == NOTHING
    assert lts.usage(code).scans == 1

    tab.create(asking)
    second = grant(tab)
    # A new device knows nothing of what was before the camera.
    assert tab.scan(CODE, time=0).scans == 1
    tab.flush()
    assert second != first
    usage = lts.usage(code)
    assert (usage.scans, usage.devices, usage.lost, usage.unverified_scans) == (2, 2, {}, 0)
    assert tab.uncaught() == []


def test_given_again_in_the_same_page_it_is_a_new_device_too(
    tab: HarnessPage, asking: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    tab.create(asking)
    first = grant(tab)
    tab.scan(CODE, time=0)
    tab.settle("(harness.tracker('main').consent.revoke(), harness.tracker('main').consent.grant())")
    tab.ready()
    second = tab.device_uuid()
    assert tab.scan(CODE, time=1).scans == 1
    tab.flush()
    assert second != first
    assert tab.settle("harness.tracker('main').explain().then((told) => told.consent)") == "granted"
    assert [row.device_uuid for row in lts.devices(code) if row.device_uuid == second] == [second]


def test_every_tab_hears_that_it_was_taken_back(
    visitor: BrowserContext, shop: Site, asking: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    tabs = [HarnessPage.open(visitor, shop) for _ in range(3)]
    for tab in tabs[:2]:
        tab.create(asking)
        grant(tab)
        tab.scan(CODE)
        tab.flush()
    counted = lts.usage(code).scans
    # In a tab in which nobody was asked: a page with the settings, say.
    tabs[2].create(asking)
    revoke(tabs[2])
    for tab in tabs[:2]:
        wait_until(lambda tab=tab: consent_of(tab) == "revoked", what="the other tab to hear of it")
        assert refused_code(tab) == "CONSENT_REQUIRED"
    proxy.forget()
    wait_until(lambda: stored(tabs[0].page) == NOTHING, what="everything to be deleted")
    time.sleep(QUIET_S)
    assert stored(tabs[0].page) == NOTHING
    assert [request.url for request in proxy.requests(path="/v1/")] == []
    assert lts.usage(code).scans == counted


def test_taken_back_while_python_starts_nothing_is_left(
    tab: HarnessPage, asking: dict[str, Any], proxy: RecordingProxy
) -> None:
    tab.create(asking)
    tab.settle("void harness.tracker('main').consent.grant()")
    # The call is journalled while Python starts.
    tab.settle("void harness.tracker('main').scan({ format: 'qr_code', text: 'A' }).catch(() => {})")
    time.sleep(0.1)
    revoke(tab)
    time.sleep(QUIET_S)
    assert stored(tab.page) == NOTHING
    proxy.forget()
    tab.reload()
    time.sleep(QUIET_S)
    assert stored(tab.page) == NOTHING
    assert [request.url for request in proxy.requests(path="/v1/")] == []


def test_deleted_site_data_is_taken_for_a_consent_that_is_taken_back(
    visitor: BrowserContext, tab: HarnessPage, asking: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    tab.create(asking)
    grant(tab)
    tab.scan(CODE)
    tab.flush()
    purge_by_deleting_databases(visitor, tab.site)
    wait_until(lambda: consent_of(tab) == "revoked", what="the tracker to see that its database is gone")
    wait_until(lambda: stored(tab.page) == NOTHING, what="everything to be deleted")
    time.sleep(QUIET_S)
    assert stored(tab.page) == NOTHING
    assert len(lts.devices(code)) == 1


def test_a_tracker_that_needs_no_consent_takes_the_deletion_for_one_of_the_site_s_data(
    visitor: BrowserContext, shop: Site, asking: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    tabs = [HarnessPage.open(visitor, shop) for _ in range(2)]
    other_code = lts.add_code()
    first = tabs[0].start({"handshakeCode": other_code, "licenseServer": lts.url})
    tabs[1].create(asking)
    grant(tabs[1])
    revoke(tabs[1])
    wait_until(lambda: tabs[0].state()["deviceUuid"] not in (first, None), what="another device")
    tabs[0].scan(CODE)
    tabs[0].flush()
    assert lts.usage(other_code).scans == 1
