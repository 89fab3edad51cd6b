"""A server of static files whose answers have the headers that a test gives them, path by path."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json", ".wasm": "application/wasm"}


@dataclass(frozen=True)
class Route:
    """What lies under a path.

    Attributes:
        content: a text, which is the page at the path itself, or the folder whose files lie below it.
        headers: of each answer.
        altered: what is sent in place of a file's own content, by the path below the folder.
    """

    content: str | Path
    headers: Mapping[str, str] = field(default_factory=dict)
    altered: Mapping[str, bytes] = field(default_factory=dict)

    def find(self, below: str) -> tuple[bytes, str] | None:
        if isinstance(self.content, str):
            kind = "text/javascript" if self.content.startswith("import ") else "text/html; charset=utf-8"
            return (self.content.encode(), kind) if below == "" else None
        file = (self.content / below).resolve()
        if not file.is_file() or self.content.resolve() not in file.parents:
            return None
        return self.altered.get(below, file.read_bytes()), TYPES.get(file.suffix, "application/octet-stream")


class HostedSite:
    """Serves routes at ``http://NAME.localhost:PORT``; a context manager. The longest path that fits wins."""

    def __init__(self, name: str, routes: Mapping[str, Route] | None = None) -> None:
        self.routes = dict(routes or {})
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                prefix = max((one for one in site.routes if path.startswith(one)), key=len, default=None)
                found = None if prefix is None else site.routes[prefix].find(path.removeprefix(prefix))
                body, kind = found or (b"not found", "text/plain")
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                for header, value in (site.routes[prefix].headers if prefix and found else {}).items():
                    self.send_header(header, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Be silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.origin = f"http://{name}.localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def snippet(page: str, name: str) -> str:
    """Return the block of a documentation page that is marked with a name, such as ``csp page``."""
    (found,) = page.split(f"```{name}\n")[1:]
    return found.split("```", 1)[0].rstrip("\n")
