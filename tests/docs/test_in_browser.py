"""The site as a browser opens it from the disk: search, both themes, a phone's width, and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.axe import AXE, broken_rules

pytestmark = pytest.mark.in_one_engine("chromium")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
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


def test_pages_fit_a_phone_and_follow_the_theme_of_the_machine(quiet_page: Page, site: Path) -> None:
    # The try-out needs a server, and its own tests give it one.
    for path in sorted({*site.rglob("*.html")} - {site / "try.html", site / "try" / "index.html"}):
        quiet_page.goto(path.as_uri())
        for theme in in_both_themes(quiet_page):
            for size in (WIDE, PHONE):
                quiet_page.set_viewport_size(size)  # type: ignore[arg-type]
                width = quiet_page.evaluate("document.documentElement.scrollWidth")
                assert width <= size["width"], f"{path.name} is {width} wide at {size['width']} ({theme})"
            assert quiet_page.evaluate("getComputedStyle(document.body).backgroundColor") == GROUND[theme], path.name


def test_axe_has_nothing_to_say_of_pages_and_references(page: Page, site: Path) -> None:
    for name in ("index", "npm", "reference/errors", "reference/javascript", "reference/python"):
        page.goto((site / f"{name}.html").as_uri())
        page.add_script_tag(path=AXE)
        for theme in in_both_themes(page):
            told = broken_rules(page)
            assert told["checked"] > 10
            assert told["broken"] == [], f"{name} ({theme})"
