"""How many devices are active at once, as a number that changes with time. Pure.

A device is active from a sign of life (a granted authorization, a verified report) until its removal time at a
``concurrent_device`` item, and for three minutes at any other, as long as it holds a seat (spec §6: "UUIDs active
now"). It ceases to be active at that very millisecond, whenever a sweep comes by.

The number of a handshake code and that of a license item are each a series over the slots of the server's clock. The
series of an item is not the sum of its codes' peaks, nor the other way round: they need not come at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..slots import SLOT_MS
from . import quota
from .records import LicenseItem

# At items that are not charged by concurrent devices these stay listed for longer; they are active as long.
ACTIVE_S = quota.CONCURRENT_LIFETIME_S


class Subject(NamedTuple):
    """Whose series: that of a handshake code or of a license item. A tuple, as its hash is taken with every report."""

    kind: Literal["code", "item"]
    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to a series in one slot.

    Attributes:
        slot: the slot.
        net: by how much the number changed from its start to its end.
        peak: the largest number after a device became active in it; 0 where none did.
    """

    slot: int
    net: int
    peak: int


@dataclass(frozen=True, slots=True)
class Run:
    """Slots ``first`` (inclusive) to ``end`` (exclusive), each of which had this largest number of active devices."""

    first: int
    end: int
    devices: int


def listed_only_ms(item: LicenseItem) -> int:
    """Return for how long a device is still listed at an item after it ceased to be active."""
    return 0 if item.charge_way == "concurrent_device" else max(0, item.device_lifetime_s - ACTIVE_S) * 1000


def slot_of_end(until_ms: int) -> int:
    """Return the slot in which a device ceased to be active: at a slot's very start it counts for it no more."""
    return (until_ms - 1) // SLOT_MS


def runs(steps: Iterable[Step], carry: int, first: int, end: int) -> Iterator[Run]:
    """Yield what a series came to from slot ``first`` to ``end``: as few runs as there can be, those of 0 left out.

    Args:
        steps: what happened, in order of slots; those before ``first`` only change the number.
        carry: the number as the first step's slot began.
        first: first slot that is asked for.
        end: first slot that is not.
    """
    held = Run(first, first, 0)
    for step in _with_gaps(steps, carry, first, end):
        if step.devices == held.devices:
            held = Run(held.first, step.end, held.devices)
            continue
        if held.devices:
            yield held
        held = step
    if held.devices:
        yield held


def _with_gaps(steps: Iterable[Step], carry: int, first: int, end: int) -> Iterator[Run]:
    """Yield the number slot by slot, and over the slots between, where nothing happened, as it was carried on."""
    at = first
    for step in steps:
        if step.slot >= end:
            break
        if step.slot > at:
            yield Run(at, step.slot, carry)
        if step.slot >= first:
            at = step.slot + 1
            yield Run(step.slot, at, max(carry, step.peak))
        carry += step.net
    if at < end:
        yield Run(at, end, carry)


def by_period(found: Iterable[Run], period_slots: int) -> Iterator[tuple[int, int]]:
    """Yield the first slot of each period with active devices, and the largest number in it."""
    period, largest = -1, 0
    for run in found:
        for start in range(run.first - run.first % period_slots, run.end, period_slots):
            if start == period:
                largest = max(largest, run.devices)
                continue
            if largest:
                yield period, largest
            period, largest = start, run.devices
    if largest:
        yield period, largest
