"""A static host as a page owner would choose one: everything in memory, precompressed, kept alive, cached by browsers.

It counts what it sends. One process with the benchmark, but a loop and a thread of its own; an answer costs it some
40 µs of a processor.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from .background import BackgroundLoop
from .brotli import compressed

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
}
# Pictures and videos are compressed already, and what is compressed is asked for by name only where a page does so.
_NOT_COMPRESSED = {".br", ".gz", ".webm", ".png"}
# Of one hop of a benchmark that takes minutes: whatever was loaded once is taken from the cache without asking.
_CACHE_CONTROL = "public, max-age=86400, immutable"


@dataclass(frozen=True, slots=True)
class Served:
    """One answer: its URL path, its status, and how many bytes it was on the wire, with its head."""

    path: str
    status: int
    wire_bytes: int


@dataclass(frozen=True, slots=True)
class _File:
    media_type: str
    plain: bytes
    brotli: bytes | None


class Host:
    """Serves folders on a free port of 127.0.0.1; a context manager.

    Attributes:
        port: where it listens.
    """

    def __init__(self, mounts: Mapping[str, Path], *, compresses: bool = True) -> None:
        """Read all files of the folders, each under its URL prefix ending in ``/``.

        Args:
            mounts: URL prefix to folder.
            compresses: answer in Brotli where the browser takes it; else send all files as they are, as the plainest
                hosts do.
        """
        self._files = _read(mounts, compresses=compresses)
        self._loop = BackgroundLoop()
        self._lock = threading.Lock()
        self._served: list[Served] = []
        self.port = 0

    def __enter__(self) -> Self:
        self._loop.__enter__()
        self._server = self._loop.run(self._listen())
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._loop.run(_close(self._server))
        self._loop.__exit__(kind, error, tb)

    def take_served(self) -> list[Served]:
        """Return what was answered since the last call of this."""
        with self._lock:
            served, self._served = self._served, []
        return served

    def answer(self, method: str, target: str, takes_brotli: bool) -> bytes:
        """Return a whole answer, and note it."""
        path = unquote(urlsplit(target).path)
        file = self._files.get(path) if method in ("GET", "HEAD") else None
        if file is None:
            answer, status = _head(404, "text/plain", 9, cache="no-store") + b"not found", 404
        else:
            is_brotli = takes_brotli and file.brotli is not None
            body = file.brotli if is_brotli and file.brotli is not None else file.plain
            head = _head(200, file.media_type, len(body), cache=_CACHE_CONTROL, is_brotli=is_brotli)
            answer, status = (head if method == "HEAD" else head + body), 200
        with self._lock:
            self._served.append(Served(path, status, len(answer)))
        return answer

    async def _listen(self) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=128)


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as far as browsers ask static hosts: requests without a body, one after another."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, self._received = self._received.split(b"\r\n\r\n", 1)
            first, *lines = head.decode("latin-1").split("\r\n")
            method, target, _version = first.split(" ", 2)
            fields = {name.lower(): value for name, _, value in (line.partition(":") for line in lines)}
            accepted = {word.partition(";")[0].strip() for word in fields.get("accept-encoding", "").split(",")}
            self._transport.write(self._host.answer(method, target, "br" in accepted))


def _head(status: int, media_type: str, length: int, *, cache: str, is_brotli: bool = False) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {'OK' if status == 200 else 'Not Found'}",
        f"Content-Type: {media_type}",
        f"Content-Length: {length}",
        f"Cache-Control: {cache}",
        "Vary: Accept-Encoding",
        *(["Content-Encoding: br"] if is_brotli else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _read(mounts: Mapping[str, Path], *, compresses: bool) -> dict[str, _File]:
    files = {
        f"{prefix}{file.relative_to(folder).as_posix()}": file
        for prefix, folder in mounts.items()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    to_compress = [file for file in files.values() if file.suffix not in _NOT_COMPRESSED] if compresses else []
    brotli = compressed(to_compress)
    return {
        path: _File(_TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes(), brotli.get(file))
        for path, file in files.items()
    }


async def _close(server: asyncio.Server) -> None:
    server.close()
