"""``tracker.explain()``: what a tracker knows of itself, for whoever has to find out why a count is missing.

Counts, codes and times only: no barcode's text is known here, and no secret (session password, tokens) is repeated.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Mapping
from typing import Any

from . import __version__
from .ledger import Ledger
from .licensing import Licensing
from .messages import Json
from .model import Counts, Moment
from .options import TrackerOptions
from .outbox import Trouble
from .payload_rules import RULES_VERSION
from .queued_report import QueuedReport
from .reporting import Reporting
from .slots import add_counts, format_slot, format_time
from .view import dead_letters_view, license_view, pending_view

# Enough to see a pattern (main, standby, main …) and little enough to paste into a message.
MAX_ERRORS = 20
# The same trouble is met at each attempt; a month offline must not fill a page.
MAX_REPORTS = 50


class ErrorLog:
    """The last troubles that a tracker met, each once until another one of its kind comes."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Json]] = deque(maxlen=MAX_ERRORS)
        self._last: Mapping[str, Trouble | None] = {}

    def note(self, troubles: Mapping[str, Trouble | None], now: Moment) -> None:
        """Look at what each part of the tracker (``license``, ``clock``, …) suffers from now; None: from nothing."""
        if troubles == self._last:
            return
        for where, trouble in troubles.items():
            if trouble is not None and trouble != self._last.get(where):
                told = {"code": trouble.code, "message": trouble.message}
                self._entries.append({"at": format_time(now.wall_ms), "where": where, **told})
        self._last = troubles

    def entries(self) -> list[dict[str, Json]]:
        """Return them, oldest first."""
        return list(self._entries)


def explain(
    options: TrackerOptions, ledger: Ledger, licensing: Licensing, reporting: Reporting, errors: ErrorLog, now: Moment
) -> Json:
    """Return the tracker's part of ``tracker.explain()``; times are RFC 3339 on the device's clock."""
    state = ledger.state
    queue = state.queue
    pending = queue.pending()
    return {
        "versions": {"dltWeb": __version__, "python": sys.version.split()[0], "rules": RULES_VERSION},
        "at": format_time(now.wall_ms),
        "options": _options(options),
        "device": {"uuid": state.device_uuid, "storage": ledger.storage, "purgedStillReporting": len(ledger.departed)},
        "license": {
            **license_view(licensing, now),
            "attempts": licensing.attempts_ended,
            "reportIntervalSeconds": licensing.report_interval_s,
            "hasReportToken": state.report_token is not None,
        },
        "reports": {
            **pending_view(reporting, ledger, now),
            "streamId": queue.stream_id,
            "nextSeq": queue.next_seq,
            "storeEpoch": queue.store_epoch,
            "kept": len(queue.reports) - len(pending),
            "oldest": [_report(queued) for queued in pending[:MAX_REPORTS]],
        },
        "deadLetters": dead_letters_view(ledger),
        "lost": _lost(ledger),
        "errors": errors.entries(),
    }


def _options(options: TrackerOptions) -> dict[str, Any]:
    return {
        "handshakeCode": options.handshake_code,
        "licenseServer": list(options.license_servers),
        "product": options.product,
        "hasSessionPassword": options.session_password is not None,
        "deviceFriendlyName": options.friendly_name,
        "duplicateForgetTime": options.forget_time_ms,
        "duplicateMode": options.duplicate_mode,
        "enforcement": options.enforcement,
        "authorize": options.authorize,
        "durability": options.durability,
        "persistStorage": options.persist_storage,
        "consent": options.consent,
        "origin": options.origin,
        "partitioned": options.partitioned,
    }


def _report(queued: QueuedReport) -> Json:
    report = queued.report
    return {
        "streamId": queued.stream_id,
        "seq": report.seq,
        "version": report.version,
        "acknowledgedVersion": queued.acknowledged and queued.acknowledged.version,
        "slot": format_slot(report.slot),
        "counts": dict(report.counts),
        "lost": dict(report.lost),
        "failedAttempts": queued.failed_attempts,
    }


def _lost(ledger: Ledger) -> Counts:
    """Add up what is known to be lost, by reason, as far back as reports are kept."""
    total = dict(ledger.state.queue.unreported_lost)
    for queued in ledger.state.queue.reports.values():
        total = dict(add_counts(total, queued.report.lost))
    return total
