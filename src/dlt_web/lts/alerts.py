"""What an operator is told of, and when: levels that usage, time or the disk has reached. Pure.

A level is told once, as it is reached, and armed again when the value has fallen clearly below it: a value that moves
to and fro about a level brings one message and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..slots import format_time
from .alert_records import AlertKind, AlertState, Oddities
from .clock import DAY_MS
from .records import LicenseItem

# By how many percentage points a value falls below a level before that is armed again.
MARGIN_POINTS = 5
# Days before the end of an item's validity.
EXPIRY_DAYS = (1, 7, 30)
# A code whose last gap, or clone, was so long ago has a first one again.
QUIET_MS = 30 * DAY_MS
# Gaps and clones that go on are noted in the state only when it is older than that.
NOTED_MS = DAY_MS

NOUNS = {"per_scan": "scans", "per_device": "devices", "concurrent_device": "concurrent devices"}


@dataclass(frozen=True, slots=True)
class Finding:
    """How a subject stands now.

    Attributes:
        kind: what about.
        subject: license item, handshake code, or empty for the server.
        reached: the levels at or beyond which it is.
        held: those that stay told, as it has not come back clearly from them; all reached ones are among them.
        data: what a message says of it.
        is_nearest_only: of several levels reached since it was last looked at, the smallest alone is told.
    """

    kind: AlertKind
    subject: str
    reached: frozenset[int]
    held: frozenset[int]
    data: Mapping[str, Any]
    is_nearest_only: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a finding: the levels to tell, ascending, and what is told from then on."""

    levels: tuple[int, ...]
    state: AlertState


def judge(finding: Finding, told: AlertState | None, now_ms: int) -> Verdict | None:
    """Return what follows from how a subject stands; None where nothing does."""
    before = frozenset(told.levels if told else ())
    levels = sorted(finding.reached - before)
    if finding.is_nearest_only:
        levels = levels[:1]
    after = (before & finding.held) | finding.reached
    if after == before:
        return None
    # A level that is left is no news: what is still so is so since it was reached.
    at_ms = now_ms if levels or told is None else told.at_ms
    return Verdict(tuple(levels), AlertState(finding.kind, finding.subject, tuple(sorted(after)), at_ms))


def judge_oddity(found: Oddities, told: AlertState | None) -> Verdict | None:
    """Return what follows from gaps or clones of a code: a message for the first after a long quiet time."""
    is_first = told is None or found.last_ms - told.at_ms > QUIET_MS
    if told is not None and not is_first and found.last_ms - told.at_ms < NOTED_MS:
        return None
    kind: AlertKind = "device.gap" if found.kind == "gap" else "device.clone"
    return Verdict((1,) if is_first else (), AlertState(kind, found.handshake_code, (1,), found.last_ms))


def worst_level(state: AlertState) -> int | None:
    """Return the level that tells most of what a state says; None for kinds without levels."""
    if state.kind in ("device.gap", "device.clone"):
        return None
    return min(state.levels) if state.kind == "license.expiry" else max(state.levels)


def is_quiet(state: AlertState, now_ms: int) -> bool:
    """Tell whether gaps or clones of a code were so long ago that the next one would be told as a first one."""
    return state.kind in ("device.gap", "device.clone") and now_ms - state.at_ms > QUIET_MS


def threshold_finding(item: LicenseItem, used: int, percents: Iterable[int]) -> Finding:
    """Return how full an item is; ``used`` is in scans, seats, or devices that were active at once."""
    levels = frozenset(percents)
    data = {"licenseId": item.id, "chargeWay": item.charge_way, "used": used, "quota": item.quota}
    data["percent"] = None if item.quota == 0 else used * 100 // item.quota
    data["message"] = f"License {item.id}: {used} of {item.quota} {NOUNS[item.charge_way]} are used."
    return _percent_finding("license.threshold", item.id, (used, item.quota), levels, data)


def expiry_finding(item: LicenseItem, now_ms: int) -> Finding:
    """Return how near the end of an item's validity is."""
    left_ms = None if item.valid_until_ms is None or item.is_revoked else item.valid_until_ms - now_ms
    near = frozenset(days for days in EXPIRY_DAYS if left_ms is not None and left_ms <= days * DAY_MS)
    is_over = left_ms is not None and left_ms <= 0
    until = format_time(item.valid_until_ms or 0)
    data = {"licenseId": item.id, "validUntil": until, "message": f"License {item.id} ends at {until}."}
    return Finding("license.expiry", item.id, frozenset() if is_over else near, near, data, is_nearest_only=True)


def unverified_finding(code: str, unverified: int, verified: int, percent: int) -> Finding:
    """Return how large the share of unverified scans is in the last day's scans of a code."""
    total = unverified + verified
    data = {"handshakeCode": code, "unverifiedScans": unverified, "scans": verified}
    data["percent"] = 0 if total == 0 else unverified * 100 // total
    data["message"] = f"Handshake code {code}: {unverified} of {total} scans of the last 24 hours are unverified."
    return _percent_finding("usage.unverified", code, (unverified, total), frozenset({percent}), data)


def disk_finding(used_bytes: int, free_bytes: int, percents: Iterable[int]) -> Finding:
    """Return how full the disk is that the store lies on; ``free_bytes`` are those that the server may still take."""
    total = max(1, used_bytes + free_bytes)
    percent = used_bytes * 100 // total
    message = f"The license server's disk is {percent} % full: {free_bytes // 2**20} MiB are free."
    data = {"percent": percent, "freeBytes": free_bytes, "message": message}
    return _percent_finding("disk.usage", "", (used_bytes, total), frozenset(percents), data)


def oddity_data(found: Oddities) -> dict[str, Any]:
    """Return what a message says of gaps or clones; no device is named outside the server."""
    what = "reports are missing" if found.kind == "gap" else "copies of one device's database report"
    message = f"Handshake code {found.handshake_code}: {what}, for the first time in {QUIET_MS // DAY_MS} days."
    return {"handshakeCode": found.handshake_code, "devices": found.devices, "message": message}


def expiry_moments(items: Iterable[LicenseItem], after_ms: int, until_ms: int) -> list[int]:
    """Return the moments in ``(after_ms, until_ms]`` at which an item comes nearer to its end, in order."""
    ends = [item.valid_until_ms for item in items if item.valid_until_ms is not None and not item.is_revoked]
    moments = {end_ms - days * DAY_MS for end_ms in ends for days in EXPIRY_DAYS}
    return sorted(at_ms for at_ms in moments if after_ms < at_ms <= until_ms)


def _percent_finding(
    kind: AlertKind, subject: str, counted: tuple[int, int], levels: frozenset[int], data: Mapping[str, Any]
) -> Finding:
    part, whole = counted
    # Of nothing bought, the first use is all and more.
    reached = frozenset(level for level in levels if part > 0 and part * 100 >= level * whole)
    held = frozenset(level for level in levels if part > 0 and part * 100 >= _armed_below(level) * whole)
    return Finding(kind, subject, reached, held, data)


def _armed_below(level: int) -> int:
    return level - min(MARGIN_POINTS, level // 2)
