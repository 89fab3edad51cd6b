"""The charge ways side by side on the demo page: the license server's advisor, live."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dlt_web.testing.barcode_media import PrintedBarcode, save_picture

from .demo_process import DemoProcess
from .visit import CONCURRENT, PER_DEVICE, PER_SCAN, counted_by, held_back, rest, send_all, settle, wait_for_state

# The page's own words, on what test_scanning.py shows to work in each engine.
pytestmark = [pytest.mark.browser, pytest.mark.in_one_engine("chromium")]

WAYS = ["scan", "device-366", "device-90", "concurrent-device"]


def shown_ways(page: Page) -> dict[str, list[str]]:
    """What the page shows of each charge way: today's count, and what rose since."""
    rows = page.locator("#ways-body tr")
    return {
        str(row.get_attribute("data-way")): [row.locator("strong").inner_text(), row.locator("td").last.inner_text()]
        for row in rows.all()
    }


@pytest.mark.long_only
def test_the_same_scans_are_counted_by_each_charge_way_at_once(
    own_demo: DemoProcess, visitor: BrowserContext, tmp_path: Path
) -> None:
    page = visitor.new_page()
    with held_back(visitor, "**/python.*"):  # before the page knows that nothing is counted, nothing is
        page.goto(f"{own_demo.shop_a}/?code={PER_SCAN}")
        rest(page)
        expect(page.locator("#ways-body strong")).to_have_count(len(WAYS))
    wait_for_state(page)
    for name in ("one", "two"):
        picture = save_picture(tmp_path / f"{name}.png", PrintedBarcode("ean_13", "9780201379624"))
        page.locator("#files").set_input_files(picture)
    settle(page, save_picture(tmp_path / "last.png", PrintedBarcode("code_128", "LAST")), "LAST")
    send_all(page, own_demo, PER_SCAN, 0)
    scans = counted_by(page)
    assert scans >= 3
    row = page.locator("#ways-body tr[data-way=scan]")
    expect(row.locator("td").last).to_have_text(f"+{scans}")
    assert shown_ways(page) == {"scan": [str(scans), f"+{scans}"]} | {way: ["1", "+1"] for way in WAYS[1:]}
    advised = {way.name: way.counted for way in own_demo.reads.advice(PER_SCAN).ways}
    assert advised == {"scan": scans} | dict.fromkeys(WAYS[1:], 1)
    expect(row).to_contain_text("Charged")
    expect(page.locator("#ways-body tr[data-way=concurrent-device]")).to_contain_text("1 now")

    # Another window of the same browser is the same device, and of what it brings only the scans are more.
    again = visitor.new_page()
    again.goto(f"{own_demo.shop_a}/?code={PER_SCAN}")
    rest(again)
    wait_for_state(again)
    settle(again, save_picture(tmp_path / "again.png", PrintedBarcode("code_128", "AGAIN")), "AGAIN")
    send_all(again, own_demo, PER_SCAN, scans)
    expect(again.locator("#ways-body tr[data-way=device-366] td").last).to_have_text("none")
    expect(again.locator("#ways-body tr[data-way=device-366] strong")).to_have_text("1")


@pytest.mark.long_only
def test_the_chosen_charge_way_is_marked_among_the_others(tab: Page) -> None:
    for code, way in ((PER_DEVICE, "device-366"), (CONCURRENT, "concurrent-device"), (PER_SCAN, "scan")):
        names = {PER_DEVICE: "per_device", CONCURRENT: "concurrent_device", PER_SCAN: "per_scan"}
        tab.locator(f"input[value={names[code]}]").check()
        expect(tab.locator(f"#ways-body tr[data-way={way}]")).to_contain_text("Charged")
        assert tab.locator("#ways-body .is-charged").count() == 1
    assert list(shown_ways(tab)) == WAYS


def test_without_an_answer_the_ways_say_so_and_never_show_another_codes_figures(tab: Page) -> None:
    figures, bars, stale = (tab.locator(f"#ways-{part}") for part in ("body strong", "body .bar", "live"))
    expect(figures).to_have_count(len(WAYS))
    expect(stale).to_be_hidden()
    tab.route("**/demo/state*", lambda route: route.abort())
    expect(stale).to_contain_text("Server not reached, as of ")
    expect(figures).to_have_count(len(WAYS))
    tab.locator("input[value=per_device]").check()
    expect(bars).to_have_count(2 * len(WAYS))
    expect(figures).to_have_count(0)
    expect(stale).to_have_text("Server not reached")
    expect(tab.locator("#ways-body .is-charged")).to_have_attribute("data-way", "device-366")
    tab.unroute("**/demo/state*")
    expect(figures).to_have_count(len(WAYS))
    expect(stale).to_be_hidden()
