"""HTTP manners shared by every endpoint: bodies within bounds, problem+json, CORS, and errors that leak nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import OptionError, WireError
from ..model import Problem
from ..wire_answers import encode_problem
from .admin_keys import AdminError
from .store import StoreUnavailableError

log = structlog.get_logger("dlt_web.lts")

Endpoint = Callable[[Request], Awaitable[Response]]

MAX_BODY_BYTES = 2**20
# What a client may go on sending while it is being refused, so that it gets to read the refusal.
MAX_DISCARDED_BYTES = 64 * 2**20
# The request, its list of reports, a report, its counts.
MAX_MESSAGE_LEVELS = 4
RETRY_AFTER_S = 5
# Chromium remembers a preflight for two hours at most, Firefox for a day.
PREFLIGHT_MAX_AGE_S = 86_400

INTERNAL = Problem(500, "INTERNAL", "The server failed to answer; the operator finds why in its log.")
ADMIN_STATUS = {"NOT_FOUND": 404, "CHANGED_MEANWHILE": 412} | dict.fromkeys(
    (
        "ALREADY_EXISTS",
        "IN_USE",
        "MONTH_NOT_OVER",
        "STATEMENT_FROZEN",
        "STATEMENT_REFUSED",
        "RELEASE_LIMIT_REACHED",
        "WEBHOOKS_PAUSED",
    ),
    409,
)


_SHARED_HEADERS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
_OWN_HEADERS = [(b"cross-origin-resource-policy", b"same-origin")]
_PUBLIC_HEADERS = [(b"cross-origin-resource-policy", b"cross-origin"), (b"vary", b"Origin")]


class JsonResponse(Response):
    """JSON by msgspec; nothing of it is to be kept by caches unless ``headers`` say otherwise."""

    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        # Not by way of the base class, which encodes each header of each answer anew.
        self.status_code = status
        self.background = None
        self.body = msgspec.json.encode(content)
        own = [(b"content-length", b"%d" % len(self.body)), (b"content-type", self.media_type.encode())]
        self.raw_headers = own + _SHARED_HEADERS
        for name, value in (headers or {}).items():
            self.headers[name] = value


class ProblemResponse(JsonResponse):
    """An RFC 9457 refusal."""

    media_type = "application/problem+json"

    def __init__(self, problem: Problem) -> None:
        retry = {"Retry-After": str(RETRY_AFTER_S)} if problem.status in (429, 503) else {}
        super().__init__(encode_problem(problem), problem.status, retry)


class BodyTooLargeError(Exception):
    """The body passes :data:`MAX_BODY_BYTES`; it was not read to its end."""


class TooLargeResponse(ProblemResponse):
    """Refuses a body at once, then lets the rest of it pass by unread, or the client would miss the refusal."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the whole refusal, then discard what still comes before ending the exchange."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        discarded = 0
        while discarded < MAX_DISCARDED_BYTES:
            message = await receive()
            if message["type"] != "http.request" or not message.get("more_body", False):
                break
            discarded += len(message.get("body", b""))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def read_json(request: Request) -> Any:
    """Return the JSON of a body, whatever media type it claims (a beacon says text/plain).

    Raises:
        BodyTooLargeError: it is larger than the limit.
        NotJsonError: it is no JSON.
        TooDeepError: it is nested far deeper than any message.
    """
    declared = header_of(request, b"content-length") or ""
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise BodyTooLargeError
    body, is_more = await _next_piece(request)
    if is_more:
        pieces = bytearray(body)
        while is_more and len(pieces) <= MAX_BODY_BYTES:
            piece, is_more = await _next_piece(request)
            pieces += piece
        body = bytes(pieces)
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLargeError
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise TooDeepError from None
    except ValueError as error:
        raise NotJsonError(str(error)) from None


def header_of(request: Request, name: bytes) -> str | None:
    """Return a header's first value; ``name`` in lower case."""
    return next((value.decode("latin-1") for key, value in request.scope["headers"] if key == name), None)


async def _next_piece(request: Request) -> tuple[bytes, bool]:
    """Return a piece of the body, and whether there are more."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


class NotJsonError(Exception):
    """A body is no JSON."""


class TooDeepError(Exception):
    """A body is nested deeper than a parser reads."""


def guarded(endpoint: Endpoint, *, is_public: bool = False) -> Endpoint:
    """Return an endpoint that answers every error as a problem; ``is_public`` lets pages of any origin read answers.

    Every other answer is for pages of this origin, and browsers keep it out of the process of any other page.

    Which origins may ask is decided by the handshake code's list, not by CORS: a page that is refused should be able to
    read why. There are never credentials.
    """

    async def answer(request: Request) -> Response:
        try:
            response = await endpoint(request)
        except Exception as error:
            response = _error_response(error, request)
        if is_public:
            response.raw_headers += _PUBLIC_HEADERS
            if origin := header_of(request, b"origin"):
                response.raw_headers += [
                    (b"access-control-allow-origin", origin.encode("latin-1")),
                    (b"access-control-expose-headers", b"Retry-After"),
                ]
        else:
            response.raw_headers += _OWN_HEADERS
        return response

    return answer


class Resource(Route):
    """One path with all its methods: it refuses every other one itself, and names them all in ``Allow``.

    Starlette's own routes leave a method that they lack to a later pattern that fits the path, too.
    """

    def __init__(self, path: str, endpoints: Mapping[str, Endpoint]) -> None:
        async def answer(request: Request) -> Response:
            # Where there is GET, there is HEAD.
            return await endpoints["GET" if request.method == "HEAD" else request.method](request)

        super().__init__(path, answer, methods=list(endpoints))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match whatever the method."""
        match, child = super().matches(scope)
        return (Match.FULL if match is Match.PARTIAL else match), child


def by_path(routes: Iterable[Route]) -> list[Resource]:
    """Join the routes that share a path, in the order in which paths are first named."""
    paths: dict[str, dict[str, Endpoint]] = {}
    for route in routes:
        own = route.methods or set()
        paths.setdefault(route.path, {}).update(
            dict.fromkeys(own - ({"HEAD"} if "GET" in own else set()), route.endpoint)
        )
    return [Resource(path, endpoints) for path, endpoints in paths.items()]


class Shortcut:
    """ASGI middleware: answers the busiest requests without a walk through the router and its guards.

    Their endpoints are guarded themselves, and their paths have no parameters.
    """

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, Endpoint]) -> None:
        """``endpoints`` answer ``POST``, by path; everything else is the application's."""
        self._app = app
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        endpoint = self._endpoints.get(scope.get("path", ""))
        if endpoint is None or scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        response = await endpoint(Request(scope, receive))
        await response(scope, receive, send)


async def preflight(request: Request) -> Response:
    """Answer a browser's question before a cross-origin request."""
    headers = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": str(PREFLIGHT_MAX_AGE_S),
        "Vary": "Origin",
    }
    if origin := request.headers.get("origin"):
        headers["Access-Control-Allow-Origin"] = origin
    return Response(status_code=204, headers=headers)


async def http_problem(_request: Request, error: Exception) -> Response:
    """Answer what the router refuses: unknown paths and methods."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(status, "REQUEST_INVALID")
    response = ProblemResponse(Problem(status, code, f"This server answers {status} to this method and path."))
    response.headers.update(getattr(error, "headers", None) or {})
    return response


def problem_of(error: Exception) -> Problem | None:
    """Return the problem that an expected error means; None for one that nobody expected."""
    match error:
        case WireError():
            return Problem(422, "REQUEST_INVALID", error.message[:500], field=error.field or None)
        case NotJsonError():
            return Problem(400, "REQUEST_INVALID", f"The body is not JSON: {error!s:.200}.")
        case TooDeepError():
            detail = f"The body is nested too deeply: no message has more than {MAX_MESSAGE_LEVELS} levels."
            return Problem(400, "REQUEST_INVALID", detail)
        case BodyTooLargeError():
            detail = f"A body has at most {MAX_BODY_BYTES} bytes; send fewer reports at a time."
            return Problem(413, "PAYLOAD_TOO_LARGE", detail)
        case OptionError():
            return Problem(422, "REQUEST_INVALID", error.message)
        case AdminError():
            return Problem(ADMIN_STATUS.get(error.code, 403), error.code, error.message)
        case StoreUnavailableError():
            return Problem(503, "STORE_UNAVAILABLE", "The store cannot be used now; try again.")
        case ClientDisconnect():
            return Problem(400, "REQUEST_INVALID", "The body ended before its announced length.")
        case _:
            return None


def _error_response(error: Exception, request: Request) -> Response:
    problem = problem_of(error)
    if problem is None:
        log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
        problem = INTERNAL
    elif problem.status == 503:
        log.error("store unavailable", path=request.url.path, error=str(error))
    return TooLargeResponse(problem) if problem.status == 413 else ProblemResponse(problem)
