"""Serves folders to real browsers at several real origins on loopback.

``*.localhost`` names resolve to this machine and are secure contexts in every browser, so two shops on two domains
need neither DNS nor certificates. Another port is another origin too.
"""

from __future__ import annotations

import mimetypes
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

HARNESS_FOLDER = Path(__file__).parent / "page"
HARNESS_PATH = "/harness.html"
PURGE_PATH = "/purge"

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
# All that the tracker needs of a page with a content security policy.
STRICT_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src *; img-src data:"
)
# Forbids WebAssembly: stock Pyodide then neither loads nor fails.
NO_WASM_POLICY = "default-src 'self'; script-src 'self'; worker-src 'self'; connect-src *; img-src data:"


@dataclass(frozen=True, slots=True)
class Site:
    """One origin of a running static site."""

    origin: str

    def url(self, path: str) -> str:
        """Return an absolute URL on this origin."""
        return f"{self.origin}{path}"

    @property
    def harness(self) -> str:
        """URL of the page that loads the tracker and exposes it."""
        return self.url(HARNESS_PATH)

    @property
    def purge(self) -> str:
        """URL whose answer tells the browser to delete this origin's storage."""
        return self.url(PURGE_PATH)


class StaticSite:
    """Serves mounted folders on two ports and any ``*.localhost`` name; a context manager.

    Beside the mounts there are :data:`HARNESS_PATH` and :data:`PURGE_PATH`.
    """

    def __init__(
        self,
        mounts: Mapping[str, Path],
        *,
        names: tuple[str, str] = ("shop-a", "shop-b"),
        policy: str | None = None,
        is_compressed: bool = False,
    ) -> None:
        """Listen on two free ports.

        Args:
            mounts: URL prefix, ending in ``/``, to folder; the longest matching prefix wins. ``/`` should hold the
                built web bundle with ``dlt-web.js``.
            names: host names before ``.localhost``.
            policy: Content-Security-Policy of every answer; None sends none.
            is_compressed: send the ``NAME.br`` that lies beside a file to browsers that take Brotli.

        Raises:
            FileNotFoundError: a folder is missing.
        """
        for prefix, folder in mounts.items():
            if not folder.is_dir():
                raise FileNotFoundError(f"The folder for {prefix} is not there: {folder}.")
        self._mounts = dict(mounts)
        self.policy = policy
        self.is_compressed = is_compressed
        self._servers = [_Server(self) for _ in range(2)]
        self._threads = [threading.Thread(target=s.serve_forever, args=(0.05,), daemon=True) for s in self._servers]
        first, second = (server.port for server in self._servers)
        self.shop_a = Site(f"http://{names[0]}.localhost:{first}")
        self.shop_b = Site(f"http://{names[1]}.localhost:{first}")
        self.shop_a_other_port = Site(f"http://{names[0]}.localhost:{second}")

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def mount(self, prefix: str, folder: Path) -> None:
        """Serve one more folder, from now on."""
        self._mounts = {**self._mounts, prefix: folder}

    def find(self, path: str) -> Path | None:
        """Return the file behind a URL path; None when there is none."""
        if path.startswith("/harness."):
            candidate = HARNESS_FOLDER / path[1:]
            return candidate if candidate.is_file() else None
        for prefix in sorted(self._mounts, key=len, reverse=True):
            if path.startswith(prefix):
                folder = self._mounts[prefix].resolve()
                candidate = (folder / path[len(prefix) :]).resolve()
                if candidate.is_file() and candidate.is_relative_to(folder):
                    return candidate
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Ten tabs ask for everything at once.
    request_queue_size = 128

    def __init__(self, site: StaticSite) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.site = site

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a browser hangs up: closed tabs and killed browsers do; anything else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == PURGE_PATH:
            self._answer(200, b"purged", {"Content-Type": "text/plain", "Clear-Site-Data": '"storage"'})
            return
        file = self.server.site.find(unquote(path))
        if file is None:
            self._answer(404, b"not found", {"Content-Type": "text/plain"})
            return
        self._send_file(file)

    do_HEAD = do_GET

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
