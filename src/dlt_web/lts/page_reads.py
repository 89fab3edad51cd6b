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
from .devices import MAX_LOOKS, DeviceFilter, DeviceKey
from .known import known_handshake, known_license
from .list_versions import Versioned, read_unless_known
from .records import AuditEntry, Device, Handshake, LicenseItem
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


@dataclass(frozen=True, slots=True)
class ListLengths:
    """How many devices a code has in each of its lists.

    Attributes:
        seated: with a seat.
        unseated: that reported usage while no item had room.
        with_gaps: that showed a gap in their reports.
        cloned: that reported as copies of one database.
        listed: in the list of all, those that were released or removed and stay for their scans too; None where there
            are more than are looked at for one answer.
    """

    seated: int
    unseated: int
    with_gaps: int
    cloned: int
    listed: int | None


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

    def list_lengths(self, code: str) -> ListLengths:
        """Return how long the lists of a code's devices are; it takes no longer, however many there are.

        Raises:
            AdminError: there is no such code.
        """

        def look(rows: Reading) -> ListLengths:
            counts, odd = rows.device_counts(known_handshake(rows, code).code), rows.count_odd_devices(code)
            listed = rows.count_listed_devices(code, MAX_LOOKS + 1)
            return ListLengths(
                seated=counts.seated,
                unseated=counts.unseated,
                with_gaps=odd.get("gap", 0),
                cloned=odd.get("clone", 0),
                listed=listed if listed <= MAX_LOOKS else None,
            )

        return self._read(look)

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
