"""Who is signed in at the dashboard: sessions in the memory of one process. Pure.

A session stands for an administration key and ends with it: whoever revokes or replaces the key ends every session that
was begun with it. A session also ends at sign-out, after :data:`SESSION_S`, and when its process stops. Nothing of one
is written down: who reads the store cannot take a session over.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass

# A working day: longer ones would leave keys open on machines that nobody is at any more.
SESSION_S = 8 * 3600
# Sessions at once; the oldest ends when one more begins. Those of one key are bounded for themselves: whoever has a key
# that only reads ends no session of others by signing in again and again.
MAX_SESSIONS = 1_000
MAX_OF_ONE_KEY = 20
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is signed in.

    Attributes:
        key_hash: of the key that it was begun with (:func:`~dlt_web.lts.admin_keys.hash_admin_key`).
        cookie: the name of the cookie that it was begun with; under another name its secret counts for nothing.
        csrf_token: what the dashboard's own page sends along with changes; other pages cannot know it.
        until_ms: the first moment, wall ms, at which it is over.
    """

    key_hash: str
    cookie: str
    csrf_token: str
    until_ms: int


class Sessions:
    """The sessions of one process, for one thread. They are kept by a hash, so that looking one up tells no time."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are kept; those that are over go when they are asked for, or when one more begins."""
        return len(self._known)

    def begin(self, key_hash: str, cookie: str, now_ms: int) -> tuple[str, Session]:
        """Begin a session and return its secret, which the browser keeps, with it.

        Where there are too many, those that are over go first, then the key's own oldest one, then the oldest of all.
        """
        self._forget_ended(now_ms)
        own = [place for place, session in self._known.items() if session.key_hash == key_hash]
        for place in own[: max(0, len(own) + 1 - MAX_OF_ONE_KEY)]:
            del self._known[place]
        secret = secrets.token_urlsafe(SECRET_BYTES)
        session = Session(key_hash, cookie, secrets.token_urlsafe(SECRET_BYTES), now_ms + SESSION_S * 1000)
        self._known[_place_of(secret)] = session
        while len(self._known) > MAX_SESSIONS:
            self._known.popitem(last=False)
        return secret, session

    def _forget_ended(self, now_ms: int) -> None:
        for place in [place for place, session in self._known.items() if session.until_ms <= now_ms]:
            del self._known[place]

    def find(self, cookie: str, secret: str, now_ms: int) -> Session | None:
        """Return the session that has this secret in a cookie of this name; None where there is none, or it is over."""
        session = self._known.get(_place_of(secret))
        if session is not None and session.until_ms <= now_ms:
            self.end(secret)
            return None
        return session if session is None or session.cookie == cookie else None

    def end(self, secret: str) -> None:
        """End a session, if there is one."""
        self._known.pop(_place_of(secret), None)


def _place_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
