"""The demo page in real browsers, judged by what the license server has in its database."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from dlt_web.testing.barcode_media import PrintedBarcode, save_picture
from dlt_web.testing.deadline import wait_until

from .demo_process import DemoProcess

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
SAMPLE_BARCODES = {"code_128": 2, "ean_13": 2, "qr_code": 1}
IS_PAUSED = "() => document.getElementById('video').paused"
IS_PLAYING = "() => !document.getElementById('video').paused"


def uuid_of(page: Page) -> str:
    """The device UUID that the page shows."""
    return page.locator("#uuid").inner_text()


def counted_by(page: Page) -> int:
    """How many scans the page says were counted."""
    match = re.match(r"([\d,]+) counted", page.locator("#tally").inner_text())
    assert match
    return int(match[1].replace(",", ""))


def send_now(page: Page, demo: DemoProcess, code: str, scans: int) -> None:
    """Presses the button until the license server has counted ``scans``."""

    def sent() -> bool:
        # Not a click of Playwright's: the button goes away as soon as nothing is pending.
        page.evaluate("document.querySelector('#facts button:not([hidden])')?.click()")
        return demo.usage(code).scans >= scans

    wait_until(sent, what=f"the license server has counted {scans} scans", timeout_s=20)


def test_the_sample_plays_by_itself_and_counts_exactly_its_barcodes(open_page: OpenPage, demo: DemoProcess) -> None:
    page = open_page("?mode=session")
    video = page.locator("#video")
    assert video.evaluate("video => [video.muted, video.loop, video.paused]") == [True, True, False]
    expect(page.locator("#tally")).to_contain_text("5 counted", timeout=60_000)
    # A whole further round brings only duplicates.
    page.evaluate("""async () => {
        const video = document.getElementById("video");
        video.playbackRate = 2;
        for (let round = 0; round < 1;) {
            const before = video.currentTime;
            await new Promise((resolve) => video.addEventListener("timeupdate", resolve, { once: true }));
            if (video.currentTime < before) round += 1;
        }
    }""")
    send_now(page, demo, "200001-demo", 5)
    usage = demo.usage()
    assert dict(usage.by_symbology) == SAMPLE_BARCODES
    assert usage.devices == 1
    assert counted_by(page) == 5


def test_a_barcode_that_left_for_the_forget_time_counts_again(open_page: OpenPage, demo: DemoProcess) -> None:
    page = open_page("?forget=1000")
    page.locator(".row.is-forgotten").first.wait_for(timeout=60_000)
    expect(page.locator(".row.is-forgotten .stamp").first).to_have_text("Forgotten")
    page.wait_for_function("() => parseInt(document.getElementById('tally').textContent) > 5", timeout=60_000)
    page.get_by_role("button", name="Pause").click()
    send_now(page, demo, "200001-demo", 6)
    assert demo.usage().scans == counted_by(page)


def test_purging_makes_a_new_device_and_the_old_one_stays_counted(open_page: OpenPage, demo: DemoProcess) -> None:
    page = open_page()
    old = uuid_of(page)
    ask = page.get_by_role("button", name="Purge…")
    ask.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    ask.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert (uuid_of(page), demo.usage().devices) == (old, 1)

    ask.click()
    expect(page.get_by_role("dialog")).to_contain_text("Then this browser is a new device.")
    page.get_by_role("button", name="Purge", exact=True).click()
    page.wait_for_function(
        "old => ![old, ''].includes(document.getElementById('uuid').textContent)", arg=old, timeout=30_000
    )
    wait_until(lambda: demo.usage().devices == 2, what="the new device is counted", timeout_s=20)
    assert {device.device_uuid for device in demo.devices()} == {old, uuid_of(page)}
    purged = page.locator(".cell.purged")
    expect(purged).to_contain_text(old[:8])
    expect(purged).to_contain_text("Purged here, counted")
    expect(page.locator(".step", has_text="Purge this site")).to_contain_text("Done: 1 became 2")


def test_a_second_tab_is_the_same_device_and_another_domain_another(
    open_page: OpenPage, demo: DemoProcess, visitor: BrowserContext
) -> None:
    page = open_page()
    with visitor.expect_page() as opened:
        page.get_by_role("link", name="New tab").click()
    second = opened.value
    second.locator("#license-pill", has_text="Licensed").wait_for(timeout=40_000)
    page.bring_to_front()
    expect(page.locator(".cell.here")).to_contain_text("2 tabs open")
    assert uuid_of(second) == uuid_of(page)
    assert demo.usage().devices == 1
    expect(page.locator(".step", has_text="Open a second tab")).to_contain_text("Done: stayed 1")

    with visitor.expect_page() as opened:
        page.get_by_role("link", name="shop-b").click()
    other = opened.value
    other.locator("#license-pill", has_text="Licensed").wait_for(timeout=40_000)
    page.bring_to_front()
    assert other.url.startswith(demo.shop_b)
    assert demo.usage().devices == 2
    assert uuid_of(page) != uuid_of(other)
    assert sorted(str(device.friendly_name).split(" on ")[1] for device in demo.devices()) == ["shop-a", "shop-b"]
    expect(page.locator(".step", has_text="Open the other domain")).to_contain_text("Done: 1 became 2")


def test_another_charge_way_is_another_code_and_the_same_device(open_page: OpenPage, demo: DemoProcess) -> None:
    page = open_page()
    device = uuid_of(page)
    page.get_by_role("radio", name=re.compile("Concurrent devices")).check()
    wait_until(lambda: demo.usage("200002-demo").concurrent_devices == 1, what="the code has a device", timeout_s=30)
    assert "code=200002-demo" in page.url
    assert [one.device_uuid for one in demo.devices("200002-demo")] == [device]
    tile = page.locator(".tile.is-charged")
    expect(tile).to_contain_text("Concurrent devices")
    expect(tile).to_contain_text("of 3")
    expect(page.locator(".step", has_text="Purge this site")).to_contain_text("back to 1 after 3 min")
    expect(page.locator("#facts")).to_contain_text("Per concurrent device, token good for")


def test_chosen_images_count_each_barcode_once_per_image(
    open_page: OpenPage, demo: DemoProcess, tmp_path: Path
) -> None:
    same, other = PrintedBarcode("ean_13", "4006381333931"), PrintedBarcode("qr_code", "https://example.test/7")
    save_picture(tmp_path / "two-equal.png", same, same)
    save_picture(tmp_path / "two-different.png", same, other)
    page = open_page("?code=200003-demo")
    page.get_by_role("button", name="Files").click()
    before = counted_by(page)
    page.locator("#files").set_input_files([tmp_path / "two-equal.png", tmp_path / "two-different.png"])
    page.wait_for_function(
        "before => parseInt(document.getElementById('tally').textContent) >= before + 3", arg=before, timeout=30_000
    )
    send_now(page, demo, "200003-demo", before + 3)
    assert demo.usage("200003-demo").scans == before + 3


def test_an_image_without_a_barcode_says_so(open_page: OpenPage, demo: DemoProcess, tmp_path: Path) -> None:
    Image.new("RGB", (320, 240), "white").save(tmp_path / "empty.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    page = open_page()
    page.locator("#files").set_input_files([tmp_path / "empty.png"])
    expect(page.locator("#notices")).to_contain_text("No barcode in this image")
    page.locator("#files").set_input_files([tmp_path / "broken.png"])
    expect(page.locator("#notices")).to_contain_text("This image cannot be opened")
    page.get_by_role("button", name="Sample video").click()
    expect(page.locator("#notices")).to_have_text("")


def test_a_used_up_quota_is_shown_with_the_next_step(open_page: OpenPage, demo: DemoProcess) -> None:
    demo.admin.set_license("demo-per-device", {"quota": 1})
    open_page(site=demo.shop_b).close()
    page = open_page(until="Refused")
    notice = page.locator(".notice.bad")
    expect(notice).to_contain_text("Quota used up: 1 of 1 devices")
    expect(notice).to_contain_text("Free a seat, or pick another charge way.")
    expect(page.locator("#facts")).to_contain_text("QUOTA_EXHAUSTED")
    expect(page.locator(".tile.is-charged")).to_contain_text("No device gets a token")
    before = counted_by(page)  # what was read before the answer came counts
    page.locator(".stamp.uncounted").first.wait_for()
    assert counted_by(page) == before
    notice.get_by_role("button", name="Free a seat").click()
    page.locator("#license-pill", has_text="Licensed").wait_for(timeout=40_000)
    assert [device.device_uuid for device in demo.devices()] == [uuid_of(page)]
    expect(notice).to_be_hidden()


def test_without_the_license_server_scans_wait(open_page: OpenPage, demo: DemoProcess, visitor: BrowserContext) -> None:
    visitor.route(f"{demo.license_server}/**", lambda route: route.abort())
    page = open_page(until="Offline")
    expect(page.locator(".notice")).to_contain_text("Server not reached")
    expect(page.locator(".notice")).to_contain_text(re.compile(r"[1-9]\d* scans? waits? here"), timeout=20_000)
    assert demo.usage().scans == 0


def test_everything_can_be_done_by_keyboard(open_page: OpenPage, demo: DemoProcess) -> None:
    page = open_page()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached: list[dict[str, Any]] = []
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("""() => {
                const active = document.activeElement;
                const ring = active.closest(".tile") ?? active;
                return { name: active.dataset.source ?? (active.id || active.value || active.textContent.trim()),
                         outline: getComputedStyle(ring).outlineStyle !== "none" };
            }""")
        )
        if reached[-1]["name"] == "copy-uuid":
            break
    names = [one["name"] for one in reached]
    wanted = ["sample", "camera", "files", "pause", "forget-time", "forget-mode", "New tab", "shop-b", "Copy link"]
    assert names[: len(wanted)] == wanted
    assert names[len(wanted) :] == ["Purge…", "per_device", "copy-uuid"]
    assert all(one["outline"] for one in reached), reached

    page.locator("#pause").focus()
    page.keyboard.press("Space")
    page.wait_for_function(IS_PAUSED)
    page.keyboard.press("Space")
    page.wait_for_function(IS_PLAYING)
    page.get_by_role("radio", name=re.compile("^Devices")).focus()
    page.keyboard.press("ArrowDown")
    wait_until(lambda: demo.usage("200002-demo").devices == 1, what="the next charge way is chosen", timeout_s=30)


def test_nothing_scrolls_sideways_at_any_width(open_page: OpenPage) -> None:
    page = open_page()
    page.locator(".row").first.wait_for(timeout=30_000)
    for width in (360, 390, 640, 720, 1080, 1280):
        assert_fits(page, width)


def assert_fits(page: Page, width: int) -> None:
    """Nothing of the page lies beyond the right edge of a window that is ``width`` pixels wide."""
    page.set_viewport_size({"width": width, "height": 800})
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sideways == 0, width
    outside = page.evaluate("""() => {
        const edge = document.documentElement.clientWidth + 1;
        return [...document.querySelectorAll("main *, header *")]
            .filter((one) => !one.closest(".grid-frame, svg") && one.getBoundingClientRect().right > edge)
            .map((one) => one.className || one.tagName);
    }""")
    assert outside == [], width


def test_reduced_motion_waits_to_be_played(demo: DemoProcess, visitor: BrowserContext, browser_name: str) -> None:
    if browser_name == "firefox":
        pytest.skip("Firefox over WebDriver BiDi cannot be told to prefer reduced motion")
    page = visitor.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(demo.shop_a)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(IS_PLAYING)
