"""The lists of the reference store, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from ..alert_records import OddityKind
from ..devices import DeviceFilter, DeviceKey
from ..records import AuditEntry, Device, Handshake, LicenseItem
from .memory_tables import Tables
from .protocol_pages import DevicePage


class MemoryPages:
    """What is listed, over the tables of one transaction; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol_pages.py says what each method means)

    _t: Tables

    def handshakes(self) -> list[Handshake]:
        """Be what the other rows say."""
        raise NotImplementedError

    def licenses(self) -> list[LicenseItem]:
        """Be what the other rows say."""
        raise NotImplementedError

    def find_handshakes(self, search: str | None, after: str | None, limit: int) -> list[Handshake]:
        found = [one for one in self.handshakes() if after is None or one.code > after]
        return [one for one in found if _has(search, one.code, one.customer)][:limit]

    def find_licenses(self, search: str | None, after: str | None, limit: int) -> list[LicenseItem]:
        found = [one for one in self.licenses() if after is None or one.id > after]
        return [one for one in found if _has(search, one.id)][:limit]

    def look_through_devices(
        self, wanted: DeviceFilter, after: DeviceKey | None, limit: int, max_looks: int
    ) -> DevicePage:
        span = DeviceFilter(wanted.code, uuid_prefix=wanted.uuid_prefix)
        keys = [key for key, device in sorted(self._t.devices.items()) if span.matches(device)]
        keys = [key for key in keys if after is None or key > after]
        found = [key for key in keys[:max_looks] if wanted.matches(self._t.devices[key])][:limit]
        last = found[-1] if len(found) == limit else keys[:max_looks][-1] if keys else None
        is_more = last is not None and last < keys[-1]
        return DevicePage([self._t.devices[key] for key in found], last if is_more else None)

    def count_listed_devices(self, code: str, max_looks: int) -> int:
        return min(max_looks, sum(key[0] == code for key in self._t.devices))

    def odd_devices(self, code: str, kind: OddityKind, after: DeviceKey | None, limit: int) -> list[Device]:
        own = (key for key in self._t.oddities if key[:2] == (code, kind))
        keys = sorted((code, device_uuid) for _, _, device_uuid in own)
        known = (key for key in keys if key in self._t.devices and (after is None or key > after))
        return [self._t.devices[key] for key in islice(known, limit)]

    def count_odd_devices(self, code: str) -> dict[OddityKind, int]:
        keys = (key for key in self._t.oddities if key[0] == code and (code, key[2]) in self._t.devices)
        return dict(Counter(kind for _, kind, _ in keys))

    def audit_before(self, before: int | None, limit: int) -> Sequence[AuditEntry]:
        numbers = sorted((one for one in self._t.audit if before is None or one < before), reverse=True)
        return [self._t.audit[number] for number in numbers[:limit]]


def _has(search: str | None, *texts: str | None) -> bool:
    return search is None or any(search in text.casefold() for text in texts if text)
