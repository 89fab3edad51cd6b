"""The nouns that flow through tracker and license tracking server (LTS), all frozen.

Units: names that end in ``_ms`` are milliseconds, in ``_s`` seconds. ``wall`` times count from the Unix epoch and
may jump; ``monotonic`` times have no meaningful zero and never go back. A slot is named by its index: wall seconds
divided by 180, rounded down (spec §2).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar, dataclass_transform

Value = TypeVar("Value")

ChargeWay = Literal["per_scan", "per_device", "concurrent_device"]
CHARGE_WAYS: tuple[ChargeWay, ...] = ("per_scan", "per_device", "concurrent_device")
StorageKind = Literal["indexeddb", "memory", "file"]
Outcome = Literal["accepted", "duplicate", "rejected"]
Counts = Mapping[str, int]
"""Scans per canonical symbology, or lost scans per reason: name → number, every number at least 1."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: type[Value]) -> type[Value]:
    """Make a class a frozen dataclass with slots, as those are of which a scan makes objects.

    In the page only the type checker holds that they are frozen. At run time a frozen object sets each of its fields by
    a call, and a scan has seventy of them: a sixth of the time that Python takes for it.
    """
    return dataclass(frozen=sys.platform != "emscripten", slots=True, unsafe_hash=True)(kind)


@frozen
class Moment:
    """What the core may know of the outside world at one call: two clocks and fresh randomness.

    Attributes:
        wall_ms: the device's wall clock, ms since the epoch; may be wrong and may jump.
        monotonic_ms: a clock that never goes back, ms since an arbitrary start.
        random: at least 64 bytes from the platform's cryptographic source, never used before.
    """

    wall_ms: int
    monotonic_ms: int
    random: bytes


@frozen
class Barcode:
    """One decoded barcode after normalisation (readers.md).

    Attributes:
        symbology: canonical snake_case name, e.g. ``ean_13``.
        key: identity of the payload within the symbology. Lives in memory only: never sent, never stored.
    """

    symbology: str
    key: bytes


@frozen
class UsageReport:
    """One numbered statement of a report stream: "in this slot this device made these counts" (spec §5).

    Attributes:
        id: random 128-bit UUID text, fresh for each ``seq``.
        seq: number within the stream, from 1.
        version: from 1; raised each time the open report grows.
        slot: slot index on the device's wall clock.
        counts: scans per symbology; may be empty.
        lost: scans that the tracker knows it lost, per reason (``purged``, ``setBack``); may be empty.
    """

    id: str
    seq: int
    version: int
    slot: int
    counts: Counts
    lost: Counts = field(default_factory=dict)


@frozen
class ReportRequest:
    """Body of ``POST /v1/usage-reports``. ``reports`` are in ascending ``seq``; none at all is a sign of life.

    Attributes:
        handshake_code: whose usage it is.
        device_uuid: lower-case UUID text.
        stream_id: lower-case UUID text naming the report stream.
        report_token: as an authorization answered it; None gets the usage kept apart as unverified.
        store_epoch: the store's epoch that the tracker knows, ``storeId:number``; None before the first answer.
        storage: where the device keeps its queue.
        partitioned: the page runs in a third-party frame with storage of its own.
        sent_at_ms: device's wall clock at sending, ms.
        reports: what is not acknowledged, oldest first.
    """

    handshake_code: str
    device_uuid: str
    stream_id: str
    report_token: str | None
    store_epoch: str | None
    storage: StorageKind
    partitioned: bool
    sent_at_ms: int
    reports: tuple[UsageReport, ...]


@frozen
class ReportResult:
    """What the LTS did with one report; ``code`` only where ``outcome`` is ``rejected``."""

    seq: int
    version: int
    outcome: Outcome
    code: str | None = None


@frozen
class StreamRow:
    """The LTS's last report of a stream after booking; the tracker compares it with what it issued."""

    id: str
    seq: int
    version: int


@frozen
class ReportAnswer:
    """Body of the 200 answer to ``POST /v1/usage-reports``.

    Attributes:
        server_time_ms: the LTS's wall clock, ms.
        store_epoch: current epoch of the LTS's store.
        results: one for each report, in order.
        last: the stream's row after booking; None while the stream has none.
        token: a renewed auth token (compact JWS), with ``expires_at_ms``; None where nothing was renewed.
    """

    server_time_ms: int
    store_epoch: str
    results: tuple[ReportResult, ...]
    last: StreamRow | None
    token: str | None = None
    expires_at_ms: int | None = None


@frozen
class AuthorizationRequest:
    """Body of ``POST /v1/authorizations``; see :class:`ReportRequest` for the shared fields.

    Attributes:
        product: which product a license item must be for.
        session_password: in the clear, over TLS; None where the handshake code has none.
        friendly_name: shown to the operator; at most 120 characters.
    """

    handshake_code: str
    device_uuid: str
    product: str
    session_password: str | None
    friendly_name: str | None
    storage: StorageKind
    partitioned: bool
    store_epoch: str | None


@frozen
class AuthorizationAnswer:
    """Body of the 201 answer to ``POST /v1/authorizations``.

    Attributes:
        token: compact JWS, EdDSA.
        expires_at_ms: end of the token's online life on the LTS's wall clock, ms.
        server_time_ms: the LTS's wall clock, ms.
        item_id: license item that the device is charged to.
        charge_way: how that item charges.
        over_quota: permitted although the quota is used up (policy ``allow``, or grace).
        report_interval_s: seconds between reports.
        report_token: opaque proof that belongs in every report request.
        store_epoch: current epoch of the LTS's store.
    """

    token: str
    expires_at_ms: int
    server_time_ms: int
    item_id: str
    charge_way: ChargeWay
    over_quota: bool
    report_interval_s: int
    report_token: str
    store_epoch: str


@frozen
class Problem:
    """An RFC 9457 ``application/problem+json`` answer.

    Attributes:
        status: HTTP status.
        code: stable problem code (spec §7).
        detail: one or two sentences: what was asked, what was found, what repairs it.
        field: offending field of a ``REQUEST_INVALID``.
        report_token: carried by quota refusals, so that usage already made can still be reported.
        store_epoch: current epoch of the store, where one is known.
        server_time_ms: the LTS's wall clock, ms, where given.
    """

    status: int
    code: str
    detail: str
    field: str | None = None
    report_token: str | None = None
    store_epoch: str | None = None
    server_time_ms: int | None = None


@frozen
class AuthToken:
    """What an auth token's claims say (spec §7). Times are seconds since the epoch on the LTS's clock.

    Attributes:
        key_id: ``kid`` of the signing key.
        issuer: ``iss``.
        device_uuid: ``sub``.
        audience: ``aud``, the page's origin; None for editions beside the browser.
        issued_at_s: ``iat``.
        expires_at_s: ``exp``; end of the online life.
        token_id: ``jti``.
        item_id: license item.
        charge_way: how it charges.
        over_quota: granted although the quota is used up.
        offline_allowance_s: how long after ``exp`` scans stay permitted while the LTS cannot be reached.
    """

    key_id: str
    issuer: str
    device_uuid: str
    audience: str | None
    issued_at_s: int
    expires_at_s: int
    token_id: str
    item_id: str
    charge_way: ChargeWay
    over_quota: bool
    offline_allowance_s: int
