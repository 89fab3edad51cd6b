"""The slow line: its rate, its delay, and that every byte comes through in order."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from benchmarks.browser.link import BURST_BYTES, CHUNK_BYTES, SlowLine, TokenBucket

ROUND_TRIP_S = 0.1
BYTES_PER_S = 200_000
Serve = Callable[[socket.socket], None]


def test_a_full_bucket_lets_its_burst_pass_at_once() -> None:
    assert TokenBucket(1000, 500).take(500, 7.0) == 7.0


def test_what_is_more_than_the_burst_passes_at_the_rate() -> None:
    bucket = TokenBucket(1000, 500)
    assert bucket.take(1500, 7.0) == 8.0
    assert bucket.take(250, 7.0) == 8.25


def test_a_pause_saves_up_a_burst_and_no_more() -> None:
    bucket = TokenBucket(1000, 500)
    bucket.take(500, 0.0)
    assert bucket.take(100, 0.1) == 0.1
    assert bucket.take(1500, 100.0) == 101.0


@contextmanager
def server(serve: Serve) -> Iterator[int]:
    """Run a server that gives each connection to a function in a thread; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    connection, _address = listening.accept()
                except OSError:
                    return
                threading.Thread(target=serve_and_close, args=(connection,), daemon=True).start()

        def serve_and_close(connection: socket.socket) -> None:
            with connection:
                serve(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def echo(connection: socket.socket) -> None:
    connection.sendall(read_all(connection))


def send_much(connection: socket.socket) -> None:
    connection.sendall(bytes(BYTES_PER_S // 4))


def ask(port: int, said: bytes) -> tuple[bytes, float]:
    """Say something to a server, end, and return its whole answer and how long that took."""
    began_s = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        return read_all(connection), time.monotonic() - began_s


@pytest.fixture
def line() -> Iterator[SlowLine]:
    with SlowLine(bits_per_s=8 * BYTES_PER_S, round_trip_s=ROUND_TRIP_S) as running:
        yield running


def test_bytes_come_through_both_ways_in_order_and_are_counted(line: SlowLine) -> None:
    said = b"".join(number.to_bytes(4, "big") for number in range(3 * CHUNK_BYTES))
    with server(echo) as port:
        answer, _took_s = ask(line.to(port), said)
    assert answer == said
    assert (line.bytes_up, line.bytes_down) == (len(said), len(said))


def test_an_answer_takes_the_round_trips_of_opening_and_of_asking(line: SlowLine) -> None:
    with server(echo) as port:
        _answer, took_s = ask(line.to(port), b"?")
    assert took_s >= 2 * ROUND_TRIP_S


@pytest.mark.parametrize("direction", ["up", "down"])
def test_each_direction_keeps_the_rate(line: SlowLine, direction: str) -> None:
    size = BYTES_PER_S // 4
    with server(read_all if direction == "up" else send_much) as port:
        _answer, took_s = ask(line.to(port), bytes(size) if direction == "up" else b"")
    assert took_s >= (size - BURST_BYTES) / BYTES_PER_S + ROUND_TRIP_S


def test_connections_share_the_rate(line: SlowLine) -> None:
    took_s: list[float] = []
    with server(send_much) as port:
        through = line.to(port)
        asking = [threading.Thread(target=lambda: took_s.append(ask(through, b"")[1])) for _ in range(2)]
        for one in asking:
            one.start()
        for one in asking:
            one.join()
    assert line.bytes_down == BYTES_PER_S // 2
    assert max(took_s) >= (BYTES_PER_S // 2 - BURST_BYTES) / BYTES_PER_S


def test_a_server_that_is_not_there_ends_the_connection(line: SlowLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with socket.create_connection(("127.0.0.1", line.to(port)), timeout=30) as connection:
        assert connection.recv(1) == b""
