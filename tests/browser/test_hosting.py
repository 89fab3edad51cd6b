"""docs/hosting.md in real browsers: each policy as it stands there, integrity, files of another origin."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from dlt_web.integrity import as_tag, import_map, policy_source
from dlt_web.testing.lts_process import LtsProcess
from tests.hosted import HostedSite, Route, snippet

DOCS = (Path(__file__).parents[2] / "docs/hosting.md").read_text()
CODE = {"format": "qr_code", "text": "A"}
# What a browser's own policy of the page says no to is told to the page.
WATCH = """
globalThis.refusals = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    // The browser itself looks for the site's icon.
    if (!violatedDirective.startsWith("img-src")) refusals.push(`${violatedDirective} ${blockedURI}`);
});
"""
APP = 'import * as dlt from "{module}"; globalThis.dlt = dlt;'
PLAIN_TAG = '<script type="module" src="/app.js"></script>'


def policy(name: str, lts: LtsProcess, **names: str) -> str:
    """Return a policy of the page on hosting, with the names of this test."""
    text = snippet(DOCS, f"csp {name}").replace("https://lts.example", lts.url)
    for before, after in names.items():
        text = text.replace({"cdn": "https://cdn.example", "nonce": "R4nd0m"}[before], after)
    return text


def page_of(tag: str) -> str:
    return f'<!doctype html><html lang="en"><title>shop</title>{tag}<p>A shop.</p></html>'


@pytest.fixture
def visitor(visitor: BrowserContext) -> BrowserContext:
    visitor.add_init_script(WATCH)
    return visitor


@pytest.fixture
def shop_site() -> Iterator[HostedSite]:
    with HostedSite("shop") as running:
        yield running


def serve(
    site: HostedSite,
    bundle: Path,
    page_policy: str,
    files_policy: str,
    tag: str = PLAIN_TAG,
    module: str = "/dlt/dlt-web.js",
) -> None:
    site.routes |= {
        "/": Route(page_of(tag), {"Content-Security-Policy": page_policy}),
        "/app.js": Route(APP.format(module=module)),
        "/dlt/": Route(bundle, {"Content-Security-Policy": files_policy}),
    }


def visit(visitor: BrowserContext, site: HostedSite) -> Page:
    page = visitor.new_page()
    page.goto(f"{site.origin}/")
    return page


def start(page: Page, options: dict[str, Any]) -> None:
    page.wait_for_function("() => globalThis.dlt !== undefined")
    page.evaluate("(options) => { globalThis.tracker = new dlt.Tracker(options); }", options)


def count(page: Page, options: dict[str, Any], text: str = "A") -> dict[str, Any]:
    """Start a tracker, scan, send, and return what ``explain()`` says."""
    start(page, options)
    told: dict[str, Any] = page.evaluate(
        """async (barcode) => {
            await tracker.ready;
            const { scans } = await tracker.scan(barcode);
            if (scans !== 1) throw new Error(`counted ${scans}`);
            await tracker.flush();
            for (;;) {
                const told = await tracker.explain();
                if (told.tracker !== null) return told; // a runtime that stands still for two seconds has said nothing
            }
        }""",
        {"format": "qr_code", "text": text},
    )
    assert page.evaluate("refusals") == []
    return told


def failure(page: Page, options: dict[str, Any]) -> dict[str, str]:
    start(page, options)
    found: dict[str, str] = page.evaluate("tracker.ready.then(() => ({}), ({ code, message }) => ({ code, message }))")
    return found


@pytest.mark.parametrize("kind", ["page", "nonce"])
def test_a_page_counts_under_each_strict_policy_with_trusted_types(
    visitor: BrowserContext,
    shop_site: HostedSite,
    dlt_bundle: Path,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    kind: str,
) -> None:
    tag = PLAIN_TAG if kind == "page" else snippet(DOCS, "html nonce")
    serve(shop_site, dlt_bundle, policy(kind, lts), policy("files", lts), tag)
    count(visit(visitor, shop_site), options)
    assert lts.usage(code).scans == 1


def test_a_page_counts_under_a_strict_policy_in_workers_of_its_own(
    visitor: BrowserContext,
    shop_site: HostedSite,
    dlt_bundle: Path,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
) -> None:
    serve(shop_site, dlt_bundle, policy("page", lts), policy("files", lts))
    visitor.add_init_script("delete globalThis.SharedWorker;")
    count(visit(visitor, shop_site), options)
    assert lts.usage(code).scans == 1


def test_a_page_that_does_not_name_the_tracker_s_policy_is_told_so(
    visitor: BrowserContext, shop_site: HostedSite, dlt_bundle: Path, options: dict[str, Any], lts: LtsProcess
) -> None:
    strict = policy("page", lts).replace("trusted-types dlt-web", "trusted-types the-app")
    assert strict != policy("page", lts)
    serve(shop_site, dlt_bundle, strict, policy("files", lts))
    found = failure(visit(visitor, shop_site), options)
    assert found["code"] == "LOAD_FAILED"
    assert "trusted-types dlt-web" in found["message"]


def test_a_policy_that_forbids_workers_is_a_clear_error(
    visitor: BrowserContext, shop_site: HostedSite, dlt_bundle: Path, options: dict[str, Any], lts: LtsProcess
) -> None:
    strict = policy("page", lts).replace("worker-src 'self'", "worker-src 'none'")
    serve(shop_site, dlt_bundle, strict, policy("files", lts))
    found = failure(visit(visitor, shop_site), options)
    assert found["code"] == "LOAD_FAILED"
    assert "worker-src 'self'" in found["message"]


def integrity_site(site: HostedSite, bundle: Path, lts: LtsProcess, altered: dict[str, bytes] | None = None) -> None:
    text = import_map(bundle, "/dlt/")
    strict = policy("page", lts).replace("script-src 'self'", f"script-src 'self' {policy_source(text)}")
    serve(site, bundle, strict, policy("files", lts), as_tag(text) + PLAIN_TAG)
    site.routes["/dlt/"] = Route(bundle, site.routes["/dlt/"].headers, altered or {})


def test_scripts_that_are_what_the_import_map_says_run(
    visitor: BrowserContext,
    shop_site: HostedSite,
    dlt_bundle: Path,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
) -> None:
    integrity_site(shop_site, dlt_bundle, lts)
    count(visit(visitor, shop_site), options)
    assert lts.usage(code).scans == 1


def test_an_altered_script_does_not_run(
    visitor: BrowserContext, shop_site: HostedSite, dlt_bundle: Path, options: dict[str, Any], lts: LtsProcess
) -> None:
    (engine,) = (dlt_bundle / "page").glob("engine-*.js")
    altered = b"globalThis.isAltered = true;" + engine.read_bytes()
    integrity_site(shop_site, dlt_bundle, lts, {f"page/{engine.name}": altered})
    page = visit(visitor, shop_site)
    assert failure(page, options)["code"] == "LOAD_FAILED"
    assert page.evaluate("globalThis.isAltered") is None


@pytest.fixture
def cdn(dlt_bundle: Path) -> Iterator[HostedSite]:
    with HostedSite("cdn", {"/dlt/": Route(dlt_bundle, {"Access-Control-Allow-Origin": "*"})}) as running:
        yield running


def test_a_page_counts_with_all_files_on_another_origin_as_one_device_in_all_tabs(
    visitor: BrowserContext, shop_site: HostedSite, cdn: HostedSite, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    module = snippet(DOCS, "js other-origin").split('"')[1].replace("https://cdn.example", cdn.origin)
    shop_site.routes |= {
        "/": Route(page_of(PLAIN_TAG), {"Content-Security-Policy": policy("other-origin", lts, cdn=cdn.origin)}),
        "/app.js": Route(APP.format(module=module)),
    }
    tabs = [visit(visitor, shop_site) for _ in range(2)]
    told = [count(page, options, text) for page, text in zip(tabs, "AB", strict=True)]
    assert {one["tracker"]["device"]["uuid"] for one in told} == {row.device_uuid for row in lts.devices(code)}
    assert {one["state"]["storage"] for one in told} == {"indexeddb"}
    usage = lts.usage(code)
    assert (usage.scans, usage.devices, usage.lost) == (2, 1, {})


def test_the_seldom_needed_part_of_python_comes_from_another_origin_too(
    visitor: BrowserContext, shop_site: HostedSite, cdn: HostedSite, options: dict[str, Any], lts: LtsProcess
) -> None:
    shop_site.routes |= {
        "/": Route(page_of(PLAIN_TAG), {"Content-Security-Policy": policy("other-origin", lts, cdn=cdn.origin)}),
        "/app.js": Route(APP.format(module=f"{cdn.origin}/dlt/dlt-web.js")),
    }
    page = visit(visitor, shop_site)
    count(page, options)
    # Large numbers are written by code that lies there.
    page.evaluate("(text) => tracker.explainScan({ format: 'qr_code', text })", json.dumps({"n": 10**60}))
    time.sleep(0.1)
    assert page.evaluate("refusals") == []


def test_another_origin_that_does_not_share_its_files_is_a_clear_error(
    visitor: BrowserContext,
    shop_site: HostedSite,
    dlt_bundle: Path,
    cdn: HostedSite,
    options: dict[str, Any],
    lts: LtsProcess,
) -> None:
    cdn.routes["/dlt/"] = Route(dlt_bundle)
    serve(shop_site, dlt_bundle, policy("other-origin", lts, cdn=cdn.origin), policy("files", lts))
    found = failure(visit(visitor, shop_site), {**options, "assetBase": f"{cdn.origin}/dlt/"})
    assert found["code"] == "LOAD_FAILED"
    assert f"Access-Control-Allow-Origin: {shop_site.origin}" in found["message"]
