"""One request as it left the browser."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

# A body that unpacks to more is searched so far.
_MAX_UNPACKED_BYTES = 8 * 1024 * 1024

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request that reached a recording proxy.

    Attributes:
        number: unique within the proxy, rising from 0 in the order of arrival.
        method: e.g. ``POST``.
        url: absolute URL, or ``host:port`` of a CONNECT.
        headers: names and values in their order.
        head: request line and headers, byte for byte.
        body: the body, byte for byte, after removing chunk framing.
    """

    number: int
    method: str
    url: str
    headers: Headers
    head: bytes = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def path(self) -> str:
        """Path of the URL without query."""
        return urlsplit(self.url).path

    @property
    def host(self) -> str:
        """Host and port of the URL."""
        return urlsplit(self.url).netloc or self.url

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any case of letters."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.plain_body)

    @property
    def plain_body(self) -> bytes:
        """The body with its content encoding undone; as it is when that fails."""
        encoding = (self.header("Content-Encoding") or "").lower()
        try:
            if encoding == "gzip":
                return gzip.decompress(self.body)
            if encoding == "deflate":
                return zlib.decompress(self.body)
        except (OSError, zlib.error, EOFError):
            pass
        return self.body

    @property
    def searchable(self) -> bytes:
        """Everything that left, for a search: head, body as sent, body with its encoding undone, and unpacked."""
        return b"\n".join((self.head, self.body, self.plain_body, *_unpacked(self.body)))


def _unpacked(body: bytes) -> Iterator[bytes]:
    """Yield what a script may have packed without a word about it, by the formats of ``CompressionStream``."""
    for window_bits in (zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS):
        with suppress(zlib.error):
            yield zlib.decompressobj(window_bits).decompress(body, _MAX_UNPACKED_BYTES)
