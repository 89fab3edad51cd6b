"""Slots of 180 s, and adding up the counts inside one slot.

Counts are kept per slot, half-open UTC intervals aligned to the epoch, 480 a day (spec §2). The LTS adds the growth of
a report with the same functions that the tracker grows it with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from .errors import WireError
from .model import Counts

# Spec §2: "half-open UTC interval of 180 s aligned to the epoch (480 a day)".
SLOT_S = 180
SLOT_MS = SLOT_S * 1000

# A second 60 with what comes before and after it: the minute, the fraction, the offset.
_SECOND_60 = re.compile(r"(.*T\d\d:\d\d):60(?:\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def slot_of(wall_ms: int) -> int:
    """Return the index of the slot that holds this wall time (ms since the epoch)."""
    return wall_ms // SLOT_MS


def slot_start_ms(slot: int) -> int:
    """Return the first wall millisecond of a slot; the slot ends before ``slot_start_ms(slot + 1)``."""
    return slot * SLOT_MS


def add_counts(left: Counts, right: Counts) -> dict[str, int]:
    """Return the sum of two count tables, names sorted, zeros left out."""
    total = dict(left)
    for name, number in right.items():
        total[name] = total.get(name, 0) + number
    return {name: total[name] for name in sorted(total) if total[name]}


def growth(before: Counts, after: Counts) -> dict[str, int] | None:
    """Return what ``after`` has more than ``before``, or None if any number shrank (a conflict, spec §5)."""
    if any(after.get(name, 0) < number for name, number in before.items()):
        return None
    difference = {name: number - before.get(name, 0) for name, number in sorted(after.items())}
    return {name: number for name, number in difference.items() if number}


def total_of(counts: Mapping[str, int]) -> int:
    """Return the number of scans in a count table."""
    return sum(counts.values())


def format_time(wall_ms: int) -> str:
    """Return a wall time as RFC 3339 UTC text; milliseconds only where there are any."""
    seconds, rest_ms = divmod(wall_ms, 1000)
    # Its first 19 characters say the second; `strftime` would take twice as long.
    text = datetime.fromtimestamp(seconds, UTC).isoformat()[:19]
    return f"{text}.{rest_ms:03d}Z" if rest_ms else f"{text}Z"


@lru_cache(maxsize=16)
def format_slot(slot: int) -> str:
    """Return the start of a slot as :func:`format_time` writes it; the open one is written several times a scan."""
    return format_time(slot_start_ms(slot))


def parse_time(text: str) -> int:
    """Return the wall time (ms) of an RFC 3339 text with an offset or ``Z``.

    A leap second, 23:59:60 UTC at the end of a month (RFC 3339 §5.7), is taken for the last millisecond before it: the
    epoch does not count it, and so it stays in its slot and its day.

    Raises:
        WireError: the text is no such time, or lies outside the years 1970 to 9998.
    """
    try:
        moment = _moment_of(text)
    except (ValueError, TypeError, OverflowError):
        raise WireError(f"expected an RFC 3339 time such as 2026-11-24T10:03:00Z, found {text!r:.60}") from None
    if moment.tzinfo is None:
        raise WireError(f"expected a time with an offset or Z, found {text!r:.60}")
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    wall_ms = (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000
    # With an offset, the first hours of 1970 lie before the epoch.
    if wall_ms < 0 or moment.year == 9999:
        raise WireError(f"expected a time between 1970 and 9998, found {text!r:.60}")
    return wall_ms


def _moment_of(text: str) -> datetime:
    leap = _SECOND_60.fullmatch(text)
    if leap is None:
        return datetime.fromisoformat(text)
    moment = datetime.fromisoformat(f"{leap[1]}:59.999{leap[2]}")
    after = moment.astimezone(UTC) + timedelta(milliseconds=1)
    if (after.day, after.hour, after.minute) != (1, 0, 0):
        raise ValueError("a leap second ends a month")
    return moment
