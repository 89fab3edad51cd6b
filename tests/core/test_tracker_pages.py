"""Several pages of one browser on one tracker."""

from dlt_web.messages import CloseRequested, FlushRequested, HoldBeacon, Mirror, Notify, PageLeft, ScanRemembered
from dlt_web.options import TrackerOptions
from tests.core.fake_lts import EPOCH, accept_reports, grant, refuse
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import REPORTS, A, B, bodies_of_store, flush, licensed

AUTHORIZATIONS = "/v1/authorizations"


def authorizations(shell):
    return [sent for sent in shell.sent if sent.url.endswith(AUTHORIZATIONS)]


def told_to(shell, page):
    return [(one.event, one.detail) for one in shell.events if one.page == page]


def counts_of_store(shell):
    return sum(sum(report["counts"].values()) for report in bodies_of_store(shell))


def test_a_page_that_joins_a_licensed_tracker_authorizes_anew_and_waits_for_the_answer():
    shell = licensed()
    late = [shell.join("page-2"), shell.join("page-3")]  # one answer is for both
    assert shell.resolved[shell.scan(A, page="page-2")]["scans"] == 1
    assert not {*late} & shell.resolved.keys()
    grant(shell)
    assert {*late} <= shell.resolved.keys()
    assert authorizations(shell) == []


def test_a_page_that_joins_when_the_quota_is_used_up_is_refused():
    shell = licensed()
    ready = shell.join("page-2")
    refuse(shell)
    assert shell.rejected[ready].code == "QUOTA_EXHAUSTED"


def test_a_page_that_joins_while_the_license_is_asked_for_is_ready_with_the_first():
    shell = FakeShell()
    ready = shell.join("page-2")
    assert ready not in shell.resolved
    grant(shell)
    assert {ready, shell.ready} <= shell.resolved.keys()


def test_a_page_that_joins_a_refused_tracker_asks_anew_and_waits_for_that_answer():
    shell = FakeShell()
    refuse(shell)
    granted = shell.join("page-2")
    assert not {granted} & {*shell.resolved, *shell.rejected}
    grant(shell)
    assert granted in shell.resolved
    assert shell.rejected.keys() == {shell.ready}


def test_a_page_that_joins_an_offline_tracker_waits_ten_seconds_and_no_longer():
    shell = FakeShell()
    shell.lose(shell.only_request(AUTHORIZATIONS))
    ready = shell.join("page-2")
    assert ready not in shell.resolved
    shell.advance(10_000)
    assert ready in shell.resolved
    assert shell.state["license"]["state"] == "offline"


def test_a_page_that_joins_does_not_break_a_server_s_retry_after():
    shell = FakeShell()
    problem = {"code": "RATE_LIMITED", "detail": "slower"}
    shell.answer(shell.only_request(AUTHORIZATIONS), 429, problem, retry_after="120")
    ready = shell.join("page-2")
    assert authorizations(shell) == []
    assert ready in shell.resolved


def test_with_first_scan_a_page_that_joins_authorizes_nothing():
    options = TrackerOptions(handshake_code="code-1", license_servers=("https://lts.test",), authorize="first-scan")
    shell = FakeShell(options)
    shell.scan(A)
    refuse(shell)
    ready = shell.join("page-2")
    assert authorizations(shell) == []
    assert ready in shell.rejected


def test_a_page_that_joins_is_told_what_the_others_know():
    shell = licensed()
    shell.scan(A)
    seen = len(shell.events)
    commands = []
    carry_out, shell._carry_out = shell._carry_out, lambda given: (commands.extend(given), carry_out(given))
    shell.join("page-2")
    assert [one.state for one in commands if isinstance(one, Mirror)] == [shell.state]
    assert [one.requests for one in commands if isinstance(one, HoldBeacon)] == [shell.beacon]
    assert told_to(shell, "page-2") == [
        ("storage", {"storage": "indexeddb", "reason": "opened"}),
        ("license", shell.state["license"]),
    ]
    assert [one for one in shell.events[seen:] if one.page is None] == []


def test_what_happens_to_the_license_is_told_to_all_pages_and_a_scan_to_its_own():
    shell = FakeShell(is_started=False)
    shell.join("page-2")
    shell.start()
    grant(shell)
    shell.scan(A, page="page-2")
    events = {(one.event, one.page) for one in shell.events if isinstance(one, Notify)}
    assert events == {("storage", None), ("license", None), ("scan", "page-2")}


def test_streams_of_two_pages_know_nothing_of_each_other():
    shell = licensed()
    shell.join("page-2")
    calls = [shell.scan(A), shell.scan(A, page="page-2"), shell.scan(A)]
    assert [shell.resolved[call]["scans"] for call in calls] == [1, 1, 0]


def test_with_one_page_closed_the_other_goes_on():
    shell = licensed()
    shell.join("page-2")
    shell.feed(CloseRequested("close", shell.page))
    refused, counted = shell.scan(A), shell.scan(B, page="page-2")
    assert shell.rejected[refused].code == "TRACKER_CLOSED"
    assert shell.resolved[counted]["scans"] == 1
    assert shell.timer_at_ms is not None


def test_with_its_last_page_a_tracker_is_closed_and_the_next_one_wakes_it():
    shell = licensed()
    shell.scan(A)
    shell.feed(CloseRequested("close", shell.page))
    accept_reports(shell)
    assert "close" in shell.resolved
    assert shell.timer_at_ms is None
    shell.join("page-2")
    assert shell.resolved[shell.scan(B, page="page-2")]["scans"] == 1
    assert shell.timer_at_ms is not None


def test_what_a_page_that_is_gone_had_counted_is_reported_all_the_same():
    shell = licensed()
    shell.scan(A)
    shell.feed(PageLeft(shell.page))
    shell.feed(PageLeft("nobody"))
    shell.advance(400_000)
    assert [report["counts"] for report in accept_reports(shell)] == [{"qr_code": 1}]


def test_a_call_that_is_said_again_counts_once():
    shell = licensed()
    first = shell.scan(A, number=7)
    del shell.resolved[first]  # the page never heard of it
    again = shell.scan(A, number=7, stream="another")  # no filter knows it there
    assert shell.resolved[again]["scans"] == 1
    assert counts_of_store(shell) == 1
    shell.scan(B, number=8)
    assert counts_of_store(shell) == 2


def test_a_call_that_is_said_again_to_a_new_runtime_counts_once():
    store = FakeStore()
    first = licensed(store=store, seed=1)
    first.scan(A, number=1)
    second = FakeShell(store=store, seed=2)
    second.scan(A, number=1)
    second.scan(B, number=2)
    assert counts_of_store(second) == 2


def test_a_runtime_that_was_given_up_too_early_counts_nothing_a_second_time():
    store = FakeStore()
    slow, quick = (licensed(store=store, seed=seed) for seed in (1, 2))
    commit, waiting = store.commit, []
    store.commit = lambda command: waiting.append(command) or commit(command)
    quick.scan(A, number=1)
    slow.scan(A, number=1)  # its commit meets what the other has written
    slow.scan(B, number=2)
    assert len(waiting) > 2
    assert counts_of_store(slow) == 2


def test_the_pages_of_two_tabs_are_remembered_side_by_side_and_old_ones_forgotten():
    shell = licensed()
    for load in range(40):
        shell.join(f"load-{load}")
        shell.scan(A, page=f"load-{load}", number=1)
    assert counts_of_store(shell) == 40
    [pages] = [value for key, value in shell.store.records.items() if key.endswith("/calls")]
    assert [name.partition("/")[0] for name, _ in pages] == [f"load-{load}" for load in range(8, 40)]


def test_flushing_for_one_page_resolves_for_that_page():
    shell = licensed()
    shell.join("page-2")
    grant(shell)
    shell.scan(A, page="page-2")
    shell.feed(FlushRequested("page-2/9"))
    assert shell.only_request(REPORTS).body["storeEpoch"] == EPOCH
    accept_reports(shell)
    assert shell.resolved["page-2/9"] == {"pendingScans": 0, "pendingReports": 0}
    flush(shell)


def test_what_a_page_saw_under_a_runtime_that_is_gone_is_known_and_counts_nothing():
    shell = licensed()
    shell.clock.advance(60_000)
    now_ms = shell.clock.monotonic_ms
    barcodes = [{"format": "qr_code", "text": "A"}]
    shell.feed(ScanRemembered(shell.page, "default", now_ms - 1_000, now_ms - 1_000, barcodes))
    assert counts_of_store(shell) == 0
    calls = [shell.scan(A), shell.scan(A, stream="another"), shell.scan(A, time_ms=now_ms + 3_000)]
    assert [shell.resolved[call]["scans"] for call in calls] == [0, 1, 1]
