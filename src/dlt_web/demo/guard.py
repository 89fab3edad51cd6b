"""Who may reach the demo's pages, and the headers on every answer."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Guard:
    """Lets through only requests for the demo's own hosts, and puts the security headers on every answer.

    The exact ``Host`` check keeps out pages whose name someone pointed at this machine (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str], license_server: str) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._headers = [(name.encode(), value.encode()) for name, value in security_headers(license_server).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._headers]}
            await send(message)

        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
        if host in self._hosts:
            await self._app(scope, receive, send_guarded)
            return
        wanted = " or ".join(f"http://{name}" for name in sorted(self._hosts))
        refusal = PlainTextResponse(f"The demo is at {wanted}, not at {host[:200]!r}.\n", status_code=421)
        await refusal(scope, receive, send_guarded)


def security_headers(license_server: str) -> dict[str, str]:
    """Gives the headers of every answer.

    ``strict-origin`` instead of a stricter policy: with ``no-referrer`` a beacon would say ``Origin: null``, which a
    handshake code with an origin list refuses.
    """
    policy = {
        "default-src": "'self'",
        "script-src": "'self' 'wasm-unsafe-eval'",
        "worker-src": "'self'",
        "connect-src": f"'self' {license_server}",
        "img-src": "'self' blob: data:",
        "media-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(self), microphone=(), geolocation=()",
        "referrer-policy": "strict-origin",
        "x-content-type-options": "nosniff",
    }
