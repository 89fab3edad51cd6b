"""The license server's dashboard in real browsers: what it shows, how it is used, what it says when things go wrong."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.axe import AXE, BROKEN_RULES
from tests.dashboard.conftest import Office, come_back, go, look_until, sign_in, type_over
from tests.dashboard.desk_world import DEPOT, EVENTS, RETAIL
from tests.lts.world import uuid

pytestmark = pytest.mark.browser

PAGES = ("overview", "codes", "usage", "devices", "advisor", "alerts", "audit")
# The narrowest that is supported, in the other scheme: two looks at each page are enough to break every rule.
LOOKS = ((1280, "light", 28), (360, "dark", 44))
SMALL_TARGETS = """(least) => [...document.querySelectorAll("a, button, select, input:not([type=checkbox]), label.box")]
    .filter((one) => one.checkVisibility() && !one.closest(".skip, dialog:not([open])"))
    .map((one) => ({ name: one.id || one.textContent.trim() || one.type, ...one.getBoundingClientRect().toJSON() }))
    .filter((one) => Math.min(one.width, one.height) < least - 0.5)
    .map(({ name, width, height }) => [name, width, height])"""
OUTSIDE = """() => {
    const edge = document.documentElement.clientWidth + 1;
    return [...document.querySelectorAll("main *, header *, .top *")]
        .filter((one) => !one.closest(".table-frame, nav") && one.getBoundingClientRect().right > edge)
        .map((one) => one.className || one.tagName);
}"""


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
    assert page.evaluate(BROKEN_RULES)["broken"] == []
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


def test_the_overview_shows_how_full_each_item_is_and_what_needs_a_look(tab: Page) -> None:
    go(tab, "overview")
    first = tab.locator(".items tr", has_text="A-1042")
    expect(first).to_contain_text("20 of 20")
    expect(first).to_contain_text("Full")
    expect(tab.locator(".items tr", has_text="A-1071")).to_contain_text("80 %")
    expect(tab.locator(".items tr", has_text="A-1063")).to_contain_text("Test")
    expect(tab.locator(".is-chosen")).to_contain_text(RETAIL)
    for words in ("1 device copied", "with gaps", "3 scans unverified", "4 scans lost", "1 device in memory only"):
        expect(tab.locator(".looks")).to_contain_text(words)
    expect(tab.locator(".legend li")).to_have_count(5)
    tab.locator(".looks a", has_text="copied").click()
    expect(tab.locator("#title")).to_have_text("Devices")
    expect(tab.locator(".devices tbody tr")).to_have_count(1)
    expect(tab.locator(".devices tbody tr")).to_contain_text("Copied")
    tab.go_back()
    expect(tab.locator("#title")).to_have_text("Overview")


def test_what_is_counted_meanwhile_is_shown_without_a_reload(tab: Page, office: Office) -> None:
    go(tab, "codes")
    row = tab.locator(".items tr", has_text="A-1057")
    before = int(re.match(r"(\d+) of 50", row.locator("[data-name=Used]").inner_text())[1])  # type: ignore[index]
    with office.server.client() as client:
        body = {"handshakeCode": RETAIL, "deviceUuid": str(uuid4())}  # one that no other test has brought
        assert client.post("/v1/authorizations", json=body, headers={"Origin": "https://a.example"}).status_code == 201
    expect(row).to_contain_text(f"{before + 1} of 50")


@pytest.mark.parametrize(("width", "scheme", "least"), LOOKS, ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_of_accessibility_and_fits(tab: Page, width: int, scheme: str, least: int) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    tab.evaluate("(scheme) => { document.documentElement.dataset.theme = scheme }", scheme)
    tab.evaluate(AXE.read_text())
    for name in PAGES:
        go(tab, name)
        tab.wait_for_function("() => document.querySelector('main :is(table, .entries li, .nothing)')")
        result = tab.evaluate(BROKEN_RULES)
        assert result["broken"] == [], name
        assert result["checked"] > 20
        assert tab.evaluate(SMALL_TARGETS, least) == [], name
        assert tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0, name
        assert tab.evaluate(OUTSIDE) == [], name


def test_a_chart_is_walked_by_keys_and_says_the_same_as_its_table(tab: Page) -> None:
    go(tab, "usage")
    chart = tab.locator("canvas.chart")
    expect(chart).to_have_attribute("aria-label", re.compile("Scans per day"))
    # Something is drawn, in the largest symbology's color.
    drawn = """(canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const colors = new Set();
        for (let at = 0; at < data.length; at += 4) colors.add(`${data[at]} ${data[at + 1]} ${data[at + 2]}`);
        return [...colors];
    }"""
    tab.evaluate("() => { document.documentElement.dataset.theme = 'light' }")
    expect(chart).to_be_visible()
    tab.wait_for_function(f"() => ({drawn})(document.querySelector('canvas.chart')).includes('36 70 198')")
    tab.evaluate("() => { document.documentElement.dataset.theme = 'dark' }")
    tab.wait_for_function(f"() => ({drawn})(document.querySelector('canvas.chart')).includes('147 171 255')")
    chart.focus()
    tab.keyboard.press("ArrowRight")
    expect(tab.locator(".chart-words")).to_contain_text("so far")
    tab.keyboard.press("Home")
    words = tab.locator(".chart-words").inner_text()
    tab.get_by_role("button", name="Table").click()
    oldest = tab.locator(".usage-table tbody tr").last.inner_text().split("\t")
    assert words.startswith(f"{oldest[0].strip()}: {oldest[-1].strip()} scans"), (words, oldest)
    tab.get_by_role("button", name="Chart").click()
    tab.get_by_role("button", name="12 months").click()
    expect(tab.locator(".card-words").first).to_contain_text("per month")
    tab.get_by_role("button", name="30 days").click()


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
    tab.get_by_role("button", name="Edit A-1063").click()
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
    tab.get_by_role("button", name="Add code").click()
    dialog.get_by_label("Handshake code").fill(f"300000-{browser_name}")
    dialog.get_by_label("Items, in order").fill(f"new-{browser_name}")
    dialog.get_by_label("Test code, never billed").check()
    dialog.get_by_role("button", name="Add").click()
    expect(tab.locator(".items tr", has_text=f"new-{browser_name}")).to_contain_text("0 of 7")


def test_a_session_that_ends_says_so_and_loses_nothing(browser: Browser, office: Office, browser_name: str) -> None:
    name = f"short-{browser_name}"
    secret = office.call("POST", "/keys", {"id": name})["key"]  # type: ignore[index]
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{office.url}/?page=codes")
    sign_in(page, secret)
    page.get_by_role("button", name="Edit A-1071").click()
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
    first.get_by_role("button", name="Edit A-1071").click()
    type_over(first, first.get_by_label("Grace, %"), "12")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("dialog")).to_have_count(0)
    assert office.call("GET", "/licenses/A-1071")["gracePercent"] == 12  # type: ignore[index]
    second.get_by_role("button", name="Sign out").click()
    expect(second.get_by_label("Admin key")).to_be_focused()
    first.reload()
    expect(first.get_by_label("Admin key")).to_be_visible()
    context.close()


def test_the_advisor_compares_with_prices_that_stay_here(tab: Page) -> None:
    go(tab, "advisor")
    expect(tab.locator(".verdict")).to_contain_text("Type two prices or more")
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(f"{request.url} {request.post_data or ''}"))
    tab.get_by_label("Price of one, Per scan").fill("0.05")
    tab.get_by_label("Price of one, Per device, 366 days").fill("1.5")
    expect(tab.locator(".verdict")).to_contain_text("Per device, 366 days would have cost the least")
    tab.reload()
    expect(tab.get_by_label("Price of one, Per scan")).to_have_value("0.05")
    assert [one for one in asked if "0.05" in one] == []
    tab.evaluate("localStorage.removeItem('prices')")


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


def test_codes_are_picked_and_an_address_is_kept(tab: Page, office: Office) -> None:
    go(tab, "overview")
    tab.locator("#code").select_option(EVENTS)
    expect(tab.locator(".is-chosen")).to_contain_text(EVENTS)
    assert f"code={EVENTS}" in tab.url
    tab.reload()
    expect(tab.locator(".is-chosen")).to_contain_text(EVENTS)
    expect(tab.get_by_role("link", name="Export usage")).to_have_attribute("href", re.compile(f"handshake={EVENTS}"))
    tab.goto(f"{office.url}/?page=usage&code={DEPOT}&range=7d")
    expect(tab.get_by_role("button", name="7 days")).to_have_attribute("aria-pressed", "true")
    expect(tab.locator(".legend")).to_contain_text("4,190")
    tab.goto(f"{office.url}/?code={RETAIL}")
    expect(tab.locator(".is-chosen")).to_contain_text(RETAIL)
