"""The journal in real browsers: what a page left that is gone, and what is only on its way out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.static_site import StaticSite
from tests.page_workers import JOURNAL_SIZE

# One call is noted by a page that holds its lock; `readLeft` tells whose calls count as left, and of which numbers.
BEGIN = """async () => {
    const [{ Journal }, { readLeft: read }] = await Promise.all([import("/page/journal.js"), import("/journal.js")]);
    globalThis.journal = new Journal("code-1", "page-1");
    globalThis.readSeed = async () => (await read("code-2")).deviceSeed;
    globalThis.readLeft = async () => (await read("code-1")).calls.map(({ page, number }) => [page, number]);
    globalThis.readPages = async () => (await read("code-1")).pages;
    journal.begin([]);
    const times = { timeMs: 0, calledWallMs: 0, calledMonotonicMs: 0 };
    const barcodes = [{ format: "qr_code", text: "A" }];
    await journal.note(1, { stream: "main", source: "video", ...times, barcodes });
}"""
ANSWER = """async () => {
    journal.end();
    journal.answered(1);
    const isHeld = async () => (await lockQuery()).held.length > 0;
    while (await isHeld()) await new Promise((resolve) => { setTimeout(resolve, 5); });
}"""
# The answer comes after the calls were read, and before it is looked who lives.
ANSWER_BEFORE_THE_LOOK = f"""() => {{
    const answer = {ANSWER};
    navigator.locks.query = async () => {{ await answer(); return lockQuery(); }};
}}"""


@pytest.fixture
def journal(watched_page: Page, source_site: StaticSite) -> Page:
    watched_page.goto(source_site.shop_a.url("/checks/stores.html"))
    watched_page.evaluate("() => { globalThis.lockQuery = navigator.locks.query.bind(navigator.locks); }")
    watched_page.evaluate(BEGIN)
    return watched_page


# What lies in the journal in a barcode's place, by page load.
DIGESTS = """() => new Promise((resolve) => {
    const opening = indexedDB.open("dlt-web-journal");
    opening.onsuccess = () => {
        const calls = opening.result.transaction("calls").objectStore("calls").getAll(IDBKeyRange.lowerBound([]));
        calls.onsuccess = () => {
            opening.result.close();
            resolve(calls.result.map(({ page, barcodes }) => [page, ...barcodes.map(({ text }) => text)]));
        };
    };
})"""


def left(page: Page) -> Any:
    return page.evaluate("readLeft()")


def test_the_calls_of_a_page_that_lives_are_not_left_but_it_is_told_that_they_lie_there(journal: Page) -> None:
    assert left(journal) == []
    assert journal.evaluate("readPages()") == ["page-1"]


def test_the_calls_of_a_page_that_is_gone_are_left(journal: Page) -> None:
    other = journal.context.new_page()
    other.goto(journal.url)
    other.evaluate(BEGIN.replace("page-1", "page-2"))
    assert left(other) == []
    journal.close()
    wait_until(lambda: left(other) == [["page-1", 1]], what="the closed page's calls to be left")


def test_one_barcode_has_another_digest_in_each_page_load_and_one_within_it(journal: Page) -> None:
    again = "() => journal.note(2, { stream: 'main', source: 'video', timeMs: 0, calledWallMs: 0, calledMonotonicMs: 0,"
    journal.evaluate(f"{again} barcodes: [{{ format: 'qr_code', text: 'A' }}, {{ format: 'qr_code', text: 'B' }}] }})")
    journal.reload()
    journal.evaluate(BEGIN.replace("page-1", "page-2"))
    (first, one), (_, same, other), (second, elsewhere) = journal.evaluate(DIGESTS)
    assert (first, second) == ("page-1", "page-2")
    assert one == same
    # Else who has the disk could try which barcodes were seen, or tell that two visits saw the same.
    assert len({one, other, elsewhere}) == 3


def test_the_calls_of_a_page_that_is_answered_while_they_are_read_are_not_left(journal: Page) -> None:
    journal.evaluate(ANSWER_BEFORE_THE_LOOK)
    assert left(journal) == []


def test_a_page_whose_runtime_starts_anew_lives_on(journal: Page) -> None:
    journal.evaluate("() => { journal.begin([]); }")
    assert left(journal) == []


def test_its_seed_is_told_under_each_code_though_all_pages_live_and_goes_with_the_last_call(journal: Page) -> None:
    seed = journal.evaluate("readSeed()")
    assert re.fullmatch("[0-9a-f]{32}", seed)
    other = journal.context.new_page()
    other.goto(journal.url)
    other.evaluate("() => { globalThis.lockQuery = navigator.locks.query.bind(navigator.locks); }")
    other.evaluate(BEGIN.replace("page-1", "page-2"))
    other.evaluate(ANSWER.replace("length > 0", "length > 1"))
    assert journal.evaluate("readSeed()") == seed
    journal.evaluate(ANSWER)
    assert journal.evaluate("readSeed()") is None
    assert journal.evaluate("readPages()") == []


def test_what_is_counted_is_deleted_with_the_seed_of_the_device_and_nothing_else(journal: Page) -> None:
    journal.evaluate("import('/journal.js').then(({ clearJournal }) => clearJournal('code-1', ['page-9']))")
    assert journal.evaluate("readSeed()") is None
    assert journal.evaluate(JOURNAL_SIZE) == 1
