"""Names each request, says whose it is, and logs it as one line; no line holds a query, a header or a body."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .client_address import TrustedProxies

log = structlog.get_logger("dlt_web.lts")

# What a proxy may name a request; anything else could break lines or fill the log.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
REQUEST_ID_BYTES = 8


class RequestLog:
    """ASGI middleware: gives every log line of a request its ``request_id``, and the answer too, as ``X-Request-ID``.

    Refused and failed requests are logged always, answered ones on demand: at full load lines cost more than answers.
    """

    def __init__(self, app: ASGIApp, proxies: TrustedProxies, *, is_verbose: bool) -> None:
        self._app = app
        self._proxies = proxies
        self._is_verbose = is_verbose

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, peer = Headers(scope=scope), (scope.get("client") or (None,))[0]
        client = self._proxies.client_of(peer, headers.getlist("x-forwarded-for"))
        request_id = headers.get("x-request-id", "")
        if not self._proxies.trusts(peer) or not _REQUEST_ID.fullmatch(request_id):
            request_id = secrets.token_hex(REQUEST_ID_BYTES)
        scope.setdefault("state", {})["client_address"] = client
        started, status = time.perf_counter(), 500

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_named)
            finally:
                if self._is_verbose or status >= 400:
                    took_ms = round((time.perf_counter() - started) * 1000, 1)
                    path = scope["path"][:200]
                    log.info("request", method=scope["method"], path=path, status=status, ms=took_ms, client=client)
