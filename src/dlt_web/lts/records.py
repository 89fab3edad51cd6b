"""What the license tracking server keeps, one frozen record a row.

Times are wall milliseconds since the epoch on the server's clock (``_ms``) unless a name says otherwise; None means
"no such time". Counters in :class:`LicenseItem` are kept by the store and equal the rows they stand for at every
commit.

What is read and written with each report is a msgspec Struct, which is made and changed in a fraction of a dataclass's
time. The others are dataclasses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from ..model import ChargeWay, Counts, StorageKind

OnExhausted = Literal["refuse-all", "refuse-new", "allow"]


class LicenseItem(Struct, frozen=True):
    """What was bought.

    Attributes:
        id: name of the item, unique in the store.
        product: what a device must ask for.
        charge_way: what the quota limits: scans, devices, or devices active now.
        quota: bought number of scans or seats.
        valid_from_ms: first moment of validity; None means always begun.
        valid_until_ms: first moment after validity; None means without end.
        device_lifetime_s: seconds from a device's last sign of life to its removal.
        on_exhausted: what happens when the quota is used up (spec §6).
        grace_percent: how far past the quota, in percent of it, requests are still granted.
        revoked_ms: when the operator took it back; never valid from then on.
        seats: device rows that hold a seat here, over all handshake codes.
        scans: scans charged to this item (``per_scan`` only).
        is_exhausted: a ``refuse-all`` refusal under one of its codes stands: its devices get no token.
    """

    id: str
    product: str
    charge_way: ChargeWay
    quota: int
    valid_from_ms: int | None
    valid_until_ms: int | None
    device_lifetime_s: int
    on_exhausted: OnExhausted
    grace_percent: int
    revoked_ms: int | None = None
    seats: int = 0
    scans: int = 0
    is_exhausted: bool = False

    @property
    def is_revoked(self) -> bool:
        """Whether the operator took it back."""
        return self.revoked_ms is not None


@dataclass(frozen=True, slots=True)
class Handshake:
    """What an app is configured with.

    Attributes:
        code: the handshake code.
        license_ids: items in the order in which they are used.
        origins: the only origins that may ask; empty means any.
        allow_non_browser: requests without an ``Origin`` are accepted although there is an origin list.
        password_hash: slow hash of the session password; None where there is none.
        password_changed_ms: when that password was last set or taken away.
        is_test: marked as a test code by the operator.
        release_limit: how many devices its customer may release in a term; None where the customer may release none.
        release_term_s: that term, in seconds.
        customer: to whom it belongs now; None where it is nobody's. Changed apart from the others.
    """

    code: str
    license_ids: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    allow_non_browser: bool = False
    password_hash: str | None = None
    password_changed_ms: int = 0
    is_test: bool = False
    release_limit: int | None = None
    release_term_s: int | None = None
    customer: str | None = None


class Device(Struct, frozen=True):
    """One device under one handshake code: seated, unseated, or removed but remembered for its scans.

    Attributes:
        handshake_code: whose device it is.
        device_uuid: lower-case UUID text.
        license_id: item whose seat it holds; None while it holds none.
        is_unseated: it reported usage while no item had room (spec §6).
        product: product of its last authorization; None before the first granted one.
        first_seen_ms: first granted authorization or verified report.
        last_seen_ms: last granted authorization or verified report.
        removal_ms: when the seat (or the unseated mark) ends unless it is seen again.
        storage: where the device keeps its queue.
        is_partitioned: page in a third-party frame with storage of its own.
        friendly_name: operator's name for it, as the app gave it.
        is_cloned: a report met a conflict: two copies of one database report under one name.
        scans: verified scans booked for it, ever.
        token_issued_ms: start of its last token's life.
        token_expires_ms: end of its last token's online life.
    """

    handshake_code: str
    device_uuid: str
    license_id: str | None
    is_unseated: bool
    product: str | None
    first_seen_ms: int
    last_seen_ms: int
    removal_ms: int
    storage: StorageKind
    is_partitioned: bool
    friendly_name: str | None = None
    is_cloned: bool = False
    scans: int = 0
    token_issued_ms: int | None = None
    token_expires_ms: int | None = None


class StreamKey(Struct, frozen=True):
    """Names a report stream; verified and unverified ones never meet, so nobody can spoil another's stream."""

    handshake_code: str
    device_uuid: str
    stream_id: str
    is_verified: bool


# Handshake code, device UUID and stream id ("" for none) whose rows a write will ask for.
RowsHint = tuple[str, str, str]


class Stream(Struct, frozen=True):
    """The last report of a stream, and what the server noticed about the stream (spec §5).

    Attributes:
        key: whose stream it is.
        id: id of the last report.
        seq: its number.
        version: its version.
        slot: its slot as the device said.
        booked_slot: the slot its counts are booked in; fixed at the first receipt of ``seq``.
        counts: its counts.
        lost: its lost scans per reason.
        missing_numbers: numbers skipped so far.
        shifted_reports: reports booked with a slot shifted by the clock offset.
        clamped_reports: reports whose slot lay too far back or ahead.
        last_seen_ms: last request that booked something.
    """

    key: StreamKey
    id: str
    seq: int
    version: int
    slot: int
    booked_slot: int
    counts: Counts
    lost: Counts
    missing_numbers: int
    shifted_reports: int
    clamped_reports: int
    last_seen_ms: int


AdminScope = Literal["read", "manage", "customer"]
KeyKind = Literal["signing", "report"]


@dataclass(frozen=True, slots=True)
class Key:
    """A secret of the store: an Ed25519 seed for auth tokens, or an HMAC key for report tokens."""

    kind: KeyKind
    id: str
    secret: bytes = field(repr=False)
    created_ms: int


@dataclass(frozen=True, slots=True)
class AdminKey:
    """A bearer key; only its hash is kept. Who may manage may read, too.

    One with the scope ``customer`` is no key of the administration interface: it is for the devices of that customer.
    """

    name: str
    key_hash: str = field(repr=False)
    created_ms: int
    scope: AdminScope = "manage"
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One administrative change.

    Attributes:
        at_ms: when.
        actor: who: ``cli:USER`` or ``admin-key:NAME``.
        action: what, e.g. ``license.add``.
        subject: id of what was changed.
        detail: new values as JSON text; never a secret.
        number: position in the log, from 1; 0 before it is stored.
        hash: SHA-256 over the entry and the hash before it (audit.py); empty before it is stored.
    """

    at_ms: int
    actor: str
    action: str
    subject: str
    detail: str
    number: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Scans of one symbology in one period; ``slot`` is the period's first slot, 0 where all slots are added up."""

    slot: int
    symbology: str
    scans: int


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """Scans charged to an item for one handshake code in one period; ``slot`` as in :class:`UsageRow`."""

    slot: int
    handshake_code: str
    scans: int


# Spec §2: a slot is 180 s.
SLOTS_IN_DAY = 480
# The outcome of an authorization that was no refusal.
GRANTED = "GRANTED"


@dataclass(frozen=True, slots=True)
class AuthorizationRow:
    """Authorizations of one handshake code that ended alike on one day.

    Attributes:
        day: days since the epoch, UTC, by the server's clock.
        outcome: :data:`GRANTED`, or the problem code of the refusal.
        requests: how many.
    """

    day: int
    outcome: str
    requests: int


@dataclass(frozen=True, slots=True)
class DeviceCounts:
    """Devices of one handshake code.

    Attributes:
        seated: with a seat.
        unseated: without one, that reported usage while no item had room.
        in_memory: with a seat, and nowhere to keep their UUID: each page load takes another seat.
        partitioned: with a seat, in a third-party frame: one browser takes a seat under each site around it.
    """

    seated: int
    unseated: int
    in_memory: int = 0
    partitioned: int = 0


@dataclass(frozen=True, slots=True)
class SlotRange:
    """Slots ``first`` (inclusive) to ``end`` (exclusive)."""

    first: int = 0
    end: int = 2**53
