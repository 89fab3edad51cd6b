"""Who may pass to ``/v1/admin`` and ``/v1/customer``: by a bearer key, no more often than is good for others.

To administration one may also pass by a session, which the dashboard begins with a key.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ..model import Problem
from .admin_keys import hash_admin_key
from .admin_session import ENDED, FORGED, KEY_GONE, held_session, is_forged
from .clock import Clock
from .http import ProblemResponse
from .rate_limit import Buckets, bucket_of
from .reads import Reads
from .records import AdminKey
from .sessions import Session, Sessions

# Keys that nobody made: so many from an address at once, then one each three seconds. Nobody guesses 256 random bits;
# what is bounded is the work that guessing makes.
WRONG_KEYS_BURST, WRONG_KEYS_PER_S = 20, 1 / 3
# A customer's own key: enough to page through 100 000 devices, and then two pages a second.
CUSTOMER_BURST, CUSTOMER_PER_S = 120, 2.0
# Keys that were good lately: who has one is let in beside a stranger at the same address who tries others.
MAX_REMEMBERED = 1_000


class Gate:
    """Admits requests. Its methods belong to one event loop."""

    def __init__(self, reads: Reads, clock: Clock) -> None:
        self._reads = reads
        self.clock = clock
        self.sessions = Sessions()
        self._wrong = Buckets(WRONG_KEYS_BURST, WRONG_KEYS_PER_S)
        self._customers = Buckets(CUSTOMER_BURST, CUSTOMER_PER_S)
        self._good: OrderedDict[str, None] = OrderedDict()

    async def admit(self, request: Request, needed: Literal["read", "manage", "customer"]) -> AdminKey | Response:
        """Return the key that a request has, or the refusal where it has none that is good for what is ``needed``."""
        key = await self._key_of(request, is_session_good=needed != "customer")
        if isinstance(key, Response):
            return key
        if (key.scope == "customer") != (needed == "customer"):
            return _refused(f"The key {key.name} is {_OTHERS[needed == 'customer']}.")
        if needed == "manage" and key.scope != "manage":
            return _refused(f"The administration key {key.name} may only read; this needs one with the scope manage.")
        if needed == "customer" and (wait_s := self._customers.take(key.name)):
            return _too_many(f"The key {key.name} asks too often", wait_s)
        return key

    async def operators_key(self, request: Request, secret: str) -> AdminKey | Response:
        """Return the key that has a secret, for signing in; a customer's key is refused."""
        key = await self._look_up(hash_admin_key(secret), getattr(request.state, "client_address", None))
        if isinstance(key, Response) or key.scope != "customer":
            return key
        return _refused(f"The key {key.name} is {_OTHERS[False]}.")

    def begin(self, key: AdminKey, cookie: str) -> tuple[str, Session]:
        """Begin a session that is held in a cookie of this name; return its secret with it."""
        return self.sessions.begin(key.key_hash, cookie, self.clock.now_ms())

    async def session(self, request: Request) -> tuple[AdminKey, Session] | Response:
        """Return the session that a request names, with its key as it is now, or the refusal."""
        held = held_session(request)
        session = None if held is None else self.sessions.find(*held, self.clock.now_ms())
        if held is None or session is None:
            return ProblemResponse(ENDED)
        key = await run_in_threadpool(self._reads.admin_key, session.key_hash)
        if key is None:
            self.sessions.end(held.secret)
            return ProblemResponse(KEY_GONE)
        return key, session

    async def _key_of(self, request: Request, *, is_session_good: bool) -> AdminKey | Response:
        """Return the key that a request brings along, or that of its session."""
        if "authorization" not in request.headers and is_session_good and held_session(request):
            found = await self.session(request)
            if isinstance(found, Response):
                return found
            return ProblemResponse(FORGED) if is_forged(request, found[1]) else found[0]
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            return _unauthorized()
        return await self._look_up(hash_admin_key(secret.strip()), getattr(request.state, "client_address", None))

    async def _look_up(self, key_hash: str, client: str | None) -> AdminKey | Response:
        """Return the key with a hash; the store is asked about no more unknown ones than the client's bucket has."""
        whose, is_known = bucket_of(client), key_hash in self._good
        if not is_known and (wait_s := self._wrong.take(whose)):
            return _too_many("Too many keys from this address are none of this server's", wait_s)
        key = await run_in_threadpool(self._reads.admin_key, key_hash)
        if key is None:
            self._good.pop(key_hash, None)
            return _unauthorized()
        if not is_known:
            self._wrong.give_back(whose)
        self._good[key_hash] = None
        self._good.move_to_end(key_hash)
        if len(self._good) > MAX_REMEMBERED:
            self._good.popitem(last=False)
        return key


_OTHERS = {
    True: "an operator's; this needs a customer's own, with the scope customer",
    False: "a customer's; administration needs one with the scope read or manage",
}


def _refused(detail: str) -> Response:
    return ProblemResponse(Problem(403, "ADMIN_KEY_SCOPE", detail))


def _unauthorized() -> Response:
    response = ProblemResponse(Problem(401, "ADMIN_KEY_REQUIRED", "Administration needs a bearer key of this server."))
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _too_many(why: str, wait_s: int) -> Response:
    response = ProblemResponse(Problem(429, "RATE_LIMITED", f"{why}; try again in {wait_s} s."))
    response.headers["Retry-After"] = str(wait_s)
    return response
