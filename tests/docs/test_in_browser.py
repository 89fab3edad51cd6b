"""The site as a browser opens it from the disk: search, both themes, a phone's width, and nothing from elsewhere.

The try-out within it needs a server, and gets one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Frame, FrameLocator, Page, expect

from dlt_web.testing.barcode_media import PrintedBarcode, save_picture
from tests.axe import AXE, broken_rules
from tests.chosen import IS_WHOLE
from tests.plain_server import PlainServer, serving

pytestmark = pytest.mark.in_one_engine("chromium")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
TRY_OUT = "try/index.html"
# Pages that have between them the colors, and all else, of all others; in `make test` axe is asked of them alone.
COLORFUL = {"index.html", "npm.html", "reference/errors.html", "reference/javascript.html"}
# Not in the sample video, which plays until another source is chosen.
AZTEC, EAN = PrintedBarcode("aztec", "TWO IN ONE"), PrintedBarcode("ean_13", "9780201379624")
# So long that axe would take ten seconds for each, and made as the other references are.
LONG = {"genindex.html", "reference/commands.html", "reference/http.html", "reference/python.html"}
# Fetching and starting the tracker on a busy machine.
PATIENCE_MS = 40_000
Theme = Literal["light", "dark"]
GROUND: dict[Theme, str] = {"light": "rgb(255, 255, 255)", "dark": "rgb(26, 29, 34)"}


@pytest.fixture
def quiet_page(page: Page) -> Iterator[Page]:
    """A page of whose session nothing may come from elsewhere, or complain."""
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"uncaught: {error}"))
    page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or wrong.append(asked.url))
    yield page
    assert wrong == []


def test_the_search_finds_from_the_disk_what_a_reader_looks_for(quiet_page: Page, site: Path) -> None:
    quiet_page.goto((site / "index.html").as_uri())
    quiet_page.get_by_role("search").get_by_role("textbox").or_(quiet_page.get_by_placeholder("Search")).first.fill(
        "QUOTA_EXHAUSTED"
    )
    quiet_page.keyboard.press("Enter")
    found = quiet_page.locator("#search-results a", has_text="QUOTA_EXHAUSTED").first
    found.click()
    expect(quiet_page).to_have_url((site / "reference/errors.html").as_uri() + "#error-quota-exhausted")
    expect(quiet_page.locator("#error-quota-exhausted")).to_contain_text("--grace-percent")


def in_both_themes(page: Page) -> Iterator[Theme]:
    """Show the page as machines of either theme do; a page follows without being loaded once more."""
    for theme in GROUND:
        page.emulate_media(color_scheme=theme)
        yield theme


@pytest.mark.long_only
def test_pages_fit_a_phone_follow_the_theme_of_the_machine_and_keep_the_rules(quiet_page: Page, site: Path) -> None:
    # The try-out needs a server: below.
    for path in sorted({*site.rglob("*.html")} - {site / "try.html", site / TRY_OUT}):
        name = str(path.relative_to(site))
        quiet_page.goto(path.as_uri())
        for size in (PHONE, WIDE):
            quiet_page.set_viewport_size(size)  # type: ignore[arg-type]
            width = quiet_page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{name} is {width} wide at {size['width']}"
        is_checked = name in COLORFUL or (IS_WHOLE and name not in LONG)
        if is_checked:
            quiet_page.add_script_tag(path=AXE)
        for theme in in_both_themes(quiet_page):
            assert quiet_page.evaluate("getComputedStyle(document.body).backgroundColor") == GROUND[theme], name
            if is_checked and (theme == "light" or name in COLORFUL):
                told = broken_rules(quiet_page, has_contrast=name in COLORFUL)
                assert (told["broken"], told["checked"] > 10) == ([], True), f"{name} ({theme})"


def test_on_a_phone_where_tables_scroll_the_rules_are_kept_too(page: Page, site: Path) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for name in ("compatibility.html", "readers.html"):
        page.goto((site / name).as_uri())
        page.add_script_tag(path=AXE)
        assert broken_rules(page)["broken"] == [], name


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[PlainServer]:
    """The site over HTTP."""
    with serving(site) as server:
        yield server


def open_try_out(page: Page, address: str) -> tuple[FrameLocator, Frame]:
    """Open the docs' page and give what is in its frame, which loads when it is scrolled to."""
    page.goto(address)
    page.locator("iframe").scroll_into_view_if_needed()
    inner = page.frame_locator("iframe")
    inner.locator("#main").wait_for()
    frame = next(frame for frame in page.frames if frame.url.endswith(TRY_OUT))
    return inner, frame


def assert_fits_and_keeps_the_rules(page: Page, frame: Frame) -> None:
    """Both widths, for the page and what is in its frame."""
    page.add_script_tag(path=AXE)
    frame.add_script_tag(path=AXE)
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert frame.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, size
        # A page of the disk is not told of its frame's.
        for shown in (page, frame):
            told = broken_rules(shown)
            assert (told["broken"], told["checked"] > 10) == ([], True), (shown.url, size)


def test_the_try_out_counts_within_its_page_which_fits_a_phone_and_keeps_the_rules(
    page: Page, served: PlainServer, tmp_path: Path
) -> None:
    inner, frame = open_try_out(page, f"{served.url}/try.html")
    expect(inner.locator("#not-started")).to_have_count(0)
    inner.get_by_role("button", name="Files", exact=True).click()
    expect(inner.locator("#license-pill")).to_have_text("Licensed", timeout=PATIENCE_MS)
    inner.locator("#files").set_input_files(save_picture(tmp_path / "three.png", AZTEC, AZTEC, EAN))
    row = inner.locator(".verdict", has_text=EAN.text)
    expect(row.locator(".stamp")).to_have_text("+1 Counted", timeout=PATIENCE_MS)
    row = inner.locator(".verdict", has_text=AZTEC.text)
    expect(row.locator(".stamp")).to_have_text("Duplicate")
    expect(row.locator(".why")).to_have_text("An equal barcode in the same picture has been counted.")
    expect(row.locator(".hint")).to_have_text("aztec · 1 counted, 1 duplicate")
    expect(inner.locator("#tally")).to_have_text(re.compile(r"^\d+ counted, \d+ duplicates?$"))
    assert_fits_and_keeps_the_rules(page, frame)


def test_opened_from_the_disk_the_try_out_says_what_it_needs(page: Page, site: Path) -> None:
    inner, frame = open_try_out(page, (site / "try.html").as_uri())
    expect(inner.locator("#not-started")).to_be_visible()
    expect(inner.locator("#not-started")).to_contain_text("make try serves it at http://localhost:8020/")
    assert_fits_and_keeps_the_rules(page, frame)


def test_where_no_script_runs_the_try_out_says_what_it_needs(browser: Browser, served: PlainServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.url}/{TRY_OUT}")
    expect(page.locator("#not-started")).to_be_visible()
    expect(page.locator("#not-started")).to_contain_text("It needs JavaScript")
    context.close()
