"""What the dashboard shows in real browsers: how full items are, usage as a chart, advice, one code or another."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import Office, go
from tests.dashboard.desk_world import DEPOT, EVENTS, RETAIL

pytestmark = pytest.mark.browser


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


def test_each_charge_way_has_its_course_drawn_beside_it(tab: Page) -> None:
    go(tab, "overview")
    ways = tab.locator(".ways .way")
    expect(ways).to_have_count(3)
    for place, (name, count) in enumerate(
        (
            ("Per device, 366 days", r"\d+ devices"),
            ("Concurrent device", r"\d+ at the peak, \d+ \w+"),
            ("Per scan", r"[\d,]+ scans"),
        )
    ):
        expect(ways.nth(place).locator(".way-name")).to_contain_text(name)
        expect(ways.nth(place).locator("p").last).to_have_text(re.compile(f"^{count}$"))
        said = re.compile(r"^By day: [\d,]+ on \d+ \w+, at most [\d,]+ on \d+ \w+, [\d,]+ on \d+ \w+ so far\.$")
        expect(ways.nth(place).get_by_role("img", name=said)).to_be_visible()
    color = "(drawn) => getComputedStyle(drawn).color"
    drawn = [one.evaluate(color) for one in tab.locator(".ways .drawn").all()]
    # Ink counts, pencil doesn't.
    assert drawn[0] != drawn[1] == drawn[2]
    assert drawn[0] == tab.locator(".ways .charged").evaluate(color)
    tab.get_by_role("button", name="24 h").click()
    expect(ways).to_have_count(3)
    expect(tab.locator(".ways svg")).to_have_count(0)
    tab.get_by_role("button", name="30 days").click()


def test_a_list_of_devices_says_which_ones_it_shows_of_how_many(tab: Page) -> None:
    go(tab, "overview")
    part = tab.locator(".devices .part")
    expect(part).to_have_text(re.compile(r"^1 to 7 of \d+$"))
    number = part.inner_text().rpartition(" ")[2]
    tab.get_by_role("button", name="Next").click()
    expect(part).to_have_text(f"8 to 14 of {number}")
    tab.get_by_role("button", name="Previous").click()
    expect(part).to_have_text(f"1 to 7 of {number}")
    field = tab.get_by_label("Search devices")
    for wanted, words in (("till", "1 to 7 of many"), ("till 13", "1 of 1"), ("", f"1 to 7 of {number}")):
        field.fill(wanted)
        field.press("Enter")
        expect(part).to_have_text(words)
    tab.locator(".looks a", has_text="copied").click()
    expect(part).to_have_text("1 of 1")


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
