"""WebSockets through a recording proxy: passed on as they are, with what the browser says written down in the clear."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from urllib.parse import urlsplit

from wsproto.frame_protocol import FrameProtocol, ParseFailed

from .proxy_upstream import STREAM_TIMEOUT_S, open_socket
from .recorded_request import RecordedRequest

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
    """

    connection: socket.socket
    rfile: BufferedReader
    heard: Callable[[bytes], object]


def is_websocket(request: RecordedRequest) -> bool:
    """Tell whether a request asks for a WebSocket."""
    return (request.header("Upgrade") or "").lower() == "websocket"


def relay_websocket(request: RecordedRequest, url: str, browser: Browser, trust: ssl.SSLContext) -> int:
    """Ask a server for a WebSocket and pass everything on, both ways, until one of the two hangs up.

    Returns:
        The status with which the server answered; 101 where there was a WebSocket.

    Raises:
        OSError: the server is not there, or its TLS is not good.
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
            status = int((first := answer.readline()).split(b" ", 2)[1])
        browser.connection.sendall(first)
        upstream.settimeout(STREAM_TIMEOUT_S)
        browser.connection.settimeout(STREAM_TIMEOUT_S)
        back = threading.Thread(target=_pass_back, args=(upstream, browser.connection), daemon=True)
        back.start()
        if status == 101:
            _pass_on(browser, upstream)
            with suppress(OSError):
                upstream.shutdown(socket.SHUT_RDWR)
        back.join()
    return status


def _pass_back(upstream: socket.socket, browser: socket.socket) -> None:
    with suppress(OSError):
        while piece := upstream.recv(_PIECE_BYTES):
            browser.sendall(piece)
    with suppress(OSError):
        browser.shutdown(socket.SHUT_RDWR)


def _pass_on(browser: Browser, upstream: socket.socket) -> None:
    frames = FrameProtocol(client=False, extensions=[])
    message = b""
    is_readable = True
    while piece := browser.rfile.read1(_PIECE_BYTES):
        if is_readable:
            try:
                frames.receive_bytes(piece)
                for frame in frames.received_frames():
                    message += _bytes_of(frame.payload)
                    if frame.message_finished:
                        browser.heard(message)
                        message = b""
            except ParseFailed:
                is_readable = False
        if not is_readable:
            # What is no WebSocket after all is written down as it comes.
            browser.heard(piece)
        # Last, so that nothing is answered that is not in the record yet.
        upstream.sendall(piece)


def _bytes_of(payload: object) -> bytes:
    """Return what a frame holds; a closing frame holds a code and a reason."""
    if isinstance(payload, str):
        return payload.encode()
    return bytes(payload) if isinstance(payload, bytes | bytearray) else repr(payload).encode()
