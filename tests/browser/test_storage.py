"""Every way in which a browser's storage fails: healed once, else counted in memory and said so (spec §4)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import StaticSite
from tests.page_workers import JOURNAL_SIZE, WORKERS

A, B, C, D = (plain("qr_code", f"STORAGE-{name}") for name in "ABCD")
SHIM = Path(__file__).with_name("faulty_storage.js")
BREAK = """(order) => new Promise((resolve) => {
    const channel = new BroadcastChannel("storage-faults");
    channel.onmessage = ({ data }) => {
        if (data.done === order) { channel.close(); resolve(); }
    };
    channel.postMessage({ order });
})"""
NEWER_BUILD = """() => new Promise((resolve, reject) => {
    const opening = indexedDB.open("dlt-web", 3);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => { opening.result.close(); resolve(); };
})"""

# Of a page that cannot take back what it has journalled.
STUCK_JOURNAL = "() => { IDBObjectStore.prototype.delete = () => { throw new DOMException('', 'UnknownError'); }; }"
SCAN_TWICE = """() => {
    for (const text of ["EARLY-1", "EARLY-2"]) harness.tracker("main").scan({ format: "qr_code", text });
}"""

OpenFaulty = Callable[[str], HarnessPage]


@pytest.fixture(params=list(WORKERS))
def workers(request: pytest.FixtureRequest) -> str:
    """Each test here holds in both kinds of worker, and runs in one of them where nobody names an engine."""
    return str(request.param)


@pytest.fixture
def open_faulty(visitor: BrowserContext, site_mounts: dict[str, Path], tmp_path: Path) -> Iterator[OpenFaulty]:
    """Open the test page of a site of this test alone, whose worker's storage is broken from the start, or on order."""
    folder = tmp_path / "worker"
    folder.mkdir()
    shutil.copy(site_mounts["/"] / "worker" / "main.js", folder / "whole.js")
    shutil.copy(SHIM, folder)
    (folder / "main.js").write_text('import "./faulty_storage.js";\nimport "./whole.js";\n')
    with StaticSite({**site_mounts, "/worker/": folder}) as site:

        def open_page(first_fault: str) -> HarnessPage:
            (folder / "first_fault.txt").write_text(first_fault)
            return HarnessPage.open(visitor, site.shop_a)

        yield open_page


def storage_events(tab: HarnessPage) -> list[dict[str, Any]]:
    """What the tracker told of its storage so far."""
    events: list[dict[str, Any]] = tab.page.evaluate("harness.events.filter(({ type }) => type === 'storage')")
    return [event["detail"] for event in events]


def scans(tab: HarnessPage, *barcodes: dict[str, str]) -> list[int]:
    """All of a page's at one moment: what was seen there is remembered, however long a fault takes."""
    return [tab.scan(barcode, time=0).scans for barcode in barcodes]


@pytest.mark.long_form(cases=2)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("open() hangs", "5000 ms"),
        ("open() fails", "UnknownError"),
        ("the API is missing", "TypeError"),
        ("storage is forbidden", "SecurityError"),
    ],
)
def test_a_store_that_cannot_be_opened_is_replaced_by_memory_that_says_so(
    open_faulty: OpenFaulty, options: dict[str, Any], lts: LtsProcess, code: str, fault: str, reason: str
) -> None:
    tab = open_faulty(fault)
    device = tab.start(options)
    assert tab.state()["storage"] == "memory"
    assert reason in storage_events(tab)[-1]["reason"]
    assert scans(tab, A, B, A) == [1, 1, 0]
    tab.flush()
    usage = lts.usage(code)
    assert (usage.scans, usage.lost) == (2, {})
    (row,) = lts.devices(code)
    assert (row.device_uuid, row.storage) == (device, "memory")
    assert tab.uncaught() == []


def test_a_connection_that_is_lost_is_opened_again_and_nothing_is_lost_with_it(
    open_faulty: OpenFaulty, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    tab = open_faulty("none")
    device = tab.start(options)
    assert scans(tab, A) == [1]
    # One page meets them all, so each is healed anew and not only the first.
    faults = ["the connection is closed", "a transaction is aborted", "the connection dies in a commit"]
    for number, fault in enumerate(faults):
        tab.page.evaluate(BREAK, fault)
        assert scans(tab, plain("ean_13", f"400638133393{number}")) == [1], fault
    assert tab.state()["storage"] == "indexeddb"
    tab.flush()
    tab.reload()
    assert tab.start(options) == device
    assert scans(tab, B) == [1]
    tab.flush()
    usage = lts.usage(code)
    assert (usage.devices, usage.scans, usage.lost) == (1, 2 + len(faults), {})
    assert tab.uncaught() == []


def test_a_disk_that_fills_up_moves_the_counts_into_memory_and_says_so(
    open_faulty: OpenFaulty, options: dict[str, Any], lts: LtsProcess, code: str, workers: str
) -> None:
    tab = open_faulty("none")
    tab.start(options)
    assert scans(tab, A) == [1]
    tab.page.evaluate(BREAK, "the disk is full")
    assert scans(tab, B, C, A) == [1, 1, 0]
    assert tab.state()["storage"] == "memory"
    assert "full" in storage_events(tab)[-1]["reason"]
    tab.flush()
    usage = lts.usage(code)
    assert (usage.devices, usage.scans, usage.lost) == (1, 3, {})
    # What lies on the disk is the next start's, and counted already.
    tab.page.close()
    again = open_faulty("none")
    again.start(options)
    if workers == "own":  # a shared one may live on, with what it counted in memory
        assert again.state()["storage"] == "indexeddb"
    again.flush()
    assert (lts.usage(code).devices, lts.usage(code).scans) == (1, 3)


def test_a_device_is_the_same_one_where_the_disk_was_full_before_it_started(
    open_faulty: OpenFaulty, options: dict[str, Any], lts: LtsProcess, code: str, workers: str
) -> None:
    tab = open_faulty("none")
    device = tab.start(options)
    assert scans(tab, A) == [1]
    tab.page.close()
    again = open_faulty("the disk takes nothing more")
    assert again.start(options) == device
    assert scans(again, B, C) == [1, 1]
    if workers == "own":  # a shared one may live on, which knows of no fault
        assert again.state()["storage"] == "memory"
        assert "full" in storage_events(again)[-1]["reason"]
    again.flush()
    usage = lts.usage(code)
    assert (usage.devices, usage.scans, usage.lost) == (1, 3, {})
    assert again.uncaught() == []


@pytest.mark.parametrize("is_stuck", [False, True], ids=["taken back", "stuck"])
def test_what_lies_in_the_journal_counts_in_memory_once_it_is_taken_back_and_else_at_the_next_start(
    open_faulty: OpenFaulty, options: dict[str, Any], lts: LtsProcess, code: str, is_stuck: bool
) -> None:
    tab = open_faulty("open() fails")
    if is_stuck:
        tab.page.evaluate(STUCK_JOURNAL)
    tab.create(options)
    tab.page.evaluate(SCAN_TWICE)
    wait_until(
        lambda: tab.page.evaluate(JOURNAL_SIZE) == 2 or tab.state()["storage"] is not None,
        what="the scans to be journalled",
    )
    tab.ready()
    tab.flush()
    usage = lts.usage(code)
    assert (usage.scans, usage.lost) == ((0, {"unclear": 2}) if is_stuck else (2, {}))
    assert tab.page.evaluate(JOURNAL_SIZE) == (2 if is_stuck else 0)
    tab.page.close()
    again = open_faulty("none")
    again.start(options)
    again.flush()
    # A shared worker may live on, with its memory.
    is_read = is_stuck and again.state()["storage"] == "indexeddb"
    assert lts.usage(code).scans == (0 if is_stuck and not is_read else 2)
    assert again.uncaught() == []


def test_a_newer_build_in_another_tab_takes_the_database_and_the_old_one_counts_in_memory(
    open_faulty: OpenFaulty, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    tab = open_faulty("none")
    tab.start(options)
    assert scans(tab, A) == [1]
    tab.page.evaluate(NEWER_BUILD)
    assert scans(tab, B, C) == [1, 1]
    assert tab.state()["storage"] == "memory"
    assert "VersionError" in storage_events(tab)[-1]["reason"]
    tab.flush()
    usage = lts.usage(code)
    assert (usage.scans, usage.lost) == (3, {})
    # A downgrade: the old build meets a newer database. It leaves it alone.
    tab.page.close()
    again = open_faulty("none")
    again.start(options)
    assert again.state()["storage"] == "memory"
    assert scans(again, D) == [1]
    again.flush()
    assert (lts.usage(code).scans, lts.usage(code).lost) == (4, {})
    assert again.uncaught() == []
