"""The series of active devices as SQL on one SQLite connection: what was noted, and what has ended since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby, islice
from typing import Any, cast

from ...slots import slot_of
from ..activity import Run, Step, Subject, runs
from ..records import SLOTS_IN_DAY, SlotRange
from .sqlite_activity import LISTED_ONLY_MS, read_head, slot_of_end_sql
from .sqlite_ledger import SERIES
from .sqlite_named import NamedReads

# Devices that ceased to be active since their item was last looked at: of an item, or of a code at all its items.
ENDED_SINCE = {
    "item": "SELECT license_id FROM activity_mark WHERE license_id = :name",
    "code": "SELECT license_id FROM device_count WHERE handshake_code = :name AND license_id <> ''",
}


class SqliteActivityViews(NamedReads):
    """What people look at of active devices, through one connection; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol_views.py says what each method means)

    def _write_counters(self) -> None:
        """Be called before counters are read: whoever keeps changes of them in memory writes those now."""

    def active(self, of: Subject, now_ms: int) -> int:
        self._write_counters()
        return read_head(self._connection, of).count + sum(step.net for step in self._ended(of, now_ms))

    def active_runs(self, of: Subject, slots: SlotRange, now_ms: int, limit: int) -> list[Run]:
        self._write_counters()
        return list(islice(self._runs(of, slots, now_ms), limit))

    def active_peak(self, of: Subject, slots: SlotRange, now_ms: int) -> int:
        self._write_counters()
        table, name = SERIES[of.kind]
        sql = f"SELECT coalesce(max(peak), 0) FROM {table} WHERE {name} = :name AND slot >= :first AND slot < :end"
        (noted,) = self._named(sql, {"name": of.name, "first": slots.first, "end": slots.end})[0]
        # Where no device becomes active, the number only falls.
        first = self._runs(of, SlotRange(slots.first, min(slots.first + 1, slots.end)), now_ms)
        return max([cast("int", noted), *(run.devices for run in first)])

    def active_by_day(self, of: Subject, first_day: int, end_day: int, now_ms: int) -> list[int]:
        self._write_counters()
        table, name = SERIES[of.kind]
        # A day's is the number as it begins, or the largest one after a device became active in it. So nothing need be
        # read run by run, of which a year has as many as slots.
        sql = f"""SELECT coalesce(sum(net), 0), coalesce(max(peak), 0) FROM {table}
                  WHERE {name} = :name AND slot >= :first AND slot < :end"""

        def noted(first: int, end: int) -> tuple[int, int]:
            return cast("tuple[int, int]", self._named(sql, {"name": of.name, "first": first, "end": end})[0])

        first = first_day * SLOTS_IN_DAY
        begun, number = self._begin(of, first)
        number += noted(begun, first)[0]
        ended, found = self._ended(of, now_ms), []
        for slot in range(first, self._end(of, end_day * SLOTS_IN_DAY, now_ms), SLOTS_IN_DAY):
            net, peak = noted(slot, slot + SLOTS_IN_DAY)
            found.append(max(number + sum(step.net for step in ended if step.slot < slot), peak))
            number += net
        return found + [0] * (end_day - first_day - len(found))

    def _end(self, of: Subject, end: int, now_ms: int) -> int:
        """Return the first slot that is not told any more: that after now, or after the last one noted."""
        head = read_head(self._connection, of)
        return min(end, max([slot_of(now_ms), head.slot, *head.later]) + 1)

    def _begin(self, of: Subject, first: int) -> tuple[int, int]:
        """Return a slot, up to ``first``, at whose start the number is known, and that number."""
        table, name = SERIES[of.kind]
        sql = f"""SELECT slot, start FROM {table} WHERE {name} = :name AND slot <= :first AND start IS NOT NULL
                  ORDER BY slot DESC LIMIT 1"""
        begun = self._named(sql, {"name": of.name, "first": first})
        return cast("tuple[int, int]", begun[0]) if begun else (0, 0)

    def _runs(self, of: Subject, slots: SlotRange, now_ms: int) -> Iterator[Run]:
        table, name = SERIES[of.kind]
        end = self._end(of, slots.end, now_ms)
        slot, carry = self._begin(of, slots.first)
        sql = f"""SELECT slot, net, coalesce(peak, 0) FROM {table}
                  WHERE {name} = :name AND slot >= :slot AND slot < :end ORDER BY slot"""
        noted = self._connection.execute(sql, {"name": of.name, "slot": slot, "end": end})
        steps = merge((Step(*cast("Any", row)) for row in noted), self._ended(of, now_ms), key=lambda step: step.slot)
        return runs(_together(steps), carry, slots.first, end)

    def _ended(self, of: Subject, now_ms: int) -> list[Step]:
        """Return how many devices ceased to be active, by slot, since they were last taken off the series."""
        # CROSS JOIN fixes the order: for each item one range of the index of removal times.
        own = "AND handshake_code = :name" if of.kind == "code" else ""
        sql = f"""SELECT {slot_of_end_sql(LISTED_ONLY_MS)} AS slot, -count(*)
                  FROM activity_mark JOIN license_item ON license_item.id = activity_mark.license_id
                  CROSS JOIN device ON device.license_id = license_item.id
                  AND removal_ms > counted_ms + {LISTED_ONLY_MS} AND removal_ms <= :now + {LISTED_ONLY_MS}
                  WHERE license_item.id IN ({ENDED_SINCE[of.kind]}) {own}
                  GROUP BY slot ORDER BY slot"""
        return [Step(slot, net, 0) for slot, net in self._named(sql, {"name": of.name, "now": now_ms})]


def _together(steps: Iterable[Step]) -> Iterator[Step]:
    """Make one of the steps of a slot."""
    for slot, group in groupby(steps, key=lambda step: step.slot):
        found = list(group)
        yield Step(slot, sum(step.net for step in found), max(step.peak for step in found))
