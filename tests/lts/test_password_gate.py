"""Who gets to the slow check of session passwords, and who waits (spec §7)."""

from __future__ import annotations

import asyncio

import pytest

from dlt_web.lts import admission
from dlt_web.lts.admission import MAX_CHECKS_OF_CLIENT, PasswordGate, check_origin
from dlt_web.lts.passwords import hash_password
from dlt_web.lts.records import Handshake
from tests.lts.world import SHOP

GUARDED = Handshake("c", password_hash=hash_password("right"))


@pytest.mark.parametrize(
    ("handshake", "origin", "is_demanded"),
    [
        (Handshake("c", origins=(SHOP,), allow_non_browser=True), None, True),
        (Handshake("c", origins=(SHOP,), allow_non_browser=True), SHOP, False),
        (Handshake("c", origins=(SHOP,)), None, False),
        (Handshake("c", allow_non_browser=True), None, False),
    ],
)
def test_beside_browsers_a_password_is_demanded_even_where_none_is_set(
    handshake: Handshake, origin: str | None, is_demanded: bool
) -> None:
    refusal = asyncio.run(PasswordGate().check(handshake, None, origin))
    assert (refusal is not None and refusal.code == "SESSION_PASSWORD_WRONG") == is_demanded


def test_the_line_is_as_long_as_it_says_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_CHECKS_WAITING", 3)

    async def crowd() -> list[str]:
        gate = PasswordGate()
        checks = [gate.check(GUARDED, f"wrong {n}", None, f"192.0.2.{n}") for n in range(5)]
        return [refusal.code for refusal in await asyncio.gather(*checks) if refusal is not None]

    assert asyncio.run(crowd()) == ["SESSION_PASSWORD_WRONG"] * 3 + ["RATE_LIMITED"] * 2


def test_who_has_been_answered_stands_in_no_line() -> None:
    async def one_after_another() -> set[str]:
        gate = PasswordGate()
        codes = set()
        for number in range(2 * MAX_CHECKS_OF_CLIENT):
            refusal = await gate.check(GUARDED, f"wrong {number}", None, "192.0.2.1")
            codes.add("" if refusal is None else refusal.code)
        return codes

    assert asyncio.run(one_after_another()) == {"SESSION_PASSWORD_WRONG"}


def test_a_refused_origin_is_named() -> None:
    handshake = Handshake("c", origins=(SHOP,))
    for origin, named in ((None, "found none."), ("https://x.example", "found https://x.example.")):
        refusal = check_origin(handshake, origin)
        assert refusal is not None
        assert named in refusal.detail
