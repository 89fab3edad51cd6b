"""The contract of a store: what the rules may ask of the database, and nothing about how it is done.

``Reading`` and ``Writing`` are the rows seen inside one transaction. A :class:`Store` runs functions on them: reads see
one committed state, writes happen wholly or not at all, and a write's future completes after its data is on disk.
``tests/contract`` holds every implementation to this page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol, TypeVar

from ...errors import DltError
from ...model import Counts
from ..records import (
    AdminKey,
    AuditEntry,
    Device,
    DeviceCounts,
    Handshake,
    Key,
    KeyKind,
    LicenseItem,
    RowsHint,
    SlotRange,
    Stream,
    StreamKey,
    UsageRow,
)
from .protocol_alerts import AlertReading, AlertWriting
from .protocol_billing import BillingWriting
from .protocol_erasure import ErasureReading, ErasureWriting
from .protocol_views import Views

T = TypeVar("T")

# Takes how many writes a commit held, those that were undone alone included, and how many seconds it took. It must not
# raise nor wait.
CommitObserver = Callable[[int, float], None]


class StoreUnavailableError(DltError):
    """The store cannot be read or written now; nothing of this call was kept, trying again may help."""

    code = "STORE_UNAVAILABLE"


class StoreFormatError(DltError):
    """The file is no store of this software, or one that a newer version has changed."""

    code = "STORE_FORMAT"


class Reading(Views, AlertReading, ErasureReading, Protocol):
    """Rows as one transaction sees them."""

    def info(self, name: str) -> str | None:
        """Return a setting of the store itself."""
        ...

    def keys(self, kind: KeyKind) -> list[Key]:
        """Return the keys of a kind, newest first."""
        ...

    def admin_key(self, key_hash: str) -> AdminKey | None:
        """Return the administration key that has a hash."""
        ...

    def admin_keys(self) -> list[AdminKey]:
        """Return the administration keys by name."""
        ...

    def handshake(self, code: str) -> Handshake | None:
        """Return one handshake code with its items in order."""
        ...

    def handshakes(self) -> list[Handshake]:
        """Return all handshake codes by name."""
        ...

    def handshakes_of(self, customer: str) -> list[Handshake]:
        """Return the handshake codes that belong to a customer now, by name."""
        ...

    def license(self, license_id: str) -> LicenseItem | None:
        """Return one license item."""
        ...

    def licenses(self) -> list[LicenseItem]:
        """Return all license items by id."""
        ...

    def items_of(self, code: str) -> list[LicenseItem]:
        """Return a handshake code's items in their set order."""
        ...

    def device(self, code: str, device_uuid: str) -> Device | None:
        """Return one device."""
        ...

    def devices(self, code: str | None, license_id: str | None = None) -> list[Device]:
        """Return devices by handshake code and UUID, of one code or all, of one item or all."""
        ...

    def device_counts(self, code: str) -> DeviceCounts:
        """Count a code's devices."""
        ...

    def due_devices(self, license_id: str | None, now_ms: int, limit: int) -> list[Device]:
        """Return up to ``limit`` devices whose removal time has come: seated at the item, or (None) unseated ones."""
        ...

    def next_removal_ms(self, *, concurrent: bool) -> int | None:
        """Return the earliest removal time among ``concurrent_device`` seats, or among all others and unseated."""
        ...

    def stream(self, key: StreamKey) -> Stream | None:
        """Return a report stream's row."""
        ...

    def streams(self, code: str, device_uuid: str) -> list[Stream]:
        """Return a device's stream rows by stream id."""
        ...

    def old_streams(self, seen_ms: int, limit: int) -> list[StreamKey]:
        """Return up to ``limit`` streams last seen before then; it may take a look at every stream.

        A stream whose device still holds a seat, or held one until later than that, is none: its copies may still come.
        """
        ...

    def oldest_seen_ms(self) -> int | None:
        """Return when the stream, or device that holds nothing, was seen that was seen longest ago; it looks at all."""
        ...

    def usage(self, code: str, *, is_verified: bool, slots: SlotRange, period_slots: int | None) -> list[UsageRow]:
        """Return scans by period (of ``period_slots`` slots; None adds all up) and symbology, in that order."""
        ...

    def lost(self, code: str, slots: SlotRange) -> Counts:
        """Return verified lost scans per reason."""
        ...

    def exhausted_by(self, license_id: str) -> list[str]:
        """Return the handshake codes that have put their ``refuse-all`` mark on an item, by name."""
        ...

    def charged(self, license_id: str) -> int:
        """Return the scans charged to an item, added up from the rows that its counter stands for."""
        ...

    def audit(self, after: int, limit: int) -> list[AuditEntry]:
        """Return audit entries with a number above ``after``, oldest first."""
        ...

    def faults(self) -> list[str]:
        """Return one sentence for each row, counter or page that does not fit the others, but for the audit log."""
        ...


class Writing(Reading, AlertWriting, BillingWriting, ErasureWriting, Protocol):
    """Rows as one transaction changes them."""

    def put_info(self, name: str, value: str) -> None:
        """Keep a setting of the store itself."""
        ...

    def add_key(self, key: Key) -> None:
        """Keep a key; of its kind it is the newest."""
        ...

    def delete_key(self, key_id: str) -> bool:
        """Forget a key; tell whether there was one."""
        ...

    def put_admin_key(self, key: AdminKey) -> None:
        """Keep an administration key."""
        ...

    def delete_admin_key(self, name: str) -> bool:
        """Forget an administration key; tell whether there was one."""
        ...

    def put_handshake(self, handshake: Handshake) -> None:
        """Keep a handshake code and the order of its items."""
        ...

    def put_license(self, item: LicenseItem) -> None:
        """Keep an item's settings; the counters of an item that exists stay as they are.

        The lifetime of one with seats is changed by :meth:`set_lifetime` first.
        """
        ...

    def take_seat(self, license_id: str, percent: int | None) -> bool:
        """Count one more seat if usage lies below ``quota * percent / 100`` (None: always); tell whether it was."""
        ...

    def free_seat(self, license_id: str) -> None:
        """Count one seat less, and lift the ``refuse-all`` marks of every code that uses the item, as room for others.

        Only marks on items of the same product: whoever asks for another one has no use for the seat.
        """
        ...

    def remove_due(self, license_id: str | None, now_ms: int, limit: int) -> int:
        """Take the seats of up to ``limit`` due devices of an item, or (None) the marks of unseated ones.

        Returns how many. Those with scans stay listed without a seat, the others are forgotten; the item counts as many
        seats less, and where a seat came free ``refuse-all`` marks are lifted as :meth:`free_seat` does.
        """
        ...

    def mark_exhausted(self, code: str, license_id: str) -> None:
        """Put a code's ``refuse-all`` mark on an item, which is exhausted while it has one."""
        ...

    def lift_exhausted(self, code: str, product: str | None = None) -> None:
        """Lift a code's ``refuse-all`` marks, from items of a product or (None) from all; other codes' marks stay."""
        ...

    def charge(self, code: str, license_id: str, slot: int, scans: int) -> None:
        """Charge scans to a per-scan item: one row per code, item and slot, and the item's counter."""
        ...

    def put_device(self, device: Device) -> None:
        """Keep a device as it is after a sign of life, at ``last_seen_ms``; its place is counted.

        Seats are counted at the item apart, by :meth:`take_seat` and :meth:`free_seat`.
        """
        ...

    def remove_device(self, code: str, device_uuid: str, now_ms: int) -> None:
        """Take a device's seat or mark; with scans it stays listed without one, else it is forgotten."""
        ...

    def set_lifetime(self, license_id: str, lifetime_s: int, now_ms: int) -> None:
        """Set an item's device lifetime, and the removal time of its seats to their last sign of life plus that."""
        ...

    def put_stream(self, stream: Stream) -> None:
        """Keep a stream's row."""
        ...

    def forget_streams(self, keys: Sequence[StreamKey], seen_ms: int) -> int:
        """Forget those of some streams that are old, as :meth:`old_streams` means it; return how many."""
        ...

    def forget_devices(self, seen_ms: int, limit: int) -> int:
        """Forget up to ``limit`` removed devices last seen and removed before then; return how many."""
        ...

    def add_usage(self, code: str, slot: int, counts: Counts, lost: Counts, *, is_verified: bool) -> None:
        """Add scans per symbology and lost scans per reason to a slot."""
        ...

    def count_authorization(self, code: str, day: int, outcome: str) -> None:
        """Count one authorization of a handshake code that exists, by day since the epoch and outcome."""
        ...

    def add_audit(self, entry: AuditEntry) -> None:
        """Append to the audit log, behind its head (``lts/audit.py``), and move the head."""
        ...


class Store(Protocol):
    """Runs functions on rows.

    Functions must not keep the object they are given, and must not wait for anything but it. One that writes may be run
    again, from the same rows, when another of its commit failed: it must have no effect but on rows.
    """

    def read(self, work: Callable[[Reading], T], *, is_urgent: bool = False) -> Future[T]:
        """Run ``work`` on one committed state.

        ``is_urgent`` says that a device waits for it, and that it takes next to no time: it stands in no line behind
        what people look at. The future raises what ``work`` raised, or :class:`StoreUnavailableError`.
        """
        ...

    def write(self, work: Callable[[Writing], T]) -> Future[T]:
        """Run ``work`` in a transaction; the future completes once its changes are on disk.

        What ``work`` raises undoes its own changes only; the future raises it, or :class:`StoreUnavailableError`.
        """
        ...

    def submit(
        self,
        work: Callable[[Writing], T],
        tell: Callable[[T | None, Exception | None], None],
        hint: RowsHint | None = None,
    ) -> None:
        """Run ``work`` as :meth:`write` does, and tell its result, or the error, in place of a future: for crowds.

        ``tell`` is called once, in any thread, perhaps before this returns; it must not raise nor wait. ``hint`` only
        lets rows be fetched ahead.
        """
        ...

    @property
    def folder(self) -> str | None:
        """The folder that it lies in; None for one that is on no disk."""
        ...

    @property
    def waiting_writes(self) -> int:
        """How many writes wait for the next commit now."""
        ...

    def observe_commits(self, observer: CommitObserver) -> None:
        """Tell an observer, in place of any other, of each commit from now on, before its writes are answered."""
        ...

    def close(self) -> None:
        """Finish what was asked before and let go of the database; later calls raise."""
        ...
