"""Passes a request on to another server, as a reverse proxy before an app does."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

UPSTREAM_TIMEOUT_S = 60.0
# RFC 9110 §7.6.1: of one hop only, so a proxy does not pass them on.
_HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What the other server answered, whole."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)


def checked_upstream(url: str) -> str:
    """Return the address of a server without its last slash.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"An app is named by its address, such as http://127.0.0.1:3000; found {url!r}.")
    return url.rstrip("/")


def pass_on(
    upstream: str, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes, *, origin: str
) -> UpstreamAnswer:
    """Send a request to a server and return its answer; 502 where there is none.

    Args:
        upstream: address of the server, from :func:`checked_upstream`.
        method: of the request.
        target: path and query, which follow the address.
        headers: of the request; the server sees its own name as ``Host``.
        body: of the request.
        origin: where the browser believes to be; redirects into the server lead there.
    """
    parts = urlsplit(upstream)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        # Of a test machine, where nobody could vouch for it.
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(host, port, timeout=UPSTREAM_TIMEOUT_S, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=UPSTREAM_TIMEOUT_S)
    sent = {name: value for name, value in headers if name.lower() not in _HOP_BY_HOP | {"host", "content-length"}}
    sent["X-Forwarded-Host"] = urlsplit(origin).netloc
    sent["X-Forwarded-Proto"] = urlsplit(origin).scheme
    try:
        connection.request(method, f"{parts.path}{target}", body=body or None, headers=sent)
        response = connection.getresponse()
        answered = tuple(
            (name, value.replace(upstream, origin, 1) if name.lower() == "location" else value)
            for name, value in response.getheaders()
            if name.lower() not in _HOP_BY_HOP | {"content-length"}
        )
        return UpstreamAnswer(response.status, answered, response.read())
    except (OSError, http.client.HTTPException) as error:
        text = f"{upstream} does not answer: {error}".encode()
        return UpstreamAnswer(502, (("Content-Type", "text/plain"),), text)
    finally:
        connection.close()
