"""An HTTP proxy on loopback that keeps every byte of every request and can break the network on order.

A browser that is started with this proxy sends everything through it: requests of pages, workers, shared workers,
beacons and keep-alive fetches alike, which no hook inside the browser sees completely. As a forward proxy it takes
absolute URLs; given an ``upstream`` it also stands in front of one server as a reverse proxy.

Nothing outside the machine is ever contacted: other hosts and CONNECT are answered 502 and recorded.
"""

from __future__ import annotations

import http.client
import itertools
import socket
import socketserver
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from .faults import Answer, Fault, FaultPlan
from .recorded_request import Headers, RecordedRequest

MAX_HEAD_BYTES = 256 * 1024
UPSTREAM_TIMEOUT_S = 60.0
# RFC 9110 §7.6.1: of one hop only, so a proxy does not pass them on.
_HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


class RecordingProxy:
    """Records requests and applies faults; a context manager.

    Attributes:
        url: where the proxy listens, ``http://127.0.0.1:PORT``.
    """

    def __init__(self, *, upstream: str | None = None) -> None:
        """Listen on a free port of 127.0.0.1.

        Args:
            upstream: base URL for requests that name no host (reverse proxy); None refuses those.
        """
        self._upstream = upstream
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._requests: list[RecordedRequest] = []
        self._answers: dict[int, str] = {}
        self._faults = FaultPlan()
        self._server = _Server(self, 0)
        self._is_refusing = False
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._faults.clear()
        if not self._is_refusing:
            self._server.stop()

    def requests(self, *, path: str = "", method: str = "") -> list[RecordedRequest]:
        """Return what was recorded since :meth:`forget`, oldest first.

        Args:
            path: only requests whose URL path starts so.
            method: only requests of this method.
        """
        with self._lock:
            recorded = list(self._requests)
        return [r for r in recorded if r.path.startswith(path) and method in ("", r.method)]

    def forget(self) -> None:
        """Drop all records; the next test begins with none."""
        with self._lock:
            self._requests.clear()
            self._answers.clear()

    def inject(
        self, fault: Fault, *, path: str, method: str = "POST", times: int | None = None, above_bytes: int = -1
    ) -> None:
        """Apply a fault to requests from now on.

        Args:
            fault: what happens to them.
            path: to requests whose URL path starts so.
            method: to requests of this method; preflights are OPTIONS and stay well by default.
            times: how many requests suffer; None until :meth:`heal`. A browser itself repeats a request once when a
                reused connection closes without an answer, and each repeat counts.
            above_bytes: only to requests with a longer body, as with a server's size limit.
        """
        self._faults.add(fault, path=path, method=method, times=times, above_bytes=above_bytes)

    def refuse(self) -> None:
        """Hang up and listen no more until :meth:`heal`: connections are refused, as where no server runs."""
        if not self._is_refusing:
            self._is_refusing = True
            self._server.stop()

    def heal(self) -> None:
        """End all faults and let go what a fault still holds back."""
        self._faults.clear()
        if self._is_refusing:
            self._server = _Server(self, self._server.server_address[1])
            self._server.start()
            self._is_refusing = False

    def journal(self) -> str:
        """One line per request, for the report of a failed test."""
        with self._lock:
            return "\n".join(
                f"{r.method} {r.url} -> {self._answers.get(r.number, 'unanswered')}" for r in self._requests
            )

    def take(
        self, method: str, target: str, head: bytes, headers: Headers, body: bytes
    ) -> tuple[RecordedRequest, Fault | None]:
        """Record one request and say which fault it suffers; called for each request that arrives."""
        url = target if "://" in target or method == "CONNECT" else f"{self._upstream or ''}{target}"
        with self._lock:
            request = RecordedRequest(next(self._numbers), method, url, headers, head, body)
            self._requests.append(request)
        return request, self._faults.take(request)

    def note_answer(self, request: RecordedRequest, answer: str) -> None:
        """Remember for the journal how a request ended."""
        with self._lock:
            self._answers[request.number] = answer

    def deliver(self, request: RecordedRequest, connections: dict[str, http.client.HTTPConnection]) -> Answer:
        """Pass a request on and return the whole answer; 502 when its host is not this machine or not there."""
        parts = urlsplit(request.url)
        if request.method == "CONNECT" or not is_loopback(parts.hostname or ""):
            return Answer(502, (("Content-Type", "text/plain"),), b"not on this machine")
        try:
            return _exchange(request, parts.port or 80, connections)
        except (OSError, http.client.HTTPException) as error:
            return Answer(502, (("Content-Type", "text/plain"),), f"{type(error).__name__}: {error}".encode())


def _exchange(request: RecordedRequest, port: int, connections: dict[str, http.client.HTTPConnection]) -> Answer:
    """Send a request over a kept connection; a connection that died meanwhile is opened anew, once."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = connections.pop(parts.netloc, None)
    for connection in (kept, http.client.HTTPConnection("127.0.0.1", port, timeout=UPSTREAM_TIMEOUT_S)):
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
        body = response.read()
        headers = tuple((k, v) for k, v in response.getheaders() if k.lower() not in _HOP_BY_HOP | {"content-length"})
        if response.will_close:
            connection.close()
        else:
            connections[parts.netloc] = connection
        # A HEAD answer has no body, but its length is part of what it says.
        return Answer(response.status, headers, body)
    raise http.client.RemoteDisconnected("the server closed the connection without an answer")


def _send(connection: http.client.HTTPConnection, request: RecordedRequest, target: str, netloc: str) -> None:
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", netloc)
    for name, value in request.headers:
        if name.lower() not in _HOP_BY_HOP | {"host", "content-length"}:
            connection.putheader(name, value)
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body or None)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, proxy: RecordingProxy, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.proxy = proxy
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more, and hang up on whoever is connected."""
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # it has hung up by itself
                    connection.shutdown(socket.SHUT_RDWR)

    def note_open(self, connection: socket.socket) -> None:
        """Remember a connection until :meth:`note_closed`."""
        with self._lock:
            self._open.add(connection)

    def note_closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._lock:
            self._open.discard(connection)


class _Connection(socketserver.StreamRequestHandler):
    """Serves one connection of a browser, request after request."""

    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        upstreams: dict[str, http.client.HTTPConnection] = {}
        self.server.note_open(self.connection)
        try:
            while self._serve_one(upstreams):
                pass
        except OSError:
            pass  # The browser went away in the middle; what it had sent is recorded.
        finally:
            self.server.note_closed(self.connection)
            for connection in upstreams.values():
                connection.close()

    def _serve_one(self, upstreams: dict[str, http.client.HTTPConnection]) -> bool:
        """Serve one request; True while the connection can serve another."""
        head = _read_head(self.rfile.readline)
        if not head:
            return False
        request_line, headers = _parse_head(head)
        method, target, _ = request_line.split(" ", 2)
        body = _read_body(self.rfile.read, self.rfile.readline, headers)
        proxy = self.server.proxy
        request, fault = proxy.take(method, target, head, headers, body)
        answer = self._answer_for(request, fault, upstreams)
        proxy.note_answer(request, f"{fault.name if fault else ''} {answer.status if answer else 'closed'}".strip())
        if answer is None:
            self.connection.shutdown(socket.SHUT_RDWR)
            return False
        self.wfile.write(answer.encode(without_body=method == "HEAD"))
        return method != "CONNECT"

    def _answer_for(
        self, request: RecordedRequest, fault: Fault | None, upstreams: dict[str, http.client.HTTPConnection]
    ) -> Answer | None:
        """Return what the browser gets; None closes the connection."""
        if fault is None:
            return self.server.proxy.deliver(request, upstreams)
        fault.hold()
        answer = self.server.proxy.deliver(request, upstreams) if fault.delivers else None
        return fault.answer if fault.replaces_answer else answer


def _read_head(readline: Callable[[int], bytes]) -> bytes:
    """Return request line and headers as they came, with the empty line; empty when the connection ended."""
    lines: list[bytes] = []
    while True:
        line = readline(MAX_HEAD_BYTES)
        if not line:
            return b""
        if line in (b"\r\n", b"\n"):
            if lines:
                return b"".join([*lines, line])
            continue
        lines.append(line)


def _parse_head(head: bytes) -> tuple[str, Headers]:
    request_line, *lines = head.decode("latin-1").splitlines()
    pairs = (line.partition(":") for line in lines if line)
    return request_line, tuple((name.strip(), value.strip()) for name, _, value in pairs)


def _read_body(
    read: Callable[[int], bytes], readline: Callable[[], bytes], headers: Iterable[tuple[str, str]]
) -> bytes:
    fields = {name.lower(): value for name, value in headers}
    if fields.get("transfer-encoding", "").lower() != "chunked":
        return read(int(fields.get("content-length", "0")))
    chunks: list[bytes] = []
    while size := int(readline().split(b";")[0], 16):
        chunks.append(read(size))
        readline()
    while readline().strip():
        pass
    return b"".join(chunks)
