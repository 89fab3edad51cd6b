"""Counters that change with almost every row, kept in memory while a commit lasts and written once at its end.

A commit holds up to some hundred reports, most of them of one handshake code: one write for each counter, and none for
each report. What is read of the counters stays known between commits, until another connection commits.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import apsw
from msgspec import Struct, field

from ..activity import Subject
from ..device_days import DayChange
from ..records import Device

K = TypeVar("K")
T = TypeVar("T")
Key = tuple[Hashable, ...]

# Many codes must not fill the memory.
MAX_VALUES = 10_000
_MISSING = object()
NO_CHANGE = DayChange()

SERIES = {"code": ("code_activity", "handshake_code"), "item": ("item_activity", "license_id")}

ADD_COUNT = """
INSERT INTO device_count VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET devices = devices + excluded.devices,
    in_memory = in_memory + excluded.in_memory, partitioned = partitioned + excluded.partitioned
"""
PUT_SEATS = """
INSERT INTO seat_series VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET seats = excluded.seats, peak = excluded.peak
"""
PUT_MARK = "INSERT INTO activity_mark VALUES (?, ?) ON CONFLICT DO UPDATE SET counted_ms = excluded.counted_ms"
ADD_DAY = """
INSERT INTO device_day VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET devices = devices + excluded.devices,
    joined_366 = joined_366 + excluded.joined_366, left_366 = left_366 + excluded.left_366,
    joined_90 = joined_90 + excluded.joined_90, left_90 = left_90 + excluded.left_90
"""
ADD_ARRIVALS = """
INSERT INTO arrival_count VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET arrivals = arrivals + excluded.arrivals
"""
ADD_SCANS = {
    table: f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET scans = scans + excluded.scans"
    for table in ("usage", "usage_day", "lost")
}
ADD_CHARGES = "INSERT INTO charge_day VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET scans = scans + excluded.scans"
ADD_STEP = {
    kind: f"""INSERT INTO {table} VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET net = net + excluded.net,
              start = coalesce(excluded.start, start), peak = coalesce(excluded.peak, peak)"""
    for kind, (table, _name) in SERIES.items()
}


def known_or_read(known: dict[K, T], key: K, read: Callable[..., T], *args: object) -> T:
    """Return what a table knows; what it does not know is read with ``args``, and known from then on."""
    value = known.get(key, _MISSING)
    if value is _MISSING:
        value = known[key] = read(*args)
    return cast("T", value)


class Head(Struct, frozen=True):
    """The last slot of a series in which a device became active, and what it came to since.

    Attributes:
        slot: that slot; -1 before there is one.
        start: the number as it began.
        peak: the largest number in it.
        count: the number now: devices whose end lies behind the mark of their item.
        later: changes in slots after it, by slot.
    """

    slot: int = -1
    start: int = 0
    peak: int = 0
    count: int = 0
    later: dict[int, int] = field(default_factory=dict)


class Seats(Struct, frozen=True):
    """The last slot in which the seats of a code at an item changed, how many they are since, and the most in it."""

    slot: int = 0
    seats: int = 0
    peak: int = 0


class Ledger:
    """The counters of the writer's connection."""

    def __init__(self) -> None:
        self._values: dict[Key, Any] = {}
        self._owed: dict[Key, Any] = {}
        self._undo: dict[tuple[bool, Key], Any] | None = None
        self.known_devices: dict[tuple[str, str], Device | None] = {}

    def begin_job(self, *, is_undoable: bool = False) -> None:
        """From here on changes are those of one job; if ``is_undoable``, :meth:`undo_job` can take them back."""
        self._undo = {} if is_undoable else None
        self.known_devices.clear()

    def undo_job(self) -> None:
        """Take back what changed since :meth:`begin_job`, whether or not it was written meanwhile."""
        for (is_owed, key), value in (self._undo or {}).items():
            table = self._owed if is_owed else self._values
            if value is _MISSING:
                table.pop(key, None)
            else:
                table[key] = value
        self.begin_job()

    def forget(self) -> None:
        """Forget everything: the transaction was given up, or others have committed."""
        self._values.clear()
        self._owed.clear()
        self.begin_job()

    def trim(self) -> None:
        """Forget what can be read again, if it is much; nothing may be owed."""
        if len(self._values) > MAX_VALUES:
            self.forget()

    def get(self, key: Key, read: Callable[..., T], *args: object) -> T:
        """Return a value; one that is not known is read with ``args``."""
        return known_or_read(cast("dict[Key, T]", self._values), key, read, *args)

    def known(self, key: Key) -> Any:
        """Return a value if it is known."""
        return self._values.get(key)

    def set(self, key: Key, value: object) -> None:
        """Know another value."""
        self._put(False, key, value)

    def drop(self, key: Key) -> None:
        """Read a value anew next time."""
        self._put(False, key, _MISSING)

    def add_devices(self, code: str, license_id: str, numbers: tuple[int, int, int]) -> None:
        """Count devices more or less at a place: all, those that work in memory, those in third-party frames."""
        key = ("count", code, license_id)
        before = self._owed.get(key, (0, 0, 0))
        self._put(True, key, tuple(map(sum, zip(before, numbers, strict=True))))

    def put_seats(self, code: str, license_id: str, seats: Seats) -> None:
        """Know another number of seats of a code at an item, and the most in its slot."""
        self._put(False, ("seats", code, license_id), seats)
        self._put(True, ("seats", code, license_id, seats.slot), seats)

    def add_scans(self, table: str, code: str, slot: int, is_verified: bool, name: str, scans: int) -> None:
        """Add scans of a symbology (table ``usage``), or lost for a reason (``lost``), to a slot.

        In table ``usage_day`` the slot is a day.
        """
        key = ("scans", table, code, slot, is_verified, name)
        self._put(True, key, self._owed.get(key, 0) + scans)

    def add_charge(self, code: str, license_id: str, day: int, scans: int) -> None:
        """Add scans that are charged to an item to a day."""
        key = ("charge", code, license_id, day)
        self._put(True, key, self._owed.get(key, 0) + scans)

    def add_day(self, code: str, day: int, change: DayChange) -> None:
        """Change the advisor's numbers of a code's day."""
        key = ("day", code, day)
        self._put(True, key, self._owed.get(key, NO_CHANGE).plus(change))

    def move_last_seen(self, code: str, before: int, day: int) -> None:
        """Let a device have its last sign of life on another day, and change nothing else of either day."""
        for key, number in ((("seen", code, before), -1), (("seen", code, day), 1)):
            self._put(True, key, self._owed.get(key, 0) + number)

    def add_arrival(self, code: str, day: int, level: int) -> None:
        """Count a device that became active as the so many-th one of its code."""
        key, owed = ("arrival", code, day, level), self._owed
        if self._undo is None:
            owed[key] = owed.get(key, 0) + 1
        else:
            self._put(True, key, owed.get(key, 0) + 1)

    def add_net(self, of: Subject, slot: int, change: int) -> None:
        """Change the number of a series in a slot."""
        key = ("net", of, slot)
        self._put(True, key, self._owed.get(key, 0) + change)

    def put_head(self, of: Subject, head: Head, *, is_written: bool) -> None:
        """Know another head; ``is_written``: its slot's start or peak is another one now."""
        self._put(False, ("head", of), head)
        if is_written:
            self._put(True, ("net", of, head.slot), self._owed.get(("net", of, head.slot), 0))
            self._put(True, ("head", of, head.slot), head)

    def put_mark(self, license_id: str, counted_ms: int) -> None:
        """Move an item's mark."""
        self._put(False, ("mark", license_id), counted_ms)
        self._put(True, ("mark", license_id), counted_ms)

    def flush(self, connection: apsw.Connection) -> None:
        """Write what is owed."""
        for key, owed in self._owed.items():
            self._write(connection, key, owed)
        if self._undo is not None:
            for key, owed in self._owed.items():
                self._undo.setdefault((True, key), owed)
        self._owed.clear()

    def _write(self, connection: apsw.Connection, key: Key, owed: Any) -> None:
        match key:
            case ("scans", str() as table, *row):
                connection.execute(ADD_SCANS[table], cast("Any", (*row, owed)))
            case ("charge", *row):
                connection.execute(ADD_CHARGES, cast("Any", (*row, owed)))
            case ("count", code, license_id):
                if any(owed):
                    connection.execute(ADD_COUNT, cast("Any", (code, license_id, *owed)))
            case ("seats", code, license_id, slot):
                connection.execute(PUT_SEATS, cast("Any", (code, license_id, slot, owed.seats, owed.peak)))
            case ("net", Subject() as of, int() as slot):
                head = self._owed.get(("head", of, slot))
                if owed or head:
                    start, peak = (head.start, head.peak) if head else (None, None)
                    connection.execute(ADD_STEP[of.kind], (of.name, slot, start, owed, peak))
            case ("mark", license_id):
                connection.execute(PUT_MARK, cast("Any", (license_id, owed)))
            case _:
                _write_for_advice(connection, key, owed)

    def _put(self, is_owed: bool, key: Key, value: object) -> None:
        table = self._owed if is_owed else self._values
        if self._undo is not None:
            self._undo.setdefault((is_owed, key), table.get(key, _MISSING))
        if value is _MISSING:
            table.pop(key, None)
        else:
            table[key] = value


def _write_for_advice(connection: apsw.Connection, key: Key, owed: Any) -> None:
    match key:
        case ("day", code, day):
            connection.execute(ADD_DAY, cast("Any", (code, day, *owed)))
        case ("seen", code, day):
            if owed:
                connection.execute(ADD_DAY, cast("Any", (code, day, owed, 0, 0, 0, 0)))
        case ("arrival", code, day, level):
            connection.execute(ADD_ARRIVALS, cast("Any", (code, day, level, owed)))
