"""A slow line between browsers and servers of this machine: rate, delay and the first round trip of a connection.

A relay of TCP bytes, so it works alike for each browser and each protocol. All connections of a line share its rate, as
they share a telephone's. What it does not imitate: TCP's slow start, lost packets, and the round trips of TLS; all of
these would make what is large, or asked for one after the other, slower still.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from .background import BackgroundLoop

# Small enough that connections take turns in milliseconds, large enough that a turn costs little of a processor.
CHUNK_BYTES = 4096
# What passes at once after a pause: a few packets. More would let short answers by unhindered.
BURST_BYTES = 2 * CHUNK_BYTES
# How long before its turn a chunk is read: the line then stays busy though timers wake a millisecond late.
QUEUE_S = 0.02


class TokenBucket:
    """Says when bytes have passed at a steady rate, after a burst that a pause has saved up."""

    def __init__(self, bytes_per_s: float, burst_bytes: float) -> None:
        self._bytes_per_s = bytes_per_s
        self._burst_s = burst_bytes / bytes_per_s
        # When the bucket would be full again if nothing more came.
        self._full_at_s = float("-inf")

    def take(self, size: int, now_s: float) -> float:
        """Return when the last of so many bytes has passed; the next call's bytes pass after them."""
        self._full_at_s = max(self._full_at_s, now_s) + size / self._bytes_per_s
        return max(now_s, self._full_at_s - self._burst_s)


class SlowLine:
    """A line with a rate in each direction and a round trip time; a context manager.

    Attributes:
        bytes_up: what browsers have sent through it.
        bytes_down: what servers have.
    """

    def __init__(self, *, bits_per_s: float, round_trip_s: float) -> None:
        self.bytes_up = self.bytes_down = 0
        self._one_way_s = round_trip_s / 2
        self._up = TokenBucket(bits_per_s / 8, BURST_BYTES)
        self._down = TokenBucket(bits_per_s / 8, BURST_BYTES)
        self._loop = BackgroundLoop()
        self._servers: list[asyncio.Server] = []

    def __enter__(self) -> Self:
        self._loop.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for server in self._servers:
            self._loop.run(_close(server))
        self._loop.__exit__(kind, error, tb)

    def to(self, port: int) -> int:
        """Return a port that leads through this line to a port of 127.0.0.1."""
        return self._loop.run(self._listen(port))

    async def _listen(self, port: int) -> int:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                with suppress(ConnectionError):
                    await self._relay(reader, writer, port)
            finally:
                writer.close()

        # A small buffer: what waits for its turn shall wait at its sender, as it does before a real line.
        server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=CHUNK_BYTES)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        # The connection stands, for the browser; on a real line the first byte can leave one round trip later.
        await asyncio.sleep(2 * self._one_way_s)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port, limit=CHUNK_BYTES)
        try:
            await asyncio.gather(
                self._pass(reader, far_writer, self._up, self._count_up),
                self._pass(far_reader, writer, self._down, self._count_down),
            )
        finally:
            far_writer.close()

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        bucket: TokenBucket,
        count: Callable[[int], None],
    ) -> None:
        """Pass one direction of a connection on, until its end."""
        flying: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        landing = asyncio.create_task(_land(flying, writer))
        now = asyncio.get_running_loop().time
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                passed_at_s = bucket.take(len(chunk), now())
                flying.put_nowait((passed_at_s + self._one_way_s, chunk))
                count(len(chunk))
                await asyncio.sleep(passed_at_s - now() - QUEUE_S)
        finally:
            flying.put_nowait((now() + QUEUE_S + self._one_way_s, b""))
            await landing

    def _count_up(self, size: int) -> None:
        self.bytes_up += size

    def _count_down(self, size: int) -> None:
        self.bytes_down += size


async def _land(flying: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    """Write what has come through when it arrives, in order; an empty piece is the end."""
    now = asyncio.get_running_loop().time
    while True:
        arrives_at_s, chunk = await flying.get()
        await asyncio.sleep(arrives_at_s - now())
        if not chunk:
            with suppress(OSError):
                writer.write_eof()
            return
        writer.write(chunk)


async def _close(server: asyncio.Server) -> None:
    server.close()
