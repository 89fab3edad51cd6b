"""What the server does with each report of a request (spec §5). Pure: a stream's row and reports in, decisions out."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from ..model import Counts, ReportResult, UsageReport
from ..slots import SLOT_MS, growth, slot_of
from ..wire import InvalidReport
from .clock import DAY_MS, MINUTE_MS, SECOND_MS
from .records import Stream, StreamKey

# Spec §5, clocks: beyond this offset a device's clock is called wrong and its slots are shifted.
MAX_CLOCK_OFFSET_MS = 300 * SECOND_MS
MAX_SLOT_AGE_MS = 366 * DAY_MS
MAX_SLOT_AHEAD_MS = 5 * MINUTE_MS


class Addition(Struct, frozen=True):
    """What one report adds to the usage of a slot."""

    slot: int
    counts: Counts
    lost: Counts


class Booked(Struct, frozen=True):
    """The outcome of one request's reports.

    Attributes:
        results: one for each report, in order.
        stream: the stream's row afterwards; None while it has none.
        additions: what is to be added to the usage, one for each accepted report.
        is_conflict: two copies of one database report on this stream.
    """

    results: tuple[ReportResult, ...]
    stream: Stream | None
    additions: tuple[Addition, ...]
    is_conflict: bool


def book(
    key: StreamKey,
    stream: Stream | None,
    entries: Sequence[UsageReport | InvalidReport],
    *,
    now_ms: int,
    sent_at_ms: int,
) -> Booked:
    """Decide each report of a request in order.

    Args:
        key: names the stream.
        stream: its row, if it has one.
        entries: the request's reports, valid or not, as sent.
        now_ms: receipt, on the server's clock.
        sent_at_ms: sending, on the device's clock.
    """
    results: list[ReportResult] = []
    additions: list[Addition] = []
    is_conflict = False
    for entry in entries:
        if is_conflict:
            results.append(_rejected(entry, "REPORT_CONFLICT"))
        elif isinstance(entry, InvalidReport):
            results.append(_rejected(entry, "REPORT_INVALID"))
        else:
            outcome = _decide(key, stream, entry, now_ms, now_ms - sent_at_ms)
            if isinstance(outcome, ReportResult):
                is_conflict = outcome.code == "REPORT_CONFLICT"
                if stream is not None:
                    # Copies still come: the row that knows them must not be forgotten meanwhile.
                    stream = replace(stream, last_seen_ms=now_ms)
                results.append(outcome)
            else:
                stream, addition = outcome
                additions.append(addition)
                results.append(ReportResult(entry.seq, entry.version, "accepted"))
    return Booked(tuple(results), stream, tuple(additions), is_conflict)


def place(slot: int, now_ms: int, offset_ms: int) -> tuple[int, bool, bool]:
    """Return the slot to book in, whether it was shifted by the clock's offset, and whether it was clamped.

    A shift is rounded to whole slots, so that the network's delay does not decide between two neighbours.
    """
    is_shifted = abs(offset_ms) > MAX_CLOCK_OFFSET_MS
    if is_shifted:
        slot += (offset_ms + SLOT_MS // 2) // SLOT_MS
    first, last = slot_of(now_ms - MAX_SLOT_AGE_MS), slot_of(now_ms + MAX_SLOT_AHEAD_MS)
    booked = min(max(slot, first, 0), last)
    return booked, is_shifted, booked != slot


def _decide(
    key: StreamKey, stream: Stream | None, report: UsageReport, now_ms: int, offset_ms: int
) -> ReportResult | tuple[Stream, Addition]:
    if stream is None or report.seq > stream.seq:
        return _open(key, stream, report, now_ms, offset_ms)
    if report.seq < stream.seq:
        return ReportResult(report.seq, report.version, "duplicate")
    if report.id != stream.id:
        return _rejected(report, "REPORT_CONFLICT")
    if report.version < stream.version:
        return ReportResult(report.seq, report.version, "duplicate")
    if report.version == stream.version:
        is_same = report.counts == stream.counts and report.lost == stream.lost
        return (
            ReportResult(report.seq, report.version, "duplicate") if is_same else _rejected(report, "REPORT_CONFLICT")
        )
    counts, lost = growth(stream.counts, report.counts), growth(stream.lost, report.lost)
    if counts is None or lost is None or report.slot != stream.slot:
        return _rejected(report, "REPORT_CONFLICT")
    grown = replace(
        stream, version=report.version, counts=dict(report.counts), lost=dict(report.lost), last_seen_ms=now_ms
    )
    return grown, Addition(stream.booked_slot, counts, lost)


def _open(
    key: StreamKey, before: Stream | None, report: UsageReport, now_ms: int, offset_ms: int
) -> tuple[Stream, Addition]:
    """Book a number that is new to the stream; numbers skipped on the way are recorded."""
    booked_slot, is_shifted, is_clamped = place(report.slot, now_ms, offset_ms)
    skipped = report.seq - (before.seq if before else 0) - 1
    stream = Stream(
        key=key,
        id=report.id,
        seq=report.seq,
        version=report.version,
        slot=report.slot,
        booked_slot=booked_slot,
        counts=dict(report.counts),
        lost=dict(report.lost),
        missing_numbers=skipped + (before.missing_numbers if before else 0),
        shifted_reports=is_shifted + (before.shifted_reports if before else 0),
        clamped_reports=is_clamped + (before.clamped_reports if before else 0),
        last_seen_ms=now_ms,
    )
    return stream, Addition(booked_slot, stream.counts, stream.lost)


def _rejected(entry: UsageReport | InvalidReport, code: str) -> ReportResult:
    return ReportResult(entry.seq, entry.version, "rejected", code)
