"""The license server's rules as plainly as they can be said: a few dictionaries, no database, no HTTP (spec §5, §6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MINUTE_MS, DAY_MS = 60_000, 86_400_000
YEAR_MS = 366 * DAY_MS
RETENTION_MS = 400 * DAY_MS


@dataclass
class Item:
    """A license item; ``way`` is its charge way, ``policy`` what a used-up quota means."""

    name: str
    way: str
    quota: int
    policy: str = "refuse-new"
    seats: int = 0
    scans: int = 0
    is_exhausted: bool = False

    @property
    def life_ms(self) -> int:
        return 3 * MINUTE_MS if self.way == "concurrent_device" else YEAR_MS

    @property
    def token_ms(self) -> int:
        return 3 * MINUTE_MS if self.way == "concurrent_device" else 60 * MINUTE_MS

    @property
    def has_room(self) -> bool:
        return (self.scans if self.way == "per_scan" else self.seats) < self.quota


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


@dataclass
class Model:
    """Everything that the server must know."""

    start_ms: int
    codes: dict[str, list[Item]]
    devices: dict[tuple[str, int], Device] = field(default_factory=dict)
    streams: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    usage: dict[str, int] = field(default_factory=dict)
    swept_ms: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.swept_ms = {"minute": self.start_ms, "day": self.start_ms}

    # -- requests

    def authorize(self, code: str, number: int, now_ms: int) -> str:
        """Return ``granted`` or the refusal's code."""
        device = self.devices.get((code, number))
        item = self._find(code, number, now_ms)
        if item is None:
            last = self.codes[code][-1]
            last.is_exhausted = last.policy == "refuse-all" and last.way != "per_scan"
            return "QUOTA_EXHAUSTED"
        device = self.devices.setdefault((code, number), device or Device())
        device.seat, device.is_unseated = item.name, False
        device.last_seen_ms, device.removal_ms = now_ms, now_ms + item.life_ms
        device.token = now_ms, now_ms + item.token_ms
        return "granted"

    def report(self, code: str, number: int, reports: list[dict[str, Any]], now_ms: int) -> list[str]:
        """Return each report's outcome."""
        outcomes, scans, is_cloned = self._book(code, number, reports, now_ms)
        device = self.devices.get((code, number)) or Device()
        if device.seat is None:
            item = self._seat_for_report(code, number, now_ms)
            device.seat, device.is_unseated = item.name if item else None, item is None
        self.devices[code, number] = device
        seat = self._item(code, device.seat)
        if seat is not None and seat.way == "per_scan":
            for added in scans:
                self._charge(code, added)
        device.is_cloned |= is_cloned
        device.scans += sum(scans)
        device.last_seen_ms, device.removal_ms = now_ms, now_ms + (seat.life_ms if seat else YEAR_MS)
        self.usage[code] = self.usage.get(code, 0) + sum(scans)
        if seat is not None and device.token is not None:
            issued_ms, expires_ms = device.token
            if 2 * (now_ms - issued_ms) >= expires_ms - issued_ms:
                self._renew(code, number, device, now_ms)
        return outcomes

    def _renew(self, code: str, number: int, device: Device, now_ms: int) -> None:
        item = self._find(code, number, now_ms)
        if item is not None:
            device.seat, device.removal_ms = item.name, now_ms + item.life_ms
            device.token = now_ms, now_ms + item.token_ms

    def _book(
        self, code: str, number: int, reports: list[dict[str, Any]], now_ms: int
    ) -> tuple[list[str], list[int], bool]:
        outcomes: list[str] = []
        scans: list[int] = []
        is_conflict = False
        for report in reports:
            last = self.streams.get((code, number))
            if not is_conflict:
                outcome = judge(last, report)
                is_conflict = outcome == "REPORT_CONFLICT"
                if outcome == "accepted":
                    before = last["counts"]["qr_code"] if last and last["seq"] == report["seq"] else 0
                    scans.append(report["counts"]["qr_code"] - before)
                    self.streams[code, number] = dict(report)
                if (code, number) in self.streams:
                    self.streams[code, number]["last_seen_ms"] = now_ms
            outcomes.append("REPORT_CONFLICT" if is_conflict else outcome)
        return outcomes, scans, is_conflict

    def _charge(self, code: str, scans: int) -> None:
        items = self.codes[code]
        for item in items:
            share = scans if item is items[-1] else min(scans, max(0, item.quota - item.scans))
            item.scans += share
            scans -= share

    # -- seats

    def _item(self, code: str, name: str | None) -> Item | None:
        return next((item for item in self.codes[code] if item.name == name), None)

    def _find(self, code: str, number: int, now_ms: int) -> Item | None:
        """Give the item that grants a token now: the seat it has, or a new one."""
        items = self.codes[code]
        device = self.devices.get((code, number))
        seat = self._item(code, device.seat) if device else None
        if seat is not None and device is not None and self._may_stay(code, number, seat, device, now_ms):
            return seat
        taken = self._first_with_room(code, number, now_ms)
        if taken is None and items[-1].policy == "allow":
            taken = items[-1] if seat is items[-1] else self._take(code, number, items[-1])
        if taken is not None:
            for item in items:
                item.is_exhausted = False
        return taken

    def _may_stay(self, code: str, number: int, seat: Item, device: Device, now_ms: int) -> bool:
        if seat.way == "per_scan":
            return seat.has_room
        if not seat.is_exhausted:
            return True
        self._remove_due(code, now_ms, but=number)
        if device.removal_ms > now_ms and not any(item.has_room for item in self.codes[code]):
            return False
        for item in self.codes[code]:
            item.is_exhausted = False
        return True

    def _seat_for_report(self, code: str, number: int, now_ms: int) -> Item | None:
        item = self._first_with_room(code, number, now_ms)
        last = self.codes[code][-1]
        return self._take(code, number, last) if item is None and last.policy == "allow" else item

    def _first_with_room(self, code: str, number: int, now_ms: int) -> Item | None:
        device = self.devices.get((code, number))
        for _attempt in range(2):
            for item in self.codes[code]:
                if item.has_room and (device is None or device.seat != item.name):
                    return self._take(code, number, item)
            if not self._remove_due(code, now_ms, but=number):
                return None
        return None

    def _take(self, code: str, number: int, item: Item) -> Item:
        item.seats += 1
        device = self.devices.get((code, number))
        before = self._item(code, device.seat) if device else None
        if before is not None:
            self._free(code, before)
        return item

    def _free(self, code: str, item: Item) -> None:
        item.seats -= 1
        for other in self.codes[code]:
            other.is_exhausted = False

    # -- time

    def advance(self, from_ms: int, to_ms: int) -> None:
        """Run every sweep that falls due, at its moment."""
        for kind, interval_ms in (("minute", MINUTE_MS), ("day", DAY_MS)):
            # Nothing but a sweep happens meanwhile, so the two kinds do not meet.
            while self.swept_ms[kind] + interval_ms <= to_ms:
                self.swept_ms[kind] += interval_ms
                if kind == "minute" and not self._has_concurrent_seats():
                    self.swept_ms[kind] += (to_ms - self.swept_ms[kind]) // interval_ms * interval_ms
                self._sweep(kind, self.swept_ms[kind])

    def _has_concurrent_seats(self) -> bool:
        return any(item.seats for items in self.codes.values() for item in items if item.way == "concurrent_device")

    def _sweep(self, kind: str, at_ms: int) -> None:
        for code, items in self.codes.items():
            if (items[0].way == "concurrent_device") == (kind == "minute"):
                self._remove_due(code, at_ms)
            if kind == "day":
                for (owner, number), device in list(self.devices.items()):
                    if owner == code and device.is_unseated and device.removal_ms <= at_ms:
                        self._remove(code, number, device)
        if kind == "day":
            self._forget(at_ms - RETENTION_MS)

    def _remove_due(self, code: str, now_ms: int, but: int | None = None) -> int:
        due = [
            (number, device)
            for (owner, number), device in self.devices.items()
            if owner == code and device.seat is not None and device.removal_ms <= now_ms and number != but
        ]
        for number, device in due:
            self._remove(code, number, device)
        return len(due)

    def _remove(self, code: str, number: int, device: Device) -> None:
        seat = self._item(code, device.seat)
        if seat is not None:
            self._free(code, seat)
        device.seat, device.is_unseated = None, False
        if not device.scans:
            del self.devices[code, number]

    def _forget(self, before_ms: int) -> None:
        def is_held(name: tuple[str, int]) -> bool:
            device = self.devices.get(name)
            if device is None:
                return False
            return device.seat is not None or device.is_unseated or device.removal_ms >= before_ms

        for name, stream in list(self.streams.items()):
            if stream["last_seen_ms"] < before_ms and not is_held(name):
                del self.streams[name]
        for name, device in list(self.devices.items()):
            if device.last_seen_ms < before_ms and not is_held(name):
                del self.devices[name]


def judge(last: dict[str, Any] | None, report: dict[str, Any]) -> str:
    """Return what one report comes to behind the last one of its stream."""
    if last is None or report["seq"] > last["seq"]:
        return "accepted"
    if report["seq"] < last["seq"]:
        return "duplicate"
    if report["id"] != last["id"]:
        return "REPORT_CONFLICT"
    if report["version"] < last["version"]:
        return "duplicate"
    if report["version"] == last["version"]:
        return "duplicate" if report["counts"] == last["counts"] else "REPORT_CONFLICT"
    is_grown = report["counts"]["qr_code"] >= last["counts"]["qr_code"] and report["slot"] == last["slot"]
    return "accepted" if is_grown else "REPORT_CONFLICT"
