import json

import pytest

from dlt_web.messages import FlushRequested
from tests.core.fake_lts import EPOCH, REPORT_TOKEN, accept_reports, grant, refuse
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import REPORTS, SLOT_MS, A, B, C, bodies, bodies_of_store, flush, licensed


def test_a_report_says_device_stream_token_and_counts_and_nothing_else():
    shell = licensed()
    shell.scan(A, B)
    flush(shell)
    [body] = bodies(shell)
    [report] = body["reports"]
    assert body["deviceUuid"] == shell.state["deviceUuid"]
    assert body["reportToken"] == REPORT_TOKEN
    assert body["storeEpoch"] == EPOCH
    assert (report["seq"], report["version"], report["counts"]) == (1, 1, {"ean_13": 1, "qr_code": 1})
    assert report["slot"] == "2025-11-24T16:00:00Z"
    assert set(body) == {
        "handshakeCode", "deviceUuid", "streamId", "reportToken", "storeEpoch", "storage", "partitioned", "sentAt",
        "reports",
    }  # fmt: skip


def test_no_report_leaves_before_there_is_a_report_token():
    shell = FakeShell()
    shell.scan(A)
    flush(shell)
    assert bodies(shell) == []
    grant(shell)
    flush(shell)
    assert len(bodies(shell)) == 1


def test_a_refusal_for_quota_carries_the_token_to_report_with():
    shell = FakeShell()
    shell.scan(A)
    refuse(shell, report_token=REPORT_TOKEN)
    flush(shell)
    assert bodies(shell)[0]["reports"][0]["counts"] == {"qr_code": 1}


def test_inside_a_slot_the_open_report_grows_by_versions():
    shell = licensed()
    shell.scan(A)
    shell.scan(B)
    flush(shell)
    [report] = accept_reports(shell)
    assert (report["seq"], report["version"], report["counts"]) == (1, 2, {"ean_13": 1, "qr_code": 1})
    shell.scan(C)
    flush(shell)
    [report] = accept_reports(shell)
    assert (report["seq"], report["version"], report["counts"]) == (1, 3, {"ean_13": 1, "qr_code": 2})
    assert shell.state["pending"]["scans"] == 0


def test_a_new_slot_closes_the_report_and_opens_the_next_number():
    shell = licensed()
    shell.clock.advance(SLOT_MS - 10_000)
    shell.scan(A)
    first_id = bodies_of_store(shell)[0]["id"]
    flush(shell)
    accept_reports(shell)
    shell.clock.advance(10_000)
    shell.scan(B)
    reports = bodies_of_store(shell)
    assert [(report["seq"], report["version"]) for report in reports] == [(1, 1), (2, 1)]
    assert reports[0]["id"] == first_id != reports[1]["id"]


def test_the_slot_is_the_wall_clock_at_the_call_not_at_the_judgement():
    shell = licensed()
    shell.clock.advance(SLOT_MS)
    shell.scan(A, called_wall_ms=shell.clock.wall_ms - 1)
    assert bodies_of_store(shell)[0]["slot"] == "2025-11-24T16:00:00Z"


def test_an_answer_acknowledges_the_version_that_was_sent_not_what_grew_meanwhile():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    shell.scan(B)
    accept_reports(shell)
    assert shell.state["pending"]["scans"] == 1
    flush(shell)
    [report] = accept_reports(shell)
    assert (report["version"], report["counts"]) == (2, {"ean_13": 1, "qr_code": 1})


def test_a_runtime_s_first_commit_opens_a_new_number_even_in_the_same_slot():
    store = FakeStore()
    licensed(store=store, seed=1).scan(A)
    again = FakeShell(store=store, seed=2, page="page-2")
    again.scan(A)
    assert sorted(report["seq"] for report in bodies_of_store(again)) == [1, 2]


def test_two_tabs_on_one_store_make_one_stream():
    store = FakeStore()
    one = licensed(store=store, seed=1)
    two = FakeShell(store=store, seed=2, page="page-2")
    for shell in (one, two, one, two):
        shell.scan(A, stream=f"s{len(shell.commits)}")
    assert {value["streamId"] for key, value in store.records.items() if "/report/" in key} == {
        store.records["code/6/code-1/stream"]["streamId"]
    }
    grant(two)
    flush(two)
    assert sum(sum(report["counts"].values()) for report in accept_reports(two)) == 4


def test_the_next_report_goes_after_the_interval_with_jitter_or_after_the_slot():
    shell = licensed()
    flush(shell)
    shell.scan(A)
    shell.advance(161_000)
    assert bodies(shell) == []
    shell.advance(60_000)
    assert len(bodies(shell)) == 1


def test_an_idle_page_sends_nothing():
    shell = licensed()
    shell.advance(3_600_000)
    assert shell.sent == []
    assert shell.timer_at_ms is None


def test_duplicates_alone_are_a_sign_of_life():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell)
    shell.scan(A)
    shell.advance(200_000)
    [body] = bodies(shell)
    assert body["reports"] == []


def test_the_beacon_held_by_the_page_is_what_is_not_acknowledged_under_8_kib():
    shell = licensed()
    shell.scan(A)
    [held] = shell.beacon
    assert held["url"].endswith(REPORTS)
    assert held["body"]["reports"][0]["counts"] == {"qr_code": 1}
    for _ in range(200):
        shell.clock.advance(SLOT_MS)
        shell.scan(A)
    assert sum(len(json.dumps(one)) for one in shell.beacon) < 8_192
    assert shell.beacon[0]["body"]["reports"][0]["seq"] == 1
    flush(shell)
    while bodies(shell):
        accept_reports(shell)
    assert shell.beacon == []


def test_a_report_that_is_too_large_for_a_beacon_waits_for_a_request():
    shell = licensed()
    shell.scan(*[(f"{number}_{'x' * 60}", "A") for number in range(120)])
    [report] = bodies_of_store(shell)
    assert len(json.dumps(report)) > 8_192
    assert shell.beacon == []
    flush(shell)
    accept_reports(shell)
    shell.scan(A)
    assert shell.beacon == []  # the same report, grown


def test_acknowledged_reports_are_kept_for_seven_days_and_pending_ones_for_ever():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell)
    shell.clock.advance(SLOT_MS)
    shell.scan(B)
    shell.clock.advance(8 * 86_400_000)
    shell.scan(C)
    assert sorted(report["seq"] for report in bodies_of_store(shell)) == [1, 2, 3]  # the server has not said so yet
    flush(shell)
    grant(shell)
    assert [report["seq"] for report in accept_reports(shell)] == [2]
    assert sorted(report["seq"] for report in bodies_of_store(shell)) == [2, 3]


def test_flush_resolves_with_what_is_still_pending():
    shell = licensed()
    shell.scan(A)
    shell.feed(FlushRequested("f1"))
    shell.lose(shell.only_request(REPORTS))
    assert shell.resolved["f1"] == {"pendingScans": 1, "pendingReports": 1}
    shell.feed(FlushRequested("f2"))
    accept_reports(shell)
    assert shell.resolved["f2"] == {"pendingScans": 0, "pendingReports": 0}


def test_the_first_day_begins_once_however_many_tabs_ask():
    store = FakeStore()
    one = FakeShell(store=store, seed=1, is_started=False)
    two = FakeShell(store=store, seed=2, page="page-2", is_started=False)
    two.clock.advance(50_000)
    one.start()
    two.start()
    assert store.records["code/6/code-1/license"]["firstRequestAt"] == one.clock.wall_ms


@pytest.mark.parametrize(
    "refused",
    [
        None,
        {"code": "STORE_EPOCH_CHANGED", "detail": "restored", "storeEpoch": "store-1:2"},
        {"code": "REPORT_TOKEN_STALE", "detail": "unknown key"},
    ],
    ids=["acknowledged", "another epoch", "a stale token"],
)
def test_what_follows_from_a_server_s_answer_is_committed_strictly_and_scans_as_the_app_wants(refused):
    shell = licensed()
    shell.scan(A)
    flush(shell)
    of_scan = len(shell.commits)
    if refused is None:
        accept_reports(shell)
    else:
        shell.answer(shell.only_request(REPORTS), 409, refused)
    of_answer = len(shell.commits)
    shell.scan(B)
    kinds = [commit.is_strict for commit in shell.commits]
    assert (kinds[of_scan - 1], kinds[of_scan:of_answer], kinds[of_answer]) == (False, [True], False)
