"""Bad input, CORS and the small endpoints (spec §7)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dlt_web.lts.store import SqliteStore, StoreUnavailableError
from tests.lts.world import CODE, SHOP, World, code_of, outcomes, report, uuid, world_over

PATHS = ["/v1/authorizations", "/v1/usage-reports"]
NOT_JSON = {
    "empty": b"",
    "text": b"hello",
    "html": b"<!doctype html><title>x</title>",
    "half": b'{"handshakeCode": "a"',
    "NaN": b'{"handshakeCode": NaN}',
    "infinity": b'{"handshakeCode": Infinity}',
    "lone surrogate": b'{"handshakeCode": "\\ud800"}',
    "broken UTF-8": b'{"handshakeCode": "\xff"}',
    "raw surrogate": b'{"handshakeCode": "\xed\xa0\x80"}',
    "5 000 nested lists": b"[" * 5_000 + b"]" * 5_000,
    "5 000 nested objects": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "100 000 open brackets": b"[" * 100_000,
    "too long a number": b'{"handshakeCode": ' + b"9" * 10_000 + b"}",
    "zero byte": b"\x00",
    "byte order mark": b"\xef\xbb\xbf{}",
}
HUGE = 10**400


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A server over the real store only: what HTTP refuses never reaches it."""
    with world_over(SqliteStore(str(tmp_path / "lts.db"))) as world:
        yield world


@pytest.fixture
def ready(world: World) -> World:
    world.license()
    world.handshake()
    world.authorize()
    return world


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_not_json_is_400(ready: World, path: str, body: bytes) -> None:
    assert code_of(ready.call("POST", path, content=body)) == (400, "REQUEST_INVALID")


@pytest.mark.parametrize("path", PATHS)
def test_a_body_nested_too_deeply_is_refused_in_words_of_our_own(ready: World, path: str) -> None:
    response = ready.call("POST", path, content=NOT_JSON["5 000 nested lists"])
    assert response.json()["detail"] == "The body is nested too deeply: no message has more than 4 levels."


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", ["null", "1", '"x"', "[]", "true", "{}", "[[[[]]]]", '{"handshakeCode": []}'])
def test_json_of_another_shape_is_422(ready: World, path: str, body: str) -> None:
    assert code_of(ready.call("POST", path, content=body)) == (422, "REQUEST_INVALID")


WRONG: list[Any] = [None, 1, -1, 1.5, True, "", "x" * 10_000, [], {}, [[]], "\u0000", HUGE, "é" * 64, "null"]


@pytest.mark.parametrize("name", ["handshakeCode", "deviceUuid", "streamId", "storage", "sentAt", "reports"])
@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:20])
def test_wrong_values_in_a_report_request_are_4xx(ready: World, name: str, value: Any) -> None:
    is_sign_of_life = name == "reports" and value == []
    is_other_code = name == "handshakeCode" and value == "null"
    body = ready.report_body(1, [report(1)]) | {name: value}
    response = ready.call("POST", "/v1/usage-reports", content=json.dumps(body))
    if is_sign_of_life:
        assert response.status_code == 200
    elif is_other_code:
        assert code_of(response) == (404, "HANDSHAKE_CODE_UNKNOWN")
    else:
        assert code_of(response) == (422, "REQUEST_INVALID")
        assert response.json()["field"].startswith(name)


@pytest.mark.parametrize(
    "change",
    [
        {"counts": {"qr_code": -1}},
        {"counts": {"qr_code": 1.5}},
        {"counts": {"qr_code": True}},
        {"counts": {"qr_code": 10**9}},
        {"counts": {"qr_code": HUGE}},
        {"counts": {"": 1}},
        {"counts": {"QR": 1}},
        {"counts": {"qr-code": 1}},
        {"counts": {"qr code": 1}},
        {"counts": {"x" * 65: 1}},
        {"counts": {"qr_\u0441ode": 1}},
        {"counts": {f"s{number}": 1 for number in range(500)}},
        {"counts": []},
        {"counts": None},
        {"lost": {"no reason": 1}},
        {"lost": {"purged": -1}},
        {"seq": 0},
        {"seq": 2**53},
        {"seq": "1"},
        {"version": 0},
        {"id": "R1"},
        {"slot": "2026-11-24T10:03:01Z"},
        {"slot": "0001-01-01T00:00:00Z"},
        {"slot": "9999-12-31T23:59:59Z"},
        {"slot": 0},
    ],
    ids=lambda change: repr(change)[:30],
)
def test_wrong_values_in_a_report_are_4xx(ready: World, change: dict[str, Any]) -> None:
    response = ready.report(1, [report(1) | change])
    assert code_of(response) == (422, "REQUEST_INVALID")
    assert response.json()["field"].startswith("reports[0].")
    assert ready.usage().scans == 0


def test_an_unfamiliar_symbology_is_counted_as_it_is(ready: World) -> None:
    name = "x" * 64
    ready.report(1, [report(1, counts={"holo_code_9": 2, name: 1})])
    assert ready.usage().by_symbology == {"holo_code_9": 2, name: 1}


def test_the_largest_counts_are_counted(ready: World) -> None:
    ready.report(1, [report(seq, counts={"qr_code": 10**8}) for seq in range(1, 1_001)])
    assert ready.usage().scans == 10**11


def test_the_largest_numbers_are_taken(ready: World) -> None:
    largest = 2**53 - 1
    assert outcomes(ready.report(1, [report(largest, version=largest, id=uuid(7))])) == ["accepted"]
    assert outcomes(ready.report(1, [report(largest, version=largest, id=uuid(7))])) == ["duplicate"]
    assert ready.reads.missing_numbers(CODE, uuid(1)) == largest - 1


def test_a_body_beyond_1_mib_is_413(ready: World) -> None:
    for body in (b" " * (2**20 + 1), b"x" * 10_000_000):
        assert code_of(ready.call("POST", "/v1/usage-reports", content=body)) == (413, "PAYLOAD_TOO_LARGE")
    body = json.dumps(ready.report_body(1, [report(1)])).encode()
    padded = body + b" " * (2**20 - len(body))
    assert ready.call("POST", "/v1/usage-reports", content=padded).status_code == 200


def test_a_body_of_unknown_length_is_413_too(ready: World) -> None:
    async def endless() -> Any:
        for _ in range(40):
            yield b" " * 65_536

    response = ready.call("POST", "/v1/usage-reports", content=endless())
    assert code_of(response) == (413, "PAYLOAD_TOO_LARGE")


def test_too_many_reports_are_422(ready: World) -> None:
    assert code_of(ready.report(1, [{}] * 2_001)) == (422, "REQUEST_INVALID")


def test_a_beacon_needs_no_preflight(ready: World) -> None:
    body = json.dumps(ready.report_body(1, [report(1)]))
    for number, media_type in enumerate(("text/plain;charset=UTF-8", "application/json", "")):
        headers = {"Content-Type": media_type, "Origin": SHOP}
        response = ready.call("POST", "/v1/usage-reports", content=body, headers=headers)
        assert outcomes(response) == ["duplicate" if number else "accepted"]


# -- methods, paths, CORS


def test_unknown_paths_and_methods_are_problems(ready: World) -> None:
    assert code_of(ready.call("GET", "/nothing")) == (404, "NOT_FOUND")
    assert code_of(ready.call("POST", "/v1/usage-reports/")) == (404, "NOT_FOUND")
    response = ready.call("GET", "/v1/usage-reports")
    assert code_of(response) == (405, "METHOD_NOT_ALLOWED")
    assert "POST" in response.headers["allow"]
    assert code_of(ready.call("DELETE", "/healthz")) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("path", PATHS)
def test_preflights_are_answered_and_remembered(ready: World, path: str) -> None:
    asking = {"Origin": SHOP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    response = ready.call("OPTIONS", path, headers=asking)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == SHOP
    assert "POST" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"].lower() == "content-type"
    assert int(response.headers["access-control-max-age"]) >= 3600
    assert "access-control-allow-credentials" not in response.headers


def test_pages_may_read_answers_and_refusals(ready: World) -> None:
    ready.admin.set_handshake(CODE, {"origins": ("https://other.example",)})
    refused = ready.authorize()
    assert code_of(refused) == (403, "ORIGIN_NOT_ALLOWED")
    for response in (refused, ready.call("GET", "/.well-known/jwks.json", headers={"Origin": SHOP})):
        assert response.headers["access-control-allow-origin"] == SHOP
        assert response.headers["vary"] == "Origin"
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "access-control-allow-credentials" not in response.headers


def test_keys_may_be_cached_and_answers_not(ready: World) -> None:
    assert "max-age" in ready.call("GET", "/.well-known/jwks.json").headers["cache-control"]
    assert ready.report().headers["cache-control"] == "no-store"


# -- trouble


def test_store_trouble_is_503_with_retry_after(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object, **_named: object) -> Any:
        raise StoreUnavailableError("disk I/O error in /secret/path")

    for name in ("read", "submit"):
        monkeypatch.setattr(ready.store, name, fail)
    for response in (ready.authorize(), ready.report(), ready.call("GET", "/readyz")):
        assert code_of(response) == (503, "STORE_UNAVAILABLE")
        assert int(response.headers["retry-after"]) > 0
        assert "secret" not in response.text
    assert ready.call("GET", "/healthz").status_code == 200
    monkeypatch.undo()


def test_the_unexpected_is_a_500_problem_without_a_traceback(
    ready: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_given: object) -> Any:
        raise RuntimeError("internal detail")

    monkeypatch.setattr("dlt_web.lts.service.admission.is_other_epoch", fail)
    response = ready.authorize(sessionPassword="hunter2")
    assert code_of(response) == (500, "INTERNAL")
    assert "internal detail" not in response.text
    assert response.headers["access-control-allow-origin"] == SHOP
    logged = capsys.readouterr()
    assert "internal detail" in logged.out + logged.err


# -- small endpoints


def test_health_and_readiness(ready: World) -> None:
    assert ready.call("GET", "/healthz").json() == {"status": "ok"}
    assert ready.call("GET", "/readyz").json() == {"status": "ready"}


def test_the_test_clock_exists_under_a_test_clock_only(ready: World) -> None:
    from dlt_web.lts.app import create_app
    from dlt_web.lts.clock import SystemClock
    from dlt_web.lts.service import Service

    app = create_app(Service(ready.store, SystemClock()))

    async def ask() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://lts") as client:
            return (await client.post("/v1/test/clock", json={"advanceSeconds": 1})).status_code

    assert ready.run(ask()) == 404
