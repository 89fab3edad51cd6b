"""What every report asks of the store and hardly any changes (codes, items, keys, the epoch), kept between commits."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import apsw

from ..records import Handshake, Key, KeyKind, LicenseItem
from .sqlite_ledger import Ledger
from .sqlite_writing import SqliteWriting

T = TypeVar("T")

# A crowd of unknown codes must not fill the memory.
MAX_VALUES = 10_000


class SettingsCache:
    """Values of the writer's connection, good until this process or another one changes them."""

    def __init__(self) -> None:
        self._values: dict[Hashable, Any] = {}
        self._items: dict[Hashable, Any] = {}
        self._data_version: int | None = None

    def begin(self, connection: apsw.Connection) -> bool:
        """Forget everything if another connection has committed, and tell whether one has.

        Called inside each transaction, which bars others.
        """
        data_version = cast("int", connection.pragma("data_version"))
        is_changed = data_version != self._data_version
        if is_changed or len(self._values) + len(self._items) > MAX_VALUES:
            self.forget()
        self._data_version = data_version
        return is_changed

    def forget(self) -> None:
        """Forget everything: a setting was changed, or a change was taken back."""
        self._values.clear()
        self._items.clear()

    def forget_items(self) -> None:
        """Forget the license items: a counter, a mark or a setting of one was changed."""
        self._items.clear()

    def get(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return a value, reading it if it is not known."""
        if key not in self._values:
            self._values[key] = read()
        return cast("T", self._values[key])

    def get_items(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return a license item, or several, reading them if they are not known."""
        if key not in self._items:
            self._items[key] = read()
        return cast("T", self._items[key])


class CachingWriting(SqliteWriting):
    """Rows as changed through the writer's connection, with the settings of the cache."""

    # ruff: noqa: D102  (the contract in protocol.py says what each method means)

    def __init__(self, connection: apsw.Connection, cache: SettingsCache, ledger: Ledger) -> None:
        super().__init__(connection, ledger)
        self._cache = cache

    def info(self, name: str) -> str | None:
        read = super().info
        return self._cache.get(("info", name), lambda: read(name))

    def keys(self, kind: KeyKind) -> list[Key]:
        read = super().keys
        return self._cache.get(("keys", kind), lambda: read(kind))

    def handshake(self, code: str) -> Handshake | None:
        read = super().handshake
        return self._cache.get(("handshake", code), lambda: read(code))

    def license(self, license_id: str) -> LicenseItem | None:
        read = super().license
        return self._cache.get_items(license_id, lambda: read(license_id))

    def items_of(self, code: str) -> list[LicenseItem]:
        read = super().items_of
        return list(self._cache.get_items(("items of", code), lambda: read(code)))

    def put_license(self, item: LicenseItem) -> None:
        self._cache.forget_items()
        super().put_license(item)

    def set_lifetime(self, license_id: str, lifetime_s: int, now_ms: int) -> None:
        self._cache.forget_items()
        super().set_lifetime(license_id, lifetime_s, now_ms)

    def take_seat(self, license_id: str, percent: int | None) -> bool:
        self._cache.forget_items()
        return super().take_seat(license_id, percent)

    def free_seat(self, license_id: str) -> None:
        self._cache.forget_items()
        super().free_seat(license_id)

    def remove_due(self, license_id: str | None, now_ms: int, limit: int) -> int:
        self._cache.forget_items()
        return super().remove_due(license_id, now_ms, limit)

    def mark_exhausted(self, code: str, license_id: str) -> None:
        self._cache.forget_items()
        super().mark_exhausted(code, license_id)

    def lift_exhausted(self, code: str, product: str | None = None) -> None:
        self._cache.forget_items()
        super().lift_exhausted(code, product)

    def charge(self, code: str, license_id: str, slot: int, scans: int) -> None:
        self._cache.forget_items()
        super().charge(code, license_id, slot, scans)

    def put_info(self, name: str, value: str) -> None:
        self._cache.forget()
        super().put_info(name, value)

    def add_key(self, key: Key) -> None:
        self._cache.forget()
        super().add_key(key)

    def put_handshake(self, handshake: Handshake) -> None:
        self._cache.forget()
        super().put_handshake(handshake)
