"""One request on its way: what comes back, or why nothing did."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from dlt_web import __version__
from dlt_web.host.transport import MAX_ANSWER_BYTES, Transport
from dlt_web.messages import HttpAnswered, HttpFailed, SendHttp
from dlt_web.testing.faults import Answer, Fault
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy


def send(url: str, *, method: str = "GET", body: object = None, timeout_ms: int = 10_000) -> HttpAnswered | HttpFailed:
    async def once() -> HttpAnswered | HttpFailed:
        transport = Transport()
        answer = await transport.send(SendHttp(7, method, url, body, timeout_ms))  # type: ignore[arg-type]
        await transport.close()
        return answer

    return asyncio.run(once())


@pytest.fixture
def broken(proxy: RecordingProxy) -> Iterator[RecordingProxy]:
    yield proxy
    proxy.heal()


def test_an_answer_comes_with_its_status_and_text(lts: LtsProcess, proxy: RecordingProxy):
    answer = send(f"{proxy.url}/v1/usage-reports", method="POST", body={"a": "ä"})
    assert isinstance(answer, HttpAnswered)
    assert (answer.request, answer.status) == (7, 422)
    assert "REQUEST_INVALID" in answer.body
    [request] = proxy.requests()
    assert (request.body, request.header("Content-Type")) == ('{"a":"ä"}'.encode(), "application/json")
    assert request.header("User-Agent") == f"dlt-web/{__version__}"


def test_a_redirect_is_not_followed_and_retry_after_is_told(broken: RecordingProxy):
    broken.inject(Fault.redirect("/v1/elsewhere"), path="/healthz", method="GET", times=1)
    assert send(f"{broken.url}/healthz") == HttpAnswered(7, 302, None, "")
    assert [request.path for request in broken.requests()] == ["/healthz"]
    broken.inject(Fault.status(503, retry_after="9"), path="/healthz", method="GET", times=1)
    answer = send(f"{broken.url}/healthz")
    assert isinstance(answer, HttpAnswered)
    assert (answer.status, answer.retry_after) == (503, "9")


def test_what_is_no_answer_of_ours_is_not_read_to_its_end(broken: RecordingProxy):
    long = Answer(200, (("Content-Type", "text/plain"),), b"x" * (MAX_ANSWER_BYTES + 1))
    broken.detour(lambda request: long)
    assert send(f"{broken.url}/healthz") == HttpFailed(7, f"the answer is longer than {MAX_ANSWER_BYTES} bytes")


def test_the_time_limit_is_for_the_whole_request(broken: RecordingProxy):
    broken.inject(Fault.hang(), path="/healthz", method="GET")
    assert send(f"{broken.url}/healthz", timeout_ms=200) == HttpFailed(7, "no answer within 200 ms")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://lts.invalid/", "http://[::1:bad/", "http://127.0.0.1:99999/"]
)
def test_where_nobody_answers_the_reason_is_told(url: str):
    failed = send(url)
    assert isinstance(failed, HttpFailed)
    assert failed.reason
