"""Pages that Vite, webpack and Rollup build with the package, and one without a bundler, count."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dlt_web.testing.browser_page import BrowserPage
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import StaticSite
from tests.npm.apps import deploy

COUNT = """async () => {
    await tracker.ready;
    const [a, b] = ["A", "B"].map((text) => ({ format: "qr_code", text }));
    const answers = [];
    for (const [seen, time] of [[[a, b], 0], [[a], 40]]) answers.push((await tracker.scan(seen, { time })).scans);
    await tracker.flush();
    const { runtime } = await tracker.explain();
    return { answers, device: tracker.deviceUuid, runtime: runtime.name, workers: workerCount };
}"""


def assert_counts(tab: BrowserPage, lts: LtsProcess, code: str) -> None:
    tab.wait_for_selector("script", state="attached", timeout=30_000)
    told = tab.evaluate(COUNT)
    assert (told["answers"], told["runtime"], told["workers"]) == ([2, 0], "baked", 1)
    usage = lts.usage(code)
    assert (usage.devices, usage.scans, lts.seated(code)) == (1, 2, {told["device"]})


@pytest.mark.parametrize("app", ["vite", "webpack", "rollup", "no bundler"])
def test_a_page_built_as_documented_counts(
    app: str, serve: Callable[[str], StaticSite], tab: BrowserPage, lts: LtsProcess, code: str
) -> None:
    tab.goto(serve(app).shop_a.url("/"))
    assert_counts(tab, lts, code)


def test_the_documented_function_takes_what_a_reader_gives(
    serve: Callable[[str], StaticSite], tab: BrowserPage, lts: LtsProcess, code: str
) -> None:
    tab.goto(serve("vite").shop_a.url("/"))
    given = {"format": "ean_13", "rawValue": "4006381333931", "cornerPoints": [], "boundingBox": {}}
    scans = "async (one) => [(await onDecoded([one], 0)).scans, (await onDecoded([one], 40)).scans]"
    assert tab.evaluate(scans, given) == [1, 0]


def test_the_package_s_own_folder_served_as_it_is_counts(
    installed: Path, tab: BrowserPage, lts: LtsProcess, code: str
) -> None:
    """As an import map or a network of packages serves it: each file beside the module."""
    with StaticSite({"/": Path(__file__).parent / "pages", "/npm/dlt-web/": installed}) as site:
        tab.goto(site.shop_a.url("/index.html"))
        construct = """async ([url, options]) => {
            const { Tracker } = await import(url);
            globalThis.tracker = new Tracker(options);
        }"""
        options = {"handshakeCode": code, "licenseServer": lts.url}
        tab.evaluate(construct, [site.shop_a.url("/npm/dlt-web/dist/dlt-web.js"), options])
        assert_counts(tab, lts, code)


@pytest.mark.parametrize("app", ["vite", "webpack"])
def test_without_the_copied_folder_a_tracker_says_what_is_missing(
    app: str, apps: Path, tmp_path: Path, tab: BrowserPage, lts: LtsProcess, code: str
) -> None:
    mounts = deploy(apps / app / "dist", tmp_path / "deployed", code=code, server=lts.url)
    with StaticSite({"/": mounts["/"]}) as site:
        tab.goto(site.shop_a.url("/"))
        said = tab.evaluate("() => tracker.ready.catch(({ code, message }) => `${code}: ${message}`)")
    assert re.match(r"LOAD_FAILED: .*/dlt/worker/main\.js answered 404\. .*assetBase", said)
