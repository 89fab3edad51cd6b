"""Whose request it is, and what the log says of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog

from dlt_web.errors import OptionError
from dlt_web.lts.admission import MAX_CHECKS_OF_CLIENT, PasswordGate
from dlt_web.lts.app import create_app
from dlt_web.lts.client_address import TrustedProxies
from dlt_web.lts.passwords import hash_password
from dlt_web.lts.records import Handshake
from tests.lts.world import World

PROXIES = TrustedProxies.parse(["10.0.0.0/8", "2001:db8::1", "127.0.0.1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.7, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("2001:db8::1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        (None, ["198.51.100.7"], None),
    ],
)
def test_only_a_trusted_proxys_word_about_its_client_counts(
    peer: str | None, forwarded: list[str], client: str | None
) -> None:
    assert PROXIES.client_of(peer, forwarded) == client


@pytest.mark.parametrize("text", ["", "proxy.example", "10.0.0.0/33", "10.0.0.1/8"])
def test_what_is_no_address_is_no_proxy(text: str) -> None:
    with pytest.raises(OptionError, match="trusted proxy"):
        TrustedProxies.parse([text])


def logged(world: World, proxies: TrustedProxies, headers: dict[str, str], *, verbose: bool = True) -> Any:
    """Send one request as from 127.0.0.1; return the answer's request id and the lines that were logged."""
    world.client._transport.app = create_app(world.service, proxies=proxies, is_access_logged=verbose)  # type: ignore[attr-defined]
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = world.call("GET", "/healthz", headers=headers, params={"secret": "canary"})
    return answer.headers["x-request-id"], lines


def test_a_line_says_whose_request_it_was_and_no_secret(world: World) -> None:
    headers = {"X-Forwarded-For": "198.51.100.7", "X-Request-ID": "proxy-1", "Authorization": "Bearer canary"}
    request_id, [line] = logged(world, PROXIES, headers)
    assert request_id == "proxy-1"
    assert (line["request_id"], line["client"], line["status"]) == ("proxy-1", "198.51.100.7", 200)
    assert "canary" not in str(line)


def test_a_peer_that_is_not_trusted_names_neither_client_nor_request(world: World) -> None:
    headers = {"X-Forwarded-For": "198.51.100.7", "X-Request-ID": "spoofed"}
    request_id, [line] = logged(world, TrustedProxies(), headers)
    assert (line["client"], line["request_id"]) == ("127.0.0.1", request_id)
    assert len(request_id) == 16


def test_answered_requests_are_logged_on_demand_only(world: World) -> None:
    assert logged(world, TrustedProxies(), {}, verbose=False)[1] == []


def test_one_address_does_not_fill_the_line_of_password_checks() -> None:
    handshake = Handshake("c", password_hash=hash_password("right"))

    async def crowd() -> list[str]:
        gate = PasswordGate()
        crowd = [gate.check(handshake, f"wrong {n}", None, "192.0.2.1") for n in range(MAX_CHECKS_OF_CLIENT + 2)]
        other = gate.check(handshake, "right", None, "198.51.100.7")
        return ["granted" if refusal is None else refusal.code for refusal in await asyncio.gather(*crowd, other)]

    codes = asyncio.run(crowd())
    assert codes.count("RATE_LIMITED") == 2
    assert codes[-1] == "granted"
