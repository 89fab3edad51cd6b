"""What goes out: a report request of a size, and the copy that the page holds for when it is hidden (spec §5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from .ledger import Ledger
from .local_state import LocalState
from .messages import HoldBeacon, Json
from .model import ReportRequest, frozen
from .options import TrackerOptions
from .outbox import Outbox
from .queued_report import QueuedReport, ReportKey
from .wire import encode_report, encode_report_request

REPORT_PATH = "/v1/usage-reports"
# sendBeacon and keepalive share 64 KiB in flight per page (fetch standard); this leaves the app its part.
MAX_BEACON_BYTES = 8_000
# What a request says beside its reports, with the longest code and token that the protocol allows.
ENVELOPE_BYTES = 700


class ReportRequests:
    """Makes the report requests of one tracker."""

    def __init__(self, options: TrackerOptions, outbox: Outbox, ledger: Ledger) -> None:
        self._options = options
        self._outbox = outbox
        self._ledger = ledger
        self._held: Json = []
        # Reports that were looked at for what is held: they are written out anew only where they have grown.
        self._written: dict[ReportKey, Written] = {}

    def make(self, sender: LocalState, reports: Sequence[QueuedReport], wall_ms: int) -> ReportRequest:
        """Return a request with these reports of one stream; none are a sign of life in the current one."""
        stream_id = reports[0].stream_id if reports else sender.queue.stream_id
        assert stream_id is not None
        assert sender.device_uuid is not None
        return ReportRequest(
            handshake_code=self._options.handshake_code,
            device_uuid=sender.device_uuid,
            stream_id=stream_id,
            report_token=sender.report_token,
            store_epoch=sender.queue.store_epoch,
            storage=self._ledger.storage or "memory",
            partitioned=self._options.partitioned,
            sent_at_ms=wall_ms,
            reports=tuple(queued.report for queued in reports),
        )

    def hold_beacon(self, wall_ms: int) -> None:
        """Give the page what it may send when it is hidden, if that has changed."""
        known, self._written = self._written, {}
        held = list(self._beacon((*self._ledger.departed, self._ledger.state), known, wall_ms))
        if held != self._held:
            self._held = held
            self._outbox.emit(HoldBeacon(held))

    def forget_beacon(self) -> None:
        """A page has come that holds nothing."""
        self._held = []

    def _beacon(
        self, senders: Iterable[LocalState], known: Mapping[ReportKey, Written], wall_ms: int
    ) -> Iterable[Json]:
        """Give a request for each stream of each sender, as far as the size allows."""

        def write(queued: QueuedReport) -> Written:
            before = known.get(queued.key)
            is_known = before is not None and before.queued.report is queued.report
            written = self._written[queued.key] = before if is_known and before is not None else write_out(queued)
            return written

        url = f"{self._options.license_servers[0]}{REPORT_PATH}"
        left_bytes = MAX_BEACON_BYTES - ENVELOPE_BYTES
        said: set[str] = set()
        for sender in senders:
            if sender.report_token is None or sender.device_uuid is None:
                continue
            pending = [one for one in sender.queue.pending() if one.stream_id not in said]
            while pending and left_bytes > 0:
                cut = cut_to_size(pending, left_bytes, write)
                size_bytes = sum([one.size_bytes for one in cut])
                if size_bytes > left_bytes:
                    break
                request = self.make(sender, [one.queued for one in cut], wall_ms)
                said.add(request.stream_id)
                left_bytes -= size_bytes + ENVELOPE_BYTES
                yield {"url": url, "body": encode_report_request(request, held=[one.body for one in cut])}
                pending = [one for one in pending if one.stream_id != request.stream_id]


@frozen
class Written:
    """A report as it lies in a request, as JSON (``body``) of ``size_bytes``."""

    queued: QueuedReport
    body: Json
    size_bytes: int


def write_out(queued: QueuedReport) -> Written:
    """Return a report as it lies in a request."""
    body = encode_report(queued.report)
    return Written(queued, body, len(json.dumps(body)) + 2)


def cut_to_size(
    pending: Sequence[QueuedReport], max_bytes: int, write: Callable[[QueuedReport], Written] = write_out
) -> list[Written]:
    """Return the first stream's reports, oldest first, up to a size; at least one, if there is any."""
    cut: list[Written] = []
    for queued in pending:
        # Written out for its size alone, so only what may be sent is.
        if queued.stream_id != pending[0].stream_id:
            break
        written = write(queued)
        max_bytes -= written.size_bytes
        if cut and max_bytes < 0:
            break
        cut.append(written)
    return cut
