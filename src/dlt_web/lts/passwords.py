"""Session passwords: slow hashes in the store, and a memory of the checks that were good (spec §7)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from base64 import b64decode, b64encode

# scrypt at 16 MiB a check: about 50 ms, as OWASP's password storage advice has it for interactive use.
SCRYPT_N = 2**14
SCRYPT_R = 8
SCRYPT_P = 1
SALT_BYTES = 16
# Bounds the memory of good checks; a code has one password, so this many codes are served without a slow check.
MAX_REMEMBERED = 10_000


def hash_password(password: str) -> str:
    """Return ``scrypt$N$r$p$salt$hash`` of a password under a fresh salt."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = _scrypt(password, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P)
    return f"scrypt${SCRYPT_N}${SCRYPT_R}${SCRYPT_P}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def is_password(password: str, password_hash: str) -> bool:
    """Tell whether a password is the hashed one. Takes tens of milliseconds on purpose."""
    _, n, r, p, salt, digest = password_hash.split("$")
    return hmac.compare_digest(_scrypt(password, b64decode(salt), int(n), int(r), int(p)), b64decode(digest))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=64 * 2**20, dklen=32)


class PasswordMemory:
    """Remembers good checks as keyed hashes under a key of this process, so that only the first one is slow."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._good: dict[bytes, None] = {}
        self._lock = threading.Lock()

    def knows(self, password: str, password_hash: str) -> bool:
        """Tell whether this very check was good before."""
        return self._name(password, password_hash) in self._good

    def check(self, password: str, password_hash: str) -> bool:
        """Check slowly, and remember a good outcome."""
        if not is_password(password, password_hash):
            return False
        with self._lock:
            if len(self._good) >= MAX_REMEMBERED:
                self._good.clear()
            self._good[self._name(password, password_hash)] = None
        return True

    def _name(self, password: str, password_hash: str) -> bytes:
        return hmac.digest(self._key, f"{password_hash}\0{password}".encode(), "sha256")
