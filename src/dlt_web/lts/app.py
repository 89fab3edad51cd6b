"""The HTTP interface of the license tracking server (spec §7): requests in, JSON out; every rule is the service's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import WireError
from ..model import Problem
from ..slots import format_time
from ..wire import decode_authorization_request, decode_report_request
from ..wire_answers import encode_authorization_answer, encode_report_answer
from .admin_api import admin_routes
from .alert_courier import Courier
from .alert_watch import Watch
from .client_address import TrustedProxies
from .clock import StandingClock
from .dashboard_files import DashboardFiles
from .http import (
    INTERNAL,
    RETRY_AFTER_S,
    Endpoint,
    JsonResponse,
    ProblemResponse,
    Shortcut,
    by_path,
    guarded,
    header_of,
    http_problem,
    log,
    preflight,
    problem_of,
    read_json,
)
from .metrics import CONTENT_TYPE, Metrics
from .openapi import openapi_document
from .request_log import RequestLog
from .service import Service
from .store import StoreUnavailableError
from .sweeps import REST_BESIDE_SERVING, Kind, Sweeper

# Ten years of daily sweeps take some seconds; more in one step is a slip of the pen.
MAX_ADVANCE_S = 10 * 366 * 86_400
# Keys are rotated by hand and old ones stay listed, so a cache may keep them for a while.
JWKS_MAX_AGE_S = 300


@dataclass(slots=True)
class Readiness:
    """Whether new clients are welcome: until the process is told to stop."""

    is_draining: bool = False


def create_app(
    service: Service,
    *,
    proxies: TrustedProxies | None = None,
    is_access_logged: bool = False,
    readiness: Readiness | None = None,
) -> Starlette:
    """Return the ASGI application of a service.

    With a :class:`~dlt_web.lts.clock.StandingClock` the application has ``POST /v1/test/clock`` and sweeps only when
    that moves the clock; with any other clock it sweeps in the background while its lifespan lasts. The service's
    store is not closed by the application.

    Args:
        service: the rules and their store.
        proxies: whose ``X-Forwarded-For`` counts; nobody's by default.
        is_access_logged: log answered requests too, not only refused and failed ones.
        readiness: what ``/readyz`` says of the process; always ready by default.
    """
    endpoints = Endpoints(service, readiness or Readiness())
    busy = {
        "/v1/authorizations": guarded(endpoints.authorize, is_public=True),
        "/v1/usage-reports": guarded(endpoints.report, is_public=True),
    }
    app = Starlette(
        routes=by_path(_routes(service, endpoints, busy)),
        lifespan=lambda _app: endpoints.sweeping(),
        exception_handlers={HTTPException: http_problem},
        middleware=middleware(busy, proxies or TrustedProxies(), is_access_logged=is_access_logged),
    )
    # A tracker takes a redirect for a server that is none of ours; a path is right or wrong.
    app.router.redirect_slashes = False
    return app


def _routes(service: Service, endpoints: Endpoints, busy: Mapping[str, Endpoint]) -> list[Route]:
    routes = [
        *(Route(path, endpoint, methods=["POST"]) for path, endpoint in busy.items()),
        *(Route(path, preflight, methods=["OPTIONS"]) for path in busy),
        Route("/.well-known/jwks.json", guarded(endpoints.jwks, is_public=True), methods=["GET"]),
        Route("/healthz", guarded(endpoints.healthz), methods=["GET"]),
        Route("/readyz", guarded(endpoints.readyz), methods=["GET"]),
        Route("/metrics", guarded(endpoints.metrics), methods=["GET"]),
        Route("/openapi.json", guarded(endpoints.openapi), methods=["GET"]),
        *admin_routes(service.store, service.clock),
        *DashboardFiles().routes(),
    ]
    if isinstance(service.clock, StandingClock):
        routes.append(Route("/v1/test/clock", guarded(endpoints.advance_clock), methods=["POST"]))
    return routes


def middleware(busy: Mapping[str, Endpoint], proxies: TrustedProxies, *, is_access_logged: bool) -> list[Middleware]:
    """Return what every request passes before it meets its endpoint; those of ``busy`` paths meet theirs sooner."""
    return [Middleware(RequestLog, proxies, is_verbose=is_access_logged), Middleware(Shortcut, busy)]


class Endpoints:
    """The endpoints of one service."""

    def __init__(self, service: Service, readiness: Readiness) -> None:
        self._service = service
        self._readiness = readiness
        self._metrics = Metrics()
        rest = 0 if isinstance(service.clock, StandingClock) else REST_BESIDE_SERVING
        self._sweeper = _MeasuredSweeper(service, rest, self._metrics)
        self._clock_steps = asyncio.Lock()
        self._watch = Watch(service.store, service.clock)
        self._courier = Courier(service.store, service.clock, self._metrics.count_webhook_attempt)
        service.store.observe_commits(self._metrics.observe_commit)

    async def authorize(self, request: Request) -> Response:
        """``POST /v1/authorizations``."""
        with self._measured("authorizations", self._metrics.count_authorization):
            wanted = decode_authorization_request(await read_json(request))
            client = getattr(request.state, "client_address", None)
            outcome = await self._service.authorize(wanted, header_of(request, b"origin"), client)
            self._metrics.count_authorization(outcome)
        if isinstance(outcome, Problem):
            return ProblemResponse(outcome)
        return JsonResponse(encode_authorization_answer(outcome), 201)

    async def report(self, request: Request) -> Response:
        """``POST /v1/usage-reports``."""
        with self._measured("usage-reports", self._metrics.count_reports):
            wanted = decode_report_request(await read_json(request))
            outcome = await self._service.report(wanted, header_of(request, b"origin"))
            self._metrics.count_reports(outcome)
        if isinstance(outcome, Problem):
            return ProblemResponse(outcome)
        return JsonResponse(encode_report_answer(outcome))

    def _measured(self, endpoint: str, count: Callable[[Problem], None]) -> _Measured:
        return _Measured(self._metrics, endpoint, count)

    async def jwks(self, _request: Request) -> Response:
        """``GET /.well-known/jwks.json``."""
        cache = {"Cache-Control": f"public, max-age={JWKS_MAX_AGE_S}"}
        return JsonResponse(await self._service.jwks(), headers=cache)

    async def healthz(self, _request: Request) -> Response:
        """``GET /healthz``: the process answers."""
        return JsonResponse({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """``GET /readyz``: the store answers too, and the process was not told to stop."""
        if self._readiness.is_draining:
            return ProblemResponse(Problem(503, "SERVER_STOPPING", "This server is stopping; go to another one."))
        await self._service.check_ready()
        return JsonResponse({"status": "ready"})

    async def metrics(self, _request: Request) -> Response:
        """``GET /metrics``."""
        metrics, service = self._metrics, self._service
        metrics.show_process(is_ready=not self._readiness.is_draining, waiting_writes=service.store.waiting_writes)
        try:
            metrics.show_store(*await service.overview())
        except StoreUnavailableError:
            metrics.show_store_away()
        return Response(metrics.text(), media_type=CONTENT_TYPE)

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
            target_ms = clock.now_ms() + seconds * 1000
            moments = await asyncio.to_thread(self._watch.moments, target_ms)
            # Now, too: what is to be told of the time before the clock jumps.
            for at_ms in [clock.now_ms(), *moments, target_ms]:
                await self._sweeper.advance(clock, -((clock.now_ms() - at_ms) // 1000))
                await asyncio.to_thread(self._watch.check_and_log)
        return JsonResponse({"now": format_time(clock.now_ms())})

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[None]:
        """Sweep, and look after alerts, in the background meanwhile; a standing clock does so as it is moved."""
        self._courier.start()
        tasks = []
        if isinstance(self._service.clock, StandingClock):
            await self._sweeper.start()
        else:
            work = (self._sweeper.run_through_trouble(), self._watch.run_for_ever())
            tasks = [asyncio.create_task(one) for one in work]
        try:
            yield
        finally:
            self._courier.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class _Measured:
    """Notes how long a request takes, and counts it by the problem that its error means.

    A class, because what ``contextlib`` makes of a generator takes three times as long.
    """

    __slots__ = ("_count", "_endpoint", "_metrics", "_started_s")

    def __init__(self, metrics: Metrics, endpoint: str, count: Callable[[Problem], None]) -> None:
        self._metrics = metrics
        self._endpoint = endpoint
        self._count = count

    def __enter__(self) -> None:
        self._started_s = time.perf_counter()

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, Exception):
            self._count(problem_of(error) or INTERNAL)
        self._metrics.observe(self._endpoint, time.perf_counter() - self._started_s)


class _MeasuredSweeper(Sweeper):
    def __init__(self, service: Service, rest: float, metrics: Metrics) -> None:
        super().__init__(service.store, service.clock, rest=rest)
        self._metrics = metrics

    async def sweep(self, kind: Kind, now_ms: int) -> int:
        started = time.perf_counter()
        removed = await super().sweep(kind, now_ms)
        self._metrics.observe_sweep(kind, removed, time.perf_counter() - started)
        return removed

    async def run_through_trouble(self) -> None:
        """Keep sweeping whatever happens to one sweep: the store may be away for a while."""
        while True:
            try:
                await self.run_for_ever()
            except Exception as error:
                self._metrics.count_failed_sweep()
                log.error("sweep failed", exc_info=error)
                await asyncio.sleep(RETRY_AFTER_S)
