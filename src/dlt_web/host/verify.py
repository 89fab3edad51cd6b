"""Checks the signature of a token. What the token says is none of its business."""

from __future__ import annotations

from typing import Any, Literal

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry, deserialize_compact

from ..auth_token import ALGORITHM, read_token
from ..errors import TokenError


class _EdDsaOnly(JWSRegistry):
    """Knows EdDSA, as every LTS signs, without RFC 9864's deprecation warning."""

    def get_alg(self, name: str) -> Any:
        if name != ALGORITHM:
            raise ValueError(f"a token is signed with {ALGORITHM}")
        return self.algorithms[name]


def verify(token: str, keys: Any) -> Literal["valid", "invalid"]:
    """Check a compact JWS against the Ed25519 key of a JSON Web Key Set that its ``kid`` names; never raises.

    Args:
        token: the compact JWS.
        keys: ``{"keys": [...]}``, as a server published it; unchecked.
    """
    try:
        key_id = read_token(token).key_id
        jwk = next(key for key in keys["keys"] if key.get("kid") == key_id and key.get("crv") == "Ed25519")
        public = {"kty": "OKP", "crv": "Ed25519", "x": jwk["x"]}
        deserialize_compact(token, OKPKey.import_key(public), registry=_EdDsaOnly())
    except (TokenError, JoseError, StopIteration, ValueError, TypeError, KeyError, AttributeError):
        return "invalid"
    return "valid"
