"""How a recording proxy speaks to the servers behind it."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from .recorded_request import RecordedRequest

UPSTREAM_TIMEOUT_S = 60.0
# A stream of events may be silent for long; whoever reads it ends it.
STREAM_TIMEOUT_S = 3600.0
_PIECE_BYTES = 64 * 1024
# RFC 9110 §7.6.1: of one hop only, so a proxy does not pass them on.
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


def open_socket(host: str, port: int) -> socket.socket:
    """Connect; a loopback name means this machine whatever its resolver says, by either version of IP.

    Raises:
        OSError: nobody listens there.
    """
    if not is_loopback(host):
        return socket.create_connection((host, port), UPSTREAM_TIMEOUT_S)
    try:
        return socket.create_connection(("127.0.0.1", port), UPSTREAM_TIMEOUT_S)
    except ConnectionRefusedError:
        # Development servers often listen at ::1 alone.
        with suppress(OSError):
            return socket.create_connection(("::1", port), UPSTREAM_TIMEOUT_S)
        raise


class UpstreamConnection(http.client.HTTPConnection):
    """A kept connection to a server, with TLS where its scheme is ``https``."""

    def __init__(self, scheme: str, host: str, port: int, trust: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=UPSTREAM_TIMEOUT_S)
        self._trust = trust if scheme == "https" else None

    def connect(self) -> None:
        """Open the connection, and with TLS judge the server."""
        raw = open_socket(self.host, self.port)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = raw if self._trust is None else self._trust.wrap_socket(raw, server_hostname=self.host)


@dataclass(frozen=True, slots=True)
class Relay:
    """An answer of a server whose body is still to come.

    Attributes:
        status: its status.
        headers: its headers without those of the hop.
        response: where the body is read from.
        length: of the body in bytes; None where nobody knows it before its end.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    response: http.client.HTTPResponse
    length: int | None

    @classmethod
    def of(cls, response: http.client.HTTPResponse) -> Self:
        """Take over what has arrived."""
        left_out = HOP_BY_HOP | {"content-length"}
        headers = tuple((k, v) for k, v in response.getheaders() if k.lower() not in left_out)
        return cls(response.status, headers, response, response.length)

    def drain(self) -> None:
        """Read the body to its end and drop it: the server has then done what it was asked."""
        while self.response.read(_PIECE_BYTES):
            pass

    def write(self, out: Callable[[bytes], object], *, is_head: bool) -> None:
        """Pass the answer on as it comes, so that a stream of events stays one."""
        # An answer to HEAD has no body, but its length is part of what it says.
        length = self.response.getheader("Content-Length") if is_head else self.length
        has_body = not is_head and self.status not in (204, 304) and self.status >= 200
        lines = [f"HTTP/1.1 {self.status} {self.response.reason or 'X'}", *(f"{k}: {v}" for k, v in self.headers)]
        if length is not None and (has_body or is_head):
            lines.append(f"Content-Length: {length}")
        elif has_body:
            lines.append("Transfer-Encoding: chunked")
        out(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        if has_body:
            for piece in self._pieces():
                out(piece if length is not None else b"%x\r\n%s\r\n" % (len(piece), piece))
            if length is None:
                out(b"0\r\n\r\n")
        # http.client takes an answer for read, and its connection for free, only when it has come to the end once more.
        self.response.read()

    def _pieces(self) -> Iterator[bytes]:
        while piece := self.response.read1(_PIECE_BYTES):
            yield piece


class Upstreams:
    """The connections to servers that one connection of a browser keeps."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        self._kept: dict[str, UpstreamConnection] = {}

    def exchange(self, request: RecordedRequest, url: str) -> Relay:
        """Send a request to a URL; a kept connection that died meanwhile is opened anew, once.

        Raises:
            OSError: the server is not there, its TLS is not good (``ssl.SSLError``), or it hung up.
            http.client.HTTPException: what it said is no HTTP.
        """
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        key = f"{parts.scheme}://{parts.netloc}"
        port = parts.port or (443 if parts.scheme == "https" else 80)
        kept = self._kept.pop(key, None)
        for connection in (kept, UpstreamConnection(parts.scheme, parts.hostname or "", port, self._trust)):
            if connection is None:
                continue
            try:
                _send(connection, request, target, parts.netloc)
                response = connection.getresponse()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                connection.close()
                if connection is kept:
                    continue
                raise
            except (OSError, http.client.HTTPException):
                connection.close()
                raise
            if connection.sock is not None:  # taken away where the server closes after its answer
                connection.sock.settimeout(STREAM_TIMEOUT_S)
                self._kept[key] = connection
            return Relay.of(response)
        raise http.client.RemoteDisconnected("the server closed the connection without an answer")

    def close(self) -> None:
        """Hang up."""
        for connection in self._kept.values():
            connection.close()


def _send(connection: UpstreamConnection, request: RecordedRequest, target: str, netloc: str) -> None:
    if connection.sock is not None:
        connection.sock.settimeout(UPSTREAM_TIMEOUT_S)
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", netloc)
    for name, value in request.headers:
        if name.lower() not in HOP_BY_HOP | {"host", "content-length"}:
            connection.putheader(name, value)
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body or None)
