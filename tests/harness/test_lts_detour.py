"""How a tracker's requests are led to another server, whatever address the app configured."""

from __future__ import annotations

import json

import pytest

from dlt_web.testing.conformance.lts_detour import LtsDetour, lts_base
from dlt_web.testing.recorded_request import RecordedRequest

TARGET = "http://127.0.0.1:4711"
SAID = {"handshakeCode": "c", "deviceUuid": "d"}


def request(method: str, url: str, body: object = None) -> RecordedRequest:
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return RecordedRequest(0, method, url, (), b"", data)


BASES = ["https://lts.example", "http://shop.localhost:8000/lts", "https://shop.example/a/b"]


@pytest.mark.parametrize("base", BASES)
def test_what_a_tracker_asks_is_led_away_from_any_address(base: str):
    detour = LtsDetour(TARGET)
    assert detour(request("GET", f"{base}/.well-known/jwks.json")) is None  # nobody said that it is a tracker's
    assert detour(request("OPTIONS", f"{base}/v1/authorizations")) == f"{TARGET}/v1/authorizations"
    assert detour(request("POST", f"{base}/v1/authorizations", SAID)) == f"{TARGET}/v1/authorizations"
    assert detour(request("POST", f"{base}/v1/usage-reports", SAID)) == f"{TARGET}/v1/usage-reports"
    assert detour(request("GET", f"{base}/.well-known/jwks.json")) == f"{TARGET}/.well-known/jwks.json"
    assert detour.bases == {base}


def test_main_and_standby_are_both_led_away():
    detour = LtsDetour(TARGET)
    for base in BASES:
        detour(request("POST", f"{base}/v1/usage-reports", SAID))
    assert detour.bases == set(BASES)


@pytest.mark.parametrize(
    "asked",
    [
        request("POST", "https://shop.example/v1/authorizations", {"amount": 12}),
        request("POST", "https://shop.example/v1/authorizations", b"amount=12"),
        request("POST", "https://shop.example/v1/authorizations", ["handshakeCode", "deviceUuid"]),
        request("GET", "https://shop.example/v1/authorizations"),
        request("GET", "https://shop.example/.well-known/jwks.json"),
        request("POST", "https://shop.example/orders", SAID),
    ],
    ids=["an interface of the app's own", "no JSON", "a list", "a read", "keys of another", "another path"],
)
def test_what_is_no_trackers_goes_where_it_was_meant_to(asked: RecordedRequest):
    assert LtsDetour(TARGET)(asked) is None
    assert lts_base(asked) is None


def test_who_listens_hears_of_each_request_before_it_goes_on():
    heard: list[RecordedRequest] = []
    detour = LtsDetour(TARGET, met=heard.append)
    asked = request("POST", "https://lts.example/v1/authorizations", {**SAID, "product": "label-reader"})
    detour(asked)
    assert heard == [asked]
