"""The part of the contract that lists come from, page by page: each page costs the same, however long the list is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ..alert_records import OddityKind
from ..devices import DeviceFilter, DeviceKey
from ..records import AuditEntry, Device, Handshake, LicenseItem


class DevicePage(NamedTuple):
    """Devices that were found, and the key after which to look on; None where all were looked at."""

    rows: list[Device]
    next_key: DeviceKey | None


class PageViews(Protocol):
    """Rows that are listed, as one transaction sees them."""

    def find_handshakes(self, search: str | None, after: str | None, limit: int) -> list[Handshake]:
        """Return up to ``limit`` handshake codes above ``after`` (None: from the first), in order.

        With ``search``, a case-folded text, only those that have it in the code or in the customer's name.
        """
        ...

    def find_licenses(self, search: str | None, after: str | None, limit: int) -> list[LicenseItem]:
        """Return up to ``limit`` license items with an id above ``after``, in order; ``search`` is in the id."""
        ...

    def look_through_devices(
        self, wanted: DeviceFilter, after: DeviceKey | None, limit: int, max_looks: int
    ) -> DevicePage:
        """Return up to ``limit`` devices with a key above ``after``, in order, of at most ``max_looks`` looked at."""
        ...

    def count_listed_devices(self, code: str, max_looks: int) -> int:
        """Count the devices that a code's list has, those that hold nothing any more too, up to ``max_looks``."""
        ...

    def odd_devices(self, code: str, kind: OddityKind, after: DeviceKey | None, limit: int) -> list[Device]:
        """Return up to ``limit`` devices of a code that showed a gap, or reported as a copy, above a key, in order."""
        ...

    def count_odd_devices(self, code: str) -> dict[OddityKind, int]:
        """Count the devices of a code that showed each kind of oddity."""
        ...

    def audit_before(self, before: int | None, limit: int) -> Sequence[AuditEntry]:
        """Return up to ``limit`` audit entries with a number below ``before`` (None: from the last), newest first."""
        ...
