"""What a tracker leaves in IndexedDB, as JSON; run as a program, this prints what this version leaves.

Before each release: ``python -m tests.browser.layouts > tests/vectors/indexeddb_VERSION.json``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from dlt_web.bundle import ensure_bundle
from dlt_web.testing.browser_launch import BrowserSetup
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import Site, StaticSite
from tests.page_workers import JOURNAL_SIZE, OWN_WORKERS, clock_ahead

# What stands in a dump for what each license server has of its own: of the same length, because keys tell it.
CODE, STORE_EPOCH = "code-1", "store-1:1"
SLOT_MS = 180_000

_DUMP = """async () => {
    const done = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const dump = {};
    for (const { name } of await indexedDB.databases()) {
        const database = await done(indexedDB.open(name));
        const stores = {};
        const numbered = [];
        for (const store of database.objectStoreNames) {
            const content = database.transaction(store).objectStore(store);
            if (content.autoIncrement) numbered.push(store);
            const [keys, values] = await Promise.all([done(content.getAllKeys()), done(content.getAll())]);
            stores[store] = keys.map((key, at) => [key, values[at]]);
        }
        dump[name] = { version: database.version, stores, numbered };
        database.close();
    }
    return dump;
}"""
_LOAD = """async (dump) => {
    for (const [name, { version, stores, numbered = [] }] of Object.entries(dump)) {
        await new Promise((resolve, reject) => {
            const opening = indexedDB.open(name, version);
            opening.onupgradeneeded = () => {
                for (const [store, entries] of Object.entries(stores)) {
                    const made = opening.result.createObjectStore(store, { autoIncrement: numbered.includes(store) });
                    for (const [key, value] of entries) made.put(value, key);
                }
            };
            opening.onerror = () => reject(opening.error);
            opening.onsuccess = () => { opening.result.close(); resolve(); };
        });
    }
}"""


def dump_databases(page: Page) -> dict[str, Any]:
    """Return every database of a page's origin: name -> version, stores, and the names of those that make keys.

    A store is a list of [key, value].
    """
    return dict(page.evaluate(_DUMP))


def load_databases(page: Page, dump: dict[str, Any]) -> None:
    """Make the databases of a dump in a page's origin, which has none."""
    page.evaluate(_LOAD, dump)


def _open(context: BrowserContext, site: Site, *, minutes: int = 0) -> HarnessPage:
    page = context.new_page()
    page.add_init_script(OWN_WORKERS + clock_ahead(minutes * 60_000))
    tab = HarnessPage(page, site)
    page.goto(site.harness)
    tab.wait_loaded()
    return tab


def leave_something_of_all(context: BrowserContext, site: Site, lts: LtsProcess) -> dict[str, Any]:
    """Have trackers leave reports that were acknowledged, two that were not, and a journal; return the dump."""
    lts.add_handshake(lts.add_license(), code=CODE)
    options = {"handshakeCode": CODE, "licenseServer": lts.url}
    tab = _open(context, site)
    tab.start(options)
    tab.scan(plain("qr_code", "A"), plain("ean_13", "4006381333931"))
    tab.flush()
    lts.kill()
    for minutes, texts in ((6, "B"), (12, "CD")):
        tab.page.close()
        tab = _open(context, site, minutes=minutes)
        tab.start(options)
        for text in texts:
            tab.scan(plain("qr_code", text))
    tab.page.close()
    tab = _open(context, site, minutes=18)
    tab.page.route("**/*.wasm", lambda route: None)  # it never comes up
    tab.create(options)
    scan = "(barcode) => { void harness.tracker('main').scan(barcode); }"
    for text in "EEF":
        tab.page.evaluate(scan, plain("code_128", text))
    wait_until(lambda: tab.page.evaluate(JOURNAL_SIZE) == 3, what="the scans are journalled")
    tab.page.close()
    page = context.new_page()
    page.goto(site.url("/no-such-page"))
    return dump_databases(page)


def main() -> None:
    """Print the dump."""
    with (
        tempfile.TemporaryDirectory() as name,
        StaticSite({"/": ensure_bundle()}) as site,
        LtsProcess(Path(name), test_clock=False) as lts,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(**BrowserSetup("chromium").launch_options())
        dump = leave_something_of_all(browser.new_context(), site.shop_a, lts)
        browser.close()
    epoch = next(value["storeEpoch"] for key, value in dump["dlt-web"]["stores"]["records"] if key.endswith("/stream"))
    text = json.dumps({"kind": "IndexedDB of a tracker's origin", "databases": dump}, indent=1)
    sys.stdout.write(text.replace(epoch, STORE_EPOCH) + "\n")


if __name__ == "__main__":
    main()
