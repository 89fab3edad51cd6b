"""Whether the audit log is as it was written, for people who look again and again: a look costs a piece, never all.

The whole log is read once, a piece for each look, and from then on only what was written since. Somebody who may write
the store's file can change what was read already; so all of it is read again, piece by piece, some minutes later.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from .audit import AUDIT_HEAD, AuditHead, ChainWalk
from .clock import MINUTE_MS, Clock
from .store import Reading, Store

# About 20 ms of reading and hashing, in which nobody else waits long for the store.
PIECE_ENTRIES = 2_000
WHOLE_EVERY_MS = 10 * MINUTE_MS
# For people to read; `lts verify` tells all.
TOLD_BREAKS = 5


@dataclass(frozen=True, slots=True)
class ChainState:
    """What is known of the chain.

    Attributes:
        state: not yet read to its end; as it was written; or not.
        entries: how many there are.
        held: how many of them were held against their hashes, at least.
        checked_ms: when that was last so up to the last entry; None before the first time.
        whole_ms: when every entry was last read; None before the first time.
        break_count: in how many places it is broken.
        breaks: one sentence for each of the first of them.
    """

    state: Literal["checking", "intact", "broken"]
    entries: int
    held: int
    checked_ms: int | None = None
    whole_ms: int | None = None
    break_count: int = 0
    breaks: tuple[str, ...] = ()


class ChainWatch:
    """Watches one store's audit log. Blocking, some ten milliseconds; callable from any thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._turn = threading.Lock()
        # The log as it is being read; and as it was last read to its end, from where it grows.
        self._fresh: ChainWalk | None = None
        self._whole: ChainWalk | None = None
        self._begun_ms = 0
        self._whole_ms = 0
        self._state = ChainState("checking", 0, 0)

    def look(self) -> ChainState:
        """Read on, a piece at most, and return what is known then.

        Raises:
            StoreUnavailableError: the store cannot be used.
        """
        with self._turn:
            return self._store.read(self._look).result()

    def _look(self, rows: Reading) -> ChainState:
        now_ms, head = self._clock.now_ms(), AuditHead.parse(rows.info(AUDIT_HEAD))
        if self._fresh is None and (self._whole is None or now_ms - self._begun_ms >= WHOLE_EVERY_MS):
            self._fresh, self._begun_ms = ChainWalk(), now_ms
        if self._fresh is not None and _take_piece(rows, self._fresh):
            self._whole, self._whole_ms, self._fresh = self._fresh, now_ms, None
        if self._whole is None:
            held = 0 if self._fresh is None else self._fresh.last.number
            return ChainState("checking", max(head.number, held), held)
        if _take_piece(rows, self._whole):
            breaks, held = self._whole.breaks(head, rows.audit), self._whole.last.number
            told = tuple(breaks[:TOLD_BREAKS])
            state: Literal["intact", "broken"] = "broken" if breaks else "intact"
            self._state = ChainState(state, held, held, now_ms, self._whole_ms, len(breaks), told)
        return self._state


def _take_piece(rows: Reading, walk: ChainWalk) -> bool:
    """Take what comes next; tell whether that was all that there is."""
    piece = rows.audit(walk.last.number, PIECE_ENTRIES)
    walk.take(piece)
    return len(piece) < PIECE_ENTRIES
