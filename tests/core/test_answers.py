import pytest

from dlt_web.answers import NoAnswer, read_answer, retry_after_ms
from dlt_web.messages import HttpAnswered, HttpFailed
from dlt_web.model import Problem
from tests.core.fake_shell import START_WALL_MS

URL = "https://lts.test/v1/x"


def read(status, body, retry_after=None):
    result = HttpAnswered(1, status, retry_after, body)
    return read_answer(result, URL, 200, lambda value: value["good"], wall_ms=START_WALL_MS)


def test_a_good_answer_is_decoded():
    assert read(200, '{"good": 7}') == 7


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422])
def test_a_refusal_for_good_is_the_server_s_problem(status):
    assert read(status, '{"code": "X", "detail": "d"}') == Problem(status, "X", "d")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_a_problem_that_passes_is_no_refusal(status):
    answer = read(status, '{"code": "STORE_UNAVAILABLE", "detail": "d"}', "7")
    assert isinstance(answer, NoAnswer)
    assert (answer.trouble.code, answer.retry_after_ms) == ("STORE_UNAVAILABLE", 7000)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, "<!DOCTYPE html><p>", "web page"),
        (404, "<html>", "web page"),
        (200, "", "something else"),
        (201, '{"good": 7}', "something else"),
        (302, "", "redirect"),
        (500, "oops", "something else"),
        (403, '{"error": "no"}', "something else"),
        (403, "[" * 100_000, "something else"),
    ],
)
def test_what_is_no_lts_is_said_with_url_and_what_came(status, body, said):
    answer = read(status, body)
    assert isinstance(answer, NoAnswer)
    assert answer.trouble.code == "SERVER_ANSWER_INVALID"
    assert URL in answer.trouble.message
    assert said in answer.trouble.message


def test_no_answer_at_all_says_why():
    answer = read_answer(HttpFailed(1, "timed out"), URL, 200, lambda value: value, wall_ms=0)
    assert isinstance(answer, NoAnswer)
    assert answer.trouble.code == "SERVER_UNREACHABLE"
    assert "timed out" in answer.trouble.message


@pytest.mark.parametrize(
    ("header", "ms"),
    [
        (None, 0),
        ("", 0),
        ("120", 120_000),
        ("99999999999999999", 3_600_000),
        ("-5", 0),
        ("soon", 0),
        ("Mon, 24 Nov 2025 16:00:30 GMT", 30_000),
        ("Mon, 24 Nov 2025 15:00:00 GMT", 0),
        ("Mon, 24 Nov 2026 16:00:00 GMT", 3_600_000),
        ("Mon, 24 Nox 2025 16:00:30 GMT", 0),
        ("Mon, 99 Nov 2025 16:00:30 GMT", 0),
    ],
)
def test_retry_after_is_understood_in_both_forms(header, ms):
    assert retry_after_ms(header, START_WALL_MS) == ms
