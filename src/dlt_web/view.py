"""What the page sees of a tracker: plain JSON for ``tracker.license``, ``tracker.pending`` and the dead letters."""

from __future__ import annotations

from .ledger import Ledger
from .licensing import Licensing
from .local_state import LocalState
from .messages import Json
from .model import Moment
from .reporting import Reporting
from .slots import format_slot

# Two clocks are read one after the other: a shown time that wavers by a millisecond would look like a change.
_SHOWN_MS = 1000


def license_view(licensing: Licensing, now: Moment) -> Json:
    """Return ``tracker.license``: times in ms since the epoch, None where there is none."""
    permission = licensing.permission
    forbidden, trouble = licensing.forbids(), licensing.trouble
    code, message = forbidden or ((trouble.code, trouble.message) if trouble else (None, None))
    return {
        "state": licensing.state,
        "code": code,
        "message": message,
        "chargeWay": permission and permission.charge_way,
        "itemId": permission and permission.item_id,
        "overQuota": permission is not None and permission.is_over_quota,
        "expiresAt": permission and permission.expires_at_ms,
        "offlineUntil": permission and permission.offline_until_ms,
        "nextTryAt": _wall(licensing.next_try_ms(), now) if trouble and not licensing.is_busy else None,
    }


def pending_view(reporting: Reporting, ledger: Ledger, now: Moment) -> Json:
    """Return ``tracker.pending``: what is counted and not yet acknowledged, and when it is sent."""
    trouble = reporting.trouble
    return {
        **counted_view(ledger.state),
        "nextReportAt": _wall(reporting.next_report_at_ms, now),
        "accepted": reporting.accepted_reports,
        "attempts": reporting.attempts_ended,
        "code": trouble and trouble.code,
        "message": trouble and trouble.message,
    }


def counted_view(state: LocalState) -> dict[str, int]:
    """Return the members of ``tracker.pending`` that a scan changes."""
    return {"scans": state.queue.pending_scan_count(), "reports": len(state.queue.pending())}


def dead_letters_view(ledger: Ledger) -> Json:
    """Return the reports that the LTS will never take, each with its code."""
    return [
        {
            "seq": letter.report.seq,
            "code": letter.code,
            "slot": format_slot(letter.report.slot),
            "counts": dict(letter.report.counts),
        }
        for letter in ledger.state.queue.dead_letters.values()
    ]


def _wall(monotonic_ms: int | None, now: Moment) -> int | None:
    if monotonic_ms is None:
        return None
    return (now.wall_ms + monotonic_ms - now.monotonic_ms) // _SHOWN_MS * _SHOWN_MS
