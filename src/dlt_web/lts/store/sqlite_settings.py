"""What every report asks of the store and hardly any changes (codes, items, keys, the epoch), kept between commits."""

from __future__ import annotations

from typing import cast

import apsw

from ..billing_records import Ownership
from ..records import Handshake, Key, KeyKind, LicenseItem
from .protocol import StoreFormatError
from .sqlite_ledger import Ledger, known_or_read
from .sqlite_writing import SqliteWriting

# A crowd of unknown codes must not fill the memory.
MAX_VALUES = 10_000


class SettingsCache:
    """Values of the writer's connection, good until this process or another one changes them.

    Attributes:
        info: the store's own settings, by name.
        keys: the keys, by kind.
        handshakes: handshake codes, those asked for in vain among them.
        licenses: license items, by id.
        items: the license items of handshake codes, in their order.
    """

    def __init__(self, step: int) -> None:
        """``step`` is the last step of the schema that this process works by."""
        self._step = step
        self.info: dict[str, str | None] = {}
        self.keys: dict[KeyKind, list[Key]] = {}
        self.handshakes: dict[str, Handshake | None] = {}
        self.licenses: dict[str, LicenseItem | None] = {}
        self.items: dict[str, list[LicenseItem]] = {}
        self._data_version: int | None = None

    def begin(self, connection: apsw.Connection) -> bool:
        """Forget everything if another connection has committed, and tell whether one has.

        Called inside each transaction, which bars others.

        Raises:
            StoreFormatError: another version has changed the schema: what this one would write is not what is read.
        """
        data_version = cast("int", connection.pragma("data_version"))
        is_changed = data_version != self._data_version
        if is_changed:
            self._check_schema(connection)
        known = len(self.info) + len(self.handshakes) + len(self.licenses) + len(self.items)
        if is_changed or known > MAX_VALUES:
            self.forget()
        self._data_version = data_version
        return is_changed

    def _check_schema(self, connection: apsw.Connection) -> None:
        (step,) = cast("tuple[int]", connection.execute("SELECT max(number) FROM schema_migration").fetchone())
        if step != self._step:
            raise StoreFormatError(
                f"another version has brought it to schema step {step} while this one works by {self._step}; "
                "stop this process, and start it by that version"
            )

    def forget(self) -> None:
        """Forget everything: a setting was changed, or a change was taken back."""
        self.info.clear()
        self.keys.clear()
        self.handshakes.clear()
        self.forget_items()

    def forget_items(self) -> None:
        """Forget the license items: a counter, a mark or a setting of one was changed."""
        self.licenses.clear()
        self.items.clear()


class CachingWriting(SqliteWriting):
    """Rows as changed through the writer's connection, with the settings of the cache."""

    # ruff: noqa: D102  (the contract in protocol.py says what each method means)

    def __init__(self, connection: apsw.Connection, cache: SettingsCache, ledger: Ledger) -> None:
        super().__init__(connection, ledger)
        self._cache = cache

    def info(self, name: str) -> str | None:
        return known_or_read(self._cache.info, name, super().info, name)

    def keys(self, kind: KeyKind) -> list[Key]:
        return known_or_read(self._cache.keys, kind, super().keys, kind)

    def handshake(self, code: str) -> Handshake | None:
        return known_or_read(self._cache.handshakes, code, super().handshake, code)

    def license(self, license_id: str) -> LicenseItem | None:
        return known_or_read(self._cache.licenses, license_id, super().license, license_id)

    def items_of(self, code: str) -> list[LicenseItem]:
        items = known_or_read(self._cache.items, code, super().items_of, code)
        return list(items)

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

    def delete_key(self, key_id: str) -> bool:
        self._cache.forget()
        return super().delete_key(key_id)

    def put_handshake(self, handshake: Handshake) -> None:
        self._cache.forget()
        super().put_handshake(handshake)

    def put_ownership(self, ownership: Ownership) -> None:
        self._cache.forget()
        super().put_ownership(ownership)
