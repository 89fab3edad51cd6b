"""Keeps the counts of devices, and the series of active ones, as devices come, are seen, move and go.

Nothing happens in the store at the moment at which a device ceases to be active. So each item has a mark: up to then,
such devices are taken off the series; the number of a series is that of the devices which are active beyond the mark of
their item, and with that never too small. Only when it would be a new peak of its slot, or as a series goes on to
another slot, is it made exact: what lies between the mark and now comes off, in the slot in which it ceased, found by
the index of removal times. Each end is met once, and a device that is seen again before its end costs nothing.
"""

from __future__ import annotations

from typing import Any, cast

import apsw

from ...slots import SLOT_MS, slot_of
from ..activity import ACTIVE_S, Subject, listed_only_ms, slot_of_end
from ..device_days import rounded_level
from ..records import SLOTS_IN_DAY, Device
from . import sqlite_columns as columns
from .sqlite_ledger import SERIES, Head, Ledger, Seats

# No device ceases to be active before then.
NEVER_MS = 2**62
# activity.listed_only_ms in terms of columns.
LISTED_ONLY_MS = f"iif(charge_way = 'concurrent_device', 0, max(0, device_lifetime_s - {ACTIVE_S})) * 1000"


def slot_of_end_sql(listed_only_ms: str) -> str:
    """Return activity.slot_of_end in terms of columns, for a device that stays listed so long after its end."""
    return f"(removal_ms - {listed_only_ms} - 1) / {SLOT_MS}"


ENDED = f"""
SELECT handshake_code, {slot_of_end_sql(":rest")} AS slot, count(*) FROM device
WHERE license_id = :item AND removal_ms > :since + :rest AND removal_ms <= :until + :rest
GROUP BY handshake_code, slot
"""
NEXT_END = "SELECT min(removal_ms) - :rest FROM device WHERE license_id = :item AND removal_ms > :since + :rest"
ACTIVE = """
SELECT handshake_code, count(*) FROM device WHERE license_id = :item AND removal_ms > :at + :rest
GROUP BY handshake_code
"""


class Activity:
    """The counters of one connection, which belong to the transaction that is open on it."""

    def __init__(self, connection: apsw.Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def change(self, before: Device | None, after: Device | None, at_ms: int) -> None:
        """Count what became of a device's row, which is written already; ``at_ms`` is when."""
        if before is None or after is None or not _is_same_place(before, after):
            self._count(before, -1, at_ms)
            self._count(after, 1, at_ms)
        old, new = self._seat(before), self._seat(after)
        if new is not None:
            self._bring_forward(*new)
        old_mark = at_ms if old is None else self._mark(old[0], at_ms)
        at_ms = max(at_ms, old_mark, at_ms if new is None else self._mark(new[0], at_ms))
        code = (before or after or _nobody()).handshake_code
        was_active = old is not None and old[1] > old_mark
        is_active = new is not None and new[1] > at_ms
        if old is not None and was_active and old[1] <= at_ms:
            self._end(code, old[0], slot_of_end(old[1]), 1)
            was_active = False
        is_moved = old is None or new is None or old[0] != new[0]
        if old is not None and was_active and (is_moved or not is_active):
            self._step(Subject("item", old[0]), slot_of(at_ms), -1)
        if was_active and not is_active:
            self._step(Subject("code", code), slot_of(at_ms), -1)
        if new is not None and is_active and (is_moved or not was_active):
            self._enter(Subject("item", new[0]), at_ms, 1)
        if is_active and not was_active:
            level = self._enter(Subject("code", code), at_ms, 1)
            self._ledger.add_arrival(code, slot_of(at_ms) // SLOTS_IN_DAY, rounded_level(level))

    def is_unchanged(self, before: Device | None, after: Device, at_ms: int) -> bool:
        """Tell whether a sign of life changes no counter, as most do not.

        So it is where the device sits where it sat and was active, or ceased to be in this very slot and is not taken
        off the series yet.
        """
        license_id = after.license_id
        if license_id is None or before is None or not _is_same_place(before, after):
            return False
        rest, mark = self._rest(license_id), self._mark(license_id, at_ms)
        until_ms = before.removal_ms - rest
        if until_ms <= mark or after.removal_ms - rest <= max(at_ms, mark):
            return False
        if until_ms > at_ms:
            return True
        slot = slot_of(at_ms)
        return (
            slot_of_end(until_ms) == slot
            and self._head(Subject("item", license_id)).slot == slot
            and self._head(Subject("code", after.handshake_code)).slot == slot
        )

    def count_removed(self, license_id: str | None, rows: list[tuple[str, int, int]], at_ms: int) -> None:
        """Count due devices that were removed from an item, or (None) unseated ones.

        Args:
            license_id: the item, whose ended devices are off the series already (:meth:`settle`).
            rows: of each, its handshake code, whether it works in memory, whether in a third-party frame.
            at_ms: when.
        """
        for code, in_memory, partitioned in rows:
            self._ledger.add_devices(code, license_id or "", (-1, -in_memory, -partitioned))
            self._move_seats(code, license_id or "", -1, at_ms)

    def settle(self, license_id: str, at_ms: int) -> int:
        """Take what ceased to be active at an item up to a time off the series; return the mark then."""
        since = self._mark(license_id, at_ms)
        if at_ms <= since:
            return since
        if at_ms >= self._next_end(license_id, since):
            found = {"item": license_id, "since": since, "until": at_ms, "rest": self._rest(license_id)}
            for code, slot, devices in cast("Any", self._connection.execute(ENDED, found).fetchall()):
                self._end(code, license_id, slot, devices)
            self._ledger.drop(("end", license_id))
        self._ledger.put_mark(license_id, at_ms)
        return at_ms

    def active(self, license_id: str, at_ms: int) -> dict[str, int]:
        """Count the active devices of an item by handshake code, from their rows."""
        values = {"item": license_id, "at": at_ms, "rest": self._rest(license_id)}
        return dict(cast("Any", self._connection.execute(ACTIVE, values)))

    def forget_settings(self, license_id: str) -> None:
        """Read an item's lifetime anew: it was changed."""
        self._ledger.drop(("rest", license_id))
        self._ledger.drop(("end", license_id))

    def correct(self, license_id: str, changes: dict[str, int], at_ms: int) -> None:
        """Let so many devices of each code be active at an item, or be no more, from a time on."""
        for change, of in [(sum(changes.values()), Subject("item", license_id))] + [
            (change, Subject("code", code)) for code, change in sorted(changes.items())
        ]:
            if change > 0:
                self._enter(of, at_ms, change)
            elif change:
                self._step(of, slot_of(at_ms), change)

    def _count(self, device: Device | None, number: int, at_ms: int) -> None:
        place = None if device is None else _place(device)
        if device is not None and place is not None:
            name, in_memory, partitioned = place
            self._ledger.add_devices(device.handshake_code, name, (number, number * in_memory, number * partitioned))
            self._move_seats(device.handshake_code, name, number, at_ms)
            if number > 0 and name not in self._items_of(device.handshake_code):
                self._ledger.set(("items", device.handshake_code), self._items_of(device.handshake_code) | {name})

    def _move_seats(self, code: str, license_id: str, number: int, at_ms: int) -> None:
        """Let a code have seats more or less at an item; unseated devices have none."""
        if license_id:
            last = self._ledger.get(("seats", code, license_id), self._read_seats, code, license_id)
            slot, seats = max(last.slot, slot_of(at_ms)), last.seats + number
            peak = max(last.peak, seats) if slot == last.slot else seats
            self._ledger.put_seats(code, license_id, Seats(slot, seats, peak))

    def _read_seats(self, code: str, license_id: str) -> Seats:
        sql = """SELECT slot, seats, peak FROM seat_series WHERE handshake_code = ? AND license_id = ?
                 ORDER BY slot DESC LIMIT 1"""
        row = self._connection.execute(sql, (code, license_id)).fetchone()
        return Seats() if row is None else Seats(*cast("Any", row))

    def _seat(self, device: Device | None) -> tuple[str, int] | None:
        """Return where a device sits and up to when it is active."""
        if device is None or device.license_id is None:
            return None
        return device.license_id, device.removal_ms - self._rest(device.license_id)

    def _end(self, code: str, license_id: str, slot: int, devices: int) -> None:
        self._step(Subject("item", license_id), slot, -devices)
        self._step(Subject("code", code), slot, -devices)

    def _step(self, of: Subject, slot: int, change: int) -> Head:
        """Change a number in a slot, at the earliest the last one in which a device became active."""
        head = self._head(of)
        slot = max(slot, head.slot, 0)
        later = head.later if slot == head.slot else head.later | {slot: head.later.get(slot, 0) + change}
        head = Head(head.slot, head.start, head.peak, head.count + change, later)
        self._ledger.put_head(of, head, is_written=False)
        self._ledger.add_net(of, slot, change)
        return head

    def _enter(self, of: Subject, at_ms: int, devices: int) -> int:
        """Let devices become active; whatever might be a new peak is counted exactly. Returns how many there are."""
        head = self._head(of)
        if slot_of(at_ms) > head.slot:
            self._settle_all(of, at_ms)
            head = self._head(of)
            slot = max([slot_of(at_ms), *head.later])
            start = head.count - head.later.get(slot, 0)
            head = Head(slot, start, start, head.count)
            self._ledger.put_head(of, head, is_written=True)
        elif head.count + devices > head.peak:
            self._settle_all(of, at_ms)
            head = self._head(of)
        count = head.count + devices
        peak = max(head.peak, count)
        self._ledger.put_head(of, Head(head.slot, head.start, peak, count, head.later), is_written=peak > head.peak)
        self._ledger.add_net(of, head.slot, devices)
        return count

    def _settle_all(self, of: Subject, at_ms: int) -> None:
        names = {of.name} if of.kind == "item" else self._items_of(of.name)
        for name in names - {""}:
            self.settle(name, at_ms)

    def _mark(self, license_id: str, at_ms: int) -> int:
        """Return an item's mark; an item that never had a device gets it now."""
        mark = self._ledger.get(("mark", license_id), self._read_mark, license_id)
        if mark is None:
            self._ledger.put_mark(license_id, at_ms)
            return at_ms
        return mark

    def _read_mark(self, license_id: str) -> int | None:
        row = self._connection.execute(
            "SELECT counted_ms FROM activity_mark WHERE license_id = ?", (license_id,)
        ).fetchone()
        return None if row is None else cast("int", row[0])

    def _next_end(self, license_id: str, mark: int) -> int:
        """Return a time before which no device of an item ceases to be active, after its mark."""
        end = self._ledger.known(("end", license_id))
        if end is None:
            values = {"item": license_id, "since": mark, "rest": self._rest(license_id)}
            (found,) = cast("Any", self._connection.execute(NEXT_END, values).fetchone())
            end = NEVER_MS if found is None else found
            # Read from rows that this job may have changed: if they are taken back, so is this.
            self._ledger.set(("end", license_id), end)
        return cast("int", end)

    def _bring_forward(self, license_id: str, until_ms: int) -> None:
        """Know that a device of an item is active up to a time."""
        known = self._ledger.known(("end", license_id))
        if known is not None and until_ms < known:
            self._ledger.set(("end", license_id), until_ms)

    def _rest(self, license_id: str) -> int:
        return self._ledger.get(("rest", license_id), self._read_rest, license_id)

    def _read_rest(self, license_id: str) -> int:
        sql = f"SELECT {columns.LICENSE} FROM license_item WHERE id = ?"
        row = self._connection.execute(sql, (license_id,)).fetchone()
        return listed_only_ms(columns.license_item(cast("columns.Row", row)))

    def _items_of(self, code: str) -> frozenset[str]:
        """Return the places at which a code has devices, or had."""
        return self._ledger.get(("items", code), self._read_items_of, code)

    def _read_items_of(self, code: str) -> frozenset[str]:
        rows = self._connection.execute("SELECT license_id FROM device_count WHERE handshake_code = ?", (code,))
        return frozenset(cast("str", row[0]) for row in rows)

    def _head(self, of: Subject) -> Head:
        return self._ledger.get(("head", of), read_head, self._connection, of)


def read_head(connection: apsw.Connection, of: Subject) -> Head:
    """Return what a series came to, by its rows."""
    table, name = SERIES[of.kind]
    sql = f"SELECT slot, start, net, peak FROM {table} WHERE {name} = ? ORDER BY slot DESC"
    later: dict[int, int] = {}
    for slot, start, net, peak in cast("Any", connection.execute(sql, (of.name,))):
        if start is not None:
            return Head(slot, start, peak, start + net + sum(later.values()), later)
        later[slot] = net
    return Head(count=sum(later.values()), later=later)


def _place(device: Device) -> tuple[str, bool, bool] | None:
    """Return where a device is counted, and as what; unseated ones have no item."""
    if device.license_id is None and not device.is_unseated:
        return None
    return device.license_id or "", device.storage == "memory", device.is_partitioned


def _is_same_place(before: Device, after: Device) -> bool:
    """Tell whether :func:`_place` is the same for both, without making it: this is asked with every report."""
    return (
        before.license_id == after.license_id
        and before.is_unseated == after.is_unseated
        and before.is_partitioned == after.is_partitioned
        and (before.storage == "memory") == (after.storage == "memory")
    )


def _nobody() -> Device:
    raise ValueError("a change of a device has one before it or after it")
