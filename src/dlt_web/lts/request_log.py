"""Names each request, says whose it is, and logs it as one line; no line holds a query, a header or a body."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable
from itertools import count

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .client_address import TrustedProxies

log = structlog.get_logger("dlt_web.lts")

# What a proxy may name a request; anything else could break lines or fill the log.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestLog:
    """ASGI middleware: gives every log line of a request its ``request_id``, and the answer too, as ``X-Request-ID``.

    Refused and failed requests are logged always, answered ones on demand: at full load lines cost more than answers.
    """

    def __init__(self, app: ASGIApp, proxies: TrustedProxies, *, is_verbose: bool) -> None:
        self._app = app
        self._proxies = proxies
        self._is_verbose = is_verbose
        # Names the process; a number after it names the request. Nobody need be unable to guess it.
        self._prefix = secrets.token_hex(4)
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client, request_id = self._identify(scope)
        scope.setdefault("state", {})["client_address"] = client
        started, status = time.perf_counter(), 500
        header = (b"x-request-id", request_id.encode())

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], header]
            await send(message)

        tokens = structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, send_named)
        finally:
            if self._is_verbose or status >= 400:
                took_ms = round((time.perf_counter() - started) * 1000, 1)
                path = scope["path"][:200]
                log.info("request", method=scope["method"], path=path, status=status, ms=took_ms, client=client)
            structlog.contextvars.reset_contextvars(**tokens)

    def _identify(self, scope: Scope) -> tuple[str | None, str]:
        """Return the client's address and the request's name."""
        peer: str | None = (scope.get("client") or (None,))[0]
        if self._proxies.trusts(peer):
            client = self._proxies.client_of(peer, _values(scope, b"x-forwarded-for"))
            named = next(iter(_values(scope, b"x-request-id")), "")
            if _REQUEST_ID.fullmatch(named):
                return client, named
        else:
            client = peer
        return client, f"{self._prefix}{next(self._numbers):08x}"


def _values(scope: Scope, name: bytes) -> Iterable[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
