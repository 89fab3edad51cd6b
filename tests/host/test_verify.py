"""Signatures of tokens, against keys as a server publishes them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from dlt_web.host.verify import verify
from dlt_web.lts.keyring import jwks, new_key, sign
from dlt_web.model import AuthToken

KEY, OTHER = new_key("auth_token", 0), new_key("auth_token", 0)
CLAIMS = AuthToken(KEY.id, "lts", "device", None, 1, 2, "jti", "item", "per_scan", False, 3)
TOKEN = sign(CLAIMS, KEY)
KEYS = jwks([OTHER, KEY])


def part(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_header(**members: str) -> str:
    header = {"alg": "EdDSA", "kid": KEY.id, "typ": "dlt-auth+jwt"} | members
    return ".".join([part(header), *TOKEN.split(".")[1:]])


def test_a_token_that_a_published_key_signed_is_valid():
    assert verify(TOKEN, KEYS) == "valid"


@pytest.mark.parametrize(
    "token",
    [
        TOKEN[:-4] + "AAAA",
        ".".join([TOKEN.split(".")[0], part({"sub": "another"}), TOKEN.split(".")[2]]),
        with_header(alg="none"),
        with_header(alg="HS256"),
        with_header(kid=OTHER.id),
        with_header(kid="unknown"),
        "no token",
        "",
    ],
)
def test_any_other_token_is_not(token: str):
    assert verify(token, KEYS) == "invalid"


@pytest.mark.parametrize(
    "keys",
    [
        None,
        {},
        {"keys": None},
        {"keys": []},
        {"keys": ["x"]},
        jwks([OTHER]),
        {"keys": [{"kid": KEY.id, "crv": "Ed25519"}]},
        {"keys": [{"kid": KEY.id, "crv": "Ed25519", "x": "!"}]},
        {"keys": [{"kid": KEY.id, "crv": "X25519", "x": "AA"}]},
    ],
)
def test_keys_that_are_none_make_nothing_valid(keys: Any):
    assert verify(TOKEN, keys) == "invalid"
