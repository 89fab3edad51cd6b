"""What a server says to a report, and where it books it, as plainly as that can be said (spec §5)."""

from __future__ import annotations

import math
from typing import Any

SLOT_MS, DAY_MS = 180_000, 86_400_000


def judge(last: dict[str, Any] | None, report: dict[str, Any]) -> str:
    """Return what one report comes to behind the last one of its stream."""
    if last is None or report["seq"] > last["seq"]:
        return "accepted"
    if report["seq"] < last["seq"]:
        return "duplicate"
    if report["id"] != last["id"]:
        return "REPORT_CONFLICT"
    if report["version"] < last["version"]:
        return "duplicate"
    if report["version"] == last["version"]:
        return "duplicate" if report["counts"] == last["counts"] else "REPORT_CONFLICT"
    is_grown = report["counts"]["qr_code"] >= last["counts"]["qr_code"] and report["slot"] == last["slot"]
    return "accepted" if is_grown else "REPORT_CONFLICT"


def booked_slot(slot: int, sent_ms: int, now_ms: int) -> int:
    """Return the slot in which a report of a slot, by the clock of a device that sent it, is booked."""
    offset_ms = now_ms - sent_ms
    if abs(offset_ms) > 300_000:
        slot += math.floor(offset_ms / SLOT_MS + 0.5)
    return min(max(slot, (now_ms - 366 * DAY_MS) // SLOT_MS), (now_ms + 300_000) // SLOT_MS)
