"""A webhook's receiver on this machine: takes messages, or fails in the ways that receivers do."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.lts.server_process import PATIENCE_S

# The networks in which it lies: webhooks may not, unless the operator says so.
HERE = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True)
class Message:
    """What came in one request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def signatures(self, secret: str) -> str:
        """Return the signature that this message has by a secret, as the specification makes it."""
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        key = b64decode(secret.removeprefix("whsec_"))
        return "v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Receiver:
    """A context manager with ``url`` and what came so far; ``answers`` are given in turn, then 204 for ever.

    An answer is a status, a status with headers, or what is done instead: ``hang`` or ``trickle``.
    """

    def __init__(self, *answers: Any, tls: ssl.SSLContext | None = None) -> None:
        self.messages: list[Message] = []
        self.answers = list(answers)
        self._changed = threading.Condition()
        self._ended = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._take(self)

            def log_message(self, *_words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._server.server_address[1]}/canary-path"

    def __enter__(self) -> Receiver:
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, count: int) -> list[Message]:
        """Return the messages once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.messages) >= count, PATIENCE_S), self.messages
            return list(self.messages)

    def hang(self, _handler: BaseHTTPRequestHandler) -> None:
        """Answer nothing until the end."""
        self._ended.wait(PATIENCE_S)

    def trickle(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a byte now and then, never to the end."""
        for byte in b"HTTP/1.1 204 No Content\r\nX-Long: " + b"a" * 10_000:
            if self._ended.wait(0.05):
                return
            try:
                handler.wfile.write(bytes([byte]))
            except OSError:
                return

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self._changed:
            self.messages.append(Message(handler.path, {k.lower(): v for k, v in handler.headers.items()}, body))
            answer = self.answers.pop(0) if self.answers else 204
            self._changed.notify_all()
        if isinstance(answer, Callable):
            answer(handler)
            return
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
