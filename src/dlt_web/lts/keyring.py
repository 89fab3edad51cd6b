"""The store's keys at work: report tokens (HMAC-SHA256) and auth tokens (Ed25519 JWS, spec §7).

Secrets live in the store and never leave this module but as tokens and public keys.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry, serialize_compact

from ..auth_token import ALGORITHM, claims_of, header_of
from ..model import AuthToken
from .records import Key, KeyKind

KEY_ID_BYTES = 8
SECRET_BYTES = 32

_REPORT_TOKEN = re.compile(r"rt1\.([0-9a-f]{16})\.([A-Za-z0-9_-]{43})")

TokenVerdict = Literal["good", "bad", "stale"]


class _EdDsaOnly(JWSRegistry):
    """Signs with EdDSA, the name that WebCrypto's libraries know today, without RFC 9864's deprecation warning."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


def new_key(kind: KeyKind, now_ms: int) -> Key:
    """Return a fresh random key of a kind."""
    return Key(kind, secrets.token_hex(KEY_ID_BYTES), secrets.token_bytes(SECRET_BYTES), now_ms)


def make_report_token(key: Key, handshake_code: str, device_uuid: str) -> str:
    """Return the proof that this store has met a device under a handshake code (spec §6); always 64 characters."""
    return f"rt1.{key.id}.{_mac(key, handshake_code, device_uuid)}"


def judge_report_token(token: str | None, keys: Sequence[Key], handshake_code: str, device_uuid: str) -> TokenVerdict:
    """Judge a report's token: ``stale`` is well formed but made with a key that this store does not have."""
    parts = _REPORT_TOKEN.fullmatch(token or "")
    if parts is None:
        return "bad"
    for key in keys:
        if key.id == parts[1]:
            return "good" if hmac.compare_digest(_mac(key, handshake_code, device_uuid), parts[2]) else "bad"
    return "stale"


def sign(token: AuthToken, key: Key) -> str:
    """Return the compact JWS of a token."""
    payload = json.dumps(claims_of(token), separators=(",", ":"))
    return serialize_compact(header_of(key.id), payload, _signing_key(key), registry=_EdDsaOnly())


def jwks(keys: Sequence[Key]) -> dict[str, Any]:
    """Return the JSON Web Key Set with the public half of every signing key, newest first."""
    shared = {"use": "sig", "alg": ALGORITHM}
    return {"keys": [_signing_key(key).as_dict(private=False) | {"kid": key.id} | shared for key in keys]}


@lru_cache(maxsize=64)
def _signing_key(key: Key) -> OKPKey:
    public = Ed25519PrivateKey.from_private_bytes(key.secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _base64url(public), "d": _base64url(key.secret)})


def _mac(key: Key, handshake_code: str, device_uuid: str) -> str:
    # A code has no line breaks, so the two parts cannot be cut differently.
    text = f"report-token\n{handshake_code}\n{device_uuid}".encode()
    return _base64url(hmac.digest(key.secret, text, hashlib.sha256))


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
