import json

import pytest

from dlt_web.messages import FlushRequested, HttpAnswered, NetworkReturned, StoreFailed, StorePurged
from dlt_web.model import Problem, StreamRow
from dlt_web.options import TrackerOptions
from dlt_web.wire import encode_problem
from tests.core.fake_lts import EPOCH, REPORT_TOKEN, accept_reports, grant, granted, refuse
from tests.core.fake_shell import FakeShell, FakeStore

A, B, C = ("qr_code", "A"), ("ean_13", "B"), ("qr_code", "C")
REPORTS = "/v1/usage-reports"
SLOT_MS = 180_000


def licensed(**more):
    shell = FakeShell(**more)
    grant(shell)
    return shell


def flush(shell):
    shell.feed(FlushRequested(f"flush-{len(shell.resolved)}"))


def bodies(shell):
    return [sent.body for sent in shell.sent if sent.url.endswith(REPORTS)]


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


def bodies_of_store(shell):
    return [value["report"] for key, value in shell.store.records.items() if "/report/" in key]


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


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retry_after_is_kept_even_when_flushed(status):
    shell = licensed()
    shell.scan(A)
    flush(shell)
    problem = encode_problem(Problem(status, "STORE_UNAVAILABLE", "The store is busy."))
    shell.answer(shell.only_request(REPORTS), status, problem, retry_after="120")
    flush(shell)
    shell.advance(119_000)
    assert bodies(shell) == []
    shell.advance(2_000)
    assert len(bodies(shell)) == 1


def test_failed_requests_are_repeated_without_end_and_lose_nothing():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    for _ in range(20):
        shell.lose(shell.only_request(REPORTS))
        shell.advance(3_700_000)
    assert accept_reports(shell)[0]["counts"] == {"qr_code": 1}
    assert shell.state["pending"]["scans"] == 0


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, "<!doctype html><title>Sign in</title>", "SERVER_ANSWER_INVALID"),
        (200, "{}", "SERVER_ANSWER_INVALID"),
        (200, "[" * 5000, "SERVER_ANSWER_INVALID"),
        (302, "", "SERVER_ANSWER_INVALID"),
        (403, {"code": "ORIGIN_NOT_ALLOWED", "detail": "no"}, "ORIGIN_NOT_ALLOWED"),
        (422, {"code": "REQUEST_INVALID", "detail": "no"}, "REQUEST_INVALID"),
    ],
)
def test_a_request_refused_as_a_whole_keeps_its_reports(status, body, code):
    shell = licensed()
    shell.scan(A)
    flush(shell)
    shell.answer(shell.only_request(REPORTS), status, body)
    assert shell.state["pending"]["code"] == code
    assert shell.state["pending"]["scans"] == 1
    shell.advance(3_700_000)
    accept_reports(shell)
    assert shell.state["pending"]["scans"] == 0


def test_the_standby_is_asked_at_once_when_the_main_server_fails():
    servers = ("https://lts.test", "https://standby.test")
    shell = licensed(options=TrackerOptions(handshake_code="code-1", license_servers=servers))
    shell.scan(A)
    flush(shell)
    shell.lose(shell.only_request(REPORTS))
    assert shell.only_request(REPORTS).url == f"https://standby.test{REPORTS}"
    accept_reports(shell)
    shell.scan(B)
    flush(shell)
    assert shell.only_request(REPORTS).url == f"https://lts.test{REPORTS}"


def test_a_report_the_server_will_never_take_becomes_a_dead_letter():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell, "rejected", code="REPORT_INVALID", last=None)
    assert [(letter["seq"], letter["code"]) for letter in shell.state["deadLetters"]] == [(1, "REPORT_INVALID")]
    shell.scan(B)
    flush(shell)
    assert [report["seq"] for report in accept_reports(shell)] == [2]


def test_a_conflict_moves_what_is_not_acknowledged_to_a_new_stream():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell)
    old_stream = shell.store.records["code/6/code-1/stream"]["streamId"]
    shell.scan(B)
    flush(shell)
    accept_reports(shell, "rejected", code="REPORT_CONFLICT", last=None)
    [report] = shell.only_request(REPORTS).body["reports"]
    assert shell.only_request(REPORTS).body["streamId"] != old_stream
    assert (report["seq"], report["version"], report["counts"]) == (1, 1, {"ean_13": 1})


def test_a_413_splits_the_request():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    for _ in range(40):
        shell.clock.advance(SLOT_MS)
        shell.scan(A)
    accept_reports(shell)
    flush(shell)
    sizes = []
    while len(sizes) < 3:
        request = shell.only_request(REPORTS)
        sizes.append(len(request.body["reports"]))
        shell.answer(request, 413, {"code": "PAYLOAD_TOO_LARGE", "detail": "too large"})
    assert sizes[0] == 40
    assert sizes == sorted(sizes, reverse=True)
    total = 0
    while bodies(shell):
        total += len(accept_reports(shell))
    assert total == 40


def test_a_restored_server_is_told_everything_kept_again_oldest_first():
    shell = licensed()
    for code in (A, B):
        shell.scan(code)
        flush(shell)
        accept_reports(shell)
        shell.clock.advance(SLOT_MS)
    shell.scan(C)
    flush(shell)
    problem = encode_problem(Problem(409, "STORE_EPOCH_CHANGED", "restored", store_epoch="store-1:2"))
    shell.answer(shell.only_request(REPORTS), 409, problem)
    assert shell.only_request(REPORTS).body["storeEpoch"] == "store-1:2"
    assert [report["seq"] for report in accept_reports(shell, epoch="store-1:2")] == [1, 2, 3]
    assert shell.state["pending"]["scans"] == 0


def test_a_yes_with_another_epoch_acknowledges_nothing():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell, epoch="store-1:9")
    assert shell.state["pending"]["scans"] == 1


def test_another_store_behind_the_standby_is_shown_and_not_reported_to():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    problem = encode_problem(Problem(409, "STORE_EPOCH_CHANGED", "other", store_epoch="other-store:1"))
    shell.answer(shell.only_request(REPORTS), 409, problem)
    assert shell.state["pending"]["code"] == "STORE_MISMATCH"
    assert shell.store.records["code/6/code-1/stream"]["storeEpoch"] == EPOCH


def test_a_stale_report_token_is_replaced_by_authorizing_anew():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    shell.answer(shell.only_request(REPORTS), 409, {"code": "REPORT_TOKEN_STALE", "detail": "key unknown"})
    assert bodies(shell) == []
    grant(shell)
    assert accept_reports(shell)[0]["counts"] == {"qr_code": 1}


def test_a_database_set_back_moves_what_this_runtime_opened_and_says_what_may_be_lost():
    shell = licensed()
    shell.scan(A)
    snapshot = FakeStore(shell.store.revision, dict(shell.store.records))
    again = FakeShell(store=snapshot, seed=9, page="page-2")
    grant(again)
    # The reload sends what waited at its start; the LTS knows more of this stream than the snapshot does.
    other = StreamRow("0" * 8 + "-0000-4000-8000-" + "0" * 12, 7, 1)
    again.scan(B)
    accept_reports(again, "duplicate", last=other)
    # First the old report once more (older ones stay), then what was moved.
    first = again.only_request(REPORTS).body
    assert [report["counts"] for report in first["reports"]] == [{"qr_code": 1}]
    accept_reports(again, "duplicate", last=other)
    moved = again.only_request(REPORTS).body
    assert moved["streamId"] != first["streamId"]
    assert moved["reports"][0]["counts"] == {"ean_13": 1}
    assert moved["reports"][-1]["lost"] == {"setBack": 1}


def test_without_its_database_the_tracker_counts_in_a_stream_of_its_own():
    shell = licensed()
    shell.scan(A)
    uuid = shell.state["deviceUuid"]
    shell.use_memory()
    shell.feed(StoreFailed("connection lost"))
    shell.scan(B)
    flush(shell)
    assert shell.state["storage"] == "memory"
    assert shell.state["deviceUuid"] == uuid
    first, second = accept_reports(shell), accept_reports(shell)
    assert [first[0]["counts"], second[0]["counts"]] == [{"qr_code": 1}, {"ean_13": 1}]


def test_a_purge_sends_what_is_held_under_the_old_uuid_and_makes_a_new_device():
    shell = licensed()
    shell.scan(A)
    old = shell.state["deviceUuid"]
    shell.store = FakeStore()
    shell.feed(StorePurged("indexeddb", 0, {}))
    body = shell.only_request(REPORTS).body
    assert (body["deviceUuid"], body["reports"][0]["counts"]) == (old, {"qr_code": 1})
    assert shell.state["deviceUuid"] not in (None, old)
    assert old not in repr(shell.store.records)
    accept_reports(shell)
    grant(shell)
    shell.scan(B)
    flush(shell)
    body = shell.only_request(REPORTS).body
    assert (body["deviceUuid"], body["reports"][0]["counts"]) == (shell.state["deviceUuid"], {"ean_13": 1})


def test_scans_not_committed_when_the_purge_came_count_for_the_new_device():
    shell = licensed()
    old = shell.state["deviceUuid"]
    fresh = FakeStore()

    def purge_first(command):
        shell.store = fresh
        return StorePurged("indexeddb", 0, {})

    shell.store.commit = purge_first
    call = shell.scan(A)
    assert shell.resolved[call]["scans"] == 1
    assert fresh.records["device"]["uuid"] != old
    assert [value["report"]["counts"] for key, value in fresh.records.items() if "/report/" in key] == [{"qr_code": 1}]


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


def test_acknowledged_reports_are_kept_for_seven_days_and_pending_ones_for_ever():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell)
    shell.clock.advance(SLOT_MS)
    shell.scan(B)
    shell.clock.advance(8 * 86_400_000)
    shell.scan(C)
    assert sorted(report["seq"] for report in bodies_of_store(shell)) == [2, 3]


def test_a_report_is_given_up_after_720_hourly_failures_and_said_as_lost():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    hours = 0
    while not any(value["report"]["lost"] for key, value in shell.store.records.items() if "/report/" in key):
        for request in list(shell.sent):
            shell.lose(request)
        shell.advance(3_600_000)
        hours += 1
        assert hours < 800
    assert hours >= 719
    lost = [report["lost"] for report in bodies_of_store(shell)]
    assert lost == [{"purged": 1}]


def test_the_network_s_return_sends_at_once():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    shell.lose(shell.only_request(REPORTS))
    shell.feed(NetworkReturned())
    assert len(bodies(shell)) == 1


def test_flush_resolves_with_what_is_still_pending():
    shell = licensed()
    shell.scan(A)
    shell.feed(FlushRequested("f1"))
    shell.lose(shell.only_request(REPORTS))
    assert shell.resolved["f1"] == {"pendingScans": 1, "pendingReports": 1}
    shell.feed(FlushRequested("f2"))
    accept_reports(shell)
    assert shell.resolved["f2"] == {"pendingScans": 0, "pendingReports": 0}


def test_an_answer_that_nobody_asked_for_changes_nothing():
    shell = licensed()
    before = shell.state
    shell.feed(HttpAnswered(99, 200, None, "{}"))
    assert shell.state == before


def test_a_purge_while_the_first_answer_is_awaited_asks_anew_for_the_new_device():
    shell = FakeShell()
    old = shell.state["deviceUuid"]
    waiting = shell.only_request("/v1/authorizations")
    shell.store = FakeStore()
    shell.feed(StorePurged("indexeddb", 0, {}))
    shell.lose(waiting)
    grant(shell)
    assert shell.state["license"]["state"] == "licensed"
    assert shell.state["deviceUuid"] != old


def test_another_tab_that_met_the_purge_first_gives_this_one_its_device():
    store = FakeStore()
    one = licensed(store=store, seed=1)
    old = one.state["deviceUuid"]
    one.scan(A)
    store.records.clear()
    store.revision += 1
    two = FakeShell(store=store, seed=2, page="page-2")
    one.scan(B)
    assert one.state["deviceUuid"] == two.state["deviceUuid"] != old
    assert one.only_request(REPORTS).body["deviceUuid"] == old
    assert old not in repr(store.records)
    assert [value["report"]["counts"] for key, value in store.records.items() if "/report/" in key] == [{"ean_13": 1}]


def purge(shell):
    shell.store = FakeStore()
    shell.feed(StorePurged("indexeddb", 0, {}))


def test_what_a_purged_device_held_without_a_report_token_is_said_as_lost():
    shell = FakeShell()
    shell.scan(A)
    purge(shell)
    assert [report["lost"] for report in bodies_of_store(shell)] == [{"purged": 1}]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["who knows less first", "who knows more first"])
def test_tabs_that_held_the_same_purged_device_say_its_loss_once(order):
    store, renewed = FakeStore(), FakeStore()
    tabs = [FakeShell(store=store, seed=seed, page=f"page-{seed}") for seed in (1, 2)]
    tabs[0].scan(A)
    tabs[1].scan(B)  # this tab knows of both scans, the first one of its own only
    for shell in (tabs[index] for index in order):
        shell.store = renewed
        shell.feed(StorePurged("indexeddb", *renewed.load()))
    tabs[0].scan(C)
    reports = bodies_of_store(tabs[0])
    assert sum(report["lost"].get("purged", 0) for report in reports) == 2
    assert sum(sum(report["counts"].values()) for report in reports) == 1


def test_a_purged_device_that_a_restored_server_does_not_know_is_told_again():
    shell = licensed()
    shell.scan(A)
    purge(shell)
    problem = encode_problem(Problem(409, "STORE_EPOCH_CHANGED", "restored", store_epoch="store-1:2"))
    shell.answer(shell.only_request(REPORTS), 409, problem)
    assert shell.only_request(REPORTS).body["storeEpoch"] == "store-1:2"
    accept_reports(shell, epoch="store-1:2")
    assert bodies(shell) == []


def test_a_purged_device_s_stale_report_token_ends_as_a_loss_of_the_new_one():
    shell = licensed()
    shell.scan(A)
    purge(shell)
    shell.answer(shell.only_request(REPORTS), 409, {"code": "REPORT_TOKEN_STALE", "detail": "unknown key"})
    assert [report["lost"] for report in bodies_of_store(shell)] == [{"purged": 1}]


def test_a_purged_device_with_many_reports_is_heard_to_the_end():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    for _ in range(400):
        shell.clock.advance(SLOT_MS)
        shell.scan(A)
    shell.lose(shell.only_request(REPORTS))
    purge(shell)
    told = 0
    while bodies(shell):
        told += len(accept_reports(shell))
    assert told >= 401


def test_an_answer_for_a_device_that_is_gone_for_good_changes_nothing():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    waiting = shell.only_request(REPORTS)
    accept_body = {"serverTime": "2025-11-24T16:00:00Z", "storeEpoch": EPOCH, "results": [], "last": None}
    shell.feed(StorePurged("indexeddb", 0, {}))
    shell.answer(waiting, 200, accept_body)
    assert shell.state["deviceUuid"] is not None


def test_a_200_from_another_store_is_a_mismatch():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell, epoch="other-store:1")
    assert shell.state["pending"]["code"] == "STORE_MISMATCH"
    assert shell.state["pending"]["scans"] == 1


def test_the_network_s_return_asks_for_the_license_too():
    shell = FakeShell()
    shell.lose(shell.only_request("/v1/authorizations"))
    shell.feed(NetworkReturned())
    grant(shell)
    assert shell.state["license"]["state"] == "licensed"


def test_two_codes_whose_store_fails_share_one_device_in_memory_and_lose_nothing():
    store = FakeStore()
    one = licensed(store=store, seed=1)
    other = TrackerOptions(handshake_code="code-2", license_servers=("https://lts.test",))
    two = FakeShell(other, store=store, seed=2)
    one.scan(A)
    two.scan(A)
    uuid = one.state["deviceUuid"]
    memory = FakeStore(kind="memory")
    for shell in (one, two):
        shell.store = memory
        shell.feed(StoreFailed("connection lost"))
    two.scan(B)
    assert {one.state["deviceUuid"], two.state["deviceUuid"], memory.records["device"]["uuid"]} == {uuid}
    assert (one.state["pending"]["scans"], two.state["pending"]["scans"]) == (1, 2)


def test_a_store_that_comes_back_unreadable_after_a_purge_is_left_alone():
    shell = licensed()
    shell.feed(StorePurged("indexeddb", 7, {"device": {"of": "version 9"}}))
    assert shell.state["storage"] == "memory"
    call = shell.scan(A)
    assert shell.resolved[call]["scans"] == 1


def two_tabs():
    store = FakeStore()
    one = licensed(store=store, seed=1)
    two = licensed(store=store, seed=2, page="page-2")
    for shell in (one, two):
        shell.scan(A)
        flush(shell)
    return one, two


def test_two_tabs_that_hear_of_a_restored_store_take_its_epoch_once():
    one, two = two_tabs()
    problem = encode_problem(Problem(409, "STORE_EPOCH_CHANGED", "restored", store_epoch="store-1:2"))
    one.answer(one.only_request(REPORTS), 409, problem)
    accept_reports(one, epoch="store-1:2")
    two.answer(two.only_request(REPORTS), 409, problem)
    assert one.store.records["code/6/code-1/stream"]["storeEpoch"] == "store-1:2"
    assert two.state["pending"]["scans"] == 0


def test_a_tab_does_not_forget_the_new_report_token_of_another_one():
    one, two = two_tabs()
    stale = {"code": "REPORT_TOKEN_STALE", "detail": "unknown key"}
    one.answer(one.only_request(REPORTS), 409, stale)
    body = granted(one) | {"reportToken": "r2.fresh"}
    one.answer(one.only_request("/v1/authorizations"), 201, body)
    two.answer(two.only_request(REPORTS), 409, stale)
    assert two.store.records["code/6/code-1/license"]["reportToken"] == "r2.fresh"


def test_the_first_day_begins_once_however_many_tabs_ask():
    store = FakeStore()
    one = FakeShell(store=store, seed=1, is_started=False)
    two = FakeShell(store=store, seed=2, page="page-2", is_started=False)
    two.clock.advance(50_000)
    one.start()
    two.start()
    assert store.records["code/6/code-1/license"]["firstRequestAt"] == one.clock.wall_ms


def test_a_purge_before_there_is_a_device_is_no_farewell():
    shell = FakeShell(is_started=False)
    shell.feed(StorePurged("indexeddb", 0, {}))
    assert shell.state["deviceUuid"] is not None
    assert bodies(shell) == []


def test_a_late_answer_for_a_device_long_gone_changes_nothing():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    waiting = shell.only_request(REPORTS)
    shell.sent.remove(waiting)
    purge(shell)
    shell.sent.append(waiting)
    body = {"serverTime": "2025-11-24T16:00:00Z", "storeEpoch": EPOCH, "results": [], "last": None}
    body["results"] = [{"seq": 1, "version": 1, "outcome": "accepted"}]
    shell.answer(waiting, 200, body)
    assert bodies(shell) == []
    assert shell.state["pending"]["scans"] == 0


def test_a_sign_of_life_of_a_purged_device_is_nobody_s():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell)
    shell.scan(A)
    shell.advance(200_000)
    waiting = shell.only_request(REPORTS)
    purge(shell)
    body = {"serverTime": "2025-11-24T16:00:00Z", "storeEpoch": EPOCH, "results": [], "last": None}
    shell.answer(waiting, 200, body)
    assert shell.store.records.keys() == {"device", "code/6/code-1/license"}


def test_attempts_within_an_hour_count_once():
    shell = licensed()
    shell.scan(A)
    shell.clock.advance(3_600_000)
    for _ in range(3):
        flush(shell)
        shell.lose(shell.only_request(REPORTS))
    attempts = [value["failedAttempts"] for key, value in shell.store.records.items() if "/report/" in key]
    assert attempts == [1]


def test_a_page_loaded_again_and_again_offline_gives_nothing_up():
    shell = licensed()
    shell.scan(A)
    store, clock = shell.store, shell.clock
    for load in range(30):
        again = FakeShell(store=store, clock=clock, seed=load, page=f"page-{load}")
        flush(again)
        for request in list(again.sent):
            again.lose(request)
        clock.advance(60_000)
    assert bodies_of_store(shell)[0]["counts"] == {"qr_code": 1}
    assert {value["failedAttempts"] for key, value in store.records.items() if "/report/" in key} == {0}


def test_a_commit_that_reached_the_disk_unseen_is_counted_once():
    shell = licensed()
    disk = shell.store

    def commit_and_lose_the_end(command):
        FakeStore.commit(disk, command)
        shell.use_memory()
        return StoreFailed("the end was lost, and the database does not open again")

    disk.commit = commit_and_lose_the_end
    call = shell.scan(A)
    assert shell.resolved[call]["scans"] == 1
    flush(shell)
    [in_memory] = accept_reports(shell)
    [on_disk] = [value["report"] for key, value in disk.records.items() if "/report/" in key]
    assert {key: in_memory[key] for key in ("id", "seq", "version", "counts")} == {
        key: on_disk[key] for key in ("id", "seq", "version", "counts")
    }
    shell.scan(B)
    assert [report["counts"] for report in bodies_of_store(shell)] == [{"qr_code": 1}, {"ean_13": 1}]


def test_a_standby_with_another_store_that_knows_no_token_is_a_mismatch_and_no_loop():
    servers = ("https://lts.test", "https://standby.test")
    shell = licensed(options=TrackerOptions(handshake_code="code-1", license_servers=servers))
    shell.scan(A)
    flush(shell)
    shell.lose(shell.only_request(REPORTS))
    stale = {"code": "REPORT_TOKEN_STALE", "detail": "unknown key", "storeEpoch": "other-store:1"}
    shell.answer(shell.only_request(REPORTS), 409, stale)
    assert shell.state["pending"]["code"] == "STORE_MISMATCH"
    assert shell.sent == []


def test_a_server_that_refuses_each_token_it_gave_is_asked_with_pauses():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    for _ in range(2):
        shell.answer(shell.only_request(REPORTS), 409, {"code": "REPORT_TOKEN_STALE", "detail": "unknown key"})
        grant(shell)
    assert bodies(shell) == []
    assert shell.state["pending"]["code"] == "REPORT_TOKEN_STALE"
    shell.advance(10_000)
    accept_reports(shell)


def test_streams_that_are_over_are_forgotten():
    shell = licensed()
    for start in range(50):
        shell.scan(A, stream=f"camera start {start}")
        shell.clock.advance(10_000)
    assert len(shell.tracker._filters) == 1
