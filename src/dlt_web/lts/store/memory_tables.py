"""The tables of the reference store."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from ..alert_records import Alert, AlertState, Attempt, Delivery, OddityKind, Webhook
from ..billing_records import Credit, Ownership, Purpose, Statement
from ..records import (
    AdminKey,
    AuditEntry,
    Device,
    Handshake,
    Key,
    LicenseItem,
    Stream,
    StreamKey,
)

# Wall ms, and the number of the change among those of that ms; 0 where a device's time was over, which comes first.
Moment = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Session:
    """One unbroken time during which a device was active at an item."""

    handshake_code: str
    license_id: str
    start: Moment
    end: Moment


@dataclass
class Tables:
    """Every table as a dictionary of immutable rows; usage keys are (code, slot, verified, name)."""

    info: dict[str, str] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    admin_keys: dict[str, AdminKey] = field(default_factory=dict)
    handshakes: dict[str, Handshake] = field(default_factory=dict)
    licenses: dict[str, LicenseItem] = field(default_factory=dict)
    devices: dict[tuple[str, str], Device] = field(default_factory=dict)
    streams: dict[StreamKey, Stream] = field(default_factory=dict)
    usage: dict[tuple[str, int, bool, str], int] = field(default_factory=dict)
    lost: dict[tuple[str, int, bool, str], int] = field(default_factory=dict)
    charges: dict[tuple[str, str, int], int] = field(default_factory=dict)
    exhausted: dict[tuple[str, str], None] = field(default_factory=dict)
    authorizations: dict[tuple[str, int, str], int] = field(default_factory=dict)
    audit: dict[int, AuditEntry] = field(default_factory=dict)
    ownerships: dict[tuple[str, int], Ownership] = field(default_factory=dict)
    purposes: dict[tuple[str, int], Purpose] = field(default_factory=dict)
    statements: dict[tuple[str, str], Statement] = field(default_factory=dict)
    credits: dict[int, Credit] = field(default_factory=dict)
    releases: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    seats: dict[tuple[str, str], tuple[tuple[int, int], ...]] = field(default_factory=dict)
    signs: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    sessions: dict[tuple[str, str], tuple[Session, ...]] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    alert_thresholds: dict[str, tuple[int, ...]] = field(default_factory=dict)
    alert_states: dict[tuple[str, str], AlertState] = field(default_factory=dict)
    alerts: dict[int, Alert] = field(default_factory=dict)
    deliveries: dict[tuple[int, str], Delivery] = field(default_factory=dict)
    attempts: dict[int, Attempt] = field(default_factory=dict)
    oddities: dict[tuple[str, OddityKind, str], int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Tables:
        """Return tables that may be changed without changing these."""
        return Tables(**{table.name: dict(getattr(self, table.name)) for table in fields(self)})
