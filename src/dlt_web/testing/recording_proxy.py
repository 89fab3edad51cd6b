"""An HTTP proxy on loopback that keeps every byte of every request and can break the network on order.

A browser that is started with this proxy sends everything through it: requests of pages, workers, shared workers,
beacons and keep-alive fetches alike, which no hook inside the browser sees completely. As a forward proxy it takes
absolute URLs; given an ``upstream`` it also stands in front of one server as a reverse proxy. Into HTTPS it looks with
certificates of an authority of its own, which a browser must be told to accept; servers it judges itself. Answers go on
as they come, and what a WebSocket says is recorded in the clear.

Nothing outside the machine is contacted unless that is asked for: other hosts are answered 502 and recorded.

mitmproxy does the same for people, and pins its forty dependencies so tightly that no project can have it beside them.
"""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from .faults import Answer, Fault, FaultPlan
from .kept_port import SERVERS_BIND_BESIDE, keep_port
from .proxy_server import ProxyServer
from .proxy_tls import ProxyAuthority, system_trust
from .proxy_upstream import is_loopback
from .recorded_request import Headers, RecordedRequest

# Where a request goes instead, or what it is answered with; None leaves it to others.
Detour = Callable[[RecordedRequest], "str | Answer | None"]


class RecordingProxy:
    """Records requests and applies faults; a context manager.

    Attributes:
        url: where the proxy listens, ``http://127.0.0.1:PORT``.
        authority: signs the certificates that browsers are shown.
        trust: judges the certificates of servers.
    """

    def __init__(
        self,
        *,
        upstream: str | None = None,
        outside: bool | Collection[str] = False,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Listen on a free port of 127.0.0.1.

        Args:
            upstream: base URL for requests that name no host (reverse proxy); None refuses those.
            outside: hosts outside this machine that may be asked, or whether all may.
            trust: judges servers' certificates; None takes the system's trust store.
        """
        self._upstream = upstream
        self._outside = outside
        # Whoever is stopped by a signal may hold it, and looks into the record once more.
        self._lock = threading.RLock()
        self._numbers = itertools.count()
        self._requests: list[RecordedRequest] = []
        self._answers: dict[int, str] = {}
        self._troubles: dict[str, str] = {}
        self._troubles_of: dict[int, str] = {}
        self._detours: list[Detour] = []
        self._faults = FaultPlan()
        self.authority = ProxyAuthority()
        self.trust = trust or system_trust()
        self._server = ProxyServer(self, 0)
        self._kept_port: socket.socket | None = None  # while it refuses
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._faults.clear()
        if self._kept_port is None:
            self._server.stop()
        else:
            self._kept_port.close()

    def requests(self, *, path: str = "", method: str = "") -> list[RecordedRequest]:
        """Return what was recorded since :meth:`forget`, oldest first.

        What a WebSocket says is there as requests of the method ``WEBSOCKET``, one for each message.

        Args:
            path: only requests whose URL path starts so.
            method: only requests of this method.
        """
        with self._lock:
            recorded = list(self._requests)
        return [r for r in recorded if r.path.startswith(path) and method in ("", r.method)]

    def answer_to(self, request: RecordedRequest) -> str:
        """Say how a request ended: its status, with the fault's name before it where it suffered one.

        A message of a WebSocket has none, which is said in its place.
        """
        with self._lock:
            return self._answers.get(request.number, "unanswered")

    def settle(self, timeout_s: float) -> bool:
        """Wait until everything that arrived is answered, streams and WebSockets aside; whether it came so far."""
        end = time.monotonic() + timeout_s
        while not (is_settled := self._is_settled()) and time.monotonic() < end:
            time.sleep(0.02)
        return is_settled

    def _is_settled(self) -> bool:
        with self._lock:
            asked = [r for r in self._requests if r.method != "WEBSOCKET" and r.header("Upgrade") is None]
            return all(r.number in self._answers for r in asked)

    def troubles(self) -> dict[str, str]:
        """Say why servers could not be asked since :meth:`forget`, by origin."""
        with self._lock:
            return dict(self._troubles)

    def trouble_of(self, request: RecordedRequest) -> str | None:
        """Say why a request's server could not be asked; None where it could."""
        with self._lock:
            return self._troubles_of.get(request.number)

    def forget(self) -> None:
        """Drop all records; the next test begins with none."""
        with self._lock:
            self._requests.clear()
            self._answers.clear()
            self._troubles.clear()
            self._troubles_of.clear()

    def inject(
        self, fault: Fault, *, path: str, method: str = "POST", times: int | None = None, above_bytes: int = -1
    ) -> None:
        """Apply a fault to requests from now on.

        Args:
            fault: what happens to them.
            path: to requests whose URL path, or whole URL where it names a scheme, starts so.
            method: to requests of this method; preflights are OPTIONS and stay well by default.
            times: how many requests suffer; None until :meth:`heal`. A browser itself repeats a request once when a
                reused connection closes without an answer, and each repeat counts.
            above_bytes: only to requests with a longer body, as with a server's size limit.
        """
        self._faults.add(fault, path=path, method=method, times=times, above_bytes=above_bytes)

    def detour(self, way: Detour) -> None:
        """Let something decide of each request where it goes; the first that does not say None is obeyed.

        A detour may lead anywhere; what has been asked for at its beginning is what is recorded.
        """
        self._detours.append(way)

    def allow_outside(self, hosts: bool | Collection[str] = True) -> None:
        """Let pages ask other machines from now on: all of them, some by their names, or (False) none any more."""
        self._outside = hosts

    def refuse(self) -> None:
        """Hang up and listen no more until :meth:`heal`: connections are refused, as where no server runs."""
        if self._kept_port is None:
            self._server.stop()
            self._kept_port = keep_port(self._server.server_address[1])

    def heal(self) -> None:
        """End all faults and let go what a fault still holds back."""
        self._faults.clear()
        if self._kept_port is not None:
            if not SERVERS_BIND_BESIDE:
                self._kept_port.close()
            self._server = ProxyServer(self, self._server.server_address[1])
            self._server.start()
            self._kept_port.close()
            self._kept_port = None

    def journal(self) -> str:
        """One line per request, for the report of a failed test."""
        with self._lock:
            return "\n".join(
                f"{r.method} {r.url} -> {self._answers.get(r.number, 'unanswered')}" for r in self._requests
            )

    def take(
        self, method: str, url: str, head: bytes, headers: Headers, body: bytes
    ) -> tuple[RecordedRequest, Fault | None]:
        """Record one request and say which fault it suffers; called for each request that arrives."""
        full = url if "://" in url or method == "CONNECT" else f"{self._upstream or ''}{url}"
        with self._lock:
            request = RecordedRequest(next(self._numbers), method, full, headers, head, body)
            self._requests.append(request)
        return request, self._faults.take(request)

    def note_answer(self, request: RecordedRequest, answer: str) -> None:
        """Remember for the journal how a request ended."""
        with self._lock:
            self._answers[request.number] = answer

    def note_trouble(self, request: RecordedRequest, sentence: str) -> None:
        """Remember why a request's server could not be asked."""
        parts = urlsplit(request.url)
        with self._lock:
            self._troubles_of[request.number] = sentence
            self._troubles[f"{parts.scheme}://{parts.netloc}"] = sentence

    def destination(self, request: RecordedRequest) -> str | Answer:
        """Return where a request goes, or what answers it here: a detour, or a refusal of what is outside."""
        if request.method != "CONNECT":
            for way in self._detours:
                if (end := way(request)) is not None:
                    return end
        url = f"//{request.url}" if request.method == "CONNECT" else request.url
        host = urlsplit(url).hostname or ""
        # Which tunnels lead outside is told by what is asked in them: a detour may know a host that does not exist.
        if is_loopback(host) or self._may_ask(host) or (request.method == "CONNECT" and self._detours):
            return request.url
        self.note_trouble(request, "it is not on this machine, and nobody asked for other machines")
        return Answer(502, (("Content-Type", "text/plain"),), b"not on this machine")

    def _may_ask(self, host: str) -> bool:
        return self._outside if isinstance(self._outside, bool) else host in self._outside
