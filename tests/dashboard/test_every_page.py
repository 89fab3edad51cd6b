"""Every page of the dashboard in real browsers: by the rules of accessibility, wide and narrow, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.axe import AXE, broken_rules
from tests.dashboard.conftest import go

# One style sheet for both; each engine has a look at one of them.
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


@pytest.mark.long_form(cases=1)
@pytest.mark.parametrize(("width", "scheme", "least"), LOOKS, ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_of_accessibility_and_fits(tab: Page, width: int, scheme: str, least: int) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    tab.evaluate("(scheme) => { document.documentElement.dataset.theme = scheme }", scheme)
    tab.evaluate(AXE.read_text())
    for name in PAGES:
        go(tab, name)
        tab.wait_for_function("() => document.querySelector('main :is(table, .entries li, .nothing)')")
        result = broken_rules(tab)
        assert result["broken"] == [], name
        assert result["checked"] > 20
        assert tab.evaluate(SMALL_TARGETS, least) == [], name
        assert tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0, name
        assert tab.evaluate(OUTSIDE) == [], name
