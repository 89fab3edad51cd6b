"""Bearer keys of the administration interface: hashed, scoped, replaceable; and how changes are audited."""

from __future__ import annotations

import getpass
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..errors import DltError, OptionError
from .admin_checks import NAME, customer_name
from .clock import Clock
from .records import AdminKey, AdminScope, AuditEntry
from .store import Store, Writing

T = TypeVar("T")

FIRST_KEY = "first"
# In the store's settings: the first key was made once, and is not made again when all keys are gone.
_FIRST_KEY_MADE = "first_admin_key_made"


class AdminError(DltError):
    """An administrative request cannot be carried out; ``NOT_FOUND`` unless it says otherwise."""

    code = "NOT_FOUND"


class AdminKeys:
    """Makes, replaces and revokes keys. Blocking: for the command line and for threads."""

    def __init__(self, store: Store, clock: Clock, actor: str | None = None) -> None:
        """``actor`` names who acts, for the audit log; the operating system's user by default."""
        self._store = store
        self._clock = clock
        self._actor = actor or operator()

    def add_admin_key(self, name: str, scope: AdminScope = "manage", customer: str | None = None) -> str:
        """Make a bearer key and return it, the only time that it is seen.

        ``customer`` is whose key it is, with the scope ``customer``, and None with any other.

        Raises:
            OptionError: the name is out of range, or scope and customer do not go together.
            AdminError: the name is taken.
        """
        if not NAME.fullmatch(name):
            raise OptionError(f"A key's name has 1 to 64 letters, digits, dots or dashes; found {name!r:.80}.")

        if (scope == "customer") != (customer is not None):
            raise OptionError("A key with the scope customer names its customer, and no other key does.")
        whose = None if customer is None else customer_name(customer)

        def add(rows: Writing) -> str:
            if any(key.name == name for key in rows.admin_keys()):
                raise AdminError(
                    f"There is an administration key {name} already: choose another name.", code="ALREADY_EXISTS"
                )
            return self._put_admin_key(rows, "admin-key.add", name, scope, whose)

        return self._write(add)

    def add_first_admin_key(self) -> str | None:
        """Make the first key of a store that never had one and return it; None for any other store."""

        def add(rows: Writing) -> str | None:
            if rows.admin_keys() or rows.info(_FIRST_KEY_MADE) is not None:
                return None
            rows.put_info(_FIRST_KEY_MADE, "1")
            return self._put_admin_key(rows, "admin-key.add", FIRST_KEY, "manage")

        return self._write(add)

    def rotate_admin_key(self, name: str) -> str:
        """Put a fresh secret in a key's place and return it; the old one is worthless at once, the scope stays.

        Raises:
            AdminError: there is no such key.
        """

        def rotate(rows: Writing) -> str:
            before = next((key for key in rows.admin_keys() if key.name == name), None)
            if before is None:
                raise AdminError(f"There is no administration key {name}; lts admin-key list names them.")
            return self._put_admin_key(rows, "admin-key.rotate", name, before.scope, before.customer)

        return self._write(rotate)

    def revoke_admin_key(self, name: str) -> None:
        """Make a bearer key worthless.

        Raises:
            AdminError: there is no such key.
        """

        def revoke(rows: Writing) -> None:
            if not rows.delete_admin_key(name):
                raise AdminError(f"There is no administration key {name}; lts admin-key list names them.")
            self._audit(rows, "admin-key.revoke", name, {})

        self._write(revoke)

    def _put_admin_key(
        self, rows: Writing, action: str, name: str, scope: AdminScope, customer: str | None = None
    ) -> str:
        secret = f"dlt_{'admin' if customer is None else 'customer'}_{secrets.token_urlsafe(32)}"
        rows.put_admin_key(AdminKey(name, hash_admin_key(secret), self._clock.now_ms(), scope, customer))
        self._audit(rows, action, name, {"scope": scope} | ({} if customer is None else {"customer": customer}))
        return secret

    def _audit(self, rows: Writing, action: str, subject: str, detail: Mapping[str, Any]) -> None:
        text = json.dumps(detail, sort_keys=True)
        rows.add_audit(AuditEntry(self._clock.now_ms(), self._actor, action, subject, text))

    def _write(self, work: Callable[[Writing], T]) -> T:
        return self._store.write(work).result()


def hash_admin_key(secret: str) -> str:
    """Return what is kept of a bearer key; it is random and long, so one fast hash hides it well enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def operator() -> str:
    """Return the operating system's user as the audit log names people at the command line."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli:unknown"
