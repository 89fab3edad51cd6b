"""Who a store is: its random id, the epoch that tells a restored store from the one before, and its first keys."""

from __future__ import annotations

import secrets

from .keyring import new_key
from .records import KeyKind
from .store import Reading, Writing

STORE_EPOCH = "store_epoch"
KEY_KINDS: tuple[KeyKind, ...] = ("signing", "report")


def store_epoch(rows: Reading) -> str:
    """Return ``storeId:number`` (spec §5)."""
    return rows.info(STORE_EPOCH) or ""


def ensure_identity(rows: Writing, now_ms: int) -> None:
    """Give a new store its id, its first epoch and one key of each kind."""
    if rows.info(STORE_EPOCH) is None:
        rows.put_info(STORE_EPOCH, f"{secrets.token_hex(8)}:1")
    for kind in KEY_KINDS:
        if not rows.keys(kind):
            rows.add_key(new_key(kind, now_ms))
