"""The dashboard's page and what it loads, as the build left them: read once, kept in memory, compressed once."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..model import Problem
from .http import ProblemResponse

PACKAGE = Path(__file__).resolve().parents[1]
# Where the wheel has it; where a build in the checkout leaves it.
PLACES = (PACKAGE / "_dashboard", PACKAGE.parents[1] / "dist" / "dashboard")
PAGE = "index.html"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
}
# The page runs and loads nothing but its own files, speaks to this server only, turns no text into elements or script,
# and is in nobody's frame.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}
# As the build calls what may be kept for ever: with a hash of the content in the name.
HASHED_NAME = re.compile(r"-[0-9A-Z]{8}\.\w+$")
FOR_EVER, EACH_TIME = "public, max-age=31536000, immutable", "no-cache"
MISSING = Problem(
    404,
    "NOT_FOUND",
    "This installation has no dashboard: install a wheel made by `make build`, or run `python build_wasm.py` in the "
    "checkout.",
)
UNKNOWN = Problem(404, "NOT_FOUND", "The dashboard has no such file; load it again.")


@dataclass(frozen=True, slots=True)
class File:
    """One file: as it is, compressed with gzip, which every proxy and browser knows, and the tag of either."""

    content: bytes
    packed: bytes
    tag: str

    @classmethod
    def of(cls, content: bytes) -> File:
        """Compress and tag a content; the tag is weak, since it stands for both forms."""
        return cls(content, gzip.compress(content, mtime=0), f'W/"{hashlib.sha256(content).hexdigest()[:32]}"')


class DashboardFiles:
    """Answers ``/`` and ``/dashboard/…``."""

    def __init__(self, folder: Path | None = None) -> None:
        """Serve a folder; by default the installation's own, or the checkout's."""
        self._folder = folder or next((place for place in PLACES if (place / PAGE).is_file()), None)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/", self.page, methods=["GET"]),
            Route("/dashboard/{name}", self.file, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        """``GET /``."""
        return self._answer(request, PAGE)

    async def file(self, request: Request) -> Response:
        """``GET /dashboard/NAME``: what the page loads, and nothing else."""
        return self._answer(request, request.path_params["name"])

    @cached_property
    def _files(self) -> dict[str, File]:
        if self._folder is None:
            return {}
        paths = [path for path in self._folder.iterdir() if path.suffix in MEDIA_TYPES]
        return {path.name: File.of(path.read_bytes()) for path in paths}

    def _answer(self, request: Request, name: str) -> Response:
        file = self._files.get(name)
        if file is None:
            return ProblemResponse(UNKNOWN if self._files else MISSING)
        headers = HEADERS | {"Cache-Control": FOR_EVER if HASHED_NAME.search(name) else EACH_TIME, "ETag": file.tag}
        kept = [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]
        if file.tag in kept:
            return Response(status_code=304, headers=headers)
        is_packed = "gzip" in request.headers.get("accept-encoding", "")
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        media_type = MEDIA_TYPES[Path(name).suffix]
        return Response(file.packed if is_packed else file.content, headers=headers, media_type=media_type)
