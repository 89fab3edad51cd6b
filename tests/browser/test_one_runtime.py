"""One Python runtime for all tabs, and what becomes of the counts when it is gone (spec §4, §5)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.testing.canaries import find_leaks
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.site_data import dump_storage
from dlt_web.testing.static_site import Site
from tests.page_workers import JOURNAL_SIZE, MORTAL, OWN_WORKERS

A, B, C = (plain("qr_code", f"ONE-RUNTIME-{name}") for name in "ABC")
# While Python starts, the page's patience with a worker that runs, five seconds, is over long before it can be up.
HASTY = """
globalThis.workerCount = 0;
const Platform = SharedWorker;
globalThis.SharedWorker = class {
    constructor(url, options) {
        workerCount += 1;
        const worker = new Platform(url, options);
        worker.port.addEventListener("message", ({ data }) => { hasStarted ||= data.type === "Started"; });
        return worker;
    }
};
let hasStarted = false;
const { setTimeout } = globalThis;
globalThis.setTimeout = (run, ms) => setTimeout(run, ms === 5000 && !hasStarted ? 20 : ms);
"""


@pytest.mark.long_form(cases=1)
@pytest.mark.parametrize("is_shared", [True, False], ids=["in a SharedWorker", "in workers of their own"])
def test_two_tabs_count_exactly(
    visitor: BrowserContext,
    shop: Site,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    is_shared: bool,
) -> None:
    if not is_shared:
        visitor.add_init_script(OWN_WORKERS)
    first, second = HarnessPage.open(visitor, shop), HarnessPage.open(visitor, shop)
    assert first.start(options) == second.start(options)
    for barcode in (A, B, C):
        assert [tab.scan(barcode, time=0).scans for tab in (first, second)] == [1, 1]
    assert first.scan(A, time=2999).scans == 0
    first.flush()
    second.flush()
    assert (lts.usage(code).devices, lts.usage(code).scans) == (1, 6)
    if is_shared:
        second.scan(plain("qr_code", "ONE-RUNTIME-D"))
        wait_until(lambda: first.state()["pending"]["scans"] == 1, what="both tabs show one tracker")


def test_the_tab_that_started_the_runtime_may_close(
    visitor: BrowserContext, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    first, second = HarnessPage.open(visitor, shop), HarnessPage.open(visitor, shop)
    device = first.start(options)
    second.start(options)
    first.scan(A)
    first.page.close()
    assert second.scan(B).scans == 1
    second.flush()
    assert (lts.seated(code), lts.usage(code).scans) == ({device}, 2)


@pytest.mark.in_one_engine("chromium")
def test_a_worker_that_dies_unheard_is_replaced_and_each_call_counted_once(
    visitor: BrowserContext, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    visitor.add_init_script(MORTAL)
    tab = HarnessPage.open(visitor, shop)
    patient = {**options, "duplicateForgetTime": 180_000}
    tab.start(patient)
    assert tab.scan(A).scans == 1
    # The app mounts its component anew: what the page has seen, it has seen.
    tab.close_tracker()
    device = tab.start(patient)
    tab.page.evaluate("killWorker()")
    # Still before the camera, and new: the runtime that takes over knows the one and counts the other.
    assert tab.scan(A, B).scans == 1
    assert tab.scan(B, C).scans == 1
    assert tab.device_uuid() == device
    tab.flush()
    usage = lts.usage(code)
    assert (usage.devices, usage.scans, usage.lost) == (1, 3, {})
    assert tab.uncaught() == []


def test_a_worker_that_starts_slowly_is_not_taken_for_dead(
    visitor: BrowserContext, shop: Site, options: dict[str, Any]
) -> None:
    visitor.add_init_script(HASTY)
    tab = HarnessPage.open(visitor, shop)
    tab.create(options)
    assert tab.scan(A).scans == 1
    assert tab.page.evaluate("workerCount") == 1


@pytest.mark.in_one_engine("chromium")
def test_an_answer_that_the_dead_worker_could_not_give_is_not_counted_twice(
    visitor: BrowserContext, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    visitor.add_init_script(MORTAL)
    tab = HarnessPage.open(visitor, shop)
    tab.start(options)
    tab.scan(A)
    tab.page.evaluate(
        """(barcode) => {
            window.answer = harness.tracker('main').scan(barcode);  // a worker counts it that is not heard any more
            killWorker();
        }""",
        B,
    )
    assert tab.page.evaluate("answer.then(({ scans }) => scans)") == 1
    assert tab.scan(C).scans == 1
    tab.flush()
    assert lts.usage(code).scans == 3


@pytest.mark.in_one_engine("chromium")
def test_what_the_dead_worker_had_counted_is_not_counted_again_out_of_the_journal(
    visitor: BrowserContext, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    visitor.add_init_script(MORTAL)
    tab = HarnessPage.open(visitor, shop)
    patient = {**options, "duplicateForgetTime": 180_000}
    tab.start(patient)
    assert tab.scan(A).scans == 1
    # No other one comes up, so what is scanned once the page has noticed is journalled; A is still before the camera.
    scan = "(barcode) => { void harness.tracker('main').scan(barcode); }"
    tab.page.evaluate("killEveryWorker()")
    wait_until(lambda: tab.page.evaluate(scan, A) or tab.page.evaluate(JOURNAL_SIZE), what="the page to journal")
    tab.page.evaluate(scan, plain("data_matrix", "ONE-RUNTIME-A"))
    wait_until(lambda: b"data_matrix" in dump_storage(tab.page), what="the last scan to be journalled")
    tab.page.close()
    after = HarnessPage.open(visitor, shop)
    after.start(patient)
    wait_until(lambda: after.page.evaluate(JOURNAL_SIZE) == 0, what="the journal is counted")
    after.flush()
    assert (lts.usage(code).scans, lts.usage(code).lost) == (2, {})


@pytest.mark.untestable_in("webkit", why="WebDriver holds no request back")
def test_scans_of_a_tab_that_ends_before_its_runtime_is_up_are_counted_at_the_next_start(
    visitor: BrowserContext, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    visitor.add_init_script(OWN_WORKERS)
    tab = HarnessPage.open(visitor, shop)
    tab.page.route("**/*.wasm", lambda route: None)  # it never comes up
    tab.create(options)
    tab.page.evaluate(
        "(barcodes) => { for (const one of barcodes) void harness.tracker('main').scan(one); }", [A, A, B, C]
    )
    wait_until(lambda: tab.page.evaluate(JOURNAL_SIZE) == 4, what="the scans are journalled")
    content = dump_storage(tab.page)
    assert b"qr_code" in content
    assert find_leaks([barcode["text"] for barcode in (A, B, C)], [("journal", content)]) == []
    tab.page.close()
    after = HarnessPage.open(visitor, shop)
    after.start(options)
    wait_until(lambda: after.page.evaluate(JOURNAL_SIZE) == 0, what="the journal is counted")
    after.flush()
    assert (lts.usage(code).devices, lts.usage(code).scans) == (1, 3)


@pytest.mark.in_one_engine("firefox")
@pytest.mark.untestable_in("webkit", why="WebDriver holds no request back")
def test_one_symbol_that_readers_read_in_two_ways_is_counted_once_out_of_the_journal_too(
    visitor: BrowserContext, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    visitor.add_init_script(OWN_WORKERS)
    tab = HarnessPage.open(visitor, shop)
    tab.page.route("**/*.wasm", lambda route: None)  # it never comes up
    tab.create(options)
    readings = [plain("upc_a", "036000291452"), plain("ean_13", "0036000291452"), plain("code_128", "036000291452")]
    tab.page.evaluate("(barcodes) => { for (const one of barcodes) void harness.tracker('main').scan(one); }", readings)
    wait_until(lambda: tab.page.evaluate(JOURNAL_SIZE) == 3, what="the scans are journalled")
    tab.page.close()
    after = HarnessPage.open(visitor, shop)
    after.start(options)
    wait_until(lambda: after.page.evaluate(JOURNAL_SIZE) == 0, what="the journal is counted")
    after.flush()
    assert lts.usage(code).by_symbology == {"ean_13": 1, "code_128": 1}


def test_a_tab_whose_runtime_comes_up_counts_what_it_journalled_once(
    visitor: BrowserContext, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    tab = HarnessPage.open(visitor, shop)
    tab.create(options)
    scans = tab.page.evaluate(
        """async (barcodes) => {
            const answers = await Promise.all(barcodes.map((one) => harness.tracker('main').scan(one)));
            return answers.map(({ scans }) => scans);
        }""",
        [A, A, B],
    )
    assert scans == [1, 0, 1]
    wait_until(lambda: tab.page.evaluate(JOURNAL_SIZE) == 0, what="the journal is empty again")
    tab.reload()
    tab.start(options)
    tab.flush()
    assert lts.usage(code).scans == 2
