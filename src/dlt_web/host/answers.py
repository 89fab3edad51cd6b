"""What a host's tracker answers and shows, as values of Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..license_state import LicenseStateName
from ..model import ChargeWay, Counts
from .settings import in_python

Json = Any


@dataclass(frozen=True, slots=True)
class ScanResult:
    """One barcode that was handed over.

    Attributes:
        duplicate: it was not counted.
        symbology: canonical name, e.g. ``ean_13``.
        forgets_at_ms: when it counts as new again, ms on the clock of ``time.monotonic()``; None for a still image.
        unlicensed: counted without a license (``enforcement="event"``).
        flags: ``unknown_symbology`` and ``lossy``, as docs/readers.md says.
    """

    duplicate: bool
    symbology: str
    forgets_at_ms: float | None
    unlicensed: bool
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What became of one call of ``scan()``, in the order of its barcodes; ``scans`` is how many counted."""

    results: tuple[ScanResult, ...]
    scans: int

    @classmethod
    def of(cls, value: Json) -> ScanAnswer:
        """Return the core's answer."""
        results = tuple(
            ScanResult(
                duplicate=one["duplicate"],
                symbology=one["symbology"],
                forgets_at_ms=one["forgetsAt"],
                unlicensed=one.get("unlicensed", False),
                flags=tuple(one.get("flags", ())),
            )
            for one in value["results"]
        )
        return cls(results, value["scans"])


@dataclass(frozen=True, slots=True)
class License:
    """The license as it is now; times are ms since the Unix epoch.

    Attributes:
        state: see :mod:`dlt_web.license_state`.
        code: why it was refused, or what the last attempt failed with; None where there is nothing to say.
        message: the same for people.
        charge_way: of the license item that the device is charged to.
        item_id: that item.
        over_quota: the quota is used up and the server lets the device go on.
        expires_at_ms: end of the online life.
        offline_until_ms: until when scans count without the server.
        next_try_at_ms: when the server is asked again.
    """

    state: LicenseStateName = "starting"
    code: str | None = None
    message: str | None = None
    charge_way: ChargeWay | None = None
    item_id: str | None = None
    over_quota: bool = False
    expires_at_ms: int | None = None
    offline_until_ms: int | None = None
    next_try_at_ms: int | None = None

    @classmethod
    def of(cls, view: Json) -> License:
        """Return what the core shows."""
        return cls(
            state=view["state"],
            code=view["code"],
            message=view["message"] and in_python(view["message"]),
            charge_way=view["chargeWay"],
            item_id=view["itemId"],
            over_quota=view["overQuota"],
            expires_at_ms=view["expiresAt"],
            offline_until_ms=view["offlineUntil"],
            next_try_at_ms=view["nextTryAt"],
        )


@dataclass(frozen=True, slots=True)
class Pending:
    """What is counted and not yet acknowledged, by any process of this device.

    Attributes:
        scans: so many.
        reports: in so many reports.
        next_report_at_ms: when this process sends them, ms since the Unix epoch; None where nothing is due.
        accepted: reports that the server has acknowledged to this process.
        code: what the last attempt failed with; None after an answer.
        message: the same for people.
    """

    scans: int = 0
    reports: int = 0
    next_report_at_ms: int | None = None
    accepted: int = 0
    code: str | None = None
    message: str | None = None

    @classmethod
    def of(cls, view: Json) -> Pending:
        """Return what the core shows."""
        message = view["message"] and in_python(view["message"])
        return cls(view["scans"], view["reports"], view["nextReportAt"], view["accepted"], view["code"], message)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A report that the server will never take: its number, the server's reason, its slot (RFC 3339) and counts."""

    seq: int
    code: str
    slot: str
    counts: Counts

    @classmethod
    def of(cls, view: Json) -> DeadLetter:
        """Return what the core shows."""
        return cls(view["seq"], view["code"], view["slot"], view["counts"])


@dataclass(frozen=True, slots=True)
class Left:
    """What ``flush()`` could not send; nothing where both are 0."""

    pending_scans: int
    pending_reports: int

    @classmethod
    def of(cls, value: Json) -> Left:
        """Return the core's answer."""
        return cls(value["pendingScans"], value["pendingReports"])
