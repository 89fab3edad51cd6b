"""The wall of test codes: what is kept of it, and what the license server counts when it is scanned."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.axe import AXE, broken_rules

from .demo_process import DemoProcess
from .test_look import SCHEMES, assert_fits, choose_scheme
from .visit import PER_SCAN, choose_reader, counted_by, send_all, wait_for_count

DEMO = Path(__file__).parents[2] / "web" / "demo"
CODES: list[dict[str, Any]] = json.loads((DEMO / "wall.json").read_text())
# Which barcodes there are, and what each is reported as.
BARCODES = {(code["identity"], code["keyHex"]): code["symbology"] for code in CODES}


def test_the_kept_codes_are_those_that_the_writer_draws_and_the_rules_of_counting_tell_apart(tmp_path: Path) -> None:
    made = tmp_path / "wall.json"
    subprocess.run([sys.executable, DEMO / "make_wall.py", "--out", made], check=True, stdout=subprocess.PIPE)
    assert made.read_text() == (DEMO / "wall.json").read_text()
    assert len(CODES) == 30
    assert len(set(BARCODES.values())) == 19, "all that docs/readers.md names and that are read beside others"
    assert len(BARCODES) == 29, "two of them are one barcode"


@pytest.mark.browser
def test_one_press_scans_the_whole_wall_and_the_server_counts_what_was_said(tab: Page, demo: DemoProcess) -> None:
    before, shown = demo.usage(PER_SCAN), counted_by(tab)
    words = tab.locator("#wall-words")
    expect(words).to_contain_text(f"{len(CODES)} codes in {len(set(BARCODES.values()))} symbologies.")
    expect(words).to_contain_text(f"the license server counts {len(BARCODES)} scans for it.")
    expect(words).to_contain_text("UPC-A and UPC-A as EAN-13 are one barcode.")
    tab.get_by_role("button", name="Scan the wall").focus()
    tab.keyboard.press("Enter")
    wait_for_count(tab, shown + len(BARCODES))
    expect(tab.locator("#wall-tally")).to_have_text(f"{len(CODES)} of {len(CODES)} read")
    assert tab.locator("#wall-codes .is-read").count() == len(CODES)
    assert send_all(tab, demo, PER_SCAN, before.scans, shown) == len(BARCODES)
    added = Counter(dict(demo.usage(PER_SCAN).by_symbology)) - Counter(dict(before.by_symbology))
    assert added == Counter(BARCODES.values())
    assert tab.locator("#wall-counts li").all_inner_texts() == [
        f"{name} {count}" for name, count in sorted(added.items())
    ]

    # Read by every reader, it is the same codes: as one picture, counted as often as by one of them.
    choose_reader(tab, "all")
    tab.get_by_role("button", name="Scan the wall").click()
    expect(tab.locator("#wall-tally")).to_contain_text("by several readers")
    wait_for_count(tab, shown + 2 * len(BARCODES))
    expect(tab.locator("#rows .hint").first).to_contain_text("from an image, read by ")
    assert set(tab.locator("#rows .stamp").all_inner_texts()) == {"+1 Counted"}
    assert send_all(tab, demo, PER_SCAN, before.scans, shown) == 2 * len(BARCODES)


@pytest.mark.browser
def test_the_wall_as_a_page_of_its_own_shows_each_code_large_enough(demo: DemoProcess, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(f"{demo.shop_a}/demo/wall.html")
    expect(page.locator("#codes figcaption")).to_have_text([code["name"] for code in CODES])
    page.evaluate(AXE.read_text())
    for scheme in SCHEMES:
        choose_scheme(page, scheme)
        assert broken_rules(page)["broken"] == []
    for width in (360, 1280):
        assert_fits(page, width)
        # Of a module a camera needs more than a pixel.
        modules = page.locator("#codes svg").evaluate_all(
            "all => all.map((one) => one.getBoundingClientRect().width / one.viewBox.baseVal.width)"
        )
        assert min(modules) >= 1.3
