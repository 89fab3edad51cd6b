"""The two sweeps: seats whose removal time has come are freed, each minute or each day (spec §6).

A sweep is due a whole number of intervals after the last one, which the store remembers, so that restarts neither skip
nor hurry it. Rows go in chunks, each a transaction, so that devices are answered in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from .clock import DAY_MS, MINUTE_MS, Clock, StandingClock
from .identity import put_standing_clock
from .records import LicenseItem, StreamKey
from .store import Reading, Store, Writing

Kind = Literal["minute", "day"]
INTERVAL_MS: dict[Kind, int] = {"minute": MINUTE_MS, "day": DAY_MS}

# Spec §5: "Stream rows outlive sweep and release of the seat by 400 days".
STREAM_RETENTION_MS = 400 * DAY_MS
# A chunk holds the writer for a few milliseconds.
CHUNK_ROWS = 200
# What is looked for at a time, where each look may take seconds.
FOUND_ROWS = 10_000
# Beside a serving server a sweep has all night: devices are answered first.
REST_BESIDE_SERVING = 4.0
# How late a sweep may run, in seconds.
POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class Due:
    """The next sweep of a kind that may find something."""

    at_ms: int
    kind: Kind


class Sweeper:
    """Runs the sweeps of a store."""

    def __init__(
        self, store: Store, clock: Clock, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep, *, rest: float = 0
    ) -> None:
        """``sleep`` waits for seconds; ``rest`` is how long it rests after each chunk, in times of that chunk's."""
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._rest = rest

    async def start(self) -> None:
        """Count intervals from now where the store remembers no sweep, or one in the future; say whose clock counts."""
        now_ms = self._clock.now_ms()

        def remember(rows: Writing) -> None:
            put_standing_clock(rows, now_ms if isinstance(self._clock, StandingClock) else None)
            for kind in INTERVAL_MS:
                last_ms = _last_ms(rows, kind)
                if last_ms is None or last_ms > now_ms:
                    _put_last(rows, kind, now_ms)

        await asyncio.wrap_future(self._store.write(remember))

    async def run_for_ever(self) -> None:
        """Sweep whenever a sweep is due, by the clock that was given."""
        await self.start()
        while True:
            for kind, interval_ms in INTERVAL_MS.items():
                last_ms = await asyncio.wrap_future(self._store.read(partial(_last_ms, kind=kind)))
                now_ms = self._clock.now_ms()
                if last_ms is None or last_ms + interval_ms <= now_ms or last_ms > now_ms:
                    await self.sweep(kind, now_ms)
            await self._sleep(POLL_S)

    async def advance(self, clock: StandingClock, seconds: int) -> None:
        """Move a standing clock on, running every sweep that falls due on the way, in order of time.

        Those that would find nothing are passed over.
        """
        await self.start()
        target_ms = clock.now_ms() + seconds * 1000
        while True:
            due = [await self._next(kind, target_ms) for kind in INTERVAL_MS]
            first = min((d for d in due if d is not None), key=lambda d: d.at_ms, default=None)
            if first is None:
                break
            clock.move_to(max(first.at_ms, clock.now_ms()))
            await self.sweep(first.kind, first.at_ms)
        clock.move_to(target_ms)
        await asyncio.wrap_future(self._store.write(partial(_arrive, target_ms=target_ms)))

    async def sweep(self, kind: Kind, now_ms: int) -> int:
        """Remove what is due, and return how many; the daily sweep also forgets streams and devices of long ago."""
        removed = 0
        for license_id in await asyncio.wrap_future(self._store.read(lambda rows: due_items(rows, kind, now_ms))):
            removed += await self._in_chunks(partial(_remove_due, license_id=license_id, now_ms=now_ms))
        if kind == "day":
            await self._forget(now_ms - STREAM_RETENTION_MS)
        await asyncio.wrap_future(self._store.write(lambda rows: _put_last(rows, kind, now_ms)))
        return removed

    async def _forget(self, seen_ms: int) -> None:
        """Forget streams and removed devices last seen before then.

        Readers look for the streams among all that there are: the writer would keep everybody waiting for seconds.
        """
        while keys := await asyncio.wrap_future(self._store.read(lambda rows: rows.old_streams(seen_ms, FOUND_ROWS))):
            for first in range(0, len(keys), CHUNK_ROWS):
                chunk = keys[first : first + CHUNK_ROWS]
                await self._chunk(partial(_forget_streams, keys=chunk, seen_ms=seen_ms))
        await self._in_chunks(lambda rows: rows.forget_devices(seen_ms, CHUNK_ROWS))

    async def _in_chunks(self, work: Callable[[Writing], int]) -> int:
        """Repeat a transaction until it finds less than a chunk; return how many rows it found in all."""
        total = 0
        while True:
            count = await self._chunk(work)
            total += count
            if count < CHUNK_ROWS:
                return total

    async def _chunk(self, work: Callable[[Writing], int]) -> int:
        """Do a transaction and rest, where it found a whole chunk, so that others come first; return what it found."""
        started_s = asyncio.get_running_loop().time()
        count = await asyncio.wrap_future(self._store.write(work))
        if self._rest and count >= CHUNK_ROWS:
            await self._sleep(self._rest * (asyncio.get_running_loop().time() - started_s))
        return count

    async def _next(self, kind: Kind, until_ms: int) -> Due | None:
        """Return the first sweep of a kind that may find something, up to a time."""
        last_ms, work_ms = await asyncio.wrap_future(self._store.read(partial(_next_work, kind=kind)))
        if work_ms is None:
            return None
        interval_ms = INTERVAL_MS[kind]
        first_ms = (self._clock.now_ms() if last_ms is None else last_ms) + interval_ms
        at_ms = first_ms + max(0, -(-(work_ms - first_ms) // interval_ms)) * interval_ms
        return Due(at_ms, kind) if at_ms <= until_ms else None


def due_items(rows: Reading, kind: Kind, now_ms: int) -> list[str | None]:
    """Return the items of a kind of sweep with devices to remove; None stands for unseated devices."""

    def is_swept(item: LicenseItem) -> bool:
        return (item.charge_way == "concurrent_device") == (kind == "minute")

    places: list[str | None] = [item.id for item in rows.licenses() if is_swept(item)]
    places += [] if kind == "minute" else [None]
    return [place for place in places if rows.due_devices(place, now_ms, 1)]


def _remove_due(rows: Writing, license_id: str | None, now_ms: int) -> int:
    return rows.remove_due(license_id, now_ms, CHUNK_ROWS)


def _forget_streams(rows: Writing, keys: Sequence[StreamKey], seen_ms: int) -> int:
    return rows.forget_streams(keys, seen_ms)


def _next_work(rows: Reading, kind: Kind) -> tuple[int | None, int | None]:
    """Return when the last sweep of a kind was, and a time before which the next one finds nothing (None: ever)."""
    times = [rows.next_removal_ms(concurrent=kind == "minute")]
    if kind == "day":
        oldest_ms = rows.oldest_seen_ms()
        times.append(None if oldest_ms is None else oldest_ms + STREAM_RETENTION_MS + 1)
    return _last_ms(rows, kind), min((time for time in times if time is not None), default=None)


def _arrive(rows: Writing, target_ms: int) -> None:
    """Remember that a standing clock has come so far, and the last sweeps that were passed over on the way."""
    put_standing_clock(rows, target_ms)
    for kind, interval_ms in INTERVAL_MS.items():
        last_ms = _last_ms(rows, kind)
        if last_ms is not None and target_ms - last_ms >= interval_ms:
            _put_last(rows, kind, target_ms - (target_ms - last_ms) % interval_ms)


def _last_ms(rows: Reading, kind: Kind) -> int | None:
    text = rows.info(f"last_{kind}_sweep_ms")
    return None if text is None else int(text)


def _put_last(rows: Writing, kind: Kind, now_ms: int) -> None:
    rows.put_info(f"last_{kind}_sweep_ms", str(now_ms))
