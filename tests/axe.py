"""What axe-core has to say of a page, for the tests of how pages look."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Frame, Page

from wasm import npm

AXE = npm.npm_package("axe-core") / "axe.min.js"
BROKEN_RULES = """async (rules) => {
    // What is in a frame is a page of its own, with a head of its own. Sheets are not fetched once more: from the disk
    // they cannot be, which the console would tell.
    const options = { iframes: false, preload: false, resultTypes: ["violations"], rules };
    const { violations, passes } = await axe.run(document, options);
    return {
        checked: passes.length,
        broken: violations.map(({ id, help, nodes }) => [id, help, ...nodes.map(({ target }) => target.join())]),
    };
}"""


def broken_rules(page: Page | Frame, *, has_contrast: bool = True) -> dict[str, Any]:
    """Return what axe, which is on the page, says of it once colors have become what they were on their way to.

    Args:
        page: the page, or what is in a frame of it.
        has_contrast: the rule of colors, which takes longer than all others together, is asked, too.
    """
    page.wait_for_function(
        """() => document.getAnimations().every(
            (one) => one.playState !== "running" || one.effect.getComputedTiming().iterations === Infinity)"""
    )
    told: dict[str, Any] = page.evaluate(BROKEN_RULES, {"color-contrast": {"enabled": has_contrast}})
    return told
