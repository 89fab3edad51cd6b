"""The story that the demo page tells: devices, charge ways, a full quota, a server that is away."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dlt_web.testing.barcode_media import PrintedBarcode, save_picture
from dlt_web.testing.deadline import wait_until
from tests.page_workers import OWN_WORKERS

from .demo_process import DemoProcess
from .visit import PER_DEVICE, counted_by, rest, uuid_of, wait_for_state

# The page's own words, on what test_scanning.py shows to work in each engine.
pytestmark = [pytest.mark.browser, pytest.mark.in_one_engine("chromium")]

ANOTHER_DEVICE = "11111111-1111-4111-8111-111111111111"


def opened_by(page: Page, link: str) -> Page:
    """Follows a link that opens a tab; gives it, licensed and at rest."""
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=link).click()
    other = opened.value
    rest(other)
    wait_for_state(other)
    page.bring_to_front()
    return other


def outcome_of(page: Page, step: str) -> str:
    """What a step of the story says happened."""
    return page.locator(".step", has_text=step).locator(".outcome").inner_text()


def test_each_step_says_what_the_number_will_do_and_then_did(own_demo: DemoProcess, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(own_demo.shop_a)
    rest(page)
    wait_for_state(page)
    old = uuid_of(page)
    expect(page.locator(".step", has_text="Open a second tab")).to_contain_text("Same device: stays 1")
    expect(page.locator(".step", has_text="Open the other domain")).to_contain_text("Another device: 1 becomes 2")

    second = opened_by(page, "New tab")
    expect(page.locator(".cell.here")).to_contain_text("2 tabs open")
    assert (uuid_of(second), own_demo.usage().devices) == (old, 1)
    expect(page.locator(".step", has_text="Open a second tab")).to_contain_text("Done: stayed 1")

    other = opened_by(page, "shop-b")
    assert other.url.startswith(own_demo.shop_b)
    assert own_demo.usage().devices == 2
    assert uuid_of(other) != old
    assert sorted(str(device.friendly_name).split(" on ")[1] for device in own_demo.devices()) == ["shop-a", "shop-b"]
    expect(page.locator(".step", has_text="Open the other domain")).to_contain_text("Done: 1 became 2")
    other.close()

    # Where the server shows its operator what it counted: the place alone, and a key is asked for there.
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Dashboard").click()
    dashboard = opened.value
    expect(dashboard.get_by_label("Admin key")).to_be_focused()
    assert dashboard.url == f"{own_demo.license_server}/?code={PER_DEVICE}"
    assert dashboard.evaluate("[window.opener, document.referrer.includes('?')]") == [None, False]
    dashboard.close()

    ask, dialog = page.get_by_role("button", name="Purge…"), page.get_by_role("dialog")
    expect(page.locator(".step", has_text="Purge this site")).to_contain_text("2 becomes 3, the old one stays")
    for leave in (lambda: page.keyboard.press("Escape"), page.get_by_role("button", name="Cancel").click):
        ask.click()
        expect(dialog).to_contain_text("Then this browser is a new device.")
        leave()
        expect(dialog).to_be_hidden()
    assert (uuid_of(page), own_demo.usage().devices) == (old, 2)
    ask.click()
    page.get_by_role("button", name="Purge", exact=True).click()
    for one in (page, second):
        one.wait_for_function("old => ![old, ''].includes(document.getElementById('uuid').textContent)", arg=old)
    assert uuid_of(second) == uuid_of(page)
    wait_until(lambda: own_demo.usage().devices == 3, what="the new device is counted")
    assert {old, uuid_of(page)} < {device.device_uuid for device in own_demo.devices()}
    purged = page.locator(".cell.purged")
    expect(purged).to_contain_text(old[:8])
    expect(purged).to_contain_text("Purged here, counted")
    expect(page.locator(".step", has_text="Purge this site")).to_contain_text("Done: 2 became 3")


def test_a_used_up_quota_is_shown_with_the_next_step(
    own_demo: DemoProcess, visitor: BrowserContext, tmp_path: Path
) -> None:
    own_demo.admin.set_license("demo-per-device", {"quota": 1})
    take_a_seat(own_demo)
    page = visitor.new_page()
    page.goto(own_demo.shop_a)
    rest(page)
    wait_for_state(page, "Refused")
    notice = page.locator(".notice.bad")
    expect(notice).to_contain_text("Quota used up: 1 of 1 devices")
    expect(notice).to_contain_text("Free a seat, or pick another charge way.")
    expect(page.locator("#facts")).to_contain_text("QUOTA_EXHAUSTED")
    expect(page.locator(".tile.is-charged")).to_contain_text("No device gets a token")
    # What was read before the answer came counts; once one more picture is judged, all of it is.
    one = save_picture(tmp_path / "one.png", PrintedBarcode("code_128", "REFUSED"))
    page.locator("#files").set_input_files(one)
    expect(page.locator("#rows .text").first).to_have_text("REFUSED")
    before = counted_by(page)
    page.get_by_role("button", name="Sample video").click()
    page.locator(".row:has(.ring) .stamp.uncounted").first.wait_for()
    assert counted_by(page) == before
    rest(page)
    notice.get_by_role("button", name="Free a seat").click()
    wait_for_state(page)
    assert [device.device_uuid for device in own_demo.devices()] == [uuid_of(page)]
    expect(notice).to_be_hidden()


def take_a_seat(demo: DemoProcess) -> None:
    """Authorizes another browser's device at the license server."""
    body = {"handshakeCode": "200001-demo", "deviceUuid": ANOTHER_DEVICE, "product": "barcode-reader"}
    request = urllib.request.Request(
        f"{demo.license_server}/v1/authorizations",
        data=json.dumps({**body, "storage": "indexeddb", "deviceFriendlyName": "Chrome on shop-b"}).encode(),
        headers={"Content-Type": "application/json", "Origin": demo.shop_b},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 201


def test_without_the_license_server_scans_wait(demo: DemoProcess, visitor: BrowserContext, tmp_path: Path) -> None:
    before = demo.usage()
    visitor.add_init_script(OWN_WORKERS)  # of whose requests no page, and so no route, knows
    visitor.route(f"{demo.license_server}/**", lambda route: route.abort())
    page = visitor.new_page()
    page.goto(demo.shop_a)
    page.get_by_role("button", name="Sample video").wait_for()
    rest(page)
    wait_for_state(page, "Offline")
    # Before it came to rest a slow machine may have read nothing.
    page.locator("#files").set_input_files(save_picture(tmp_path / "one.png", PrintedBarcode("code_128", "WAITS")))
    notice = page.locator(".notice")
    expect(notice).to_contain_text("Server not reached")
    expect(notice).to_contain_text(re.compile(r"[1-9]\d* scans? waits? here\. (Next try in \d+ s|Trying now)\."))
    expect(page.locator("#facts")).to_contain_text("Server not reached. Scans are kept here and sent later.")
    after = demo.usage()
    assert (after.scans, after.devices) == (before.scans, before.devices)
