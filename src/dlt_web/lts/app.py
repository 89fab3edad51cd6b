"""The HTTP interface of the license tracking server (spec §7): requests in, JSON out; every rule is the service's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import WireError
from ..model import Problem
from ..slots import format_time
from ..wire import (
    decode_authorization_request,
    decode_report_request,
    encode_authorization_answer,
    encode_report_answer,
)
from .admin_api import admin_routes
from .client_address import TrustedProxies
from .clock import StandingClock
from .http import (
    RETRY_AFTER_S,
    Endpoint,
    JsonResponse,
    ProblemResponse,
    by_path,
    guarded,
    http_problem,
    log,
    preflight,
    read_json,
)
from .metrics import CONTENT_TYPE, Metrics
from .openapi import openapi_document
from .request_log import RequestLog
from .service import Service
from .sweeps import REST_BESIDE_SERVING, Sweeper

# Ten years of daily sweeps take some seconds; more in one step is a slip of the pen.
MAX_ADVANCE_S = 10 * 366 * 86_400
# Keys are rotated by hand and old ones stay listed, so a cache may keep them for a while.
JWKS_MAX_AGE_S = 300


def create_app(service: Service, *, proxies: TrustedProxies | None = None, is_access_logged: bool = False) -> Starlette:
    """Return the ASGI application of a service.

    With a :class:`~dlt_web.lts.clock.StandingClock` the application has ``POST /v1/test/clock`` and sweeps only when
    that moves the clock; with any other clock it sweeps in the background while its lifespan lasts. The service's
    store is not closed by the application.

    Args:
        service: the rules and their store.
        proxies: whose ``X-Forwarded-For`` counts; nobody's by default.
        is_access_logged: log answered requests too, not only refused and failed ones.
    """
    endpoints = Endpoints(service)
    routes = [
        *_public("/v1/authorizations", endpoints.authorize),
        *_public("/v1/usage-reports", endpoints.report),
        Route("/.well-known/jwks.json", guarded(endpoints.jwks, is_public=True), methods=["GET"]),
        Route("/healthz", guarded(endpoints.healthz), methods=["GET"]),
        Route("/readyz", guarded(endpoints.readyz), methods=["GET"]),
        Route("/metrics", guarded(endpoints.metrics), methods=["GET"]),
        Route("/openapi.json", guarded(endpoints.openapi), methods=["GET"]),
        *admin_routes(service.store, service.clock),
    ]
    if isinstance(service.clock, StandingClock):
        routes.append(Route("/v1/test/clock", guarded(endpoints.advance_clock), methods=["POST"]))
    app = Starlette(
        routes=by_path(routes),
        lifespan=lambda _app: _sweeping(service),
        exception_handlers={HTTPException: http_problem},
        middleware=[Middleware(RequestLog, proxies or TrustedProxies(), is_verbose=is_access_logged)],
    )
    # A tracker takes a redirect for a server that is none of ours; a path is right or wrong.
    app.router.redirect_slashes = False
    return app


def _public(path: str, endpoint: Endpoint) -> list[Route]:
    return [
        Route(path, guarded(endpoint, is_public=True), methods=["POST"]),
        Route(path, preflight, methods=["OPTIONS"]),
    ]


class Endpoints:
    """The endpoints of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._sweeper = Sweeper(service.store, service.clock)
        self._metrics = Metrics()
        self._clock_steps = asyncio.Lock()

    async def authorize(self, request: Request) -> Response:
        """``POST /v1/authorizations``."""
        started = time.perf_counter()
        wanted = decode_authorization_request(await read_json(request))
        client = getattr(request.state, "client_address", None)
        outcome = await self._service.authorize(wanted, request.headers.get("origin"), client)
        self._metrics.count_authorization(outcome)
        self._metrics.observe("authorizations", time.perf_counter() - started)
        if isinstance(outcome, Problem):
            return ProblemResponse(outcome)
        return JsonResponse(encode_authorization_answer(outcome), 201)

    async def report(self, request: Request) -> Response:
        """``POST /v1/usage-reports``."""
        started = time.perf_counter()
        wanted = decode_report_request(await read_json(request))
        outcome = await self._service.report(wanted, request.headers.get("origin"))
        self._metrics.count_reports(outcome)
        self._metrics.observe("usage-reports", time.perf_counter() - started)
        if isinstance(outcome, Problem):
            return ProblemResponse(outcome)
        return JsonResponse(encode_report_answer(outcome))

    async def jwks(self, _request: Request) -> Response:
        """``GET /.well-known/jwks.json``."""
        cache = {"Cache-Control": f"public, max-age={JWKS_MAX_AGE_S}"}
        return JsonResponse(await self._service.jwks(), headers=cache)

    async def healthz(self, _request: Request) -> Response:
        """``GET /healthz``: the process answers."""
        return JsonResponse({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """``GET /readyz``: the store answers too."""
        await self._service.check_ready()
        return JsonResponse({"status": "ready"})

    async def metrics(self, _request: Request) -> Response:
        """``GET /metrics``."""
        return Response(self._metrics.text(), media_type=CONTENT_TYPE)

    async def openapi(self, _request: Request) -> Response:
        """``GET /openapi.json``."""
        return JsonResponse(openapi_document())

    async def advance_clock(self, request: Request) -> Response:
        """``POST /v1/test/clock``: move the standing clock on, sweeping on the way."""
        body = await read_json(request)
        seconds = body.get("advanceSeconds") if isinstance(body, dict) else None
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= MAX_ADVANCE_S:
            raise WireError(f"expected a whole number from 0 to {MAX_ADVANCE_S}", field="advanceSeconds")
        clock = self._service.clock
        if not isinstance(clock, StandingClock):
            raise TypeError("the route exists for a standing clock only")
        async with self._clock_steps:
            await self._sweeper.advance(clock, seconds)
        return JsonResponse({"now": format_time(clock.now_ms())})


@asynccontextmanager
async def _sweeping(service: Service) -> AsyncIterator[None]:
    if isinstance(service.clock, StandingClock):
        await Sweeper(service.store, service.clock).start()
        yield
        return
    task = asyncio.create_task(_sweep_through_trouble(Sweeper(service.store, service.clock, rest=REST_BESIDE_SERVING)))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sweep_through_trouble(sweeper: Sweeper) -> None:
    """Keep sweeping whatever happens to one sweep: the store may be away for a while."""
    while True:
        try:
            await sweeper.run_for_ever()
        except Exception as error:
            log.error("sweep failed", exc_info=error)
            await asyncio.sleep(RETRY_AFTER_S)
