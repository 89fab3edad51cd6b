"""The series of active devices in the reference store: the time that each device was active, kept for ever.

Nothing is counted ahead: who asks for the largest number of a slot has all comings and goings of it added up. So this
is what the contract means, and no way to do it for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, islice

from ...slots import slot_of
from ..activity import Run, Step, Subject, by_period, listed_only_ms, runs, slot_of_end
from ..records import SLOTS_IN_DAY, Device, SlotRange
from .memory_tables import Moment, Session, Tables


class MemoryActivity:
    """Active devices over the tables of one transaction; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol_views.py says what each method means)

    _t: Tables

    def active(self, of: Subject, now_ms: int) -> int:
        return sum(change for moment, change in self._changes(of) if moment <= (now_ms, 2**53))

    def active_runs(self, of: Subject, slots: SlotRange, now_ms: int, limit: int) -> list[Run]:
        return list(islice(self._runs(of, slots, now_ms), limit))

    def active_peak(self, of: Subject, slots: SlotRange, now_ms: int) -> int:
        return max((run.devices for run in self._runs(of, slots, now_ms)), default=0)

    def active_by_day(self, of: Subject, first_day: int, end_day: int, now_ms: int) -> list[int]:
        slots = SlotRange(first_day * SLOTS_IN_DAY, end_day * SLOTS_IN_DAY)
        found = dict(by_period(self._runs(of, slots, now_ms), SLOTS_IN_DAY))
        return [found.get(day * SLOTS_IN_DAY, 0) for day in range(first_day, end_day)]

    def _runs(self, of: Subject, slots: SlotRange, now_ms: int) -> Iterator[Run]:
        known = [slot_of(moment[0]) for moment, change in self._changes(of) if change > 0]
        return runs(self._steps(of), 0, slots.first, min(slots.end, max([slot_of(now_ms), *known]) + 1))

    def _steps(self, of: Subject) -> Iterator[Step]:
        count = 0
        for slot, group in groupby(self._changes(of), key=lambda pair: _slot(pair[0])):
            before, peak = count, 0
            for _moment, change in group:
                count += change
                peak = max(peak, count) if change > 0 else peak
            yield Step(slot, count - before, peak)

    def _changes(self, of: Subject) -> list[tuple[Moment, int]]:
        """Return each coming and going of a series in order of time."""
        found = [one for sessions in self._t.sessions.values() for one in sessions if of.name == _name(one, of)]
        return sorted([(one.start, 1) for one in found] + [(one.end, -1) for one in found], key=lambda pair: pair[0])

    def _see_active(self, code: str, device_uuid: str, at_ms: int) -> None:
        """Take note of what became of a device's row: its time goes on, ends, or begins anew at another item."""
        sessions = self._t.sessions.get((code, device_uuid), ())
        earlier, last = sessions[:-1], (sessions[-1] if sessions else None)
        device = self._t.devices.get((code, device_uuid))
        until = (0, 0) if device is None or device.license_id is None else self._until(device)
        if device is None or device.license_id is None or until <= (at_ms, 0):
            now = self._ended(last, at_ms)
        elif last is not None and self._goes_on(last, at_ms) and last.license_id == device.license_id:
            now = [replace(last, end=until)]
        else:
            now = [*self._ended(last, at_ms), Session(code, device.license_id, self._moment(at_ms), until)]
        self._t.sessions[code, device_uuid] = (*earlier, *now)

    def _ended(self, last: Session | None, at_ms: int) -> list[Session]:
        if last is None:
            return []
        return [replace(last, end=self._moment(at_ms)) if self._goes_on(last, at_ms) else last]

    def _goes_on(self, session: Session, at_ms: int) -> bool:
        return session.end > (at_ms, self._t.numbers.get("changes", 0))

    def _until(self, device: Device) -> Moment:
        return device.removal_ms - listed_only_ms(self._t.licenses[device.license_id or ""]), 0

    def _moment(self, at_ms: int) -> Moment:
        number = self._t.numbers.get("changes", 0) + 1
        self._t.numbers["changes"] = number
        return at_ms, number


def _slot(moment: Moment) -> int:
    """Return the slot that a change belongs to; a time that is over at a slot's very start does not count for it."""
    return slot_of(moment[0]) if moment[1] else slot_of_end(moment[0])


def _name(session: Session, of: Subject) -> str:
    return session.handshake_code if of.kind == "code" else session.license_id
