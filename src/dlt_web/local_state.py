"""What a device knows and keeps for one handshake code; :mod:`~dlt_web.stored_records` writes it and reads it again.

The device's UUID belongs to the origin; queue, report token and auth token belong to (origin, handshake code), so that
several codes on one page work side by side (spec §4). Nothing here holds a barcode's text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter

from .model import ChargeWay, Counts
from .queued_report import QueuedReport, ReportKey
from .report_queue import ReportQueue

# A page says a call again only when the runtime that it told is gone, within seconds: more pages than this would all
# have to wait for an answer at that moment.
MAX_PAGES = 32
# Whose calls lie in the journal, and may be told again, is unknown of pages that came since it was last read, or while
# nobody can read it. Each such page load costs 75 bytes in every commit of scans.
MAX_PAGES_UNREAD = 256


@dataclass(frozen=True, slots=True)
class Permission:
    """A granted and verified auth token, in terms of the device's own wall clock.

    Attributes:
        token: compact JWS.
        charge_way: of the item that the device is charged to.
        item_id: that item.
        is_over_quota: granted although the quota is used up.
        granted_at_ms: wall time of the grant.
        expires_at_ms: end of the online life.
        offline_until_ms: end of the offline allowance; never before ``expires_at_ms``.
    """

    token: str
    charge_way: ChargeWay
    item_id: str
    is_over_quota: bool
    granted_at_ms: int
    expires_at_ms: int
    offline_until_ms: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """A stored record that could not be read.

    Attributes:
        why: what is wrong with it, without repeating any of it: it may be a token.
        scan_count: scans that it holds unacknowledged, at least.
    """

    why: str
    scan_count: int


@dataclass(slots=True)
class LocalState:
    """Working copy of the records of one handshake code.

    Attributes:
        handshake_code: whose records these are.
        device_uuid: None until it is made.
        queue: reports and their numbering.
        report_token: proof that goes along with reports; None before the first authorization's answer.
        permission: the newest granted token; None after a refusal.
        first_request_at_ms: wall time of the first authorization request; the first 24 hours run from it.
        clock_seen_ms: latest wall time that the license's clock has shown since the last grant; None before a request.
        lost_with_devices: UUIDs of devices that were purged unheard, and how many of their scans were said as lost.
        counted_calls: the newest call of each page load that is counted by each of its trackers, by number, the latest
            last. A page that changes its options makes another tracker while the one before still has calls to commit,
            so only one tracker's calls are counted in order. What was counted out of the journal is of no tracker.
        journalled_pages: page loads among these whose calls lay in the journal, counted or not, when it was last read:
            as long as they do, they may be read there again, so their numbers are not forgotten.
        has_forgotten_calls: numbers were forgotten that came since the journal was last read, and may be of calls that
            lie there still.
        set_aside: names of stored records that could not be read. They stay in the store as they are, until what they
            say is written anew.
        lost_with_records: names of such records whose scans were said as lost, and how many.
    """

    handshake_code: str
    device_uuid: str | None = None
    queue: ReportQueue = field(default_factory=ReportQueue)
    report_token: str | None = None
    permission: Permission | None = None
    first_request_at_ms: int | None = None
    clock_seen_ms: int | None = None
    lost_with_devices: Counts = field(default_factory=dict)
    counted_calls: Counts = field(default_factory=dict)
    journalled_pages: frozenset[str] = frozenset()
    has_forgotten_calls: bool = False
    set_aside: Mapping[str, SetAside] = field(default_factory=dict)
    lost_with_records: Counts = field(default_factory=dict)

    def copy(self) -> LocalState:
        """Return a copy that can change without this one."""
        copy = LocalState(*_FIELDS_OF(self))
        copy.queue = self.queue.copy()
        return copy

    def has_counted(self, page: str, number: int, tracker: str = "") -> bool:
        """Tell whether this call of a page is counted already.

        Args:
            page: page load that called.
            number: of the call.
            tracker: name of the page's tracker that has the call; none where nobody knows, and any may have counted it.
        """
        known = self.counted_calls
        if tracker:
            return number <= max(known.get(page, 0), known.get(f"{page}/{tracker}", 0))
        return number <= max([last for name, last in known.items() if f"{name}/".startswith(f"{page}/")], default=0)

    def remember_counted(
        self, page: str, number: int, tracker: str = "", *, unjournalled: Counts | None = None
    ) -> None:
        """Note that a page's calls are counted up to this one; by this tracker, or out of the journal.

        Args:
            page: page load that called.
            number: of the call.
            tracker: name of the page's tracker that had the call; none if it was counted out of the journal.
            unjournalled: counted calls as they stood before the journal was last read: what still stands so may be
                forgotten, unless :attr:`journalled_pages` names it. What was counted since may lie there, unheard by a
                page that is gone, and be read again. None where no journal is kept.
        """
        name = f"{page}/{tracker}" if tracker else page
        others = {one: last for one, last in self.counted_calls.items() if one != name}
        self.counted_calls = {**self._remembered(others, unjournalled, room=1), name: number}

    def _remembered(self, calls: Counts, unjournalled: Counts | None, room: int) -> Counts:
        """Return these counted calls without the oldest that there is no place for, if so many more are to come."""
        if len(calls) + room <= MAX_PAGES:
            return calls
        free = [one for one in calls if _page_of(one) not in self.journalled_pages]
        known = [one for one in free if unjournalled is None or unjournalled.get(one) == calls[one]]
        forgotten = {*known[: max(0, len(free) + room - MAX_PAGES)]}
        left = [one for one in free if one not in forgotten]
        unknown = left[: max(0, len(left) + room - MAX_PAGES_UNREAD)]
        self.has_forgotten_calls = self.has_forgotten_calls or bool(unknown)
        return {one: last for one, last in calls.items() if one not in forgotten.union(unknown)}

    def may_have_forgotten(self, page: str) -> bool:
        """Tell whether calls of this page may have been counted that nobody remembers."""
        return self.has_forgotten_calls and page not in self._known_pages

    def journalled_among(self, pages: Iterable[str]) -> frozenset[str]:
        """Return those of these page loads of which calls are counted."""
        return self._known_pages & frozenset(pages)

    def note_journalled(self, pages: Iterable[str], unjournalled: Counts | None) -> None:
        """Note of which page loads calls lie in the journal, living ones included, and forget others.

        Who read the journal last knows best which those are: to one that read it before, they may lie there still.
        """
        self.journalled_pages = self.journalled_among(pages)
        self.has_forgotten_calls = any(map(self.may_have_forgotten, pages))
        self.counted_calls = self._remembered(self.counted_calls, unjournalled, room=0)

    @property
    def _known_pages(self) -> frozenset[str]:
        return frozenset(map(_page_of, self.counted_calls))


# In the order in which its class takes them: to name each would take three times as long, with each commit.
_FIELDS_OF = attrgetter(*[one.name for one in fields(LocalState)])


def united(mine: LocalState, others: LocalState) -> LocalState:
    """Return what two trackers of one code know that went on from one database, each in memory.

    Neither may have heard of all that the other one has counted; a report that both know is the one that grew further.

    Args:
        mine: whose stream, license and token it is, where both have one.
        others: what the other one has written.
    """
    is_one_epoch = mine.queue.store_epoch in (None, others.queue.store_epoch)
    dead_letters = {**others.queue.dead_letters, **mine.queue.dead_letters}
    reports: dict[ReportKey, QueuedReport] = {}
    for queued in (*others.queue.reports.values(), *mine.queue.reports.values()):
        reports[queued.key] = _further(reports.get(queued.key, queued), queued)
    state = replace(
        mine,
        device_uuid=mine.device_uuid or others.device_uuid,
        queue=replace(
            mine.queue,
            store_epoch=mine.queue.store_epoch or others.queue.store_epoch,
            reports={key: queued for key, queued in reports.items() if key not in dead_letters},
            dead_letters=dead_letters,
            _pending=None,
            _kept_since_ms=None,
        ),
        report_token=mine.report_token or others.report_token,
        permission=mine.permission or others.permission,
        first_request_at_ms=mine.first_request_at_ms or others.first_request_at_ms,
        clock_seen_ms=mine.clock_seen_ms or others.clock_seen_ms,
        lost_with_devices=_highest(others.lost_with_devices, mine.lost_with_devices),
        counted_calls=_highest(others.counted_calls, mine.counted_calls),
        journalled_pages=others.journalled_pages | mine.journalled_pages,
        has_forgotten_calls=others.has_forgotten_calls or mine.has_forgotten_calls,
        lost_with_records=_highest(others.lost_with_records, mine.lost_with_records),
    )
    if not is_one_epoch and state.queue.store_epoch is not None:
        # A yes from before (or after) a restore is worth nothing; what is told again is harmless.
        state.queue.change_epoch(state.queue.store_epoch)
    return state


def _page_of(name: str) -> str:
    return name.partition("/")[0]


def _further(one: QueuedReport, other: QueuedReport) -> QueuedReport:
    further = max(one, other, key=lambda queued: (queued.report.version, queued.acknowledged_version))
    acknowledged = max(one, other, key=lambda queued: queued.acknowledged_version).acknowledged
    return replace(further, acknowledged=acknowledged)


def _highest(one: Counts, other: Counts) -> Counts:
    return {**one, **other, **{name: max(one[name], other[name]) for name in one.keys() & other.keys()}}
