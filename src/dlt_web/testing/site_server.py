"""One port of a site: answers with its files, its app, or the order to delete what the origin has stored."""

from __future__ import annotations

import mimetypes
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from .reverse_proxy import pass_on

PURGE_PATH = "/dlt-web-purge"
PURGED_TEXT = "purged"

# Set here because a machine's own table may lack them, and browsers refuse modules and WebAssembly without.
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".whl": "application/zip",
    ".webm": "video/webm",
    ".webp": "image/webp",
}


class Served(Protocol):
    """What a port serves.

    Attributes:
        policy: Content-Security-Policy of every answer; None sends none.
        is_compressed: send the ``NAME.br`` that lies beside a file to browsers that take Brotli.
    """

    policy: str | None
    is_compressed: bool

    def find(self, path: str) -> Path | None:
        """Return the file behind a URL path; None when there is none."""
        ...

    def find_app(self, path: str) -> str | None:
        """Return the address of the app behind a URL path; None when there is none."""
        ...


class SiteServer(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1."""

    daemon_threads = True
    # Ten tabs ask for everything at once.
    request_queue_size = 128

    def __init__(self, site: Served) -> None:
        """Prepare to serve a site."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.site = site

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """Serve HTTPS from now on."""
        # The handshake is made by the thread of the connection, so that a browser that waits holds up nobody.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a browser hangs up: closed tabs and killed browsers do; anything else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: SiteServer

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path == PURGE_PATH:
            self._answer(200, PURGED_TEXT.encode(), {"Content-Type": "text/plain", "Clear-Site-Data": '"storage"'})
        elif (file := self.server.site.find(path)) is not None:
            self._send_file(file)
        else:
            self._pass_on()

    do_HEAD = do_GET

    def _pass_on(self) -> None:
        # Read in any case: what is left of it would be taken for the next request.
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        app = self.server.site.find_app(unquote(urlsplit(self.path).path))
        if app is None:
            self._answer(404, b"not found", {"Content-Type": "text/plain"})
            return
        scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        answer = pass_on(
            app, self.command, self.path, self.headers.items(), body, origin=f"{scheme}://{self.headers.get('Host')}"
        )
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _pass_on

    def _send_file(self, file: Path) -> None:
        headers = {"Content-Type": _content_type(file), "Accept-Ranges": "bytes"}
        compressed = file.with_name(f"{file.name}.br")
        if self.server.site.is_compressed and "br" in self.headers.get("Accept-Encoding", "") and compressed.is_file():
            headers["Content-Encoding"] = "br"
            file = compressed
        data = file.read_bytes()
        wanted = _byte_range(self.headers.get("Range"), len(data))
        if wanted is None:
            self._answer(200, data, headers)
            return
        first, last = wanted
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        self._answer(206, data[first : last + 1], headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.server.site.policy is not None:
            # On every answer: a worker obeys the policy of its own script, not the page's.
            self.send_header("Content-Security-Policy", self.server.site.policy)
        # Files do not change while a site runs, and only files have a range.
        self.send_header("Cache-Control", "max-age=600" if "Accept-Ranges" in headers else "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be silent; the recording proxy keeps the journal."""


def _content_type(file: Path) -> str:
    return _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def _byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return first and last byte of a single range; None to send everything."""
    if header is None or not header.startswith("bytes=") or "," in header or size == 0:
        return None
    first, _, last = header.removeprefix("bytes=").partition("-")
    if not first:
        return max(0, size - int(last)), size - 1
    if int(first) >= size:
        return None
    return int(first), min(int(last or size - 1), size - 1)
