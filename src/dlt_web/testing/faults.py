"""What can go wrong with a request on its way, as orders for a recording proxy."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field

from .recorded_request import RecordedRequest


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer; its length header is made when it is sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    def encode(self, *, without_body: bool = False) -> bytes:
        """Return the answer as bytes of HTTP/1.1."""
        lines = [f"HTTP/1.1 {self.status} X", *(f"{k}: {v}" for k, v in self.headers)]
        bodiless = self.status in (204, 304) or self.status < 200
        if not bodiless:
            lines.append(f"Content-Length: {len(self.body)}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return head if without_body or bodiless else head + self.body


# A page may read an answer of another origin only with these; without them every fault would look like a dead network.
_READABLE = (("Access-Control-Allow-Origin", "*"), ("Cache-Control", "no-store"))


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a request or its answer is harmed; make one with the class methods.

    Attributes:
        name: short word for the journal.
        delivers: the request still reaches the server.
        replaces_answer: the server's answer is not passed on; ``answer`` is, or the connection just closes.
        answer: what the browser gets instead; None closes the connection.
        gate: the request waits here before anything else; None does not wait.
        gate_timeout_s: seconds after which the gate opens by itself.
    """

    name: str
    delivers: bool
    replaces_answer: bool
    answer: Answer | None = None
    gate: threading.Event | None = None
    gate_timeout_s: float = 60.0

    @classmethod
    def drop(cls) -> Fault:
        """The request is lost: it reaches nobody and the connection closes."""
        return cls("drop", delivers=False, replaces_answer=True)

    @classmethod
    def lose_answer(cls) -> Fault:
        """The server gets and books the request; the connection closes before its answer."""
        return cls("lose-answer", delivers=True, replaces_answer=True)

    @classmethod
    def html_page(cls, status: int = 200) -> Fault:
        """A captive portal, firewall or default page answers in the server's place."""
        body = b"<!doctype html><title>Welcome</title><h1>Please sign in to the network</h1>"
        answer = Answer(status, (("Content-Type", "text/html; charset=utf-8"), *_READABLE), body)
        return cls("html", delivers=False, replaces_answer=True, answer=answer)

    @classmethod
    def status(cls, status: int, *, retry_after: str | None = None) -> Fault:
        """Something before the server answers with a bare error status."""
        # A page may read the header only where the answer allows it, as the LTS does.
        exposed = ("Access-Control-Expose-Headers", "Retry-After")
        extra = () if retry_after is None else (("Retry-After", retry_after), exposed)
        answer = Answer(status, (("Content-Type", "text/plain"), *_READABLE, *extra), b"error made by a fault")
        return cls(f"status-{status}", delivers=False, replaces_answer=True, answer=answer)

    @classmethod
    def problem(cls, status: int, code: str) -> Fault:
        """The server, or one before it that knows its errors, refuses the whole request (RFC 9457)."""
        body = json.dumps({"type": "about:blank", "status": status, "title": code, "detail": "a fault", "code": code})
        answer = Answer(status, (("Content-Type", "application/problem+json"), *_READABLE), body.encode())
        return cls(f"problem-{code}", delivers=False, replaces_answer=True, answer=answer)

    @classmethod
    def redirect(cls, location: str) -> Fault:
        """Something before the server sends the browser elsewhere (302)."""
        answer = Answer(302, (("Location", location), *_READABLE), b"")
        return cls("redirect", delivers=False, replaces_answer=True, answer=answer)

    @classmethod
    def delay(cls, seconds: float) -> Fault:
        """The request arrives late by so many seconds, or when the proxy is healed."""
        return cls("delay", delivers=True, replaces_answer=False, gate=threading.Event(), gate_timeout_s=seconds)

    @classmethod
    def hang(cls) -> Fault:
        """The request waits until the proxy is healed, and is then lost."""
        return cls("hang", delivers=False, replaces_answer=True, gate=threading.Event(), gate_timeout_s=600.0)

    def hold(self) -> None:
        """Wait at the gate, if there is one."""
        if self.gate is not None:
            self.gate.wait(self.gate_timeout_s)


@dataclass(slots=True)
class _Order:
    fault: Fault
    path: str
    method: str
    times_left: int | None
    above_bytes: int

    def covers(self, request: RecordedRequest) -> bool:
        where = request.url if "://" in self.path else request.path
        is_meant = request.method == self.method and where.startswith(self.path)
        return is_meant and len(request.body) > self.above_bytes


class FaultPlan:
    """The faults in force; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[_Order] = []

    def add(self, fault: Fault, *, path: str, method: str, times: int | None, above_bytes: int) -> None:
        """Put a fault in force, after those that already are."""
        with self._lock:
            self._orders.append(_Order(fault, path, method, times, above_bytes))

    def take(self, request: RecordedRequest) -> Fault | None:
        """Return the fault that this request suffers, and count it as used."""
        with self._lock:
            for order in self._orders:
                if order.covers(request) and order.times_left != 0:
                    if order.times_left is not None:
                        order.times_left -= 1
                    return order.fault
        return None

    def clear(self) -> None:
        """End all faults and open their gates."""
        with self._lock:
            for order in self._orders:
                if order.fault.gate is not None:
                    order.fault.gate.set()
            self._orders.clear()
