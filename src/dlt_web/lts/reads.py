"""What operators, the command line and the demo page see: usage, devices, license items. Reading only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import TypeVar

from ..errors import OptionError
from .activity import Run, Subject, by_period
from .admin_keys import AdminError
from .advice import USUAL_RATES, Advice, advise
from .billing_records import Credit, Statement, StatementHead
from .clock import Clock, SystemClock
from .devices import MAX_PAGE_ROWS, DeviceFilter, DeviceKey, key_of
from .identity import KEY_KINDS, standing_clock_ms
from .item_usage import ItemUsage, item_usage
from .known import known_handshake, known_license
from .records import AdminKey, AuditEntry, Device, Handshake, Key, LicenseItem, SlotRange, Stream
from .store import Reading, Store
from .usage_reads import (
    By,
    Peak,
    Period,
    Span,
    UsageView,
    code_usage,
    peak_of,
    run_page,
    scan_page,
)

__all__ = ["Reads", "UsageView", "known_handshake", "known_license"]

T = TypeVar("T")


class Reads:
    """Read-only views of a store. Blocking, a few milliseconds; callable from any thread."""

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        """Read a store; ``clock`` (by default the machine's) says which devices are active now.

        Beside a server with a test clock, that clock counts (:func:`~dlt_web.lts.identity.standing_clock_ms`).
        """
        self._store = store
        self._clock = SystemClock() if clock is None else clock

    def usage(self, code: str, *, by: By = "total", from_ms: int | None = None, to_ms: int | None = None) -> UsageView:
        """Return a code's usage; ``from_ms`` and ``to_ms`` choose the slots that begin in that half-open time.

        Raises:
            AdminError: there is no such code.
            OptionError: the time ends before it begins, or as it begins.
        """
        span = Span(by, from_ms, to_ms)
        return self._read(lambda rows: code_usage(rows, known_handshake(rows, code).code, span, self._now_ms(rows)))

    def usage_of(self, code: str | None, license_id: str | None, span: Span) -> UsageView | ItemUsage:
        """Return the usage of a license item if one is named, or else of a handshake code.

        Raises:
            AdminError: there is no such code or item.
            OptionError: the time ends before it begins, or as it begins.
        """

        def look(rows: Reading) -> UsageView | ItemUsage:
            if license_id is not None:
                return item_usage(rows, known_license(rows, license_id), span, self._now_ms(rows))
            return code_usage(rows, known_handshake(rows, code or "").code, span, self._now_ms(rows))

        return self._read(look)

    def scans(self, of: Subject, span: Span) -> Iterator[Period]:
        """Yield the scans of a code or an item by period, none unless the span is divided; read page by page.

        Each page is a read of its own, so nothing is held up for as long as it takes to write them out; what is
        reported meanwhile is in the later pages.
        """
        period_slots, slots = span.period_slots, span.slots
        first: int | None = None if period_slots is None else slots.first
        while first is not None:
            asked = SlotRange(first, slots.end)
            page = self._read(partial(scan_page, of=of, slots=asked, period_slots=period_slots or 1))
            yield from page.rows
            first = page.next_slot

    def peaks(self, of: Subject, span: Span, now_ms: int) -> Iterator[Peak]:
        """Yield the largest number of active devices of a code or an item by period up to now; read page by page."""
        if (period_slots := span.period_slots) is not None:
            for slot, devices in by_period(self._runs(of, span.slots, now_ms), period_slots):
                yield peak_of(slot, devices, period_slots)

    def _runs(self, of: Subject, slots: SlotRange, now_ms: int) -> Iterator[Run]:
        first: int | None = slots.first
        while first is not None:
            asked = SlotRange(first, slots.end)
            page = self._read(partial(run_page, of=of, slots=asked, now_ms=now_ms))
            yield from page.rows
            first = page.next_slot

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

    def statements(self, customer: str | None = None) -> list[StatementHead]:
        """Return which months of a customer (None: of all) are frozen, by customer and month."""
        return self._read(lambda rows: rows.statement_heads(customer))

    def statement(self, customer: str, month: str) -> Statement:
        """Return a frozen statement.

        Raises:
            AdminError: there is none.
        """
        found = self._read(lambda rows: rows.statement(customer, month))
        if found is None:
            raise AdminError(f"There is no statement {month} of {customer}.")
        return found

    def credits_of(self, customer: str | None = None) -> list[Credit]:
        """Return the credits of a customer (None: of all) in the order in which they were booked."""
        return self._read(lambda rows: rows.credits_of(customer))

    def advice(
        self,
        code: str,
        from_ms: int | None = None,
        to_ms: int | None = None,
        rates: Sequence[Fraction] = USUAL_RATES,
        *,
        has_days: bool = False,
    ) -> Advice:
        """Return what each charge way would have counted of a code (:func:`~dlt_web.lts.advice.advise`).

        Raises:
            AdminError: there is no such code.
            OptionError: what :func:`~dlt_web.lts.advice.advise` refuses.
        """
        return self._read(lambda rows: advise(rows, code, from_ms, to_ms, rates, self._now_ms(rows), has_days=has_days))

    def audit(self, after: int = 0, limit: int = 1_000) -> list[AuditEntry]:
        """Return audit entries with a number above ``after``, oldest first."""
        return self._read(lambda rows: rows.audit(after, limit))

    def admin_key(self, key_hash: str) -> AdminKey | None:
        """Return the bearer key that has this hash."""
        return self._read(lambda rows: rows.admin_key(key_hash))

    def admin_keys(self) -> list[AdminKey]:
        """Return the keys of the administration interface by name."""
        return self._read(lambda rows: rows.admin_keys())

    def store_keys(self) -> list[Key]:
        """Return the keys that tokens are made with, by kind, each kind's newest first: that one is in use."""
        return self._read(lambda rows: [key for kind in KEY_KINDS for key in rows.keys(kind)])

    def _now_ms(self, rows: Reading) -> int:
        return standing_clock_ms(rows) or self._clock.now_ms()

    def _read(self, work: Callable[[Reading], T]) -> T:
        return self._store.read(work).result()


def _known(rows: Reading, wanted: DeviceFilter) -> None:
    if wanted.code is not None:
        known_handshake(rows, wanted.code)
    if wanted.license_id is not None:
        known_license(rows, wanted.license_id)
