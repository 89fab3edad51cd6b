"""Who sits where: taking, moving, refusing and freeing seats, inside one transaction of the store (spec §6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import quota
from .records import Device, LicenseItem
from .store import Writing

# Due seats freed at a time before a refusal: one is enough where usage lies within the limit. Where it lies far above
# (the quota was cut), more go, until there is room: nobody is refused because of a device that should be gone.
FREED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """No seat, or no token on it: the problem code and what to tell people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a seat.

    Attributes:
        code: handshake code.
        device: the device's row; None for one never seen.
        now_ms: server's wall time.
    """

    code: str
    device: Device | None
    now_ms: int

    @property
    def seat(self) -> str | None:
        """The item whose seat the device holds."""
        return None if self.device is None else self.device.license_id


def usable_items(rows: Writing, code: str, product: str | None, now_ms: int) -> list[LicenseItem] | Refusal:
    """Return the code's items for a product (None: any) that are valid now, in order."""
    items = [item for item in rows.items_of(code) if product in (None, item.product)]
    if not items:
        return Refusal("NO_MATCHING_ITEM", f"The handshake code {code} has no license item for the product {product}.")
    valid = [item for item in items if quota.is_valid_at(item, now_ms)]
    return valid or Refusal(quota.validity_refusal(items, now_ms), f"No license item of {code} is valid now.")


def find_seat(rows: Writing, asking: Asking, valid: Sequence[LicenseItem]) -> LicenseItem | None:
    """Give the asking device a seat that grants it a token; the seat it held before is freed if it moves.

    Returns None where the quota is used up and the policy refuses; nothing but due removals has changed then.
    """
    held = _held(asking, valid)
    if held is not None:
        return held if not held.is_exhausted or _has_come_free(rows, asking, held) else None
    taken = _first_with_room(rows, asking, valid)
    if taken is None and valid[-1].on_exhausted == "allow":
        last = valid[-1]
        return last if asking.seat == last.id else _take(rows, asking, last, None)
    if taken is not None and any(item.is_exhausted for item in valid):
        rows.lift_exhausted(asking.code, taken.product)
    return taken


def refuse_exhausted(rows: Writing, asking: Asking, valid: Sequence[LicenseItem]) -> Refusal:
    """Refuse for quota; under ``refuse-all`` no device of the last item gets a token from now on.

    A device that keeps its seat is refused for a mark that stands there already: its own code may have room.
    """
    held, last = _held(asking, valid), valid[-1]
    if held is None and last.on_exhausted == "refuse-all" and last.charge_way != "per_scan":
        rows.mark_exhausted(asking.code, last.id)
    full, whose = (last, f"handshake code {asking.code}") if held is None else (held, f"license item {held.id}")
    return Refusal(
        "QUOTA_EXHAUSTED",
        f"The quota of the {whose} is used up: {quota.used(full)} of {full.quota} at item {full.id}.",
    )


def seat_for_report(rows: Writing, asking: Asking, valid: Sequence[LicenseItem]) -> LicenseItem | None:
    """Give a reporting device without a seat one if there is room; usage already made is never refused."""
    item = _first_with_room(rows, asking, valid)
    if item is None and valid[-1].on_exhausted == "allow":
        item = _take(rows, asking, valid[-1], None)
    return item


def remove_device(rows: Writing, device: Device, now_ms: int) -> None:
    """Free a device's seat and forget it; one with scans stays listed without a seat, so that they can be explained."""
    if device.license_id is not None:
        rows.free_seat(device.license_id)
    rows.remove_device(device.handshake_code, device.device_uuid, now_ms)


def _held(asking: Asking, valid: Sequence[LicenseItem]) -> LicenseItem | None:
    """Return the valid item that the device stays with; a full per-scan item passes its devices on."""
    item = next((item for item in valid if item.id == asking.seat), None)
    if item is None or item.charge_way != "per_scan":
        return item
    return item if quota.has_room(item, quota.limit_percent(item, valid)) else None


def _has_come_free(rows: Writing, asking: Asking, held: LicenseItem) -> bool:
    """Lift the ``refuse-all`` marks of an item that are out of date; tell whether none is left."""
    if asking.device is not None and asking.device.removal_ms <= asking.now_ms:
        # The asking device's own seat comes free just now, and it takes it again.
        rows.free_seat(held.id)
        rows.take_seat(held.id, None)
    for code in rows.exhausted_by(held.id):
        valid = usable_items(rows, code, held.product, asking.now_ms)
        if isinstance(valid, Refusal) or valid[-1].id != held.id:
            rows.lift_exhausted(code, held.product)  # the code's items are others now
            continue
        _honour_removal_times(rows, asking, valid)
        if _has_room(rows, valid):
            rows.lift_exhausted(code, held.product)
    return not rows.exhausted_by(held.id)


def _has_room(rows: Writing, valid: Sequence[LicenseItem]) -> bool:
    items = [rows.license(item.id) or item for item in valid]
    return any(quota.has_room(item, quota.limit_percent(item, items)) for item in items)


def _first_with_room(rows: Writing, asking: Asking, valid: Sequence[LicenseItem]) -> LicenseItem | None:
    """Seat the device at the first valid item with room; removal times that have come are honoured before giving up."""
    for _attempt in ("as the rows stand", "after removals"):
        for item in valid:
            taken = _take(rows, asking, item, quota.limit_percent(item, valid))
            if taken is not None:
                return taken
        if not _honour_removal_times(rows, asking, valid):
            return None
    return None


def _take(rows: Writing, asking: Asking, item: LicenseItem, percent: int | None) -> LicenseItem | None:
    """Count the device at an item, if the item's row still has room, and free the seat it held before."""
    if asking.seat == item.id or not rows.take_seat(item.id, percent):
        return None
    if asking.seat is not None:
        rows.free_seat(asking.seat)
    return rows.license(item.id)


def _honour_removal_times(rows: Writing, asking: Asking, valid: Sequence[LicenseItem]) -> int:
    """Free due seats of these items; return how many."""
    return sum(_free_due_seats(rows, asking, item, quota.limit_percent(item, valid)) for item in valid)


def _free_due_seats(rows: Writing, asking: Asking, item: LicenseItem, percent: int) -> int:
    """Free due seats of an item until it has room, but for the asking device's own: it is being seen again just now."""
    freed = 0
    own = None if asking.device is None else (asking.code, asking.device.device_uuid)
    while True:
        due = rows.due_devices(item.id, asking.now_ms, FREED_AT_ONCE)
        others = [device for device in due if (device.handshake_code, device.device_uuid) != own]
        for device in others:
            remove_device(rows, device, asking.now_ms)
        freed += len(others)
        now = rows.license(item.id)
        if not others or now is None or quota.has_room(now, percent):
            return freed
