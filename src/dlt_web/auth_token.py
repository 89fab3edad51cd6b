"""What an auth token says: a compact JWS with an Ed25519 signature (spec §7), read without trusting it.

The signature is checked elsewhere, by WebCrypto in the browser (a command of the tracker and its answer). This module
reads the claims, so that the tracker can ask for the right key and refuse a token for another device.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from .errors import TokenError
from .json_text import parse_json
from .model import CHARGE_WAYS, AuthToken

# RFC 8725 §3.11: an explicit type keeps tokens of one kind from being taken for another.
TOKEN_TYPE = "dlt-auth+jwt"
ALGORITHM = "EdDSA"


def claims_of(token: AuthToken) -> dict[str, Any]:
    """Return the JWS payload of a token, as the LTS signs it."""
    claims: dict[str, Any] = {
        "iss": token.issuer,
        "sub": token.device_uuid,
        "iat": token.issued_at_s,
        "exp": token.expires_at_s,
        "jti": token.token_id,
        "item": token.item_id,
        "chargeWay": token.charge_way,
        "overQuota": token.over_quota,
        "offlineAllowanceSeconds": token.offline_allowance_s,
    }
    return claims if token.audience is None else claims | {"aud": token.audience}


def header_of(key_id: str) -> dict[str, str]:
    """Return the protected header of a token signed with this key."""
    return {"alg": ALGORITHM, "kid": key_id, "typ": TOKEN_TYPE}


def read_token(compact: str) -> AuthToken:
    """Return what a compact JWS claims; its signature is not checked here.

    Raises:
        TokenError: it is no token of an LTS.
    """
    parts = compact.split(".")
    if len(parts) != 3:
        raise TokenError(f"An auth token has three parts joined by dots; this one has {len(parts)}.")
    header, claims = _json_part(parts[0], "header"), _json_part(parts[1], "claims")
    if header.get("alg") != ALGORITHM or header.get("typ") != TOKEN_TYPE:
        raise TokenError(f"An auth token is of type {TOKEN_TYPE}, signed with {ALGORITHM}; this one is not.")
    charge_way = _text(claims, "chargeWay")
    if charge_way not in CHARGE_WAYS:
        raise TokenError(f"The auth token's charge way is not known: {charge_way!a:.40}.")
    audience = claims.get("aud")
    if audience is not None and not isinstance(audience, str):
        raise TokenError("The auth token's audience is not a text.")
    return AuthToken(
        key_id=_text(header, "kid"),
        issuer=_text(claims, "iss"),
        device_uuid=_text(claims, "sub"),
        audience=audience,
        issued_at_s=_whole(claims, "iat"),
        expires_at_s=_whole(claims, "exp"),
        token_id=_text(claims, "jti"),
        item_id=_text(claims, "item"),
        charge_way=charge_way,
        over_quota=claims.get("overQuota") is True,
        offline_allowance_s=_whole(claims, "offlineAllowanceSeconds"),
    )


def check_bearer(token: AuthToken, *, device_uuid: str, origin: str | None) -> None:
    """Refuse a token that speaks of another device, or of another page's origin.

    Raises:
        TokenError: names what differs.
    """
    if token.device_uuid != device_uuid:
        raise TokenError("The auth token is for another device than this one.")
    if token.audience is not None and token.audience != origin:
        raise TokenError(f"The auth token is for the origin {token.audience}, this page is {origin}.")


def _json_part(part: str, what: str) -> Mapping[str, Any]:
    try:
        value = parse_json(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        raise TokenError(f"The auth token's {what} cannot be read.") from None
    if not isinstance(value, dict):
        raise TokenError(f"The auth token's {what} is no JSON object.")
    return value


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise TokenError(f"The auth token lacks {name}.")
    return value


def _whole(values: Mapping[str, Any], name: str) -> int:
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TokenError(f"The auth token's {name} is no whole number.")
    return value
