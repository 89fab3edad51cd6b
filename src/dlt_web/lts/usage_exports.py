"""Usage as text in pieces, JSON or CSV: whoever writes them out holds some hundred rows at a time, of any number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TypeVar

from ..slots import format_time
from . import quota
from .activity import Subject
from .clock import DAY_MS
from .exports import csv_text
from .item_usage import ItemUsage
from .reads import Reads
from .usage_reads import Authorizations, Peak, Period, Span, UsageView
from .views import item_usage_json, peak_json, period_json, usage_json

T = TypeVar("T")

PIECE_ROWS = 500
# One line for each number: what it counts, of what (a symbology, a license item, …; empty for the whole), when.
COLUMNS = ("start", "end", "measure", "name", "count")

Line = tuple[str | None, str | None, str, str, int]


@dataclass(frozen=True, slots=True)
class UsageRead:
    """Usage that is being read: what is one number is known, what is divided by time comes as it is asked for."""

    view: UsageView | ItemUsage
    span: Span
    scans: Iterator[Period]
    peaks: Iterator[Peak]


def read_usage(
    reads: Reads, code: str | None, license_id: str | None, span: Span, *, is_scans_only: bool = False
) -> UsageRead:
    """Begin to read the usage of a license item if one is named, or else of a handshake code.

    ``is_scans_only`` leaves the largest numbers of active devices by period out, which take longer than all the rest.

    Raises:
        AdminError: there is no such code or item.
        OptionError: the time ends before it begins, or as it begins.
    """
    view = reads.usage_of(code, license_id, span)
    of = Subject("code", view.handshake_code) if isinstance(view, UsageView) else Subject("item", view.item.id)
    peaks = iter(()) if is_scans_only else reads.peaks(of, span, view.now_ms)
    return UsageRead(view, span, reads.scans(of, span), peaks)


def usage_as_json(read: UsageRead) -> Iterator[str]:
    """Yield usage as one JSON object."""
    view = read.view
    head = usage_json(view) if isinstance(view, UsageView) else item_usage_json(view)
    scans_name = "bySymbology" if isinstance(view, UsageView) else "byHandshakeCode"
    yield json.dumps(head)[:-1]
    yield from _json_list("rows", (period_json(period, scans_name) for period in read.scans))
    yield from _json_list("peaks", map(peak_json, read.peaks))
    yield "}"


def usage_as_csv(read: UsageRead) -> Iterator[str]:
    """Yield usage as CSV with one line for each number.

    Undivided, these are the sums of the asked range, a side on which it is open being empty, and then what stands now,
    with the moment of reading as its time. Divided, they are the scans, peaks and, by day, authorizations.
    """
    yield csv_text([COLUMNS])
    lines = _total_lines(read) if read.span.period_slots is None else _period_lines(read)
    for some in _batches(lines):
        yield csv_text(some)


def usage_as_text(read: UsageRead) -> Iterator[str]:
    """Yield a line for each period with scans, then one for each with active devices."""
    for period in read.scans:
        named = ", ".join(f"{name} {count}" for name, count in period.scans.items())
        yield f"{format_time(period.start_ms)}  {sum(period.scans.values())} scans: {named}"
    for peak in read.peaks:
        yield f"{format_time(peak.start_ms)}  at most {peak.devices} concurrent devices"


def _total_lines(read: UsageRead) -> Iterator[Line]:
    view = read.view
    sums, present = _code_numbers(view) if isinstance(view, UsageView) else _item_numbers(view)
    for measure, name, count in sums:
        yield _time(read.span.from_ms), _time(read.span.to_ms), measure, name, count
    now = format_time(view.now_ms)
    for measure, name, count in present:
        yield now, now, measure, name, count


Numbers = list[tuple[str, str, int]]


def _code_numbers(view: UsageView) -> tuple[Numbers, Numbers]:
    sums: Numbers = [("scans", name, count) for name, count in view.by_symbology.items()]
    sums += [("unverifiedScans", "", view.unverified_scans)]
    sums += [("lost", reason, count) for reason, count in view.lost.items()]
    sums += [("chargedScans", share.license_id, share.scans) for share in view.items]
    sums += [("authorizations", outcome, count) for outcome, count in _outcomes(view.authorizations)]
    sums += [("peakConcurrentDevices", "", view.peak_concurrent_devices)]
    present: Numbers = [
        ("devices", "", view.devices),
        ("concurrentDevices", "", view.concurrent_devices),
        ("unseatedDevices", "", view.unseated_devices),
        ("memoryDevices", "", view.memory_devices),
        ("partitionedDevices", "", view.partitioned_devices),
        *(("oddDevices", kind, count) for kind, count in view.odd_devices.items()),
    ]
    present += [("itemDevices", share.license_id, share.devices) for share in view.items]
    present += [("overage", name, count) for name, count in view.overage.items()]
    return sums, present


def _item_numbers(usage: ItemUsage) -> tuple[Numbers, Numbers]:
    sums: Numbers = [("scans", share.handshake_code, share.scans) for share in usage.shares]
    sums += [("peakConcurrentDevices", "", usage.peak_concurrent_devices)]
    present: Numbers = [("devices", share.handshake_code, share.devices) for share in usage.shares]
    present += [
        ("concurrentDevices", "", usage.concurrent_devices),
        ("used", "", quota.used(usage.item)),
        ("overage", "", quota.overrun(usage.item)),
    ]
    return sums, present


def _period_lines(read: UsageRead) -> Iterator[Line]:
    for period in read.scans:
        start, end = format_time(period.start_ms), format_time(period.end_ms)
        for name, count in period.scans.items():
            yield start, end, "scans", name, count
    for peak in read.peaks:
        yield format_time(peak.start_ms), format_time(peak.end_ms), "peakConcurrentDevices", "", peak.devices
    if isinstance(read.view, UsageView):
        for day_ms, counted in read.view.authorization_days.items():
            for outcome, count in _outcomes(counted):
                yield format_time(day_ms), format_time(day_ms + DAY_MS), "authorizations", outcome, count


def _outcomes(counted: Authorizations) -> Iterator[tuple[str, int]]:
    return chain([("GRANTED", counted.granted)], counted.refused.items())


def _json_list(name: str, rows: Iterable[Any]) -> Iterator[str]:
    """Yield a member of an object that has others before it."""
    yield f', "{name}": ['
    before = ""
    for some in _batches(rows):
        yield before + ", ".join(map(json.dumps, some))
        before = ", "
    yield "]"


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while some := list(islice(left, PIECE_ROWS)):
        yield some


def _time(wall_ms: int | None) -> str | None:
    return None if wall_ms is None else format_time(wall_ms)
