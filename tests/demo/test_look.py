"""How the demo page looks: both color schemes, every width, accessibility rules."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.axe import AXE, broken_rules

from .demo_process import DemoProcess
from .visit import IS_PLAYING, held_back, show_much

# One style sheet; test_scanning.py shows the page in each engine.
pytestmark = [pytest.mark.browser, pytest.mark.in_one_engine("chromium")]

SCHEMES = ("light", "dark")
# The design's tokens where they meet the eye: selector and property -> color per scheme.
TOKENS = {
    ("html", "backgroundColor"): ("#f5f4ef", "#111316"),
    (".card", "backgroundColor"): ("#ffffff", "#1a1d22"),
    ("h1", "color"): ("#16181d", "#ecebe6"),
    (".headline p", "color"): ("#4f555f", "#abb1bb"),
    (".card", "borderTopColor"): ("#dad7cc", "#30353d"),
    ("#theme", "borderTopColor"): ("#83837a", "#767e8a"),
    ("#copy-uuid", "color"): ("#2446c6", "#93abff"),
    (".tile.is-charged", "backgroundColor"): ("#e6ebfc", "#252f52"),
    (".pill.ok", "color"): ("#0b6b4a", "#57c795"),
    (".pill.ok", "backgroundColor"): ("#e0f1ea", "#163328"),
}
LEAST_CONTRAST = 4.5
# Every text that can be seen, with its contrast to what lies beneath it (WCAG 2.2: relative luminance).
CONTRASTS = """() => {
    const parse = (text) => {
        const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
        return { r, g, b, a };
    };
    const over = (top, below) => ({
        r: top.r * top.a + below.r * (1 - top.a),
        g: top.g * top.a + below.g * (1 - top.a),
        b: top.b * top.a + below.b * (1 - top.a),
        a: 1,
    });
    const layersBelow = (element) => {
        const layers = [];
        for (let one = element; one; one = one.parentElement) layers.push(parse(getComputedStyle(one).backgroundColor));
        return layers.reverse().reduce((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
    };
    const luminance = ({ r, g, b }) => {
        const [x, y, z] = [r, g, b].map((value) => value / 255).map((value) =>
            value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim();
        const element = walker.currentNode.parentElement;
        if (!text || element.closest("script, .unseen, .skip, noscript, svg, dialog:not([open])")) continue;
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        const below = layersBelow(element);
        const [one, other] = [luminance(over(parse(getComputedStyle(element).color), below)), luminance(below)];
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        found.push({ text, contrast });
    }
    return found;
}"""


def rgb(hexadecimal: str) -> str:
    """Writes a color as browsers tell it."""
    return f"rgb({', '.join(str(int(hexadecimal[place : place + 2], 16)) for place in (1, 3, 5))})"


def choose_scheme(page: Page, scheme: str) -> None:
    """Presses the page's switch where it offers the wanted theme, and waits for the colors to have changed."""
    switch = page.get_by_role("button", name=re.compile(f"Use the {scheme} theme"))
    if switch.is_visible():
        switch.click()
    settle(page, scheme)


def settle(page: Page, scheme: str) -> None:
    """Waits until transitions have ended, and none is about to begin: half-way colors are nobody's."""
    page.wait_for_function(
        """wanted => getComputedStyle(document.documentElement).backgroundColor === wanted
                && document.querySelector(".is-fresh, .is-counted") === null
                && document.getAnimations().every((one) => one.playState !== "running")""",
        arg=rgb(TOKENS["html", "backgroundColor"][SCHEMES.index(scheme)]),
    )


def assert_looks(page: Page, scheme: str) -> dict[str, str]:
    """Holds the page to the design's colors and to readable texts; gives the colors."""
    contrasts = page.evaluate(CONTRASTS)
    texts = [one["text"] for one in contrasts]
    for text in ("One browser on one domain is one device.", "Results", "Licensed", "Duplicate", "Charged", "Pending"):
        assert text in texts
    assert [one for one in contrasts if one["contrast"] < LEAST_CONTRAST] == []
    colors = {
        f"{selector} {name}": page.locator(selector).first.evaluate("(one, name) => getComputedStyle(one)[name]", name)
        for selector, name in TOKENS
    }
    wanted = {f"{selector} {name}": rgb(pair[SCHEMES.index(scheme)]) for (selector, name), pair in TOKENS.items()}
    assert colors == wanted
    return colors


def test_both_color_schemes_are_the_designs_and_every_text_is_readable(tab: Page) -> None:
    found = {}
    for scheme in SCHEMES:
        choose_scheme(tab, scheme)
        show_much(tab)
        settle(tab, scheme)
        found[scheme] = assert_looks(tab, scheme)
    assert all(found["light"][place] != found["dark"][place] for place in found["light"])


def test_the_systems_scheme_is_followed_until_someone_chooses(
    demo: DemoProcess, visitor: BrowserContext, browser_name: str
) -> None:
    if browser_name == "firefox":
        pytest.skip("Firefox over WebDriver BiDi cannot be told to prefer a color scheme or reduced motion")
    page = visitor.new_page()
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.goto(demo.shop_a)
    settle(page, "dark")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    settle(page, "light")
    page.get_by_role("button", name="Use the dark theme").click()
    settle(page, "dark")
    page.reload()
    settle(page, "dark")
    # Where little motion is asked for, the video waits to be played.
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(IS_PLAYING)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_accessibility_rule_is_broken(tab: Page, scheme: str) -> None:
    choose_scheme(tab, scheme)
    show_much(tab)
    settle(tab, scheme)
    tab.evaluate(AXE.read_text())
    for width in (360, 1280):
        tab.set_viewport_size({"width": width, "height": 900})
        result = broken_rules(tab)
        assert result["broken"] == [], width
        assert result["checked"] > 20
    tab.get_by_role("button", name="Purge…").click()
    assert broken_rules(tab)["broken"] == []
    tab.keyboard.press("Escape")


@pytest.mark.parametrize(("width", "least"), [(360, 44), (1280, 28)])
def test_what_is_pressed_is_large_enough_for_a_finger_or_a_mouse(tab: Page, width: int, least: int) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    targets = tab.evaluate("""() =>
        [...document.querySelectorAll("a, button, select, label.tile, label.button")]
            .filter((one) => one.checkVisibility() && !one.closest(".skip, dialog:not([open])"))
            .map((one) => ({ name: one.id || one.textContent.trim(), ...one.getBoundingClientRect().toJSON() }))
    """)
    assert len(targets) > 12
    assert [one for one in targets if min(one["width"], one["height"]) < least] == []
    # Neighbours may share an edge, but none lies on another.
    covering = [
        (one["name"], other["name"])
        for one, other in itertools.combinations(targets, 2)
        if min(one["right"], other["right"]) - max(one["left"], other["left"]) > 2
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > 2
    ]
    assert covering == []


def test_a_page_that_was_just_opened_says_what_happens_next(demo: DemoProcess, visitor: BrowserContext) -> None:
    with held_back(visitor, "**/python.*"):  # without the runtime the tracker stays starting
        page = visitor.new_page()
        page.goto(demo.shop_a)
        expect(page.locator("#license-pill")).to_have_text("Starting")
        expect(page.locator("#facts")).to_contain_text("Loading the tracker. Scans are kept and judged in order.")
        expect(page.locator("#nothing")).to_have_text("Nothing read yetHold up a barcode, or drop an image here.")
        expect(page.locator("#memory-words")).to_have_text(
            "The ring is the memory. Each sighting refills it. Once empty, the code counts again."
        )
        expect(page.locator(".cell.none").first).to_have_text("Not counted yet")
        expect(page.locator(".stage-foot")).to_contain_text("Decoded here. Nothing is uploaded.")


def test_nothing_scrolls_sideways_at_any_width(tab: Page) -> None:
    show_much(tab)
    for width in (360, 390, 640, 720, 1080, 1280):
        assert_fits(tab, width)


def assert_fits(page: Page, width: int) -> None:
    """Nothing of the page lies beyond the right edge of a window that is ``width`` pixels wide."""
    page.set_viewport_size({"width": width, "height": 800})
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sideways == 0, width
    outside = page.evaluate("""() => {
        const edge = document.documentElement.clientWidth + 1;
        return [...document.querySelectorAll("main *, header *")]
            .filter((one) => !one.closest(".grid-frame, svg") && one.getBoundingClientRect().right > edge)
            .map((one) => one.className || one.tagName);
    }""")
    assert outside == [], width
