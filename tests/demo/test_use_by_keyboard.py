"""The demo page without a mouse."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dlt_web.testing.deadline import wait_until

from .demo_process import DemoProcess
from .visit import CONCURRENT, IS_PAUSED, IS_PLAYING, show_much, uuid_of, wait_for_state

# The page's own controls; test_scanning.py uses it in each engine.
pytestmark = [pytest.mark.browser, pytest.mark.in_one_engine("chromium")]


def texts_of_rows(page: Page) -> Counter[str]:
    """The barcodes of the results, each of which can be asked which barcode it is."""
    return Counter(page.locator("#rows .what > :first-child").all_text_contents())


def test_everything_can_be_done_by_keyboard(tab: Page, demo: DemoProcess) -> None:
    device = uuid_of(tab)
    show_much(tab)
    tab.locator("a.skip").focus()
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    reached: list[dict[str, Any]] = []
    rows = texts_of_rows(tab)
    assert rows
    for _ in range(40 + len(rows)):
        tab.keyboard.press("Tab")
        reached.append(
            tab.evaluate("""() => {
                const active = document.activeElement;
                const ring = active.closest(".tile") ?? active;
                return { name: active.dataset.source ?? (active.id || active.value || active.textContent.trim()),
                         isRow: active.matches("#rows .what"), text: active.firstElementChild?.textContent,
                         outline: getComputedStyle(ring).outlineStyle !== "none" };
            }""")
        )
        if reached[-1]["name"] == "wall-page":
            break
    # Each result says, asked, which barcode it is. A frame that was read as the video paused may bring one more.
    assert [one["isRow"] for one in reached].index(True) == 5
    assert rows <= Counter(one["text"] for one in reached if one["isRow"]) <= texts_of_rows(tab)
    # A button that is there only as long as something waits to be sent is left out.
    names = [one["name"] for one in reached if not one["isRow"] and one["name"] != "Send now"]
    wanted = ["sample", "camera", "files", "reader", "pause", "forget-time", "forget-mode"]
    wanted += ["New tab", "shop-b", "Copy link"]
    assert names[: len(wanted)] == wanted
    assert names[len(wanted) :] == ["Purge…", "per_scan", "explain", "copy-uuid", "scan-wall", "wall-page"]
    assert all(one["outline"] for one in reached), reached

    tab.locator("#pause").focus()
    tab.keyboard.press("Space")
    tab.wait_for_function(IS_PLAYING)
    tab.keyboard.press("Space")
    tab.wait_for_function(IS_PAUSED)
    tab.locator("[data-source=files]").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#drop")).to_be_visible()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "reader"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "files"
    expect(tab.locator("#drop label")).to_have_css("outline-style", "solid")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "paste"

    tab.get_by_role("button", name="Purge…").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog")).to_be_visible()
    tab.keyboard.press("Enter")  # what the focus is on at first harms nothing
    expect(tab.get_by_role("dialog")).to_be_hidden()
    expect(tab.get_by_role("button", name="Purge…")).to_be_focused()
    assert uuid_of(tab) == device


def test_another_charge_way_is_another_code_and_the_same_device(tab: Page, demo: DemoProcess) -> None:
    def seated() -> set[str]:
        return {one.device_uuid for one in demo.devices(CONCURRENT)}

    device = uuid_of(tab)
    assert device not in seated()
    tab.get_by_role("radio", name=re.compile("^Scans")).focus()
    tab.keyboard.press("ArrowUp")
    wait_until(lambda: device in seated(), what="the code has this device")
    assert f"code={CONCURRENT}" in tab.url
    tile = tab.locator(".tile.is-charged")
    expect(tile).to_contain_text("Concurrent devices")
    expect(tile).to_contain_text("of 3")
    expect(tab.locator(".step", has_text="Purge this site")).to_contain_text("back to 1 after 3 min")
    expect(tab.locator("#facts")).to_contain_text("Per concurrent device, token good for")


def test_the_first_tab_stop_skips_to_the_scanner(demo: DemoProcess, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(demo.shop_a)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    expect(page.locator("a.skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_tracker_explains_itself_to_whoever_asks(tab: Page) -> None:
    show_much(tab)
    text = tab.locator(".row .text").first.inner_text()
    wait_for_state(tab)
    dialog = tab.get_by_role("dialog", name="What the tracker knows of itself")

    def asked() -> str | None:
        tab.get_by_role("button", name="Explain…").focus()
        tab.keyboard.press("Enter")
        text = dialog.get_by_label("Explanation").input_value()
        if json.loads(text)["tracker"] is not None:
            return text
        tab.keyboard.press("Escape")  # a runtime that stands still for two seconds has said nothing
        return None

    told = wait_until(asked, what="the runtime to explain itself")
    explanation = json.loads(told)
    assert explanation["tracker"]["device"]["uuid"] == uuid_of(tab)
    assert explanation["state"]["license"]["state"] == "licensed"
    assert text not in told
    # A browser under test has no clipboard that it may always write to.
    tab.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.locator("#explain-copy")).to_have_text("Copied")
    assert tab.evaluate("delete navigator.clipboard.writeText && copied") == told
    tab.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
