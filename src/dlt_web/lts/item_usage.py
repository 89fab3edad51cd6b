"""Usage of a license item, by handshake code, and what of it is billed. Reading only."""

from __future__ import annotations

from dataclasses import dataclass

from . import quota
from .activity import Subject
from .records import LicenseItem, SlotRange
from .store import Reading
from .usage_reads import ItemShare, Span


@dataclass(frozen=True, slots=True)
class ItemUsage:
    """Usage of one license item.

    Attributes:
        item: the item as it stands now, with all that it has counted.
        now_ms: the moment at which it was read, wall ms.
        concurrent_devices: its devices that are active now, whatever the charge way.
        peak_concurrent_devices: the largest number that was active at once in the asked range.
        shares: each handshake code's part of it, by code: scans of the asked range.
        test_used: what test codes have used of its quota, in scans ever or seats now; part of it, but not of a bill.
    """

    item: LicenseItem
    now_ms: int
    concurrent_devices: int
    peak_concurrent_devices: int
    shares: tuple[ItemShare, ...]
    test_used: int

    @property
    def billed_used(self) -> int:
        """What a bill is made of: used, in scans or seats, but for test codes."""
        return quota.used(self.item) - self.test_used

    @property
    def billed_overage(self) -> int:
        """How far that lies above the quota."""
        return max(0, self.billed_used - self.item.quota)

    @property
    def billed_devices(self) -> int:
        """Seats now, but for test codes."""
        return sum(share.devices for share in self.shares if not share.is_test)

    @property
    def billed_scans(self) -> int:
        """Scans charged in the asked range, but for test codes."""
        return sum(share.scans for share in self.shares if not share.is_test)

    @property
    def scans(self) -> int:
        """Scans charged in the asked range; none unless the charge way is ``per_scan``."""
        return sum(share.scans for share in self.shares)


def item_usage(rows: Reading, item: LicenseItem, span: Span, now_ms: int) -> ItemUsage:
    """Return a license item's usage.

    Raises:
        OptionError: the asked time is empty.
    """
    slots, of = span.slots, Subject("item", item.id)
    seats = rows.seats_of_item(item.id)
    charges = {row.handshake_code: row.scans for row in rows.charges(item.id, slots, None)}
    handshakes = rows.handshakes()
    using = [handshake.code for handshake in handshakes if item.id in handshake.license_ids]
    codes = sorted({*using, *seats, *charges})
    tests = {handshake.code for handshake in handshakes if handshake.is_test}
    ever = seats
    if item.charge_way == "per_scan":
        ever = {row.handshake_code: row.scans for row in rows.charges(item.id, SlotRange(), None)}
    return ItemUsage(
        item=item,
        now_ms=now_ms,
        concurrent_devices=rows.active(of, now_ms),
        peak_concurrent_devices=rows.active_peak(of, slots, now_ms),
        shares=tuple(
            ItemShare(code, item.id, seats.get(code, 0), charges.get(code, 0), code in tests) for code in codes
        ),
        test_used=sum(used for code, used in ever.items() if code in tests),
    )
