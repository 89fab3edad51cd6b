"""``/v1/session``: signing in at the dashboard with an administration key, and out again."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ..slots import format_time
from .admin_bodies import convert
from .admin_gate import Gate
from .admin_session import (
    FORGED,
    NOT_OUR_PAGE,
    SECURE_COOKIE,
    clear_cookies,
    cookie_of,
    held_session,
    held_sessions,
    is_forged,
    is_own_page,
    set_cookie,
)
from .http import JsonResponse, ProblemResponse, read_json
from .records import AdminKey
from .sessions import Session


class SignInBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """With which key."""

    key: str


class SessionApi:
    """The endpoints; they share the gate's sessions."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def sign_in(self, request: Request) -> Response:
        """Begin a session with an operator's key; a session that the browser had before ends."""
        if not is_own_page(request):
            return ProblemResponse(NOT_OUR_PAGE)
        secret = convert(await read_json(request), SignInBody).key.strip()
        key = await self._gate.operators_key(request, secret)
        if isinstance(key, Response):
            return key
        self._end(request)
        secret, session = self._gate.begin(key, cookie_of(request))
        response = JsonResponse(self._shown(key, session), 201)
        set_cookie(request, response, secret)
        return response

    async def show(self, request: Request) -> Response:
        """Tell whose session it is, with its token, for a page that is loaded anew; null where nobody is signed in."""
        if held_session(request) is None:
            return JsonResponse(None)
        found = await self._gate.session(request)
        if isinstance(found, Response):
            return found
        # Its token is for the dashboard's own page.
        return ProblemResponse(FORGED) if is_forged(request, found[1]) else JsonResponse(self._shown(*found))

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        found = await self._gate.session(request)
        if not isinstance(found, Response):
            if is_forged(request, found[1]):
                return ProblemResponse(FORGED)
            self._end(request)
        response = JsonResponse({"signedOut": True})
        clear_cookies(response)
        return response

    def _end(self, request: Request) -> None:
        for held in held_sessions(request):
            self._gate.sessions.end(held.secret)

    def _shown(self, key: AdminKey, session: Session) -> dict[str, Any]:
        return {
            "key": key.name,
            "scope": key.scope,
            "csrfToken": session.csrf_token,
            # A page over HTTPS takes up no other session: somebody else may have planted its cookie.
            "hostBound": session.cookie == SECURE_COOKIE,
            "expiresAt": format_time(session.until_ms),
            # A browser's clock may be wrong, and figures are asked for by time.
            "serverTime": format_time(self._gate.clock.now_ms()),
        }
