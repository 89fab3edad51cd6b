"""Who is one device and who is two (spec §4), asked of the LTS's database."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.browsers import find_browser
from dlt_web.testing.booked import Usage
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.clearing import why_no_clearing
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.faults import Fault
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.site_data import PURGE_WAYS, PurgeWay
from dlt_web.testing.static_site import Site, StaticSite
from tests.browser.test_verify import verify
from tests.harness.reference_run import CODE, pages
from tests.page_workers import JOURNAL_SIZE, OWN_WORKERS

pytestmark = pytest.mark.in_each_engine

CODE_A = plain("qr_code", "DEVICE-TEST-A")
CODE_B = plain("qr_code", "DEVICE-TEST-B")
DAY_S = 24 * 3600


def visit(context: BrowserContext, shop: Site, options: dict[str, Any]) -> str:
    """Scan once in a new tab, close the tab, and return the device UUID."""
    tab = HarnessPage.open(context, shop)
    tab.start(options)
    assert tab.scan(CODE_A).scans == 1
    tab.flush()
    # Under which it was counted: a worker that outlived the page before may hear of a purge only now.
    device_uuid = tab.device_uuid()
    tab.page.close()
    return device_uuid


def is_private_in_firefox(window: BrowserContext, shop: Site) -> bool:
    """Tell whether Firefox shows a page in private browsing, where it alone gives a page no folder for files."""
    tab = window.new_page()
    tab.goto(shop.url("/no-such-page"))
    got = tab.evaluate("navigator.storage.getDirectory().then(() => 'a folder', (error) => error.name)")
    tab.close()
    assert got in ("a folder", "SecurityError")
    return bool(got == "SecurityError")


def counted(lts: LtsProcess, code: str) -> tuple[set[str], int]:
    """Return the devices and the scans that the LTS has for a code, at one moment."""

    def looked() -> tuple[Usage, set[str]] | None:
        before, usage, devices = lts.seated(code), lts.usage(code), lts.seated(code)
        return (usage, devices) if before == devices else None

    usage, devices = wait_until(looked, what="a moment in which no device comes or goes")
    assert usage.devices == len(devices)
    assert usage.lost == {}
    return devices, usage.scans


def test_a_reload_is_the_same_device(tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str) -> None:
    device = tab.start(options)
    tab.scan(CODE_A)
    tab.flush()
    tab.reload()
    tab.start(options)
    tab.scan(CODE_A)
    tab.flush()
    assert counted(lts, code) == ({device}, 2)


def test_a_second_tab_is_the_same_device(
    visitor: BrowserContext, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    first, second = HarnessPage.open(visitor, shop), HarnessPage.open(visitor, shop)
    device = first.start(options)
    assert second.start(options) == device
    for tab in (first, second):
        # Each tab has its own video stream: the same code counts in both.
        assert tab.scan(CODE_A).scans == 1
        tab.flush()
    assert counted(lts, code) == ({device}, 2)


def test_a_relaunch_on_the_same_profile_is_the_same_device(
    open_profile: Callable[..., BrowserContext],
    shop: Site,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "kept"
    for _ in range(2):
        context = open_profile(folder=folder)
        device = visit(context, shop, options)
        context.close()
    assert counted(lts, code) == ({device}, 2)


@pytest.mark.in_one_engine("chromium")
def test_a_profile_that_is_copied_before_its_first_start_of_python_is_one_device_and_its_journal_counts_once(
    open_profile: Callable[..., BrowserContext],
    shop: Site,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    proxy: RecordingProxy,
    tmp_path: Path,
) -> None:
    folders = [tmp_path / "image", tmp_path / "copy"]
    context = open_profile(folder=folders[0])
    context.add_init_script(OWN_WORKERS)
    tab = HarnessPage.open(context, shop)
    for runtime in ("/python.", "/pyodide."):
        proxy.inject(Fault.hang(), path=runtime, method="GET")  # Python never comes up
    tab.create(options)
    tab.page.evaluate("(one) => { void harness.tracker('main').scan(one); }", CODE_A)
    wait_until(lambda: tab.page.evaluate(JOURNAL_SIZE) == 1, what="the scan to be journalled")
    context.close()
    proxy.heal()
    shutil.copytree(*folders, symlinks=True)
    devices = set()
    for folder in folders:
        context = open_profile(folder=folder)
        tab = HarnessPage.open(context, shop)
        devices.add(tab.start(options))
        assert tab.scan(CODE_B).scans == 1
        wait_until(lambda tab=tab: tab.page.evaluate(JOURNAL_SIZE) == 0, what="the journal is counted")
        tab.flush()
        context.close()
    assert len(devices) == 1
    assert counted(lts, code) == (devices, 3)


def test_two_handshake_codes_on_one_page_count_apart_under_one_uuid(warm_tab: HarnessPage, lts: LtsProcess) -> None:
    code_a, code_b = lts.add_code(), lts.add_code("per_scan")
    uuid_a = warm_tab.start({"handshakeCode": code_a, "licenseServer": lts.url}, name="a")
    uuid_b = warm_tab.start({"handshakeCode": code_b, "licenseServer": lts.url}, name="b")
    assert uuid_a == uuid_b
    warm_tab.scan(CODE_A, name="a")
    warm_tab.scan(CODE_A, name="b")
    warm_tab.scan(plain("ean_13", "4006381333931"), name="b")
    warm_tab.flush(name="a")
    warm_tab.flush(name="b")
    assert lts.usage(code_a).by_symbology == {"qr_code": 1}
    assert lts.usage(code_b).by_symbology == {"qr_code": 1, "ean_13": 1}
    for code in (code_a, code_b):
        assert lts.seated(code) == {uuid_a}


def test_two_domains_are_two_devices(
    visitor: BrowserContext, site: StaticSite, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    devices = {visit(visitor, site.shop_a, options), visit(visitor, site.shop_b, options)}
    assert len(devices) == 2
    assert counted(lts, code) == (devices, 2)


def test_two_ports_are_two_devices(
    visitor: BrowserContext, site: StaticSite, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    devices = {visit(visitor, site.shop_a, options), visit(visitor, site.shop_a_other_port, options)}
    assert len(devices) == 2
    assert counted(lts, code) == (devices, 2)


def test_http_and_https_are_two_devices(
    visitor: BrowserContext, site_mounts: dict[str, Path], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    with StaticSite(site_mounts) as site:
        site.trust(proxy.trust)
        for prefix in ("/v1/", "/.well-known/"):
            site.forward(prefix, lts.url)  # a page over HTTPS may ask no server without it
        shops = {site.shop_a: lts.url, site.secure("shop-a"): site.secure("shop-a").origin}
        devices = {visit(visitor, shop, {"handshakeCode": code, "licenseServer": shops[shop]}) for shop in shops}
        assert len(devices) == 2
        assert counted(lts, code) == (devices, 2)


@pytest.mark.in_one_engine("firefox")  # in Chromium among all checks, in test_verify.py
def test_a_page_in_a_frame_of_another_site_says_so_and_keeps_its_device_there(
    site: StaticSite, browser_name: EngineName
) -> None:
    done = verify(pages(site)[0], "--handshake-code", CODE, "--own-lts", "--browser", browser_name, "--only", "frame")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed, 0 failed" in done.stdout


@pytest.mark.long_only
@pytest.mark.in_one_engine("firefox")  # a headless shell of Chromium cannot be set so
def test_a_browser_that_is_set_to_clear_when_it_is_closed_is_a_new_device_each_time(
    site: StaticSite, browser_name: EngineName
) -> None:
    if (why_not := why_no_clearing(browser_name)) is not None:
        pytest.skip(why_not)
    words = ["--handshake-code", CODE, "--own-lts", "--browser", browser_name, "--only", "purge.on-close"]
    done = verify(pages(site)[0], *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed, 0 failed" in done.stdout


# Each pair of engines, once.
ANOTHER: dict[EngineName, EngineName] = {"chromium": "firefox", "firefox": "webkit", "webkit": "chromium"}


@pytest.mark.in_one_engine("chromium")
def test_two_browsers_on_the_machine_are_two_devices(
    open_browser: Callable[..., BrowserContext],
    browser_name: EngineName,
    shop: Site,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
) -> None:
    other = ANOTHER[browser_name]
    if find_browser(other) is None:
        pytest.skip(f"there is no {other} here to be the other browser: dlt-web browsers install {other}")
    devices = {visit(open_browser(engine), shop, options) for engine in (browser_name, other)}
    assert len(devices) == 2
    assert counted(lts, code) == (devices, 2)


def test_two_profiles_of_one_browser_are_two_devices(
    open_profile: Callable[..., BrowserContext], shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    first, second = open_profile(), open_profile()
    devices = {visit(first, shop, options), visit(second, shop, options)}
    assert len(devices) == 2
    assert counted(lts, code) == (devices, 2)


def test_a_private_window_is_another_device_than_the_profile_and_one_as_long_as_it_lasts(
    open_browser: Callable[..., BrowserContext],
    shop: Site,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    browser_name: EngineName,
) -> None:
    kept, private = open_browser(browser_name), open_browser(browser_name, is_private=True)
    if browser_name == "firefox":
        assert [is_private_in_firefox(window, shop) for window in (kept, private)] == [False, True]
    devices = [visit(window, shop, options) for window in (kept, private, private)]
    assert devices[0] != devices[1] == devices[2]
    assert counted(lts, code) == (set(devices), 3)


def test_ten_tabs_at_once_on_a_fresh_profile_are_one_device(
    visitor: BrowserContext, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    tabs = HarnessPage.open_many(visitor, shop, options, count=10)
    for tab in tabs:
        tab.ready()
    devices = {tab.device_uuid() for tab in tabs}
    for tab in tabs:
        assert tab.scan(CODE_A).scans == 1
    for tab in tabs:
        tab.flush()
    assert len(devices) == 1
    assert counted(lts, code) == (devices, 10)


def skip_unless_there(way: PurgeWay, engine: EngineName) -> None:
    if way == "cdp" and engine != "chromium":
        pytest.skip("only Chromium has the devtools protocol")
    if way == "webkit-data-manager" and (engine != "webkit" or find_browser("webkit").is_for_playwright):
        pytest.skip("only WebKitGTK has this manager of sites' data")


def assert_new_device_beside_the_old(lts: LtsProcess, code: str, old: str, new: str) -> None:
    """The purged device counts until its own removal time, a day before the new one's, and not longer."""
    assert new != old
    assert counted(lts, code) == ({old, new}, 2)
    lts.advance(365 * DAY_S - 60)
    assert counted(lts, code)[0] == {old, new}
    lts.advance(120)
    wait_until(lambda: counted(lts, code)[0] == {new}, what="the sweep to remove the purged device")
    assert lts.usage(code).scans == 2


@pytest.mark.long_form(cases=1)
@pytest.mark.parametrize("way", ["clear-site-data", "delete-database", "cdp", "webkit-data-manager"])
def test_purged_site_data_makes_a_new_device_and_the_old_one_counts_until_its_removal(
    visitor: BrowserContext, shop: Site, clock_lts: LtsProcess, way: PurgeWay, browser_name: EngineName
) -> None:
    skip_unless_there(way, browser_name)
    code = clock_lts.add_code()
    options = {"handshakeCode": code, "licenseServer": clock_lts.url}
    old = visit(visitor, shop, options)
    PURGE_WAYS[way](visitor, shop)
    clock_lts.advance(DAY_S)
    new = visit(visitor, shop, options)
    assert_new_device_beside_the_old(clock_lts, code, old, new)


def test_a_deleted_profile_makes_a_new_device_and_the_old_one_counts_until_its_removal(
    open_profile: Callable[..., BrowserContext], shop: Site, clock_lts: LtsProcess, tmp_path: Path
) -> None:
    code = clock_lts.add_code()
    options = {"handshakeCode": code, "licenseServer": clock_lts.url}
    folder = tmp_path / "doomed"
    context = open_profile(folder=folder)
    old = visit(context, shop, options)
    context.close()
    shutil.rmtree(folder)
    clock_lts.advance(DAY_S)
    new = visit(open_profile(folder=folder), shop, options)
    assert_new_device_beside_the_old(clock_lts, code, old, new)


@pytest.mark.long_form(cases=1)
@pytest.mark.parametrize("way", ["clear-site-data", "delete-database", "cdp", "webkit-data-manager"])
def test_a_purge_under_a_running_page_loses_no_scan_and_makes_a_new_device(
    visitor: BrowserContext,
    shop: Site,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    way: PurgeWay,
    browser_name: EngineName,
) -> None:
    skip_unless_there(way, browser_name)
    tab = HarnessPage.open(visitor, shop)
    old = tab.start(options)
    tab.scan(CODE_A)
    # Nothing is flushed: the first scan is on disk, is purged there, and is sent from memory under the old UUID.
    PURGE_WAYS[way](visitor, shop)
    tab.scan(CODE_B)
    new = wait_until(lambda: (uuid := tab.device_uuid()) != old and uuid, what="the tracker to become a new device")
    tab.scan(CODE_A, time=1e6)
    tab.flush()
    wait_until(lambda: counted(lts, code) == ({old, new}, 3), what="all scans of both devices")
    assert tab.uncaught() == []
