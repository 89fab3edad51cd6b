"""The side of a recording proxy that browsers speak to: HTTP/1.1, and HTTPS that it looks into."""

from __future__ import annotations

import http.client
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BufferedReader
from typing import Protocol, cast
from urllib.parse import urlsplit

from .faults import Answer, Fault
from .proxy_tls import ProxyAuthority, why_untrusted
from .proxy_upstream import Relay, Upstreams
from .proxy_websocket import Browser, is_websocket, relay_websocket
from .recorded_request import Headers, RecordedRequest

MAX_HEAD_BYTES = 256 * 1024
# What is said of a message of a WebSocket in place of a status.
MESSAGE_ANSWER = "a message, which has no answer"
# RFC 8446 §5.1: the first byte of a TLS record that begins a handshake.
_TLS_HANDSHAKE = b"\x16"


class Recorder(Protocol):
    """What the server asks of the proxy that it serves."""

    authority: ProxyAuthority
    trust: ssl.SSLContext

    def take(
        self, method: str, url: str, head: bytes, headers: Headers, body: bytes
    ) -> tuple[RecordedRequest, Fault | None]:
        """Record a request and say which fault it suffers."""
        ...

    def note_answer(self, request: RecordedRequest, answer: str) -> None:
        """Remember how it ended."""
        ...

    def note_trouble(self, request: RecordedRequest, sentence: str) -> None:
        """Remember why a request's server could not be asked."""
        ...

    def destination(self, request: RecordedRequest) -> str | Answer:
        """Return the URL that a request goes to, or what answers it here."""
        ...


class ProxyServer(socketserver.ThreadingTCPServer):
    """Listens on loopback and serves each connection in a thread."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, recorder: Recorder, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.recorder = recorder
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
    server: ProxyServer

    def handle(self) -> None:
        self._upstreams = Upstreams(self.server.recorder.trust)
        # What stands before the target of a request that names no host: set by CONNECT.
        self._base = ""
        first = self.connection
        self.server.note_open(first)
        try:
            while self._serve_one():
                pass
        except (OSError, ValueError):
            pass  # The browser went away in the middle, or speaks no HTTP; what it had sent is recorded.
        finally:
            self.server.note_closed(first)
            self._upstreams.close()
            if self.connection is not first:
                with suppress(OSError):
                    self.connection.close()

    def _serve_one(self) -> bool:
        """Serve one request; True while the connection can serve another."""
        head = _read_head(self.rfile.readline)
        if not head:
            return False
        request_line, headers = _parse_head(head)
        method, target, _ = request_line.split(" ", 2)
        body = _read_body(self.rfile.read, self.rfile.readline, headers)
        url = target if "://" in target or method == "CONNECT" else f"{self._base}{target}"
        recorder = self.server.recorder
        request, fault = recorder.take(method, url, head, headers, body)
        if fault is None and method == "CONNECT" and not isinstance(where := recorder.destination(request), Answer):
            return self._connect(request, where)
        if fault is None and is_websocket(request):
            return self._websocket(request)
        answer = self._answer_for(request, fault)
        recorder.note_answer(request, f"{fault.name if fault else ''} {answer.status if answer else 'closed'}".strip())
        return self._say(request, answer)

    def _say(self, request: RecordedRequest, answer: Answer | Relay | None) -> bool:
        """Pass an answer on; None closes the connection."""
        if answer is None:
            self.connection.shutdown(socket.SHUT_RDWR)
            return False
        is_head = request.method == "HEAD"
        try:
            if isinstance(answer, Answer):
                self.connection.sendall(answer.encode(without_body=is_head))
            else:
                answer.write(self.connection.sendall, is_head=is_head)
        except http.client.HTTPException:
            return False  # the server hung up in the middle of its answer; so do we
        return request.method != "CONNECT"

    def _answer_for(self, request: RecordedRequest, fault: Fault | None) -> Answer | Relay | None:
        """Return what the browser gets; None closes the connection."""
        if fault is None:
            return self._deliver(request)
        fault.hold()
        answer = self._deliver(request) if fault.delivers else None
        if not fault.replaces_answer:
            return answer
        if isinstance(answer, Relay):
            answer.drain()
        return fault.answer

    def _deliver(self, request: RecordedRequest) -> Answer | Relay:
        """Pass a request on and return the answer; 502 when its server may not or cannot be asked."""
        where = self.server.recorder.destination(request)
        if isinstance(where, Answer):
            return where
        try:
            return self._upstreams.exchange(request, where)
        except (OSError, http.client.HTTPException) as error:
            return self._unreachable(request, error)

    def _unreachable(self, request: RecordedRequest, error: Exception) -> Answer:
        """Say, and remember, why a server could not be asked."""
        why = why_untrusted(error) if isinstance(error, ssl.SSLError) else f"{type(error).__name__}: {error}"
        self.server.recorder.note_trouble(request, why)
        return Answer(502, (("Content-Type", "text/plain"),), why.encode())

    def _connect(self, request: RecordedRequest, where: str) -> bool:
        """Let the browser speak to a host as if it were there: TLS, or plain HTTP as for ``ws:``."""
        self.connection.sendall(b"HTTP/1.1 200 connected\r\n\r\n")
        self.server.recorder.note_answer(request, "200")
        host = urlsplit(f"//{request.url}").hostname or ""
        if self.connection.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
            context = self.server.recorder.authority.context_for(host)
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self._base = f"https://{where.removesuffix(':443')}"
        else:
            self._base = f"http://{where.removesuffix(':80')}"
        return True

    def _websocket(self, request: RecordedRequest) -> bool:
        """Pass a WebSocket on until it ends."""
        recorder = self.server.recorder
        where = recorder.destination(request)
        if isinstance(where, Answer):
            recorder.note_answer(request, str(where.status))
            return self._say(request, where)
        is_answered = False

        def heard(payload: bytes) -> None:
            message, _ = recorder.take("WEBSOCKET", request.url, b"", (), payload)
            recorder.note_answer(message, MESSAGE_ANSWER)

        def answered(status: int) -> None:
            nonlocal is_answered
            is_answered = True
            recorder.note_answer(request, str(status))

        browser = Browser(self.connection, cast("BufferedReader", self.rfile), heard, answered)
        try:
            relay_websocket(request, where, browser, recorder.trust)
        except (OSError, ValueError) as error:
            if is_answered:
                return False  # one of the two has gone; what the server said stays said
            answer = self._unreachable(request, error)
            answered(answer.status)
            self._say(request, answer)
        return False


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
