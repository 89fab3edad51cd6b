"""A token's way from an answer to a permission: is it for this device, which keys sign it, is its signature good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .answers import NoAnswer, read_answer
from .auth_token import check_bearer, read_token
from .errors import TokenError
from .local_state import Permission
from .messages import Json, VerifyToken
from .model import AuthToken, Problem
from .options import TrackerOptions
from .outbox import HttpResult, Outbox, Trouble

REQUEST_TIMEOUT_MS = 30_000


@dataclass(frozen=True, slots=True)
class Grant:
    """A token as an answer gave it, with what the answer said beside it."""

    token: str
    expires_at_ms: int
    server_time_ms: int
    report_token: str | None = None
    store_epoch: str | None = None


class TokenCheck:
    """Checks one token at a time; ends with :meth:`verified` or a call of ``on_failure``."""

    def __init__(self, options: TrackerOptions, outbox: Outbox, on_failure: Callable[[NoAnswer], None]) -> None:
        self._options = options
        self._outbox = outbox
        self._on_failure = on_failure
        self._keys: Json = None
        self._grant: Grant | None = None
        self._claims: AuthToken | None = None
        self._server = ""
        self._wall_ms = 0

    def begin(self, wall_ms: int) -> None:
        """Take the wall time of a feed; called first in each."""
        self._wall_ms = wall_ms

    @property
    def is_under_way(self) -> bool:
        """Tell whether a token is being checked."""
        return self._grant is not None

    def drop(self) -> None:
        """Check no more: whatever comes is for a device of the past."""
        self._grant = None

    def check(self, grant: Grant, *, device_uuid: str, server: str) -> None:
        """Check a token that this server gave; its keys are fetched if the token names one that is not known."""
        try:
            claims = read_token(grant.token)
            check_bearer(claims, device_uuid=device_uuid, origin=self._options.origin)
        except TokenError as error:
            self._on_failure(NoAnswer(Trouble(error.code, error.message)))
            return
        self._grant, self._claims, self._server = grant, claims, server
        if self._has_key(claims.key_id):
            self._outbox.emit(VerifyToken(grant.token, self._keys))
            return
        url = f"{server}/.well-known/jwks.json"
        self._outbox.send("GET", url, None, timeout_ms=REQUEST_TIMEOUT_MS, then=lambda got: self._keys_came(got, url))

    def verified(self, token: str, verdict: str) -> tuple[Grant, Permission] | None:
        """Take the verdict on a signature; return what it permits, or None if it permits nothing."""
        grant, claims = self._grant, self._claims
        if grant is None or claims is None or grant.token != token:
            return None
        self._grant = None
        if verdict == "invalid":
            trouble = Trouble("TOKEN_INVALID", f"The token from {self._server} is not signed with its keys.")
            self._on_failure(NoAnswer(trouble))
            return None
        expires_at_ms = self._wall_ms + max(0, grant.expires_at_ms - grant.server_time_ms)
        # Without a checked signature the token is worth its online life only (spec §8).
        allowance_ms = claims.offline_allowance_s * 1000 if verdict == "valid" else 0
        permission = Permission(
            token=token,
            charge_way=claims.charge_way,
            item_id=claims.item_id,
            is_over_quota=claims.over_quota,
            granted_at_ms=self._wall_ms,
            expires_at_ms=expires_at_ms,
            offline_until_ms=expires_at_ms + allowance_ms,
        )
        return grant, permission

    def _has_key(self, key_id: str) -> bool:
        return self._keys is not None and any(key.get("kid") == key_id for key in self._keys["keys"])

    def _keys_came(self, result: HttpResult, url: str) -> None:
        keys = read_answer(result, url, 200, _read_keys, wall_ms=self._wall_ms)
        if self._grant is None:
            return
        if isinstance(keys, NoAnswer | Problem):
            self._grant = None
            trouble = keys.trouble if isinstance(keys, NoAnswer) else Trouble(keys.code, keys.detail)
            self._on_failure(NoAnswer(trouble))
            return
        self._keys = keys
        self._outbox.emit(VerifyToken(self._grant.token, keys))


def _read_keys(body: Json) -> Json:
    keys = body["keys"] if isinstance(body, dict) and isinstance(body.get("keys"), list) else None
    if keys is None or not all(isinstance(key, dict) for key in keys):
        raise ValueError("no key set")
    return {"keys": keys}
