"""What operators, the command line and the demo page see: usage, devices, license items. Reading only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from ..errors import OptionError
from ..slots import SLOT_MS, format_time
from .admin_keys import AdminError
from .devices import MAX_PAGE_ROWS, DeviceFilter, DeviceKey, key_of
from .records import AdminKey, AuditEntry, Device, Handshake, LicenseItem, SlotRange, Stream, UsageRow
from .store import Reading, Store

T = TypeVar("T")
By = Literal["total", "slot", "hour", "day"]

PERIOD_SLOTS: Mapping[str, int] = {"slot": 1, "hour": 20, "day": 480}


@dataclass(frozen=True, slots=True)
class UsagePeriod:
    """Verified scans of one period; times are wall ms, the end exclusive."""

    start_ms: int
    end_ms: int
    by_symbology: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class UsageView:
    """Usage of one handshake code.

    Attributes:
        handshake_code: whose.
        devices: devices that hold a seat now, whatever the charge way.
        concurrent_devices: those of them at ``concurrent_device`` items.
        by_symbology: verified scans in the asked range.
        unseated_devices: devices that reported usage while no item had room.
        unverified_scans: scans reported without a good report token, apart from all others.
        lost: scans that trackers say they lost, per reason.
        rows: the same scans per slot, hour or day; none for the total.
    """

    handshake_code: str
    devices: int
    concurrent_devices: int
    by_symbology: Mapping[str, int]
    unseated_devices: int
    unverified_scans: int
    lost: Mapping[str, int]
    rows: tuple[UsagePeriod, ...]

    @property
    def scans(self) -> int:
        """All verified scans."""
        return sum(self.by_symbology.values())


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
        if from_ms is not None and to_ms is not None and from_ms >= to_ms:
            asked = f"from {format_time(from_ms)} to {format_time(to_ms)}"
            raise OptionError(f"Usage is asked for a time that begins before it ends; found {asked}.")
        slots = SlotRange(
            first=0 if from_ms is None else -(-from_ms // SLOT_MS),
            end=SlotRange().end if to_ms is None else -(-to_ms // SLOT_MS),
        )

        def look(rows: Reading) -> UsageView:
            known_handshake(rows, code)
            counts = rows.device_counts(code)
            totals = rows.usage(code, is_verified=True, slots=slots, period_slots=None)
            unverified = rows.usage(code, is_verified=False, slots=slots, period_slots=None)
            period = PERIOD_SLOTS.get(by)
            by_period = rows.usage(code, is_verified=True, slots=slots, period_slots=period) if period else []
            return UsageView(
                handshake_code=code,
                devices=counts.seated,
                concurrent_devices=counts.concurrent,
                by_symbology={row.symbology: row.scans for row in totals},
                unseated_devices=counts.unseated,
                unverified_scans=sum(row.scans for row in unverified),
                lost=rows.lost(code, slots),
                rows=_periods(by_period, period or 1),
            )

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


def _periods(rows: Sequence[UsageRow], period_slots: int) -> tuple[UsagePeriod, ...]:
    periods: dict[int, dict[str, int]] = {}
    for row in rows:
        periods.setdefault(row.slot, {})[row.symbology] = row.scans
    return tuple(
        UsagePeriod(slot * SLOT_MS, (slot + period_slots) * SLOT_MS, counts) for slot, counts in periods.items()
    )


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
