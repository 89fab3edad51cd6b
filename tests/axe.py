"""What axe-core has to say of a page, for the tests of how pages look."""

from __future__ import annotations

from wasm import npm

AXE = npm.npm_package("axe-core") / "axe.min.js"
BROKEN_RULES = """async () => {
    const { violations, passes } = await axe.run(document, { resultTypes: ["violations"] });
    return {
        checked: passes.length,
        broken: violations.map(({ id, help, nodes }) => [id, help, ...nodes.map(({ target }) => target.join())]),
    };
}"""
