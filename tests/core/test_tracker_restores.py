from dlt_web.model import Problem, StreamRow
from dlt_web.options import TrackerOptions
from dlt_web.wire_answers import encode_problem
from tests.core.fake_lts import EPOCH, accept_reports, grant, granted
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import REPORTS, SLOT_MS, A, B, C, bodies, flush, licensed, two_tabs

YEAR_MS = 365 * 24 * 3600 * 1000


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
    assert (report["seq"], report["version"], report["counts"]) == (1, 2, {"ean_13": 1})


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


def test_a_device_whose_clock_was_years_ahead_for_a_while_tells_a_restored_server_all_the_same():
    shell = licensed()
    for code, ahead_ms in ((A, 0), (B, YEAR_MS), (C, 0)):
        server_time_ms = shell.clock.wall_ms
        shell.clock.wall_ms += ahead_ms
        shell.scan(code)
        flush(shell)
        if ahead_ms:
            grant(shell)
        accept_reports(shell, server_time_ms=server_time_ms)
        shell.clock.wall_ms -= ahead_ms
        shell.clock.advance(SLOT_MS)
    shell.scan(A)
    flush(shell)
    problem = encode_problem(Problem(409, "STORE_EPOCH_CHANGED", "restored", store_epoch="store-1:2"))
    shell.answer(shell.only_request(REPORTS), 409, problem)
    assert [report["seq"] for report in accept_reports(shell, epoch="store-1:2")] == [1, 2, 3, 4]


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


def test_a_200_from_another_store_is_a_mismatch():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell, epoch="other-store:1")
    assert shell.state["pending"]["code"] == "STORE_MISMATCH"
    assert shell.state["pending"]["scans"] == 1


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
