"""The web server of the demo page: two sites, one listener, and what the license tracking server has counted.

The page may read what was counted and ask for two things: to be purged, and to free a seat so that a used-up demo
license can go on. It never holds an administrator's key: this process reads the store itself.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from .codes import DemoCode
from .guard import Guard

# Python's own table depends on the machine; a module script or wasm of another type is refused by browsers.
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ts": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
    ".whl": "application/zip",
    ".zip": "application/zip",
}
# As the build calls what may be kept for ever: with a part of its hash in the name.
HASHED_NAME = re.compile(r"\.[0-9a-f]{16}\.\w+$")
FOR_EVER = "public, max-age=31536000, immutable"
# What the build compressed beforehand, best first: how it is asked for, and how the file's name ends then.
ENCODINGS = {"br": ".br", "gzip": ".gz"}
JSON_DECODER = msgspec.json.Decoder(dict[str, Any])
LONGEST_BODY_BYTES = 4096
MOST_REMEMBERED_PURGES = 10_000


@dataclass(frozen=True, slots=True)
class Site:
    """One of the origins that the page is served on.

    Attributes:
        name: short name in the page, the first label of the host.
        origin: scheme, host and port, e.g. ``http://shop-a.localhost:8000``.
    """

    name: str
    origin: str

    @property
    def host(self) -> str:
        """The exact ``Host`` header of the site."""
        return self.origin.partition("://")[2]


class CountedUsage(Protocol):
    """What the page's server asks of the license tracking server's store."""

    async def counted(self, code: DemoCode) -> dict[str, Any]:
        """Gives devices, concurrent devices, scans, quota and the device list in the page's JSON form."""

    async def release_longest_unseen(self, code: DemoCode) -> str | None:
        """Frees the seat of the device that was seen longest ago; gives its UUID, None where there is no seat."""


class DemoPage:
    """Handlers of the page's own endpoints."""

    def __init__(
        self, *, sites: Sequence[Site], license_server: str, codes: Sequence[DemoCode], usage: CountedUsage
    ) -> None:
        self._sites = sites
        self._license_server = license_server
        self._codes = {code.handshake_code: code for code in codes}
        self._usage = usage
        # Insertion order is age: the oldest is dropped first.
        self._purged: dict[str, None] = {}

    async def config(self, _: Request) -> Response:
        """``GET /demo/config.json``: where the license server is, which sites and codes there are."""
        body = {
            "licenseServer": self._license_server,
            "sites": [{"name": site.name, "origin": site.origin} for site in self._sites],
            "codes": [
                {"chargeWay": code.charge_way, "handshakeCode": code.handshake_code} for code in self._codes.values()
            ],
        }
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    async def state(self, request: Request) -> Response:
        """``GET /demo/state?handshakeCode=…``: what was counted for one of the demo's codes."""
        counted = await self._usage.counted(self._code(request.query_params.get("handshakeCode", "")))
        for device in counted["deviceList"]:
            device["purged"] = device["deviceUuid"] in self._purged
        return JSONResponse(counted, headers={"Cache-Control": "no-store"})

    async def purge(self, request: Request) -> Response:
        """``POST /demo/purge``: has the browser delete all that the origin keeps, and remembers whose data it was."""
        device_uuid = (await self._body(request)).get("deviceUuid")
        if device_uuid is not None:
            try:
                self._purged[str(uuid.UUID(str(device_uuid)))] = None
            except ValueError:
                raise HTTPException(422, "deviceUuid is not a UUID") from None
        while len(self._purged) > MOST_REMEMBERED_PURGES:
            del self._purged[next(iter(self._purged))]
        headers = {"Clear-Site-Data": '"storage"', "Cache-Control": "no-store"}
        return JSONResponse({"purged": True}, headers=headers)

    async def release(self, request: Request) -> Response:
        """``POST /demo/release``: frees the seat of the device that was seen longest ago."""
        code = self._code(str((await self._body(request)).get("handshakeCode", "")))
        released = await self._usage.release_longest_unseen(code)
        return JSONResponse({"released": released}, headers={"Cache-Control": "no-store"})

    def _code(self, handshake_code: str) -> DemoCode:
        code = self._codes.get(handshake_code)
        if code is None:
            raise HTTPException(
                404, f"The demo has no handshake code {handshake_code[:80]!r}: {', '.join(self._codes)}"
            )
        return code

    async def _body(self, request: Request) -> Mapping[str, Any]:
        """Reads a small JSON object that a page of the demo itself sent."""
        if request.headers.get("origin") != f"http://{request.headers['host']}":
            raise HTTPException(403, "Only the demo's own pages may ask for this")
        received = bytearray()
        async for chunk in request.stream():
            received += chunk
            if len(received) > LONGEST_BODY_BYTES:
                raise HTTPException(413, f"The body is longer than {LONGEST_BODY_BYTES} bytes")
        try:
            body = JSON_DECODER.decode(received or b"{}")
        except msgspec.DecodeError:
            raise HTTPException(400, "The body is no JSON object") from None
        return body


class ShippedFiles(StaticFiles):
    """The bundle's files with the media types that browsers insist on, compressed where the build did so."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Gives the file to be checked again each time, unless its name is that of its content."""
        asked = Headers(scope=scope).get("accept-encoding", "")
        accepted = {part.split(";")[0].strip() for part in asked.split(",") if part.replace(" ", "")[-4:] != ";q=0"}
        for encoding, ending in ENCODINGS.items():
            compressed = f"{os.fspath(full_path)}{ending}"
            if encoding in accepted and os.path.isfile(compressed):
                response = super().file_response(compressed, os.stat(compressed), scope, status_code)
                response.headers["content-encoding"] = encoding
                break
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        suffix = Path(full_path).suffix
        if suffix in MEDIA_TYPES and "content-type" in response.headers:
            response.headers["content-type"] = MEDIA_TYPES[suffix]
        response.headers["vary"] = "accept-encoding"
        is_one_content = HASHED_NAME.search(os.path.basename(full_path)) is not None
        response.headers["cache-control"] = FOR_EVER if is_one_content else "no-cache"
        return response


async def _say_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(f"{error.detail}\n", status_code=error.status_code, headers=error.headers)


def demo_app(
    *, bundle: Path, sites: Sequence[Site], license_server: str, codes: Sequence[DemoCode], usage: CountedUsage
) -> ASGIApp:
    """Makes the page's web application.

    Args:
        bundle: folder of the built page, with ``index.html``.
        sites: origins to answer for; every other ``Host`` is refused with 421.
        license_server: origin of the license tracking server, e.g. ``http://127.0.0.1:8010``.
        codes: the demo's handshake codes, the first one chosen at start.
        usage: reads what was counted.
    """
    page = DemoPage(sites=sites, license_server=license_server, codes=codes, usage=usage)
    routes = [
        Route("/demo/config.json", page.config, methods=["GET"]),
        Route("/demo/state", page.state, methods=["GET"]),
        Route("/demo/purge", page.purge, methods=["POST"]),
        Route("/demo/release", page.release, methods=["POST"]),
        Mount("/", ShippedFiles(directory=bundle, html=True)),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _say_error})
    return Guard(app, hosts=[site.host for site in sites], license_server=license_server)
