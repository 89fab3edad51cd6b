"""What the dashboard watches in real browsers: the audit log's chain, open alerts, opened lists, chosen devices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect

from dlt_web.testing.deadline import wait_until
from tests.axe import AXE, broken_rules
from tests.dashboard.conftest import Office, come_back, go, look_until, sign_in
from tests.dashboard.desk_world import RETAIL
from tests.lts.server_process import ServerProcess
from tests.lts.world import uuid

# The page's own words; test_what_is_done.py and test_what_is_shown.py show it in each engine.
pytestmark = [pytest.mark.browser, pytest.mark.in_one_engine("chromium")]

PAGE_ROWS = 50


@pytest.fixture
def spoiled_server(office: Office, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server on a copy of the office's store in whose audit log somebody has changed an entry by hand."""
    store = tmp_path / "lts.db"

    def copy() -> None:
        source, target = apsw.Connection(str(office.store)), apsw.Connection(str(store))
        with target.backup("main", source, "main") as backup:
            backup.step()
        target.execute("UPDATE audit SET actor = 'nobody' WHERE number = 2")
        source.close()
        target.close()

    # In a thread of its own: the browsers' event loop runs in this one already.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(copy).result()
    with ServerProcess(store) as server:
        yield server


def test_the_chain_of_the_audit_log_is_checked_and_says_when(tab: Page) -> None:
    for name, place, words in (
        ("overview", ".card-foot .small", r"checked \d\d:\d\d:\d\d UTC"),
        ("audit", ".card-words", r"\d+ entries, checked \d\d:\d\d:\d\d UTC; all read through \d\d:\d\d:\d\d"),
    ):
        go(tab, name)
        card = tab.locator(".card", has=tab.get_by_role("heading", name="Audit log"))
        expect(card.locator(".pill.ok")).to_have_text("Chain intact")
        expect(card.locator(place)).to_have_text(re.compile(words))


def test_a_broken_chain_is_shown_with_what_to_do_next(
    visitor: BrowserContext, office: Office, spoiled_server: ServerProcess
) -> None:
    page = visitor.new_page()
    page.goto(spoiled_server.url)
    sign_in(page, office.keys.read)
    expect(page.locator(".pill.bad", has_text="Chain broken")).to_be_visible()
    notice = page.locator(".notice.bad")
    expect(notice).to_contain_text("Audit log: entry 2 (license.add A-1057) does not match its hash.")
    expect(notice).to_contain_text("“dlt-web lts verify” names every place; a backup from before")
    for width, scheme in ((1280, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("(scheme) => { document.documentElement.dataset.theme = scheme }", scheme)
        page.evaluate(AXE.read_text())
        assert broken_rules(page)["broken"] == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_the_navigation_counts_what_is_open(tab: Page, office: Office) -> None:
    go(tab, "alerts")
    count = tab.locator("[data-page=alerts] .open-count")
    expect(count).to_have_text(re.compile(r"^\d+ open$"))
    told = office.call("GET", "/alerts/open")
    assert isinstance(told, dict)
    look_until(tab, tab.locator(".open-now h3"), f"Open now: {told['count']}")
    expect(count).to_have_text(f"{told['count']} open")
    for words in ("A-1042 reached 100 %", f"{RETAIL}: copies of a device report"):
        expect(tab.locator(".open-now")).to_contain_text(words)
    # It is part of the link's name, and stands on every page.
    go(tab, "audit")
    expect(tab.get_by_role("link", name=f"Alerts {told['count']} open")).to_be_visible()


def test_what_is_opened_is_read_again_only_where_it_changed(tab: Page, office: Office) -> None:
    for percent in range(20, 22 + 2 * PAGE_ROWS):
        office.call("PATCH", "/alerts/settings", {"unverifiedPercent": percent % 100 + 1})
    go(tab, "audit")
    rows = tab.locator(".entries li")
    tab.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(2 * PAGE_ROWS)
    answers: list[tuple[str, int]] = []

    def hear(response: Response) -> None:
        if "/audit/latest" in response.url:
            answers.append((response.url.rpartition("?")[2], response.status))

    tab.on("response", hear)
    try:
        with tab.expect_response(re.compile("/audit/latest")):
            come_back(tab)
        with tab.expect_response(re.compile("/audit/latest")):
            pass  # by itself, some seconds later
        assert set(answers) == {(f"limit={PAGE_ROWS}", 304)}
        answers.clear()
        office.call("PATCH", "/alerts/settings", {"unverifiedPercent": 10})
        # Live as before: the new entry comes by itself, and of the older ones none is read once more.
        expect(rows.first).to_contain_text("unverified_percent: 10")
        # Of an answer drivers may tell after the page has shown it, and only to whoever asks them something.
        wait_until(
            lambda: tab.evaluate("true") and (f"limit={PAGE_ROWS}", 200) in answers, what="the answer to be told of"
        )
        assert {query for query, _status in answers} == {f"limit={PAGE_ROWS}"}
    finally:
        tab.remove_listener("response", hear)


def test_a_chosen_device_stays_chosen_while_others_are_looked_for(tab: Page) -> None:
    go(tab, "devices")
    first, second = uuid(13), uuid(14)
    tab.get_by_label(f"Release {first}").check()
    field = tab.get_by_label("Search devices")
    field.fill("till 14")
    tab.keyboard.press("Enter")
    expect(tab.locator(".devices tbody tr")).to_have_count(1)
    tab.get_by_label(f"Release {second}").check()
    expect(tab.get_by_role("button", name="Release 2")).to_be_enabled()
    expect(tab.locator(".chosen-away")).to_contain_text(f"1 chosen device not in this list: {first[:8]}.")
    # What a page of another kind leaves out is not gone either.
    tab.get_by_label("Show").select_option("unseated")
    expect(tab.get_by_role("button", name="Release 2")).to_be_enabled()
    tab.get_by_role("button", name="Release 2").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text(f"2 chosen devices not in this list: {first[:8]}, {second[:8]}.")
    dialog.get_by_role("button", name="Cancel").click()
    tab.get_by_role("button", name="Choose none").click()
    expect(tab.get_by_role("button", name="Release", exact=True)).to_be_disabled()
    expect(tab.get_by_label("Search devices")).to_be_focused()
    tab.get_by_label("Show").select_option("all")
    expect(tab.get_by_label(f"Release {first}")).not_to_be_checked()
