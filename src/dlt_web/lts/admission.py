"""Who may ask at all: session password and origin of a handshake code, store epoch (spec §5 to §7)."""

from __future__ import annotations

import asyncio
from collections import Counter

from ..model import Problem
from .passwords import PasswordMemory
from .records import Handshake

STATUS = {
    "HANDSHAKE_CODE_UNKNOWN": 404,
    "STORE_EPOCH_CHANGED": 409,
    "REPORT_TOKEN_STALE": 409,
    "RATE_LIMITED": 429,
}

# A slow check costs a processor 50 ms: two at a time leave the server responsive, and a longer line only times out.
CHECKS_AT_ONCE = 2
MAX_CHECKS_WAITING = 32
# One address that tries passwords leaves most of the line to others; devices behind one router share these.
MAX_CHECKS_OF_CLIENT = 8


def refuse(code: str, detail: str, *, report_token: str | None = None, store_epoch: str | None = None) -> Problem:
    """Return a problem; codes without a status of their own are 403."""
    return Problem(STATUS.get(code, 403), code, detail, report_token=report_token, store_epoch=store_epoch)


def unknown_handshake(code: str) -> Problem:
    """Return the answer to a handshake code that does not exist."""
    return refuse("HANDSHAKE_CODE_UNKNOWN", f"There is no handshake code {code} at this server.")


def check_origin(handshake: Handshake, origin: str | None) -> Problem | None:
    """Refuse an origin that the code's list does not name; no list means any origin, and none."""
    if not handshake.origins or origin in handshake.origins:
        return None
    if origin is None and handshake.allow_non_browser:
        return None
    found = "none" if origin is None else origin[:200]
    return refuse("ORIGIN_NOT_ALLOWED", f"The handshake code {handshake.code} is not for this origin; found {found}.")


def is_other_epoch(known: str | None, current: str) -> bool:
    """Tell whether a request knows another number of the same store: the store was restored since (spec §5)."""
    if known is None:
        return False
    return known != current and known.rpartition(":")[0] == current.rpartition(":")[0]


def epoch_changed(current: str, report_token: str | None = None) -> Problem:
    """Return the answer that makes a tracker send anew what it keeps."""
    detail = "The server's store was restored; nothing was booked. Take its epoch and send again."
    return refuse("STORE_EPOCH_CHANGED", detail, store_epoch=current, report_token=report_token)


class PasswordGate:
    """Checks session passwords without stopping the server: slow checks in threads, few at a time."""

    def __init__(self) -> None:
        self._memory = PasswordMemory()
        self._places = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._waiting: Counter[str | None] = Counter()

    async def check(
        self, handshake: Handshake, password: str | None, origin: str | None, client: str | None = None
    ) -> Problem | None:
        """Refuse a missing or wrong password; beside browsers, under an origin list, there must be one (spec §7)."""
        wanted = handshake.password_hash
        if wanted is None:
            if handshake.origins and origin is None and handshake.allow_non_browser:
                return _wrong(handshake, "it demands one of clients beside browsers, and none is set")
            return None
        if password is None:
            return _wrong(handshake, "none was given")
        if self._memory.knows(password, wanted):
            return None
        if self._waiting.total() >= MAX_CHECKS_WAITING or self._waiting[client] >= MAX_CHECKS_OF_CLIENT:
            return refuse("RATE_LIMITED", "Too many session passwords are being checked; try again in a moment.")
        self._waiting[client] += 1
        try:
            async with self._places:
                is_good = await asyncio.to_thread(self._memory.check, password, wanted)
        finally:
            self._waiting[client] -= 1
            self._waiting += Counter()  # forgets clients that wait no more
        return None if is_good else _wrong(handshake, "another one was given")


def _wrong(handshake: Handshake, why: str) -> Problem:
    return refuse("SESSION_PASSWORD_WRONG", f"The session password of {handshake.code} is needed; {why}.")
