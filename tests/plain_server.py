"""Python's own file server for a folder, which knows nothing of what it serves."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class PlainServer:
    """Where it is reached, and what it was asked for, as method and path."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(folder: Path) -> Iterator[PlainServer]:
    """Serve a folder on the machine itself, which browsers trust as they do HTTPS, for as long as the block runs."""
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_request(self, *_: object) -> None:
            asked.append(f"{self.command} {self.path}")

        def log_error(self, *_: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield PlainServer(f"http://localhost:{server.server_address[1]}", asked)
        finally:
            server.shutdown()
            thread.join()
