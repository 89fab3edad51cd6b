"""What axe-core has to say of a page, for the tests of how pages look."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from wasm import npm

AXE = npm.npm_package("axe-core") / "axe.min.js"
BROKEN_RULES = """async () => {
    const { violations, passes } = await axe.run(document, { resultTypes: ["violations"] });
    return {
        checked: passes.length,
        broken: violations.map(({ id, help, nodes }) => [id, help, ...nodes.map(({ target }) => target.join())]),
    };
}"""


def broken_rules(page: Page) -> dict[str, Any]:
    """Return what axe, which is on the page, says of it once colors have become what they were on their way to."""
    page.wait_for_function(
        """() => document.getAnimations().every(
            (one) => one.playState !== "running" || one.effect.getComputedTiming().iterations === Infinity)"""
    )
    told: dict[str, Any] = page.evaluate(BROKEN_RULES)
    return told
