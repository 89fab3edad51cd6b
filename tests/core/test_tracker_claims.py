"""A call that lies in the journal while its runtime loses the disk: it counts once, whoever comes to tell it."""

import pytest

from dlt_web.claims import CLAIM_WAIT_MS
from dlt_web.messages import (
    CallsClaimed,
    ClaimCalls,
    CloseRequested,
    CommitConflicted,
    FlushRequested,
    PageLeft,
    StoreFailed,
    TimerFired,
    ready_of,
)
from dlt_web.stored_records import state_from_records
from tests.core.fake_lts import accept_reports, grant
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import A, B, C, bodies, bodies_of_store, flush, licensed
from tests.core.test_stuck_journal import counted, lost
from tests.core.test_tracker_journal import call


def journalling():
    """A page has journalled its first call, and its runtime's next commit finds the disk full."""
    disk = licensed().store
    shell = FakeShell(store=disk, page="page-a", seed=2)
    disk.journal, disk.living_pages = [call(1, "a", page="page-a")], {"page-a"}

    def commit(_):
        del disk.commit
        shell.use_memory()
        return StoreFailed("the disk is full", False)

    disk.commit = commit
    return disk, shell


def leave(disk, shell):
    """The page is gone without a word."""
    shell.gone_pages.add(shell.page)
    disk.living_pages = set()


def told(shell):
    """What a tracker has told, or will: counts and losses of its reports."""
    reports = state_from_records("code-1", shell.store.records).queue.reports.values()
    return [(dict(queued.report.counts), dict(queued.report.lost)) for queued in reports]


def test_what_a_page_that_is_gone_has_journalled_is_left_to_whoever_has_the_disk():
    disk, shell = journalling()
    leave(disk, shell)
    cut = shell.scan(A)
    flush(shell)
    assert (shell.state["storage"], shell.resolved.get(cut), told(shell)) == ("memory", None, [])
    FakeShell(store=disk, page="page-b", seed=3)
    assert (counted(disk), disk.journal) == (1, [])
    shell.advance(CLAIM_WAIT_MS)
    assert told(shell) == [({}, {"unclear": 1})]


def test_a_page_that_lives_takes_it_back_before_it_counts():
    disk, shell = journalling()
    told_now = shell.scan(A)
    assert shell.resolved[told_now]["scans"] == 1
    assert (disk.journal, told(shell)) == ([], [({"qr_code": 1}, {})])
    leave(disk, shell)
    FakeShell(store=disk, page="page-b", seed=3)
    assert counted(disk) == 0


def test_what_a_page_cannot_take_back_is_said_as_lost():
    disk, shell = journalling()
    disk.is_stuck = True
    calls = [shell.scan(A), shell.scan(B)]
    assert [shell.resolved[one]["scans"] for one in calls] == [1, 1]
    assert told(shell) == [({"ean_13": 1}, {"unclear": 1})]
    leave(disk, shell)
    FakeShell(store=disk, page="page-b", seed=3)
    assert counted(disk) == 1


def test_what_a_page_took_back_late_counts():
    _, shell = journalling()
    shell.gone_pages.add(shell.page)
    late = shell.scan(A)
    shell.advance(CLAIM_WAIT_MS - 1)
    assert late not in shell.resolved
    claim(shell)
    assert shell.resolved[late]["scans"] == 1
    shell.advance(CLAIM_WAIT_MS)
    assert told(shell) == [({"qr_code": 1}, {})]


def claim(shell):
    """The page that was silent so far answers."""
    shell.gone_pages.clear()
    shell.feed(CallsClaimed(shell.page, shell.claim_calls(shell.page)))


def reports_sent(shell):
    """What the requests under way tell, and accept them."""
    sent = [[(report["counts"], report.get("lost", {})) for report in body["reports"]] for body in bodies(shell)]
    if sent:
        accept_reports(shell)
    return sent


def test_a_flush_waits_for_it_and_tells_what_was_lost_by_a_page_that_says_nothing():
    disk, shell = journalling()
    grant(shell)
    leave(disk, shell)
    shell.scan(A)
    shell.feed(FlushRequested("flush"))
    assert reports_sent(shell) == [[]]  # a sign of life
    shell.advance(CLAIM_WAIT_MS - 1)
    assert ("flush" in shell.resolved, reports_sent(shell)) == (False, [])
    shell.advance(1)
    assert reports_sent(shell) == [[({}, {"unclear": 1})]]
    assert shell.resolved["flush"] == {"pendingScans": 0, "pendingReports": 0}


def test_a_flush_tells_what_a_page_takes_back_while_it_waits():
    _, shell = journalling()
    grant(shell)
    shell.gone_pages.add(shell.page)
    shell.scan(A)
    shell.feed(FlushRequested("flush"))
    assert reports_sent(shell) == [[]]
    claim(shell)
    assert reports_sent(shell) == [[({"qr_code": 1}, {})]]
    assert shell.resolved["flush"] == {"pendingScans": 0, "pendingReports": 0}


def test_each_page_has_ten_seconds_of_its_own():
    _, shell = journalling()
    shell.gone_pages |= {shell.page, "page-c"}
    shell.scan(A)
    shell.join("page-c")
    shell.advance(CLAIM_WAIT_MS - 100)
    late = shell.scan(B, page="page-c")
    shell.advance(200)
    assert told(shell) == [({}, {"unclear": 1})]
    shell.feed(CallsClaimed("page-c", []))
    assert shell.resolved[late]["scans"] == 1
    assert {"ean_13": 1} in [counts for counts, _ in told(shell)]


def test_a_page_that_said_nothing_is_asked_once_more():
    _, shell = journalling()
    shell.gone_pages.add(shell.page)
    shell.scan(A)
    shell.gone_pages.clear()
    shell.advance(CLAIM_WAIT_MS)
    later = shell.scan(B)
    assert shell.resolved[later]["scans"] == 1
    assert told(shell)[-1][0] == {"ean_13": 1}


def test_others_are_licensed_meanwhile_and_nothing_is_woken_for_it():
    shell = FakeShell(store=FakeStore(kind="memory"), is_started=False)
    shell.gone_pages.add(shell.page)
    shell.scan(A)
    shell.join("page-c")
    shell.start()
    fed = []
    feed = shell.feed
    shell.feed = lambda given: fed.append(type(given)) or feed(given)
    grant(shell)
    assert shell.state["license"]["state"] == "licensed"
    assert ready_of("page-c") in shell.resolved
    shell.advance(CLAIM_WAIT_MS)
    assert fed.count(TimerFired) <= 2
    assert told(shell) == [({}, {"unclear": 1})]


def test_a_page_that_comes_to_a_tracker_in_memory_is_asked_at_once_and_may_leave_right_after_its_call():
    shell = FakeShell(store=FakeStore(kind="memory"))
    shell.join("page-c")
    shell.gone_pages.add("page-c")
    left = shell.scan(A, page="page-c")
    shell.feed(PageLeft("page-c"))
    assert shell.resolved[left]["scans"] == 1
    assert told(shell) == [({"qr_code": 1}, {})]


def test_all_pages_are_asked_as_the_disk_is_lost():
    _, shell = journalling()
    shell.join("page-c")
    shell.scan(A)
    shell.gone_pages.add("page-c")
    shell.scan(B, page="page-c")
    shell.feed(PageLeft("page-c"))
    assert told(shell) == [({"qr_code": 1, "ean_13": 1}, {})]


@pytest.mark.parametrize(("may_have_committed", "said"), [(False, (2, {})), (True, (1, {"unclear": 1}))])
def test_what_waits_for_its_page_stays_behind_what_another_tracker_of_the_worker_was_faster_than(
    may_have_committed, said
):
    disk = licensed().store
    shell = FakeShell(store=disk, page="page-a", seed=2)
    shell.scan(C)
    [on_disk] = bodies_of_store(shell)
    shell.gone_pages.add("page-a")
    disk.commit = lambda _: None
    calls = [shell.scan(A), shell.scan(B)]
    shell.use_memory()
    shell.store.commit = lambda _: None
    shell.feed(StoreFailed("the connection died", may_have_committed))
    shell.feed(CallsClaimed("page-a", []))
    del shell.store.commit
    shell.store.revision = 1
    shell.feed(CommitConflicted(1, {}))
    assert [shell.resolved[call]["scans"] for call in calls] == [1, 1]
    # Not in the stream that the disk knows: whoever has that goes on in it.
    own = [report for report in bodies_of_store(shell) if report["id"] != on_disk["id"]]
    assert (sum(sum(report["counts"].values()) for report in own), lost(shell.store)) == said
    assert [report for report in bodies_of_store(shell) if report["id"] == on_disk["id"]] == [on_disk]


def test_a_flush_waits_for_no_call_that_came_after_it():
    shell = FakeShell(store=FakeStore(kind="memory"))
    grant(shell)
    shell.scan(B)
    shell.feed(FlushRequested("flush"))
    shell.gone_pages.add("page-c")
    shell.join("page-c")
    waits = shell.scan(A, page="page-c")
    assert reports_sent(shell) == [[({"ean_13": 1}, {})]]
    for request in [*shell.sent]:  # for its license
        shell.lose(request)
    assert ("flush" in shell.resolved, waits in shell.resolved) == (True, False)


def test_what_is_left_by_a_page_that_says_good_bye_is_said_as_lost_at_once():
    disk, shell = journalling()
    shell.gone_pages.add(shell.page)
    shell.scan(A)
    shell.feed(PageLeft(shell.page))
    assert told(shell) == [({}, {"unclear": 1})]
    shell.feed(PageLeft("page-of-no-calls"))
    assert disk.journal != []


def test_a_page_that_left_while_its_runtime_started_is_not_asked():
    shell = FakeShell(store=FakeStore(kind="memory"), is_started=False)
    shell.scan(A)
    shell.feed(PageLeft(shell.page))
    commands = shell.tracker.start()
    shell._carry_out(commands)
    assert shell.state["deviceUuid"] is not None
    assert told(shell) == [({}, {"unclear": 1})]


def test_a_page_that_left_and_is_back_takes_it_back():
    shell = FakeShell(store=FakeStore(kind="memory"), is_started=False)
    shell.scan(A)
    shell.feed(PageLeft(shell.page))
    shell.join(shell.page)
    shell.start()
    assert told(shell) == [({"qr_code": 1}, {})]


def test_a_page_is_asked_once_and_again_if_it_is_back_without_having_answered():
    shell = FakeShell(store=FakeStore(kind="memory"), is_started=False)
    shell.gone_pages.add(shell.page)
    asked = []
    carry_out = shell._carry_out
    shell._carry_out = lambda commands: (
        asked.extend(one.page for one in commands if isinstance(one, ClaimCalls)) or carry_out(commands)
    )
    shell.start()
    for barcode in (A, B):
        shell.scan(barcode)
    assert asked == [shell.page]
    shell.join(shell.page)
    assert asked == [shell.page, shell.page]
    claim(shell)
    shell.join(shell.page)
    shell.scan(C)
    assert asked == [shell.page, shell.page]
    assert told(shell) == [({"qr_code": 2, "ean_13": 1}, {})]


def test_a_page_that_closes_its_tracker_at_once_is_asked_all_the_same():
    shell = FakeShell(store=FakeStore(kind="memory"), is_started=False)
    shell.scan(A)
    shell.feed(CloseRequested("close", shell.page))
    shell.start()
    assert told(shell) == [({"qr_code": 1}, {})]


def test_only_the_calls_of_a_page_that_has_not_answered_wait():
    disk, shell = journalling()
    shell.join("page-c")
    leave(disk, shell)
    shell.scan(A)
    other = shell.scan(B, page="page-c")
    assert shell.resolved[other]["scans"] == 1
    assert told(shell) == [({"ean_13": 1}, {})]


def test_on_disk_what_a_runtime_that_is_gone_may_have_told_from_memory_is_said_as_lost():
    shell = licensed()
    shell.feed(CallsClaimed(shell.page, [1]))
    calls = [shell.scan(A), shell.scan(B)]
    shell.feed(CallsClaimed(shell.page, [3]))
    calls += [shell.scan(C)]
    assert [shell.resolved[one]["scans"] for one in calls] == [1, 1, 1]
    assert [report["counts"] for report in bodies_of_store(shell)] == [{"ean_13": 1}]
    assert lost(shell.store) == {"unclear": 2}


def test_what_is_known_to_be_counted_is_not_said_as_lost():
    store = licensed().store
    FakeShell(store=store, page="page-a", seed=2).scan(A)
    again = FakeShell(store=store, page="page-a", seed=3)
    again.feed(CallsClaimed("page-a", [1]))
    call_again = again.scan(A, number=1)
    assert again.resolved[call_again]["scans"] == 1
    assert (counted(store), lost(store)) == (1, {})
