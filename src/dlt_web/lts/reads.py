"""What operators, the command line and the demo page see: usage, devices, license items. Reading only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from ..errors import OptionError
from .admin_keys import AdminError
from .devices import MAX_PAGE_ROWS, DeviceFilter, DeviceKey, key_of
from .records import AdminKey, AuditEntry, Device, Handshake, LicenseItem, Stream
from .store import Reading, Store
from .usage_reads import By, ItemUsage, Span, UsageView, code_usage, item_usage

__all__ = ["Reads", "UsageView", "known_handshake", "known_license"]

T = TypeVar("T")


class Reads:
    """Read-only views of a store. Blocking, a few milliseconds; callable from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def usage(self, code: str, *, by: By = "total", from_ms: int | None = None, to_ms: int | None = None) -> UsageView:
        """Return a code's usage; ``from_ms`` and ``to_ms`` choose the slots that begin in that half-open time.

        Raises:
            AdminError: there is no such code.
            OptionError: the time ends before it begins, or as it begins.
        """
        span = Span(by, from_ms, to_ms)

        def look(rows: Reading) -> UsageView:
            known_handshake(rows, code)
            return code_usage(rows, code, span)

        return self._read(look)

    def usage_of(self, code: str | None, license_id: str | None, span: Span) -> UsageView | ItemUsage:
        """Return the usage of a license item if one is named, or else of a handshake code.

        Raises:
            AdminError: there is no such code or item.
            OptionError: the time ends before it begins, or as it begins.
        """

        def look(rows: Reading) -> UsageView | ItemUsage:
            if license_id is not None:
                return item_usage(rows, known_license(rows, license_id), span)
            return code_usage(rows, known_handshake(rows, code or "").code, span)

        return self._read(look)

    def devices(self, code: str | None, license_id: str | None = None) -> list[Device]:
        """Return the devices of a code (None: of all), of one item or all.

        Raises:
            AdminError: there is no such code or item.
        """

        def look(rows: Reading) -> list[Device]:
            if code is not None:
                known_handshake(rows, code)
            if license_id is not None:
                known_license(rows, license_id)
            return rows.devices(code, license_id)

        return self._read(look)

    def device_page(self, wanted: DeviceFilter, after: DeviceKey | None = None, limit: int = 1_000) -> list[Device]:
        """Return the devices next after a key, at most ``limit`` (1 to 1000): one read of one committed state.

        Raises:
            AdminError: there is no such code or item.
            OptionError: the filter or the limit is out of range.
        """
        wanted.check()
        if not 1 <= limit <= MAX_PAGE_ROWS:
            raise OptionError(f"A page has 1 to {MAX_PAGE_ROWS} devices; found {limit}.")

        def look(rows: Reading) -> list[Device]:
            _known(rows, wanted)
            return rows.find_devices(wanted, after, limit)

        return self._read(look)

    def device_pages(self, wanted: DeviceFilter) -> Iterator[list[Device]]:
        """Yield all devices that a filter lets through, page by page, each a read of its own; never all at once.

        Raises:
            AdminError: there is no such code or item.
            OptionError: the filter is out of range.
        """
        after: DeviceKey | None = None
        while page := self.device_page(wanted, after):
            yield page
            if len(page) < MAX_PAGE_ROWS:
                return
            after = key_of(page[-1])

    def count_devices(self, wanted: DeviceFilter) -> int:
        """Count the devices that a filter lets through.

        Raises:
            AdminError: there is no such code or item.
            OptionError: the filter is out of range.
        """
        wanted.check()

        def look(rows: Reading) -> int:
            _known(rows, wanted)
            return rows.count_devices(wanted)

        return self._read(look)

    def licenses(self) -> list[LicenseItem]:
        """Return all license items with what they have counted."""
        return self._read(lambda rows: rows.licenses())

    def license(self, license_id: str) -> LicenseItem:
        """Return one license item.

        Raises:
            AdminError: there is none.
        """
        return self._read(lambda rows: known_license(rows, license_id))

    def handshakes(self) -> list[Handshake]:
        """Return all handshake codes."""
        return self._read(lambda rows: rows.handshakes())

    def handshake(self, code: str) -> Handshake:
        """Return one handshake code.

        Raises:
            AdminError: there is none.
        """
        return self._read(lambda rows: known_handshake(rows, code))

    def items_of(self, code: str) -> list[LicenseItem]:
        """Return a code's items in order.

        Raises:
            AdminError: there is no such code.
        """

        def look(rows: Reading) -> list[LicenseItem]:
            known_handshake(rows, code)
            return rows.items_of(code)

        return self._read(look)

    def device(self, code: str, device_uuid: str) -> Device:
        """Return one device.

        Raises:
            AdminError: there is no such code or device.
        """

        def look(rows: Reading) -> Device:
            known_handshake(rows, code)
            device = rows.device(code, device_uuid)
            if device is None:
                raise AdminError(f"There is no device {device_uuid} under {code}.")
            return device

        return self._read(look)

    def streams(self, code: str, device_uuid: str) -> list[Stream]:
        """Return a device's verified report streams, with what the server noticed about each."""
        streams = self._read(lambda rows: rows.streams(code, device_uuid))
        return [stream for stream in streams if stream.key.is_verified]

    def missing_numbers(self, code: str, device_uuid: str) -> int:
        """Return how many report numbers a device's verified streams have skipped: a loss that it should explain."""
        return sum(stream.missing_numbers for stream in self.streams(code, device_uuid))

    def audit(self, after: int = 0, limit: int = 1_000) -> list[AuditEntry]:
        """Return audit entries with a number above ``after``, oldest first."""
        return self._read(lambda rows: rows.audit(after, limit))

    def admin_key(self, key_hash: str) -> AdminKey | None:
        """Return the bearer key that has this hash."""
        return next((key for key in self.admin_keys() if key.key_hash == key_hash), None)

    def admin_keys(self) -> list[AdminKey]:
        """Return the keys of the administration interface by name."""
        return self._read(lambda rows: rows.admin_keys())

    def _read(self, work: Callable[[Reading], T]) -> T:
        return self._store.read(work).result()


def _known(rows: Reading, wanted: DeviceFilter) -> None:
    if wanted.code is not None:
        known_handshake(rows, wanted.code)
    if wanted.license_id is not None:
        known_license(rows, wanted.license_id)


def known_handshake(rows: Reading, code: str) -> Handshake:
    """Return a handshake code, or raise the error that says that there is none."""
    handshake = rows.handshake(code)
    if handshake is None:
        raise AdminError(f"There is no handshake code {code}.")
    return handshake


def known_license(rows: Reading, license_id: str) -> LicenseItem:
    """Return a license item, or raise the error that says that there is none."""
    item = rows.license(license_id)
    if item is None:
        raise AdminError(f"There is no license {license_id}.")
    return item
