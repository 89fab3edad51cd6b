"""WebSockets through a recording proxy: passed on as they are, with what the browser says written down in the clear."""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from typing import TypeVar
from urllib.parse import urlsplit

from wsproto.frame_protocol import FrameProtocol, ParseFailed

from .proxy_upstream import STREAM_TIMEOUT_S, open_socket
from .recorded_request import RecordedRequest

_Result = TypeVar("_Result")

_PIECE_BYTES = 64 * 1024
# A browser offers to compress what it says; without this header it says it plainly, and can be searched.
_LEFT_OUT = frozenset({"sec-websocket-extensions", "proxy-connection", "host"})


@dataclass(frozen=True, slots=True)
class Browser:
    """The browser's end of a connection.

    Attributes:
        connection: its socket, with TLS undone.
        rfile: what it says, part of which may have been read already.
        heard: called with the payload of each frame that it sends.
        answered: called with the status with which the server answers; 101 where there is a WebSocket now.
    """

    connection: socket.socket
    rfile: BufferedReader
    heard: Callable[[bytes], object]
    answered: Callable[[int], object]


def is_websocket(request: RecordedRequest) -> bool:
    """Tell whether a request asks for a WebSocket."""
    return (request.header("Upgrade") or "").lower() == "websocket"


def relay_websocket(request: RecordedRequest, url: str, browser: Browser, trust: ssl.SSLContext) -> None:
    """Ask a server for a WebSocket and pass everything on, both ways, until one of the two hangs up.

    Raises:
        OSError: the server is not there, its TLS is not good, or what it said is no answer.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    upstream = open_socket(parts.hostname or "", port)
    if parts.scheme in ("https", "wss"):
        upstream = trust.wrap_socket(upstream, server_hostname=parts.hostname)
    with upstream:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"{request.method} {target} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in request.headers if name.lower() not in _LEFT_OUT]
        upstream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        with upstream.makefile("rb", 0) as answer:
            status = _status_in(first := answer.readline())
        browser.answered(status)
        browser.connection.sendall(first)
        server_end = _End(upstream)
        browser_end = _End(browser.connection, _read_ahead(browser))
        back = threading.Thread(target=_pass_back, args=(server_end, browser_end), daemon=True)
        back.start()
        with suppress(OSError):
            if status == 101:
                _pass_on(browser_end, server_end, browser.heard)
            else:
                browser_end.receive()  # it says nothing more, and hangs up
        server_end.hang_up()
        back.join()


def _status_in(line: bytes) -> int:
    """Return the status with which an answer begins.

    Raises:
        ConnectionError: it is none.
    """
    if not line:
        raise ConnectionError("the server closed the connection without an answer")
    _, _, rest = line.partition(b" ")
    if not rest[:3].isdigit():
        raise ConnectionError("what the server said is no HTTP")
    return int(rest[:3])


class _End:
    """One end of a WebSocket, which one thread reads while another writes.

    A connection of OpenSSL's may be used by one thread at a time, and CPython 3.11 does not see to that: a write beside
    a read now and then makes one of the two fail as if the connection had ended. So a lock is held while OpenSSL is
    called, and never while the network is waited for.
    """

    def __init__(self, connection: socket.socket, read_ahead: bytes = b"") -> None:
        connection.setblocking(False)
        self._connection = connection
        self._read_ahead = read_ahead
        self._lock = threading.Lock()

    def receive(self) -> bytes:
        """Return what has come, as soon as something has; empty at the end."""
        ahead, self._read_ahead = self._read_ahead, b""
        return ahead or self._when_ready(lambda: self._connection.recv(_PIECE_BYTES), selectors.EVENT_READ)

    def send(self, piece: bytes) -> None:
        """Send all of it."""
        rest = memoryview(piece)
        while rest:
            rest = rest[self._when_ready(partial(self._connection.send, rest), selectors.EVENT_WRITE) :]

    def hang_up(self) -> None:
        """End the connection both ways, whoever waits for it."""
        with suppress(OSError):  # it has ended by itself
            # Not TLS's own: it would take the encryption away from under whoever still reads.
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)

    def _when_ready(self, call: Callable[[], _Result], for_event: int) -> _Result:
        while True:
            try:
                with self._lock:
                    return call()
            except ssl.SSLWantReadError:
                event = selectors.EVENT_READ
            except ssl.SSLWantWriteError:
                event = selectors.EVENT_WRITE
            except BlockingIOError:
                event = for_event
            with selectors.DefaultSelector() as network:
                network.register(self._connection, event)
                if not network.select(STREAM_TIMEOUT_S):
                    raise TimeoutError


def _read_ahead(browser: Browser) -> bytes:
    """Return what was read of a browser with its request and belongs to what follows it."""
    browser.connection.setblocking(False)
    with suppress(ssl.SSLWantReadError):
        return browser.rfile.read1(_PIECE_BYTES) or b""
    return b""


def _pass_back(server: _End, browser: _End) -> None:
    with suppress(OSError):
        while piece := server.receive():
            browser.send(piece)
    browser.hang_up()


def _pass_on(browser: _End, server: _End, heard: Callable[[bytes], object]) -> None:
    frames = FrameProtocol(client=False, extensions=[])
    message = b""
    is_readable = True
    while piece := browser.receive():
        if is_readable:
            try:
                frames.receive_bytes(piece)
                for frame in frames.received_frames():
                    message += _bytes_of(frame.payload)
                    if frame.message_finished:
                        heard(message)
                        message = b""
            except ParseFailed:
                is_readable = False
        if not is_readable:
            # What is no WebSocket after all is written down as it comes.
            heard(piece)
        # Last, so that nothing is answered that is not in the record yet.
        server.send(piece)


def _bytes_of(payload: object) -> bytes:
    """Return what a frame holds; a closing frame holds a code and a reason."""
    if isinstance(payload, str):
        return payload.encode()
    return bytes(payload) if isinstance(payload, bytes | bytearray) else repr(payload).encode()
