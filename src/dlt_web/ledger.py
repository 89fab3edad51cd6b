"""The commit loop: changes wait here until one compare-and-swap of the store has them on disk (architecture §1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .changes import (
    Change,
    Deciding,
    DeviceLost,
    DeviceNeeded,
    JournalCounted,
    RecordsSetAside,
    ScansCounted,
    StreamStarted,
    apply_changes,
)
from .claims import Claims, unclear
from .device import Entropy
from .errors import DltError
from .local_state import LocalState, united
from .messages import AbandonStore, ClaimCalls, Command, Commit, Records
from .model import Counts, Moment, StorageKind
from .options import TrackerOptions
from .outbox import Outbox, Trouble
from .slots import slot_of
from .stored_records import Difference, difference, state_from_records

# A healthy journal is read within 50 ms. Where it hangs, scans shall not wait for long: they count under a random name.
SEED_WAIT_MS = 2_000


class Ledger:
    """What is on disk, and what is on its way there. One commit at a time; what arrives meanwhile goes together.

    Attributes:
        state: what is on disk, as far as this runtime knows.
        storage: kind of the store; None until it is open.
        departed: states of devices whose store was deleted; what they hold is sent from memory.
        settled: changes that are on disk since the caller last took them.
        trouble: what of the store could not be read; None while all of it could.
        claims: where else calls may be counted.
    """

    def __init__(self, options: TrackerOptions, outbox: Outbox) -> None:
        self.state = LocalState(options.handshake_code)
        self.storage: StorageKind | None = None
        self.departed: list[LocalState] = []
        self.settled: list[Change] = []
        self.trouble: Trouble | None = None
        self.claims = Claims()
        self._outbox = outbox
        self._is_always_strict = options.durability == "strict"
        # What the store holds; differs from `state` only between a failure and the first commit to memory.
        self._stored = self.state
        self._revision = 0
        self._waiting: list[Change] = []
        self._in_flight: tuple[LocalState, list[Change]] | None = None
        self._unsent: Difference | None = None
        self._own_stream_id: str | None = None
        self._own_first_seq = 1
        self._has_opened_report = False
        # What a device that has to be made is made of, and whether the journal has yet to say so.
        self._seed: bytes | None = None
        self._is_seed_awaited = False
        self._seed_wait_ends_ms: int | None = None
        # What was counted before the journal was last asked for that was read, and before one that was not read yet.
        self._unjournalled: Counts = {}
        self._asked_journal: Counts | None = None

    @property
    def is_idle(self) -> bool:
        """Tell whether there is a device, and everything noted is on disk, but for calls that wait for their pages."""
        has_device = self.storage is not None and self.state.device_uuid is not None
        return has_device and not self._waiting and self._in_flight is None

    @property
    def has_scans_waiting(self) -> bool:
        """Tell whether scans are on their way to the disk."""
        return any(map(_has_scans, self._under_way))

    @property
    def calls_under_way(self) -> set[str]:
        """Return the calls whose scans are noted and not on disk yet."""
        return {change.call for change in self._under_way if isinstance(change, ScansCounted)}

    @property
    def _under_way(self) -> list[Change]:
        in_flight = self._in_flight[1] if self._in_flight is not None else []
        return [*in_flight, *self.claims.held, *self._waiting]

    def note(self, change: Change) -> None:
        """Have a change committed as soon as the store is free."""
        self._waiting.append(change)

    def page_left(self, page: str) -> None:
        """A page is gone, as :attr:`claims` have to know."""
        self.claims.page_left(page, self._under_way)

    def await_seed(self) -> None:
        """If a device has to be made, wait for what the journal says, but not for long."""
        self._is_seed_awaited = True

    def take_seed(self, seed: bytes | None) -> None:
        """The journal was read: a device that waits for it is made of these bytes, or of fresh ones if it has none."""
        if self._is_seed_awaited:
            self._seed, self._is_seed_awaited = seed, False

    def journal_asked(self) -> None:
        """The journal is asked for. What is counted from now on, its reader may not see."""
        if self._asked_journal is None:  # else an answer may be the one to the question before
            self._asked_journal = self.state.counted_calls

    def journal_read(self, *, is_known: bool) -> None:
        """Answers :meth:`journal_asked`; unless it is known, nobody could read it."""
        if is_known and self._asked_journal is not None:
            self._unjournalled = self._asked_journal
        self._asked_journal = None

    def wake_at_ms(self) -> int | None:
        """Return when the device is made all the same, or calls are given up that no page claims, monotonic ms."""
        is_waiting = self._seed_wait_ends_ms is not None and self._waits_for_seed
        return self._seed_wait_ends_ms if is_waiting else self.claims.wait_ends_ms

    # -- answers of the store --

    def loaded(self, storage: StorageKind, revision: int, records: Records) -> None:
        """Take what the store holds at the start."""
        if self._take(revision, records):
            self.storage = storage
            self._remember_own_start()

    def committed(self, revision: int) -> None:
        """The commit under way is on disk."""
        assert self._in_flight is not None, "a shell answers each Commit once"
        after, changes = self._in_flight
        if (after.queue.stream_id, after.queue.next_seq) != (self.state.queue.stream_id, self.state.queue.next_seq):
            self._has_opened_report = True
        self.state = self._stored = after
        self._revision, self._in_flight = revision, None
        self.settled += changes

    def conflicted(self, revision: int, records: Records) -> None:
        """Another tab was faster: decide the same changes again on what it wrote."""
        self._bring_back()
        waiting = self._waiting
        self._waiting = [replace(one, pages=None) if isinstance(one, JournalCounted) else one for one in waiting]
        self._take(revision, records)

    def purged(self, storage: StorageKind, revision: int, records: Records) -> None:
        """The user deleted the site's data; this is the new, perhaps already filled, store."""
        self._bring_back()
        self._depart()
        if self._take(revision, records):
            self.storage = storage
            self._remember_own_start()

    def failed(self, *, may_have_committed: bool) -> None:
        """The store is gone for this runtime: go on in memory, under the same UUID, in a new stream.

        A commit under way is decided anew in that stream, since another runtime may give its numbers away. The scans
        of one that may have reached the disk unseen are left to whoever reaches the disk, and said as lost, for it may
        hold none of them. Those that pages may have journalled wait until these have taken them back: whoever has the
        disk would count them as well.
        """
        if may_have_committed and self._in_flight is not None:
            self._leave_unclear(*self._in_flight)
            self._in_flight = None
        self._bring_back()
        self._stored, self._revision = LocalState(self.state.handshake_code), 0
        self.storage = "memory"
        self._is_seed_awaited = False
        # What pages have journalled lies on the disk still, for the next start that can write there.
        kept = [change for change in self._waiting if not isinstance(change, JournalCounted)]
        self._waiting = [StreamStarted(), *kept]

    # -- deciding --

    def step(self, now: Moment, entropy: Entropy) -> None:
        """Begin to commit what waits, if the store is open and free; :meth:`send` does it."""
        if self.storage is None or self._in_flight is not None:
            return
        if self.state.device_uuid is None:
            if self._waits_for_seed_still(now):
                return
            self._waiting.insert(0, DeviceNeeded(self._seed))
        if self.storage == "memory" or self.claims.unclear or self.claims.held:
            self._sift(now)
        changes, self._waiting = self._waiting, []
        if not changes:
            return
        unjournalled = None if self.storage == "memory" else self._unjournalled
        must_open = not self._has_opened_report
        given = Deciding(now.wall_ms, entropy, must_open, self._own_stream_id, self._own_first_seq, unjournalled)
        after = apply_changes(self.state, changes, given, slot_of(now.wall_ms))
        what = difference(self._stored, after)
        if not what:
            self.settled += changes
            return
        self._in_flight, self._unsent = (after, changes), what

    def send(self, foretell: Callable[[LocalState, list[Change]], tuple[Command, ...]]) -> bool:
        """Send the commit that was begun in this feed, if one was.

        Args:
            foretell: gives what the pages are told as soon as these changes, which lead to this state, are on disk.

        Returns:
            Whether there is one, and the pages are told all of it then.
        """
        if self._unsent is None or self._in_flight is None:
            return False
        what, self._unsent = self._unsent, None
        after, changes = self._in_flight
        is_strict = self._is_always_strict or any(change.is_strict for change in changes)
        answers = foretell(after, changes)
        self._outbox.emit(Commit(self._revision, what.put, what.delete, is_strict, answers))
        return bool(answers)

    def _sift(self, now: Moment) -> None:
        is_in_memory = self.storage == "memory"
        self._waiting = self.claims.sift(self._waiting, now, is_in_memory=is_in_memory)
        for page in self.claims.to_ask() if is_in_memory else ():
            self._outbox.emit(ClaimCalls(page))

    @property
    def _waits_for_seed(self) -> bool:
        return self._is_seed_awaited and self.storage is not None and self.state.device_uuid is None

    def _waits_for_seed_still(self, now: Moment) -> bool:
        if self._waits_for_seed and self._seed_wait_ends_ms is None:
            self._seed_wait_ends_ms = now.monotonic_ms + SEED_WAIT_MS
        if self._seed_wait_ends_ms is not None and now.monotonic_ms >= self._seed_wait_ends_ms:
            self._is_seed_awaited = False
        return self._waits_for_seed

    def _take(self, revision: int, records: Records) -> bool:
        try:
            fresh = state_from_records(self.state.handshake_code, records)
        except DltError as error:
            self.trouble = Trouble(error.code, error.message)
            self.storage = None
            self._outbox.emit(AbandonStore())
            return False
        self._revision = revision
        if self._stored is not self.state:
            # Another tracker, perhaps of this code, wrote to the memory first.
            self._stored, self.state = fresh, united(self.state, fresh)
            return True
        if self.state.device_uuid not in (None, fresh.device_uuid):
            # Another tab has met the purge first and made the new device.
            self._depart()
        self.state = self._stored = fresh
        self._look_at_set_aside()
        return True

    def _look_at_set_aside(self) -> None:
        """Say what could not be read, and mend what rests on it, once for each store and record."""
        set_aside = self.state.set_aside
        if not set_aside:
            self.trouble = None
            return
        name = min(set_aside)
        also = f", and {len(set_aside) - 1} more" if len(set_aside) > 1 else ""
        self.trouble = Trouble(
            "STORE_RECORD_UNREADABLE",
            f"The stored record {name!a:.120} cannot be read ({set_aside[name].why}){also}. "
            "It is set aside; the device and all other records are used as before.",
        )
        self._waiting.insert(0, RecordsSetAside())

    def _leave_unclear(self, after: LocalState, changes: list[Change]) -> None:
        # The device that it may have made is the device.
        self.state = replace(self.state, device_uuid=after.device_uuid)
        self._waiting = [*map(unclear, changes), *self._waiting]

    def _bring_back(self) -> None:
        # In this order: what waits for its page was noted after what was under way.
        self._waiting, self._in_flight, self.claims.held = self._under_way, None, []

    def _depart(self) -> None:
        # The old device, or one of another tab that was not heard of, may be made of it: there is never a second one.
        self._seed, self._is_seed_awaited = None, False
        self._waiting = [change for change in self._waiting if not isinstance(change, DeviceNeeded)]
        if self.state.device_uuid is not None:
            self.departed.append(self.state)
            self.state = self._stored = LocalState(self.state.handshake_code)
            self._has_opened_report = False
            # Answers were for the old device; scans that were not committed count for the new one (spec §4).
            kept = ScansCounted | JournalCounted | DeviceLost
            self._waiting = [change for change in self._waiting if isinstance(change, kept)]

    def _remember_own_start(self) -> None:
        self._own_stream_id, self._own_first_seq = self.state.queue.stream_id, self.state.queue.next_seq


def _has_scans(change: Change) -> bool:
    return isinstance(change, ScansCounted) or (isinstance(change, JournalCounted) and bool(change.calls))
