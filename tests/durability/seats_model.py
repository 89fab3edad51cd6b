"""Who sits where, and what the operator changes of that, as plainly as it can be said (spec §6)."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.durability.streams_model import DAY_MS

MINUTE_MS = 60_000
YEAR_MS = 366 * DAY_MS


@dataclass(eq=False)
class Item:
    """A license item; ``way`` is its charge way, ``policy`` what a used-up quota means.

    ``marks`` are the codes whose ``refuse-all`` refusal binds its devices.
    """

    name: str
    way: str
    quota: int
    policy: str = "refuse-new"
    grace: int = 0
    seats: int = 0
    scans: int = 0
    revoked_ms: int | None = None
    marks: set[str] = field(default_factory=set)

    @property
    def life_ms(self) -> int:
        return 3 * MINUTE_MS if self.way == "concurrent_device" else YEAR_MS

    @property
    def token_ms(self) -> int:
        return 3 * MINUTE_MS if self.way == "concurrent_device" else 60 * MINUTE_MS

    @property
    def limit(self) -> int:
        return self.quota * (100 + self.grace) // 100


@dataclass
class Device:
    """A device under one code; ``seat`` names its item, ``token`` is start and end of its last token."""

    seat: str | None = None
    is_unseated: bool = False
    removal_ms: int = 0
    last_seen_ms: int = 0
    scans: int = 0
    is_cloned: bool = False
    token: tuple[int, int] | None = None


Name = tuple[str, int]


@dataclass
class Seats:
    """License items, the items of each code in order, and the devices by code and number."""

    items: dict[str, Item]
    codes: dict[str, list[str]]
    devices: dict[Name, Device] = field(default_factory=dict)

    # -- the operator

    def release(self, name: Name) -> bool:
        """Free what a device holds; tell whether it held anything."""
        device = self.devices.get(name)
        if device is None or (device.seat is None and not device.is_unseated):
            return False
        self._remove(name, device)
        return True

    def set_item(self, name: str, quota: int, grace: int, policy: str) -> None:
        """Change an item; what makes it larger or another one ends the refusals of the codes that use it."""
        item = self.items[name]
        before = item.limit, item.policy
        item.quota, item.grace, item.policy = quota, grace, policy
        if item.limit > before[0] or policy != before[1]:
            self._end_refusals(item)

    def set_items(self, code: str, names: list[str]) -> None:
        """Give a code other items, or another order; one that is added ends its refusals."""
        is_added = not set(names) <= set(self.codes.get(code, []))
        self.codes[code] = names
        if is_added:
            self._unmark(code)

    # -- rules

    # -- seats

    def _valid(self, code: str) -> list[Item]:
        return [item for item in (self.items[name] for name in self.codes[code]) if item.revoked_ms is None]

    def _seat(self, name: Name) -> Item | None:
        device = self.devices.get(name)
        return None if device is None or device.seat is None else self.items[device.seat]

    def _has_room(self, code: str, item: Item) -> bool:
        if item.way != "per_scan":
            return item.seats < item.limit
        last = [other for other in self._valid(code) if other.way == "per_scan"][-1]
        return item.scans < (item.limit if item is last else item.quota)

    def _held(self, name: Name) -> Item | None:
        """Give the valid item that a device stays with."""
        seat = self._seat(name)
        if seat is None or seat not in self._valid(name[0]):
            return None
        return None if seat.way == "per_scan" and not self._has_room(name[0], seat) else seat

    def _find(self, name: Name, now_ms: int) -> Item | None:
        """Give the item that grants a token now: the seat it has, or a new one."""
        held, last = self._held(name), self._valid(name[0])[-1]
        if held is not None:
            return held if self._is_free_of_marks(name, held, now_ms) else None
        taken = self._first_with_room(name, now_ms)
        if taken is None and last.policy == "allow":
            return last if self._seat(name) is last else self._take(name, last)
        if taken is not None:
            self._unmark(name[0])
        return taken

    def _is_free_of_marks(self, name: Name, held: Item, now_ms: int) -> bool:
        if not held.marks:
            return True
        if self.devices[name].removal_ms <= now_ms:
            self._end_refusals(held)
        for code in sorted(held.marks):
            valid = self._valid(code)
            if held not in valid or valid[-1] is not held:
                self._unmark(code)
                continue
            self._remove_due(valid, now_ms, but=name)
            if any(self._has_room(code, item) for item in valid):
                self._unmark(code)
        return not held.marks

    def _seat_for_report(self, name: Name, now_ms: int) -> Item | None:
        valid = self._valid(name[0])
        if not valid:
            return None
        item = self._first_with_room(name, now_ms)
        return self._take(name, valid[-1]) if item is None and valid[-1].policy == "allow" else item

    def _first_with_room(self, name: Name, now_ms: int) -> Item | None:
        valid = self._valid(name[0])
        for _attempt in range(2):
            for item in valid:
                if self._has_room(name[0], item) and item is not self._seat(name):
                    return self._take(name, item)
            if not self._remove_due(valid, now_ms, but=name):
                return None
        return None

    def _take(self, name: Name, item: Item) -> Item:
        item.seats += 1
        before = self._seat(name)
        if before is not None:
            self._free(before)
        return item

    def _free(self, item: Item) -> None:
        item.seats -= 1
        self._end_refusals(item)

    def _end_refusals(self, item: Item) -> None:
        for code, names in self.codes.items():
            if item.name in names:
                self._unmark(code)

    def _unmark(self, code: str) -> None:
        for item in self.items.values():
            item.marks.discard(code)

    def _remove_due(self, items: list[Item], now_ms: int, but: Name | None = None) -> int:
        due = [
            (name, device)
            for name, device in self.devices.items()
            if self._seat(name) in items and device.removal_ms <= now_ms and name != but
        ]
        for name, device in due:
            self._remove(name, device)
        return len(due)

    def _remove(self, name: Name, device: Device) -> None:
        seat = self._seat(name)
        if seat is not None:
            self._free(seat)
        device.seat, device.is_unseated = None, False
        if not device.scans:
            del self.devices[name]
