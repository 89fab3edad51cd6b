"""A journal that cannot be deleted, or not be read, for longer than counted calls are kept: nothing counts twice."""

from __future__ import annotations

import pytest

from dlt_web.local_state import MAX_PAGES, MAX_PAGES_UNREAD
from dlt_web.messages import CommitConflicted, JournalRead, PageJoined
from dlt_web.slots import total_of
from dlt_web.stored_records import state_from_records
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import A, licensed
from tests.core.test_tracker_journal import call


def counted(store: FakeStore) -> int:
    reports = state_from_records("code-1", store.records).queue.reports.values()
    return sum(total_of(queued.report.counts) for queued in reports)


def lost(store: FakeStore) -> dict[str, int]:
    reports = state_from_records("code-1", store.records).queue.reports.values()
    said = [(reason, count) for queued in reports for reason, count in queued.report.lost.items()]
    return {reason: sum(count for other, count in said if other == reason) for reason, _ in said}


def remembered(store: FakeStore) -> list[str]:
    return list(state_from_records("code-1", store.records).counted_calls)


def load_pages(store: FakeStore, count: int, first: int = 0) -> None:
    """Load as many pages, each of which has a runtime of its own and scans."""
    for number in range(first, first + count):
        FakeShell(store=store, seed=1_000 + number, page=f"page-{number}").scan(A)


def navigate(store: FakeStore, count: int) -> None:
    """Load as many pages, one after the other beside a runtime that lives on, of which each scans."""
    shell = FakeShell(store=store, page="page-0")
    for number in range(count):
        shell.join(f"page-{number}")
        shell.scan(("qr_code", f"of page {number}"), page=f"page-{number}")


def partly_counted(**state) -> FakeStore:
    """A page was killed before it heard that the first of its two journalled calls is counted."""
    store = licensed().store
    FakeShell(store=store, page="gone").scan(A)
    store.journal = [call(1, "a"), call(2, "b")]
    for name, value in state.items():
        setattr(store, name, value)
    return store


@pytest.mark.parametrize("load_count", [1, MAX_PAGES, 2 * MAX_PAGES])
def test_a_partly_counted_journal_that_cannot_be_deleted_counts_once(load_count):
    store = partly_counted(is_stuck=True)
    load_pages(store, load_count)
    assert counted(store) == 2 + load_count
    store.is_stuck = False
    load_pages(store, 1, first=load_count)
    assert store.journal == []
    assert counted(store) == 3 + load_count


def test_what_many_pages_left_that_cannot_be_deleted_counts_once_though_they_are_more_than_are_remembered():
    store = licensed().store
    for number in range(2 * MAX_PAGES):
        store.living_pages = {f"gone-{number}"}
        FakeShell(store=store, page=f"gone-{number}").scan(A)
        store.journal += [call(one, "ab"[one - 1], page=f"gone-{number}") for one in (1, 2)]
    store.living_pages, store.is_stuck = set(), True
    load_pages(store, 3)
    assert counted(store) == 4 * MAX_PAGES + 3


def test_a_page_that_lives_and_hears_nothing_for_long_counts_once():
    store = partly_counted(living_pages={"gone"})
    load_pages(store, 2 * MAX_PAGES)
    again = FakeShell(store=store, page="gone", seed=7)
    again.scan(A, number=1)
    assert counted(store) == 1 + 2 * MAX_PAGES


@pytest.mark.parametrize("state", ["is_unreadable", "hangs"])
def test_a_partly_counted_journal_that_cannot_be_read_for_long_counts_once(state):
    store = partly_counted(**{state: True})
    load_pages(store, MAX_PAGES + 2)
    assert counted(store) == 3 + MAX_PAGES
    setattr(store, state, False)
    load_pages(store, 1, first=MAX_PAGES + 2)
    assert counted(store) == 5 + MAX_PAGES
    assert lost(store) == {}
    # What is of the page that was gone is among them until its journal is seen to be deleted.
    assert len(remembered(store)) == MAX_PAGES + 2


def test_what_may_have_been_counted_in_a_time_that_nobody_remembers_is_said_as_lost_and_once():
    store = partly_counted(is_unreadable=True)
    navigate(store, MAX_PAGES_UNREAD)
    assert len(remembered(store)) == MAX_PAGES_UNREAD
    store.is_unreadable, store.is_stuck = False, True
    load_pages(store, MAX_PAGES, first=MAX_PAGES_UNREAD)
    assert counted(store) == 1 + MAX_PAGES_UNREAD + MAX_PAGES
    assert lost(store) == {"unclear": 2}
    # What is left from now on is known again.
    store.journal.append(call(1, "c", page="gone-later"))
    load_pages(store, 1, first=500)
    assert counted(store) == 3 + MAX_PAGES_UNREAD + MAX_PAGES
    assert lost(store) == {"unclear": 2}


def test_while_a_living_page_may_be_one_that_nobody_remembers_what_it_leaves_is_said_as_lost():
    store = partly_counted(is_unreadable=True, living_pages={"gone"})
    navigate(store, MAX_PAGES_UNREAD)
    store.is_unreadable = False
    load_pages(store, 1, first=MAX_PAGES_UNREAD)
    store.living_pages = set()
    load_pages(store, 1, first=MAX_PAGES_UNREAD + 1)
    assert counted(store) == 1 + MAX_PAGES_UNREAD + 2
    assert lost(store) == {"unclear": 2}


def test_a_tab_that_read_the_journal_long_ago_forgets_nothing_that_pages_left_there_since():
    store = licensed().store
    old = FakeShell(store=store, page="old", seed=1)
    store.is_unreadable = True
    FakeShell(store=store, page="gone").scan(A)
    store.journal = [call(1, "a"), call(2, "b")]
    load_pages(store, MAX_PAGES)
    old.scan(A)
    store.is_unreadable = False
    load_pages(store, 1, first=MAX_PAGES)
    assert counted(store) == 2 + MAX_PAGES + 1 + 1
    assert lost(store) == {}


def test_an_answer_may_be_the_one_to_an_earlier_question():
    store = licensed().store
    old = FakeShell(store=store, page="old", seed=1)
    store.hangs = True
    old.feed(PageJoined("second"))
    FakeShell(store=store, page="gone").scan(A)
    old.feed(CommitConflicted(*store.load()))
    old.feed(PageJoined("third"))
    old.feed(JournalRead([], None, []))  # from before the page that is gone
    store.journal = [call(1, "a"), call(2, "b")]
    load_pages(store, MAX_PAGES)
    old.scan(A)
    store.hangs = False
    load_pages(store, 1, first=MAX_PAGES)
    assert counted(store) == 2 + MAX_PAGES + 1 + 1
    assert lost(store) == {}


def test_tabs_with_a_worker_each_forget_nothing_of_one_that_hangs_and_is_killed():
    store = licensed().store
    tabs = [FakeShell(store=store, page=f"tab-{number}", seed=number) for number in range(2 * MAX_PAGES)]
    FakeShell(store=store, page="gone").scan(A)
    for tab in tabs:
        tab.scan(A)
    store.journal = [call(1, "a"), call(2, "b")]
    load_pages(store, 1)
    assert counted(store) == 2 + 2 * MAX_PAGES + 1
    assert lost(store) == {}


def test_numbers_are_forgotten_again_once_the_journal_is_deleted():
    store = partly_counted()
    load_pages(store, 2)
    assert "code/6/code-1/journal" not in store.records
    load_pages(store, MAX_PAGES, first=2)
    assert remembered(store) == [name for name in remembered(store) if name.startswith("page-")]
    assert len(remembered(store)) == MAX_PAGES


@pytest.mark.parametrize("record", ["calls", "journal"])
def test_a_damaged_record_of_what_is_counted_has_nothing_counted_twice(record):
    store = partly_counted(is_stuck=True)
    load_pages(store, 1)
    for name in ("calls", "journal") if record == "journal" else ("calls",):
        store.records[f"code/6/code-1/{name}"] = "?"
    load_pages(store, 2, first=1)
    assert counted(store) == 5
    assert lost(store) == {"unclear": 2}


def test_a_look_at_the_journal_from_before_another_runtime_went_on_forgets_nothing_that_runtime_has_seen():
    store = licensed().store
    shell = FakeShell(store=store, page="page-a", seed=3)
    FakeShell(store=store, page="gone", seed=4).scan(A)
    seen = store.commit

    def overtaken(command):
        store.commit = seen
        store.journal, store.is_stuck = [call(1, "a"), call(2, "b")], True
        FakeShell(store=store, page="page-b", seed=5)
        return CommitConflicted(*store.load())

    store.commit = overtaken
    shell.feed(JournalRead([call(9, "z", page="early")], None, ["early"]))
    assert state_from_records("code-1", store.records).journalled_pages == {"gone", "early"}
