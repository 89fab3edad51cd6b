import pytest

from dlt_web.messages import HttpAnswered, NetworkReturned
from dlt_web.model import Problem
from dlt_web.options import TrackerOptions
from dlt_web.slots import format_slot, slot_of
from dlt_web.wire_answers import encode_problem
from tests.core.fake_lts import accept_reports, grant
from tests.core.fake_shell import FakeShell
from tests.core.reporting_steps import REPORTS, SLOT_MS, A, B, bodies, bodies_of_store, flush, licensed

SERVERS = ("https://lts.test", "https://standby.test")


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


def test_days_without_a_network_are_told_from_their_first_slot_on_once_it_is_back():
    shell = licensed()
    slots = []
    for hour in range(0, 6 * 24, 3):
        shell.scan(("qr_code", f"hour {hour}"))
        slots.append(format_slot(slot_of(shell.clock.wall_ms)))
        for request in list(shell.sent):
            shell.lose(request)
        shell.advance(3 * 3_600_000)
    assert shell.state["license"]["state"] == "offline"
    assert shell.state["pending"]["scans"] == len(slots)
    for request in list(shell.sent):
        shell.lose(request)
    shell.feed(NetworkReturned())
    grant(shell)
    told = []
    while bodies(shell):
        told += [(report["slot"], report["counts"]) for report in accept_reports(shell)]
    assert told == [(slot, {"qr_code": 1}) for slot in slots]
    assert (shell.state["pending"]["scans"], shell.explain()["lost"]) == (0, {})


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
    shell = licensed(options=TrackerOptions(handshake_code="code-1", license_servers=SERVERS))
    shell.scan(A)
    flush(shell)
    shell.lose(shell.only_request(REPORTS))
    assert shell.only_request(REPORTS).url == f"https://standby.test{REPORTS}"
    accept_reports(shell)
    shell.scan(B)
    flush(shell)
    assert shell.only_request(REPORTS).url == f"https://lts.test{REPORTS}"


def asked_to_wait_an_hour_by_main():
    shell = licensed(options=TrackerOptions(handshake_code="code-1", license_servers=SERVERS))
    shell.scan(A)
    flush(shell)
    problem = encode_problem(Problem(503, "STORE_UNAVAILABLE", "The store is busy."))
    shell.answer(shell.only_request(REPORTS), 503, problem, retry_after="3600")
    return shell


def test_main_is_left_alone_as_long_as_it_asked_while_the_standby_answers():
    shell = asked_to_wait_an_hour_by_main()
    shell.clock.advance(1_000)
    accept_reports(shell)
    for _ in range(3):
        shell.clock.advance(SLOT_MS)
        shell.scan(B)
        flush(shell)
        assert shell.only_request(REPORTS).url == f"https://standby.test{REPORTS}"
        accept_reports(shell)
    shell.clock.advance(3_600_000)
    shell.scan(A)
    flush(shell)
    assert shell.only_request(REPORTS).url == f"https://lts.test{REPORTS}"


def test_a_standby_that_asked_for_nothing_is_tried_again_while_main_waits():
    shell = asked_to_wait_an_hour_by_main()
    shell.lose(shell.only_request(REPORTS))
    shell.advance(4_000)
    assert shell.only_request(REPORTS).url == f"https://standby.test{REPORTS}"
    shell.lose(shell.only_request(REPORTS))
    flush(shell)
    assert shell.only_request(REPORTS).url == f"https://standby.test{REPORTS}"
    accept_reports(shell)
    assert shell.state["pending"]["scans"] == 0


def test_a_report_the_server_will_never_take_becomes_a_dead_letter():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell, "rejected", code="REPORT_INVALID", last=None)
    assert [(letter["seq"], letter["code"]) for letter in shell.state["deadLetters"]] == [(1, "REPORT_INVALID")]
    shell.scan(B)
    flush(shell)
    assert [report["seq"] for report in accept_reports(shell)] == [2]


@pytest.mark.parametrize(
    "body",
    [{"code": "PAYLOAD_TOO_LARGE", "detail": "too large"}, "<html><h1>413 Request Entity Too Large</h1></html>", ""],
    ids=["of the LTS", "of a proxy in front of it", "of a proxy without a word"],
)
def test_a_413_splits_the_request(body):
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
        shell.answer(request, 413, body)
    assert sizes[0] == 40
    assert sizes == sorted(sizes, reverse=True)
    total = 0
    while bodies(shell):
        total += len(accept_reports(shell))
    assert total == 40


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


def test_an_answer_that_nobody_asked_for_changes_nothing():
    shell = licensed()
    before = shell.state
    shell.feed(HttpAnswered(99, 200, None, "{}"))
    assert shell.state == before


def test_the_network_s_return_asks_for_the_license_too():
    shell = FakeShell()
    shell.lose(shell.only_request("/v1/authorizations"))
    shell.feed(NetworkReturned())
    grant(shell)
    assert shell.state["license"]["state"] == "licensed"


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


def test_a_sign_of_life_that_was_lost_is_said_again():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell)
    shell.scan(A)  # a duplicate: nothing to report, but the device is alive
    shell.advance(200_000)
    shell.lose(shell.only_request(REPORTS))
    shell.advance(60_000)
    assert shell.only_request(REPORTS).body["reports"] == []
