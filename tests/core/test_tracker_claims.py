"""A call that lies in the journal while its runtime loses the disk: it counts once, whoever comes to tell it."""

from dlt_web.claims import CLAIM_WAIT_MS
from dlt_web.messages import CallsClaimed, ClaimCalls, CloseRequested, FlushRequested, PageLeft, StoreFailed
from dlt_web.stored_records import state_from_records
from tests.core.fake_lts import accept_reports, grant
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import A, B, C, bodies_of_store, flush, licensed
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
    shell.feed(CallsClaimed(shell.page, shell.claim_calls(shell.page)))
    assert shell.resolved[late]["scans"] == 1
    shell.advance(CLAIM_WAIT_MS)
    assert told(shell) == [({"qr_code": 1}, {})]


def test_a_flush_waits_for_it_and_not_for_longer_than_a_page_needs():
    disk, shell = journalling()
    grant(shell)
    leave(disk, shell)
    shell.scan(A)
    shell.feed(FlushRequested("flush"))
    shell.advance(CLAIM_WAIT_MS - 1)
    assert "flush" not in shell.resolved
    shell.advance(1)
    accept_reports(shell)
    assert shell.resolved["flush"]["pendingScans"] == 0


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
    shell = FakeShell(store=FakeStore(kind="memory"))
    shell.gone_pages.add(shell.page)
    asked = []
    feed = shell.feed
    shell.feed = lambda given: asked.append([one for one in feed(given) if isinstance(one, ClaimCalls)])
    for barcode in (A, B):
        shell.scan(barcode)
    shell.join(shell.page)
    shell.gone_pages.clear()
    feed(CallsClaimed(shell.page, []))
    shell.join(shell.page)
    shell.scan(C)
    assert [[one.page for one in some] for some in asked if some] == [[shell.page], [shell.page]]
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
