"""What operators do at the dashboard in real browsers: release, change, add, send again; and two at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import Office, go, look_until, type_over
from tests.dashboard.desk_world import RETAIL
from tests.lts.world import uuid

pytestmark = pytest.mark.browser


def test_the_keyboard_alone_finds_and_releases_a_device(tab: Page, browser_name: str) -> None:
    number = 22 if browser_name == "chromium" else 21
    go(tab, "devices")
    field = tab.get_by_label("Search devices")
    field.focus()
    tab.keyboard.type(f"till {number}")
    tab.keyboard.press("Enter")
    expect(tab.locator(".devices tbody tr")).to_have_count(1)
    show = tab.get_by_role("button", name=uuid(number)[:8])
    show.focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog")).to_contain_text(uuid(number))
    tab.keyboard.press("Escape")
    expect(show).to_be_focused()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Space")
    release = tab.get_by_role("button", name="Release 1")
    release.focus()
    tab.keyboard.press("Enter")
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text("Release 1 device?It takes a seat again if it comes back.")
    dialog.get_by_role("button", name="Release 1 device").focus()
    tab.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(tab.locator(".devices tbody tr")).to_contain_text("Released")
    expect(tab.locator("#said")).to_have_text("1 device released.")
    go(tab, "audit")
    expect(tab.locator(".entries li").first).to_contain_text(f"Released device {RETAIL} {uuid(number)}")


def test_of_two_operators_the_second_one_is_told_and_loses_nothing(tab: Page, office: Office) -> None:
    go(tab, "codes")
    tab.locator(".items").get_by_role("button", name="Edit A-1063").click()
    dialog = tab.get_by_role("dialog")
    type_over(tab, dialog.get_by_label("Quota"), "300000")
    item = office.call("GET", "/licenses/A-1063")
    assert isinstance(item, dict)
    office.call("PATCH", "/licenses/A-1063", {"quota": item["quota"] + 1, "gracePercent": 20})
    dialog.get_by_role("button", name="Save").click()
    notice = dialog.locator(".notice")
    expect(notice).to_contain_text("A-1063 was changed meanwhile by ops-key-2")
    expect(notice).to_contain_text(f"Quota: was {item['quota']}, is now {item['quota'] + 1}; you typed 300000.")
    expect(notice).to_contain_text("Grace, %: was 10, is now 20; that stays.")
    expect(dialog.get_by_label("Quota")).to_have_value("300000")
    assert office.call("GET", "/licenses/A-1063")["quota"] == item["quota"] + 1  # type: ignore[index]
    dialog.get_by_role("button", name="Save mine over it").click()
    expect(dialog).to_have_count(0)
    after = office.call("GET", "/licenses/A-1063")
    # Theirs, where nothing else was typed here, stays.
    assert (after["quota"], after["gracePercent"]) == (300_000, 20)  # type: ignore[index]
    office.call("PATCH", "/licenses/A-1063", {"quota": 100_000, "gracePercent": item["gracePercent"]})


def test_items_and_codes_are_added_and_a_refusal_names_what_is_wrong(tab: Page, browser_name: str) -> None:
    go(tab, "codes")
    tab.get_by_role("button", name="Add item").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Item id").fill(f"new-{browser_name}")
    dialog.get_by_label("Quota").fill("7")
    dialog.get_by_label("Valid until, UTC").fill("2020-01-01T00:00")
    dialog.get_by_label("Valid from, UTC").fill("2021-01-01T00:00")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("alert")).to_contain_text("validity")
    dialog.get_by_label("Valid from, UTC").fill("")
    dialog.get_by_label("Valid until, UTC").fill("")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog).to_have_count(0)
    # No code uses it yet; it is seen all the same, and can be changed.
    row = tab.locator(".item-list tr", has_text=f"new-{browser_name}")
    expect(row).to_contain_text("0 of 7")
    row.get_by_role("button", name="Edit").click()
    expect(dialog.get_by_label("Quota")).to_have_value("7")
    dialog.get_by_role("button", name="Cancel").click()
    tab.get_by_role("button", name="Add code").click()
    dialog.get_by_label("Handshake code").fill(f"300000-{browser_name}")
    dialog.get_by_label("Items, in order").fill(f"new-{browser_name}")
    dialog.get_by_label("Test code, never billed").check()
    dialog.get_by_role("button", name="Add").click()
    expect(tab.locator(".items tr", has_text=f"new-{browser_name}")).to_contain_text("0 of 7")


def test_alerts_show_their_deliveries_and_are_sent_again(tab: Page, office: Office) -> None:
    if not office.call("GET", "/webhooks"):
        # Where webhooks may not lie: what comes of it is a try that failed.
        office.call("POST", "/webhooks", {"id": "ops", "url": "https://127.0.0.1:9/hook"})
    go(tab, "alerts")
    # What other tests do here may be told of meanwhile, and another engine's test may have been here.
    tests = tab.locator(".entries li", has_text="A test of the license server's alerts.")
    before = tests.count()
    tab.get_by_role("button", name="Send a test").click()
    expect(tests).to_have_count(before + 1)
    newest = tests.first
    look_until(tab, newest, "given up after 1 try")
    newest.get_by_role("button", name="Deliveries").click()
    expect(tab.get_by_role("dialog").locator("tbody tr")).to_have_count(1)
    tab.keyboard.press("Escape")
    newest.get_by_role("button", name="again").click()
    expect(tab.locator("#said")).to_contain_text("is sent again.")
    expect(tab.locator("main table tbody tr").first).to_contain_text("ops")
