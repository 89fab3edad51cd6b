"""The part of the contract that lets one device be forgotten: its rows, and where else it is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ..records import AuditEntry


class ErasureReading(Protocol):
    """Where a device is named, as one transaction sees it."""

    def audit_naming(self, text: str) -> list[AuditEntry]:
        """Return the audit entries whose subject or detail has a text in it, oldest first."""
        ...


class ErasureWriting(ErasureReading, Protocol):
    """A device's rows as one transaction takes them out."""

    def erase_device(self, code: str, device_uuid: str) -> Mapping[str, int]:
        """Delete all rows of a device that holds nothing any more; return how many there were, by table."""
        ...

    def redact_audit(self, number: int, subject: str, detail: str) -> None:
        """Put other words in an audit entry's place; its hash stays, as those behind it are made of it."""
        ...
