"""What a license tracking server has booked for a handshake code, as tests ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Usage:
    """What the LTS has booked for one handshake code (``dlt-web lts usage``).

    Attributes:
        devices: devices in the usage database.
        concurrent_devices: those of them that are active now.
        scans: verified scans.
        by_symbology: verified scans per canonical symbology.
        unseated_devices: devices that counted scans without having a seat.
        unverified_scans: scans reported without a good report token.
        lost: scans that trackers reported as lost, per reason.
    """

    devices: int
    concurrent_devices: int
    scans: int
    by_symbology: Mapping[str, int]
    unseated_devices: int
    unverified_scans: int
    lost: Mapping[str, int]

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read what ``dlt-web lts usage --json`` prints."""
        return cls(
            devices=row["devices"],
            concurrent_devices=row["concurrentDevices"],
            scans=row["scans"],
            by_symbology=row["bySymbology"],
            unseated_devices=row["unseatedDevices"],
            unverified_scans=row["unverifiedScans"],
            lost=row["lost"],
        )


@dataclass(frozen=True, slots=True)
class Device:
    """One device under a handshake code (``dlt-web lts devices list``).

    Attributes:
        device_uuid: lower-case UUID.
        license_id: the item that it is charged to; None when it has no seat.
        first_seen: when the LTS first heard of it.
        last_seen: its last authorization or report.
        removal_time: when its seat goes, or went; None when it never had one.
        storage: where its tracker keeps its counts: ``indexeddb`` or ``memory``.
        friendly_name: as the app named it.
        seated: it is in the usage database now; others are listed for their scans.
    """

    device_uuid: str
    license_id: str | None
    first_seen: datetime
    last_seen: datetime
    removal_time: datetime | None
    storage: str
    friendly_name: str | None
    seated: bool

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read one of what ``dlt-web lts devices list --json`` prints."""
        return cls(
            device_uuid=row["deviceUuid"],
            license_id=row["licenseId"],
            first_seen=datetime.fromisoformat(row["firstSeen"]),
            last_seen=datetime.fromisoformat(row["lastSeen"]),
            removal_time=datetime.fromisoformat(row["removalTime"]) if row["removalTime"] else None,
            storage=row["storage"],
            friendly_name=row["friendlyName"],
            seated=row["seated"],
        )
