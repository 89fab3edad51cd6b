"""What can happen to a device's local state. Each change can be decided again on fresh records.

A change waits until a commit that holds it is on disk. If another tab was faster, the same changes are applied to the
state that the store gives back; none is lost, none is applied twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from .device import Entropy, uuid4_from
from .local_state import LocalState
from .messages import Json
from .model import Counts, ReportAnswer, ReportRequest, frozen
from .report_queue import LOST_BY_PURGE, LOST_UNCLEAR, LOST_UNREADABLE
from .slots import add_counts, total_of


@frozen
class Deciding:
    """What a change may know when it is decided.

    Attributes:
        wall_ms: now, on the device's wall clock.
        entropy: fresh randomness.
        must_open: the next scans open a new report (this runtime has not committed any yet).
        own_stream_id: stream that was current when this runtime loaded the store; None if there was none.
        own_first_seq: number that stream stood at then.
        unjournalled: counted calls as they stood before this runtime last read the journal; None where none is kept.
    """

    wall_ms: int
    entropy: Entropy
    must_open: bool
    own_stream_id: str | None
    own_first_seq: int
    unjournalled: Counts | None = None

    def first_own_seq(self, stream_id: str) -> int:
        """Return the number from which on a stream's reports were opened since this runtime's start."""
        return self.own_first_seq if stream_id == self.own_stream_id else 1


class Change(Protocol):
    """One change; ``is_strict`` asks for a commit that reaches the disk before it is called done."""

    @property
    def is_strict(self) -> bool:
        """Tell whether it must survive a power loss."""

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Change the working copy."""


@frozen
class DeviceNeeded:
    """Make the device UUID unless the store has one: get-or-create in one transaction (spec §4).

    Attributes:
        seed: random bytes that were journalled with scans that no device has counted yet; None where nothing is. A
            profile that is copied with such scans in its journal, to be put back every night or cloned, so makes the
            same device of each copy, and these scans are known wherever they are told.
    """

    seed: bytes | None

    is_strict = True

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Make it."""
        if state.device_uuid is None:
            state.device_uuid = given.entropy.uuid4() if self.seed is None else uuid4_from(self.seed)


@frozen
class ScansCounted:
    """New scans of one ``scan()`` call.

    Attributes:
        call: name of the promise that waits for them to be on disk.
        page: page load that called.
        number: of the call within the page load.
        tracker: names its tracker among those that the page load may have with other options, after one another.
        value: what the promise resolves to.
        slot: slot of the call on the device's wall clock.
        counts: new scans per symbology.
        is_unclear: they may lie on a disk that is out of reach, for whoever reaches it to tell, or be told by a runtime
            that is unheard of. Told from here as well, under the numbers that they have there, they would be taken for
            what another tab has counted meanwhile, or make it take its database for an old copy; and under others they
            would count twice.
    """

    call: str
    page: str
    number: int
    tracker: str
    value: Json
    slot: int
    counts: Counts
    is_unclear: bool = False

    is_strict = False

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Book them, unless a runtime that is gone has done so and could not say it any more."""
        if state.has_counted(self.page, self.number, self.tracker):
            return
        if self.is_unclear:
            state.queue.add_lost(LOST_UNCLEAR, total_of(self.counts))
        else:
            state.queue.book(self.slot, self.counts, must_open=given.must_open, entropy=given.entropy)
        state.remember_counted(self.page, self.number, self.tracker, unjournalled=given.unjournalled)


@frozen
class JournalCounted:
    """New scans of pages that are gone, out of the journal.

    Those of each page go into a stream of their own, whose names are made of the page's. Should the database be a copy
    from before they were counted, set back to or cloned, then they are told again under the very same names, and
    counted once.

    Attributes:
        calls: by page load that called: number, slot and new scans per symbology of its calls, by number.
        pages: all page loads of which calls lie in the journal, living ones included; None where that was read before
            another runtime went on with the database, which may know better.
    """

    calls: Mapping[str, Sequence[tuple[int, int, Counts]]]
    pages: frozenset[str] | None

    is_strict = False

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Book those that no runtime has counted before the page was gone."""
        # First: to make room for one of these pages, no other one is forgotten.
        state.journalled_pages |= state.journalled_among(self.calls if self.pages is None else self.pages)
        for page, calls in self.calls.items():
            fresh = [call for call in calls if not state.has_counted(page, call[0])]
            if fresh:
                self._book(state, page, fresh, given)
                state.journalled_pages |= {page}
        if self.pages is not None:
            state.note_journalled(self.pages, given.unjournalled)

    def _book(self, state: LocalState, page: str, calls: Sequence[tuple[int, int, Counts]], given: Deciding) -> None:
        if state.may_have_forgotten(page):
            # They may have been counted, and under which names nobody knows any more.
            state.queue.add_lost(LOST_UNCLEAR, sum(total_of(counts) for _, _, counts in calls))
        else:
            slots: dict[int, Counts] = {}
            for _, slot, counts in calls:
                slots[slot] = add_counts(slots.get(slot, {}), counts)
            state.queue.book_apart(f"{page}/{calls[0][0]}", slots, given.entropy)
        state.remember_counted(page, calls[-1][0], unjournalled=given.unjournalled)


@frozen
class ReportsAnswered:
    """The LTS answered a report request."""

    request: ReportRequest
    answer: ReportAnswer

    is_strict = True

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Acknowledge, bury or move."""
        state.queue.acknowledge(
            self.request,
            self.answer,
            first_own_seq=given.first_own_seq(self.request.stream_id),
            entropy=given.entropy,
        )


@frozen
class EpochChanged:
    """The LTS's store was restored; ``known`` is the epoch that the request carried."""

    known: str | None
    store_epoch: str

    is_strict = True

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Take the new epoch once; a late answer about an older one changes nothing."""
        if state.queue.store_epoch == self.known:
            state.queue.change_epoch(self.store_epoch)


@frozen
class AttemptFailed:
    """A report request failed, an hour or more after the last one that was noted."""

    is_strict = False

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Note it."""
        state.queue.count_failed_attempt(given.wall_ms)


@frozen
class StreamStarted:
    """The database is out of reach: no report of a stored stream may grow any more (spec §5)."""

    is_strict = False

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Number from now on in a stream of its own."""
        state.queue.start_stream(given.entropy)


@frozen
class DeviceLost:
    """A device was purged with scans that nobody can vouch for any more: they are said as a loss of the new device.

    Each tab that held the device says so, and the one that saw most of it knows what was lost.

    Attributes:
        device_uuid: of the purged device.
        scan_count: what it held unacknowledged, as far as this runtime knew, losses of devices before it included.
    """

    device_uuid: str
    scan_count: int

    is_strict = False

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Note what no other tab has noted yet."""
        said = state.lost_with_devices.get(self.device_uuid, 0)
        if self.scan_count > said:
            state.lost_with_devices = {**state.lost_with_devices, self.device_uuid: self.scan_count}
            state.queue.add_lost(LOST_BY_PURGE, self.scan_count - said)


@frozen
class RecordsSetAside:
    """Stored records could not be read: what was in them is said as lost, once, and what rests on them is mended."""

    is_strict = False

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Say what was not said yet; number in a new stream if nobody knows any more where the old one stood."""
        for name, record in state.set_aside.items():
            if record.scan_count and name not in state.lost_with_records:
                state.lost_with_records = {**state.lost_with_records, name: record.scan_count}
                state.queue.add_lost(LOST_UNREADABLE, record.scan_count)
        if not state.set_aside.keys().isdisjoint(("calls", "journal")):
            state.has_forgotten_calls = True
        if "stream" in state.set_aside and state.queue.stream_id is None:
            state.queue.start_stream(given.entropy)


def apply_changes(state: LocalState, changes: list[Change], given: Deciding, slot: int) -> LocalState:
    """Return the state after all changes, in order; known losses go into a report at once."""
    after = state.copy()
    for change in changes:
        counted_before = after.counted_calls
        change.apply(after, given)
        # What follows in the same commit grows the report that the first one opened.
        is_opened = isinstance(change, ScansCounted) and after.counted_calls is not counted_before
        if given.must_open and is_opened:
            given = replace(given, must_open=False)
    if after.queue.unreported_lost:
        after.queue.book(slot, {}, must_open=given.must_open, entropy=given.entropy)
    return after
