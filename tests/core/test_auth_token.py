import json
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest

from dlt_web.auth_token import check_bearer, claims_of, header_of, read_token
from dlt_web.errors import TokenError
from dlt_web.model import AuthToken

TOKEN = AuthToken("key-1", "lts", "device-1", "https://shop.test", 10, 20, "jti-1", "item-1", "per_scan", False, 60)


def compact(header, claims):
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, "c2ln"])


@pytest.mark.parametrize("token", [TOKEN, replace(TOKEN, audience=None, over_quota=True, offline_allowance_s=0)])
def test_a_token_says_what_was_signed(token):
    assert read_token(compact(header_of("key-1"), claims_of(token))) == token


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": "none"}, {}),
        ({"alg": "HS256"}, {}),
        ({"typ": "JWT"}, {}),
        ({"kid": ""}, {}),
        ({}, {"exp": "soon"}),
        ({}, {"exp": -1}),
        ({}, {"exp": True}),
        ({}, {"sub": None}),
        ({}, {"chargeWay": "per_year"}),
        ({}, {"aud": 5}),
        ({}, {"offlineAllowanceSeconds": 1.5}),
    ],
)
def test_a_wrong_header_or_claim_makes_it_no_token(header, claims):
    with pytest.raises(TokenError):
        read_token(compact(header_of("key-1") | header, claims_of(TOKEN) | claims))


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c.d", "%%.%%.x", "W10.W10.x", "bm90IGpzb24.bm90IGpzb24.x"])
def test_what_is_no_compact_jws_is_no_token(text):
    with pytest.raises(TokenError):
        read_token(text)


def test_a_token_is_for_one_device_and_one_origin():
    check_bearer(TOKEN, device_uuid="device-1", origin="https://shop.test")
    check_bearer(replace(TOKEN, audience=None), device_uuid="device-1", origin="https://any.test")
    with pytest.raises(TokenError, match="another device"):
        check_bearer(TOKEN, device_uuid="device-2", origin="https://shop.test")
    with pytest.raises(TokenError, match=r"https://shop\.test, this page is https://other\.test"):
        check_bearer(TOKEN, device_uuid="device-1", origin="https://other.test")
