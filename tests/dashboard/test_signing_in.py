"""Signing in at the dashboard in real browsers: with which keys, for how long, and in several tabs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.axe import AXE, broken_rules
from tests.dashboard.conftest import Office, come_back, sign_in, type_over

pytestmark = pytest.mark.browser


def test_only_a_key_of_an_operator_opens_the_door(visitor: BrowserContext, office: Office) -> None:
    page = visitor.new_page()
    page.goto(office.url)
    field = page.get_by_label("Admin key")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("type", "password")
    for key, words in (
        ("dlt_admin_wrong", "This key is not known. Check it and try again."),
        (office.keys.customer, "This is a customer's own key. The dashboard needs one with the scope read or manage."),
    ):
        field.fill(key)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text(words)
        expect(field).to_be_focused()
    page.evaluate(AXE.read_text())
    assert broken_rules(page)["broken"] == []
    page.get_by_role("button", name="Show").click()
    expect(field).to_have_attribute("type", "text")
    sign_in(page, office.keys.read)
    # A key that reads is offered nothing that it may not do.
    expect(page.locator("#scope")).to_have_text(", scope read")
    expect(page.get_by_role("button", name="Add item")).to_have_count(0)
    (cookie,) = visitor.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert page.evaluate("document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)") == "{}{}"
    page.reload()
    expect(page.locator("#updated")).to_contain_text("Updated")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Admin key")).to_be_focused()


def test_a_session_that_ends_says_so_and_loses_nothing(browser: Browser, office: Office, browser_name: str) -> None:
    name = f"short-{browser_name}"
    secret = office.call("POST", "/keys", {"id": name})["key"]  # type: ignore[index]
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{office.url}/?page=codes")
    sign_in(page, secret)
    page.locator(".items").get_by_role("button", name="Edit A-1071").click()
    type_over(page, page.get_by_label("Grace, %"), "15")
    fresh = office.call("POST", f"/keys/{name}/rotate")["key"]  # type: ignore[index]
    come_back(page)
    again = page.get_by_role("dialog", name="Sign in to go on")
    expect(again).to_contain_text("What you see and what you typed is still here.")
    page.keyboard.press("Escape")
    expect(again).to_be_visible()
    again.get_by_label("Admin key").fill(fresh)
    page.keyboard.press("Enter")
    expect(again).to_be_hidden()
    expect(page.get_by_label("Grace, %")).to_have_value("15")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert office.call("GET", "/licenses/A-1071")["gracePercent"] == 15  # type: ignore[index]
    context.close()


def test_tabs_of_one_browser_share_its_session(browser: Browser, office: Office) -> None:
    office.call("PATCH", "/licenses/A-1071", {"gracePercent": 11})
    context = browser.new_context()
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto(f"{office.url}/?page=codes")
    # The second signing in ends the session of the first.
    for page in (first, second):
        sign_in(page, office.keys.manage)
    first.locator(".items").get_by_role("button", name="Edit A-1071").click()
    type_over(first, first.get_by_label("Grace, %"), "12")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("dialog")).to_have_count(0)
    assert office.call("GET", "/licenses/A-1071")["gracePercent"] == 12  # type: ignore[index]
    second.get_by_role("button", name="Sign out").click()
    expect(second.get_by_label("Admin key")).to_be_focused()
    first.reload()
    expect(first.get_by_label("Admin key")).to_be_visible()
    context.close()
