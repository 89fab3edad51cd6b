"""What the server keeps of alerts, one frozen record a row. Times (``_ms``) are wall ms on the server's clock.

None of them names a device: a message cannot be taken back from whoever got it, and a device can ask to be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

AlertKind = Literal[
    "license.threshold", "license.expiry", "device.gap", "device.clone", "usage.unverified", "disk.usage", "test"
]
DeliveryState = Literal["waiting", "delivered", "failed"]
OddityKind = Literal["gap", "clone"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Whom alerts are told.

    Attributes:
        id: its name, unique in the store.
        url: where messages are posted; its path may be as secret as a password, so it is never shown whole again.
        secret: what messages are signed with, 32 bytes.
        created_ms: when it was added.
        old_secret: the secret before the last rotation; None where there was none.
        old_until_ms: up to when messages are signed with that one, too.
    """

    id: str
    url: str = field(repr=False)
    secret: bytes = field(repr=False)
    created_ms: int
    old_secret: bytes | None = field(default=None, repr=False)
    old_until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class AlertState:
    """What was told of a subject and has not become untrue since.

    Attributes:
        kind: of which alert.
        subject: license item, handshake code, or empty for the server.
        levels: the levels that were told and are not armed again, ascending; never empty.
        at_ms: when the last one was reached; of gaps and clones, the last one that is known.
    """

    kind: AlertKind
    subject: str
    levels: tuple[int, ...]
    at_ms: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One message to the operator.

    Attributes:
        at_ms: when it was found.
        kind: what it is about.
        subject: license item, handshake code, or empty for the server.
        level: the level that was crossed, in the kind's unit (percent, days); None where there are no levels.
        detail: the message's data as JSON text; never a secret, never a device.
        id: names the message in every delivery of it (``webhook-id``).
        number: its place among all alerts, from 1; 0 before it is stored.
    """

    at_ms: int
    kind: AlertKind
    subject: str
    level: int | None
    detail: str
    id: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far an alert has come with one webhook.

    Attributes:
        alert_number: which alert.
        webhook_id: to whom.
        state: waiting for an attempt, taken by the webhook, or given up.
        attempts: how many have ended since it was last asked for.
        next_ms: when the next attempt is due; during one, when it counts as lost with its process.
    """

    alert_number: int
    webhook_id: str
    state: DeliveryState
    attempts: int
    next_ms: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver, as the log keeps it.

    Attributes:
        alert_number: which alert.
        webhook_id: to whom.
        at_ms: when it ended.
        took_ms: how long it took.
        status: HTTP status of the answer; None where there was none.
        outcome: a few words for people, without address and secret.
        number: its place in the log, from 1; 0 before it is stored.
    """

    alert_number: int
    webhook_id: str
    at_ms: int
    took_ms: int
    status: int | None
    outcome: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Oddities:
    """Devices of a code that showed a gap, or reported as copies of one database, in the time that was asked for."""

    handshake_code: str
    kind: OddityKind
    devices: int
    last_ms: int
