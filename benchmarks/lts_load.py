"""Clients of a license server: plain sockets with ready-made requests, so that what is measured is the server.

Closed loop: so many clients, each of which asks again as soon as it is answered; gives the highest rate. Open loop: a
fixed rate, whatever the answers do; a request's time runs from when it was due, so that a stall is felt by all that
came while it lasted.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import uvloop


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run came to.

    Attributes:
        rate: answers a second.
        p50_ms: median time to an answer.
        p99_ms: time that one in a hundred passes.
        accepted: reports that the server called accepted.
        client_us: processor time that the clients took for one request, in microseconds.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    accepted: int
    client_us: float


class _Client(asyncio.Protocol):
    """One connection with one request under way."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._received = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def ask(self, request: bytes, due: float) -> None:
        self._due = due
        self._transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        # As uvicorn writes it; a client that parsed more would cost what the server could use.
        length_at = self._received.index(b"content-length: ", 0, head_end) + 16
        length = int(self._received[length_at : self._received.index(b"\r", length_at)])
        if len(self._received) >= head_end + 4 + length:
            answer, self._received = self._received, b""
            self._run.answered(self, answer, time.perf_counter() - self._due)

    def connection_lost(self, error: Exception | None) -> None:
        self._run.lost()


class _Run:
    def __init__(self, requests: Sequence[bytes]) -> None:
        self.waiting = deque(requests)
        self.idle: deque[_Client] = deque()
        self.due: deque[float] = deque()
        self.wanted = len(requests)
        self.times: list[float] = []
        self.accepted = 0
        self.is_closed_loop = True
        self.is_over = asyncio.Event()
        self.failure = ""

    def answered(self, client: _Client, answer: bytes, seconds: float) -> None:
        if not answer.startswith(b"HTTP/1.1 200"):
            self.failure = answer.decode()[:500]
            self.is_over.set()
            return
        self.accepted += answer.count(b'"accepted"')
        self.times.append(seconds)
        if len(self.times) == self.wanted:
            self.is_over.set()
        if self.due:
            self._ask(client, self.due.popleft())
        elif self.is_closed_loop:
            self._ask(client, time.perf_counter())
        else:
            self.idle.append(client)

    def _ask(self, client: _Client, due: float) -> None:
        if self.waiting and not self.is_over.is_set():
            client.ask(self.waiting.popleft(), due)

    def lost(self) -> None:
        if not self.is_over.is_set():
            self.failure = "the server closed a connection"
            self.is_over.set()

    def fall_due(self, due: float) -> None:
        if self.idle:
            self._ask(self.idle.popleft(), due)
        else:
            self.due.append(due)


def run_clients(port: int, requests: Sequence[bytes], *, clients: int, rate: float | None = None) -> Measured:
    """Send all requests over so many connections, at a rate (per second) or as fast as they are answered.

    Raises:
        RuntimeError: the server refused one.
    """
    # The server's own kind of loop: in asyncio's the clients would take twice the processor.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(port, requests, clients, rate))


async def _run(port: int, requests: Sequence[bytes], clients: int, rate: float | None) -> Measured:
    run = _Run(requests)
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: _Client(run), "127.0.0.1", port) for _ in range(clients)]
    started, processor_started = time.perf_counter(), time.process_time()
    if rate is None:
        for _transport, client in made:
            run._ask(client, started)
    else:
        run.is_closed_loop = False
        run.idle.extend(client for _transport, client in made)
        sent = 0
        while sent < len(requests) and not run.is_over.is_set():
            due_count = min(len(requests), int((time.perf_counter() - started) * rate) + 1)
            for number in range(sent, due_count):
                run.fall_due(started + number / rate)
            sent = due_count
            await asyncio.sleep(0.001)
    await run.is_over.wait()
    seconds, processor_s = time.perf_counter() - started, time.process_time() - processor_started
    for transport, _client in made:
        transport.close()
    if run.failure:
        raise RuntimeError(f"The server refused a request: {run.failure}")
    times = sorted(run.times)
    return Measured(
        rate=len(times) / seconds,
        p50_ms=times[len(times) // 2] * 1000,
        p99_ms=times[int(len(times) * 0.99)] * 1000,
        accepted=run.accepted,
        client_us=processor_s / len(times) * 1e6,
    )


def as_http(path: str, body: object) -> bytes:
    """Return a POST request as it goes over the wire."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    )
    return f"{head}\r\n\r\n".encode() + content
