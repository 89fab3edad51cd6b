"""Forgetting a device: its rows go, and the audit log keeps what was done to it without saying to whom."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import OptionError
from .admin_keys import AdminKeys
from .audit import REDACTION, redact_entry
from .forgotten_streams import without_name
from .seats import remove_device
from .store import Writing

# What stands in the audit log in the place of a forgotten device's UUID.
FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was known of a device.

    Attributes:
        rows: how many rows were deleted or, in the audit log, redacted, by table.
        seats: the license items whose seat came free, by handshake code; None at a code where it held none.
        scans: verified scans that it had made: they stay counted, in sums that name nobody.
    """

    rows: Mapping[str, int]
    seats: Mapping[str, str | None]
    scans: int


class DeviceErasure(AdminKeys):
    """Forgets devices on behalf of an operator. Blocking: for the command line and for threads."""

    def forget_device(self, device_uuid: str) -> Forgotten:
        """Delete everything that is known of a device under every handshake code, and its name from the audit log.

        Its seats come free. What it has scanned stays in the sums of codes and items, and the last reports of its
        streams stay without its name, so that nothing of it counts twice.

        Raises:
            OptionError: it is no UUID.
        """
        device_uuid = checked_uuid(device_uuid)

        def forget(rows: Writing) -> Forgotten:
            deleted: Counter[str] = Counter()
            seats: dict[str, str | None] = {}
            scans = 0
            for code in [handshake.code for handshake in rows.handshakes()]:
                device = rows.device(code, device_uuid)
                if device is not None:
                    seats[code] = device.license_id
                    scans += device.scans
                    # Also of one that holds nothing: it must be off the counters before its row goes.
                    remove_device(rows, device, self._clock.now_ms())
                for stream in rows.streams(code, device_uuid):
                    rows.put_stream(without_name(stream))
                erased = dict(rows.erase_device(code, device_uuid))
                if device is not None:
                    erased.pop("gone_device", None)  # what its removal has left just now
                deleted.update(erased)
            deleted["device"] = len(seats)
            redacted = _redact(rows, device_uuid)
            deleted["audit"] = len(redacted)
            found = {table: count for table, count in sorted(deleted.items()) if count}
            if found:
                self._audit(rows, REDACTION, " ".join(sorted(seats)) or "*", {"rows": found, "redacted": redacted})
            return Forgotten(found, seats, scans)

        return self._write(forget)


def checked_uuid(text: str) -> str:
    """Return a UUID as the store has it.

    Raises:
        OptionError: it is none.
    """
    try:
        return str(uuid.UUID(text))
    except ValueError:
        asked = "A device's UUID looks like 8c1f5a0e-3b7d-4c55-9a52-6a1c0e7b1f10"
        raise OptionError(f"{asked}; found {text!r:.80}.") from None


def _redact(rows: Writing, device_uuid: str) -> dict[str, str]:
    """Take a device's name out of the audit log; return the hashes of the changed entries by number."""
    known: dict[str, str] = {}
    for entry in rows.audit_naming(device_uuid):
        before = rows.audit(entry.number - 2, 1) if entry.number > 1 else []
        after, digest = redact_entry(entry, device_uuid, FORGOTTEN, before[0].hash if before else "")
        rows.redact_audit(entry.number, after.subject, after.detail)
        known[str(entry.number)] = digest
    return known
