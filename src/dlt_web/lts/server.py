"""Runs the application under uvicorn: one process, one line on stdout when it answers."""

from __future__ import annotations

import contextlib
import errno
import gc
import ipaddress
import logging
import math
import socket
import sys
import time
from dataclasses import dataclass
from types import FrameType

import structlog
import uvicorn
from structlog.tracebacks import ExceptionDictTransformer

from ..errors import DltError, OptionError
from .admin_keys import FIRST_KEY, AdminKeys
from .app import Readiness, create_app
from .client_address import TrustedProxies
from .clock import Clock, StandingClock, SystemClock
from .service import Service
from .store import open_store

# New objects that bring the garbage collector. Requests leave no cycles behind, but hundreds that are under way hold
# thousands of objects: at Python's usual 700 it would go through all of them again and again, which is a fifth of a
# report's processor time.
GC_NEW_OBJECTS = 50_000


class ListenError(DltError):
    """The address is taken, or none of this machine's."""

    code = "ADDRESS_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How to serve: where, for whom, and how loudly; the fields are the options of ``lts serve``."""

    host: str
    port: int
    trusted_proxies: tuple[str, ...] = ()
    access_log: bool = False
    drain_seconds: int = 0
    test_clock: bool = False


def check_settings(settings: ServerSettings) -> TrustedProxies:
    """Return the proxies that the settings trust.

    Raises:
        OptionError: a trusted proxy is no address, or the test clock could be reached by others.
    """
    if settings.test_clock and not _is_loopback(settings.host):
        raise OptionError(f"--test-clock works on a loopback address only; {settings.host} is none.")
    return TrustedProxies.parse(settings.trusted_proxies)


def serve(store_url: str, settings: ServerSettings) -> None:
    """Serve until the process is told to stop.

    Raises:
        ListenError: the address cannot be listened on.
        OptionError: a setting is out of range.
        StoreUnavailableError: the store cannot be opened.
        StoreFormatError: the store is not of this software.
    """
    proxies, is_test_clock = check_settings(settings), settings.test_clock
    _configure_logging()
    clock: Clock = StandingClock() if is_test_clock else SystemClock()
    if is_test_clock:
        sys.stderr.write("TEST CLOCK: time stands still until POST /v1/test/clock. Never use this for real licenses.\n")
    with contextlib.closing(_listen(settings.host, settings.port)) as listener:
        store = open_store(store_url)
        try:
            service = Service(store, clock)
            _show_first_key(AdminKeys(store, clock, "server").add_first_admin_key())
            readiness = Readiness()
            app = create_app(service, proxies=proxies, is_access_logged=settings.access_log, readiness=readiness)
            run(app, listener, readiness, drain_s=settings.drain_seconds)
        finally:
            store.close()


def run(app: object, listener: socket.socket, readiness: Readiness | None = None, *, drain_s: int = 0) -> None:
    """Run an ASGI application on a listening socket until the process is told to stop (SIGTERM, SIGINT).

    Args:
        app: the application.
        listener: where it is asked.
        readiness: told that the server is stopping, so that ``/readyz`` says so.
        drain_s: for how many seconds it then goes on as before, so that others stop sending clients here.
    """
    _Server(uvicorn_config(app), readiness or Readiness(), drain_s).run(sockets=[listener])


def _show_first_key(key: str | None) -> None:
    """Show a new store's first key, once: on stderr, as stdout begins with the address, and never in a log line."""
    if key is not None:
        sys.stderr.write(f"The administration key {FIRST_KEY!r} of this new store, shown this once: {key}\n")


def uvicorn_config(app: object) -> uvicorn.Config:
    """Return the settings that the server runs under: quiet, and trusting no forwarded headers."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # uvicorn's own type for ASGI applications is narrower than Starlette's
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


class _Server(uvicorn.Server):
    """Says on stdout where it listens, as soon as it answers; stops in good order.

    The first signal ends the time of welcome, and then, after the drain time, the server: it takes no new connection,
    and answers what it was asked. The second signal ends the drain time, one more drops what is not answered.
    """

    def __init__(self, config: uvicorn.Config, readiness: Readiness, drain_s: int) -> None:
        super().__init__(config)
        self._readiness = readiness
        self._drain_s = drain_s
        self._stops_at_s = math.inf

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        calm_collector()
        if self.should_exit or not sockets:
            return
        host, port = sockets[0].getsockname()[:2]
        name = f"[{host}]" if ":" in host else host
        sys.stdout.write(f"LTS ready at http://{name}:{port}\n")
        sys.stdout.flush()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal. uvicorn's own way raises it again at the end, which would end the process before the store."""
        if self.should_exit:
            self.force_exit = True
        elif self._readiness.is_draining or self._drain_s == 0:
            self.should_exit = True
        self._stops_at_s = min(self._stops_at_s, time.monotonic() + self._drain_s)
        self._readiness.is_draining = True

    async def on_tick(self, counter: int) -> bool:
        """Tell ten times a second whether to stop."""
        self.should_exit = self.should_exit or time.monotonic() >= self._stops_at_s
        return await super().on_tick(counter)


def calm_collector() -> None:
    """Let the garbage collector leave alone what the process has built so far, and come seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_NEW_OBJECTS, *gc.get_threshold()[1:])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # Without the protocol named, asyncio leaves Nagle's algorithm on, and each answer waits 40 ms for an ACK.
        with contextlib.ExitStack() as undone:
            listener = undone.enter_context(socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            undone.pop_all()
    except OSError as error:
        why = f"Cannot listen on {host} port {port}: {error.strerror or error}."
        raise ListenError(f"{why} {_repair(error)}") from error
    return listener


def _repair(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "Choose another --port, or stop what listens there."
    if error.errno == errno.EACCES:
        return "Choose a --port from 1024 on, or serve as a user who may take this one."
    return "Name an address of this machine with --host, such as 127.0.0.1 or 0.0.0.0."


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _configure_logging() -> None:
    """Log JSON lines to stderr; other libraries' own messages, uvicorn's above all, only from warnings up."""
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[structlog.typing.Processor] = [
        # Without the variables of each frame: they hold session passwords.
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*before, *rendering],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
