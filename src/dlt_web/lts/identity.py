"""What a store says of itself: its random id, its epoch, its first keys, and whose clock counts.

The epoch tells a restored store from the one before.
"""

from __future__ import annotations

import secrets

from .clock import Clock, StandingClock
from .keyring import new_key
from .records import KeyKind
from .store import Reading, Store, Writing

STORE_EPOCH = "store_epoch"
STANDING_CLOCK = "standing_clock_ms"
KEY_KINDS: tuple[KeyKind, ...] = ("signing", "report")


def store_epoch(rows: Reading) -> str:
    """Return ``storeId:number`` (spec §5)."""
    return rows.info(STORE_EPOCH) or ""


def standing_clock_ms(rows: Reading) -> int | None:
    """Return the time of the test clock that a store's server runs by, in wall ms; None where it runs by the real one.

    Commands beside such a server must not call a device inactive because a real minute has passed.
    """
    text = rows.info(STANDING_CLOCK)
    return int(text) if text else None


def clock_of(store: Store, machine: Clock) -> Clock:
    """Return the clock that a store's server goes by: its test clock as it stands, or else the machine's.

    Blocking, some milliseconds.
    """
    standing_ms = store.read(standing_clock_ms).result()
    return machine if standing_ms is None else StandingClock(standing_ms)


def put_standing_clock(rows: Writing, now_ms: int | None) -> None:
    """Remember the time of a test clock, or (None) that there is none."""
    if standing_clock_ms(rows) != now_ms:
        rows.put_info(STANDING_CLOCK, "" if now_ms is None else str(now_ms))


def ensure_identity(rows: Writing, now_ms: int) -> None:
    """Give a new store its id, its first epoch and one key of each kind."""
    if rows.info(STORE_EPOCH) is None:
        rows.put_info(STORE_EPOCH, f"{secrets.token_hex(8)}:1")
    for kind in KEY_KINDS:
        if not rows.keys(kind):
            rows.add_key(new_key(kind, now_ms))
