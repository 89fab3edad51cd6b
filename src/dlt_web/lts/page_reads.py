"""What operators list, page by page: codes with their items, items, devices, audit. Reading only.

A page costs the same however much there is: of many devices no more than some are looked at for one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .alert_records import OddityKind
from .alert_settings import read_settings
from .audit import AUDIT_HEAD
from .devices import DeviceFilter, DeviceKey
from .known import known_handshake, known_license
from .list_versions import Versioned, read_unless_known
from .records import AuditEntry, Device, DeviceCounts, Handshake, LicenseItem
from .store import Reading, Store
from .store.protocol_pages import DevicePage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A license item, and at how many percent of its quota alerts are told."""

    item: LicenseItem
    thresholds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A handshake code with its items in order."""

    handshake: Handshake
    items: tuple[ItemRow, ...]


class PageReads:
    """Pages of a store's lists. Blocking, some milliseconds; callable from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def codes(self, search: str | None, after: str | None, limit: int) -> list[CodeRow]:
        """Return up to ``limit`` codes above ``after`` that have a text in their name or their customer's."""

        def look(rows: Reading) -> list[CodeRow]:
            found = rows.find_handshakes(_folded(search), after, limit)
            levels = _Thresholds(rows)
            return [
                CodeRow(one, tuple(ItemRow(item, levels.of(item)) for item in rows.items_of(one.code))) for one in found
            ]

        return self._read(look)

    def items(self, search: str | None, after: str | None, limit: int) -> list[ItemRow]:
        """Return up to ``limit`` license items above ``after`` that have a text in their id."""

        def look(rows: Reading) -> list[ItemRow]:
            levels = _Thresholds(rows)
            return [ItemRow(item, levels.of(item)) for item in rows.find_licenses(_folded(search), after, limit)]

        return self._read(look)

    def devices(self, wanted: DeviceFilter, after: DeviceKey | None, limit: int, max_looks: int) -> DevicePage:
        """Return devices above a key, at most ``limit`` of at most ``max_looks`` looked at.

        Raises:
            AdminError: there is no such code or item.
            OptionError: the filter is out of range.
        """
        wanted.check()

        def look(rows: Reading) -> DevicePage:
            if wanted.code is not None:
                known_handshake(rows, wanted.code)
            if wanted.license_id is not None:
                known_license(rows, wanted.license_id)
            return rows.look_through_devices(wanted, after, limit, max_looks)

        return self._read(look)

    def device_counts(self, code: str) -> DeviceCounts:
        """Return how many devices a code has, without counting them.

        Raises:
            AdminError: there is no such code.
        """
        return self._read(lambda rows: rows.device_counts(known_handshake(rows, code).code))

    def odd_devices(self, code: str, kind: OddityKind, after: DeviceKey | None, limit: int) -> list[Device]:
        """Return devices of a code above a key that showed a gap, or reported as copies of one database.

        Raises:
            AdminError: there is no such code.
        """
        return self._read(lambda rows: rows.odd_devices(known_handshake(rows, code).code, kind, after, limit))

    def audit(self, before: int | None, limit: int, known: Collection[str] = ()) -> Versioned[Sequence[AuditEntry]]:
        """Return audit entries numbered below ``before`` (None: from the last), newest first.

        None in a version that is known: the chain's head, which whatever changes an entry moves on.
        """
        return read_unless_known(self._store, _audit_version, lambda rows: rows.audit_before(before, limit), known)

    def _read(self, work: Callable[[Reading], T]) -> T:
        return self._store.read(work).result()


def _audit_version(rows: Reading) -> str:
    return (rows.info(AUDIT_HEAD) or "0").replace(":", "-")


class _Thresholds:
    def __init__(self, rows: Reading) -> None:
        self._usual, self._own = read_settings(rows).percents, rows.alert_thresholds()

    def of(self, item: LicenseItem) -> tuple[int, ...]:
        return self._own.get(item.id, self._usual)


def _folded(search: str | None) -> str | None:
    return search.casefold() if search else None
