"""The license server's rules as plainly as they can be said: a few dictionaries, no database, no HTTP (spec §5, §6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.durability.seats_model import MINUTE_MS, YEAR_MS, Device, Item, Name, Seats
from tests.durability.streams_model import DAY_MS, SLOT_MS, booked_slot, judge

RETENTION_MS = 400 * DAY_MS


@dataclass
class Model(Seats):
    """Everything that the server must know; streams by code and number, too."""

    start_ms: int = 0
    streams: dict[Name, dict[str, Any]] = field(default_factory=dict)
    usage: dict[str, int] = field(default_factory=dict)
    swept_ms: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.swept_ms = {"minute": self.start_ms, "day": self.start_ms}

    # -- requests

    def authorize(self, name: Name, now_ms: int) -> str:
        """Return ``granted`` or the refusal's code."""
        valid = self._valid(name[0])
        if not valid:
            return "LICENSE_REVOKED"
        item = self._find(name, now_ms)
        if item is None:
            last = valid[-1]
            if self._held(name) is None and last.policy == "refuse-all" and last.way != "per_scan":
                last.marks.add(name[0])
            return "QUOTA_EXHAUSTED"
        device = self.devices.setdefault(name, Device())
        device.seat, device.is_unseated = item.name, False
        device.last_seen_ms, device.removal_ms = now_ms, now_ms + item.life_ms
        device.token = now_ms, now_ms + item.token_ms
        return "granted"

    def report(self, name: Name, reports: list[dict[str, Any]], sent_ms: int, now_ms: int) -> list[str]:
        """Return each report's outcome; ``slot`` of a report counts from the epoch."""
        outcomes, added, is_cloned = self._book(name, reports, sent_ms, now_ms)
        device = self.devices.get(name) or Device()
        if device.seat is None:
            item = self._seat_for_report(name, now_ms)
            device.seat, device.is_unseated = item.name if item else None, item is None
        self.devices[name] = device
        seat = self._seat(name)
        if seat is not None and seat.way == "per_scan":
            for slot, scans in added:
                self._charge(name[0], slot, scans)
        device.is_cloned |= is_cloned
        scans = sum(scans for _, scans in added)
        device.scans += scans
        device.last_seen_ms, device.removal_ms = now_ms, now_ms + (seat.life_ms if seat else YEAR_MS)
        self.usage[name[0]] = self.usage.get(name[0], 0) + scans
        if seat is not None and device.token is not None:
            issued_ms, expires_ms = device.token
            if 2 * (now_ms - issued_ms) >= expires_ms - issued_ms:
                self._renew(name, device, now_ms)
        return outcomes

    def _renew(self, name: Name, device: Device, now_ms: int) -> None:
        item = self._find(name, now_ms) if self._valid(name[0]) else None
        if item is not None:
            device.seat, device.removal_ms = item.name, now_ms + item.life_ms
            device.token = now_ms, now_ms + item.token_ms

    def _book(
        self, name: Name, reports: list[dict[str, Any]], sent_ms: int, now_ms: int
    ) -> tuple[list[str], list[tuple[int, int]], bool]:
        """Return the outcomes, the slots and scans of what was accepted, and whether there was a conflict."""
        outcomes: list[str] = []
        added: list[tuple[int, int]] = []
        is_conflict = False
        for report in reports:
            last = self.streams.get(name)
            if not is_conflict:
                outcome = judge(last, report)
                is_conflict = outcome == "REPORT_CONFLICT"
                if outcome == "accepted":
                    is_grown = last is not None and last["seq"] == report["seq"]
                    slot = last["booked"] if last and is_grown else booked_slot(report["slot"], sent_ms, now_ms)
                    before = last["counts"]["qr_code"] if last and is_grown else 0
                    added.append((slot, report["counts"]["qr_code"] - before))
                    self.streams[name] = report | {"booked": slot}
                if name in self.streams:
                    self.streams[name]["last_seen_ms"] = now_ms
            outcomes.append("REPORT_CONFLICT" if is_conflict else outcome)
        return outcomes, added, is_conflict

    def _charge(self, code: str, slot: int, scans: int) -> None:
        valid = [
            item
            for item in (self.items[name] for name in self.codes[code])
            if item.way == "per_scan" and (item.revoked_ms is None or item.revoked_ms > slot * SLOT_MS)
        ]
        for item in valid:
            share = scans if item is valid[-1] else min(scans, max(0, item.quota - item.scans))
            item.scans += share
            scans -= share

    # -- time

    def advance(self, to_ms: int) -> None:
        """Run every sweep that falls due, at its moment."""
        for kind, interval_ms in (("minute", MINUTE_MS), ("day", DAY_MS)):
            # Nothing but a sweep happens meanwhile, so the two kinds do not meet.
            while self.swept_ms[kind] + interval_ms <= to_ms:
                self.swept_ms[kind] += interval_ms
                if kind == "minute" and not any(item.seats for item in self._swept(kind)):
                    self.swept_ms[kind] += (to_ms - self.swept_ms[kind]) // interval_ms * interval_ms
                self._sweep(kind, self.swept_ms[kind])

    def _swept(self, kind: str) -> list[Item]:
        return [item for item in self.items.values() if (item.way == "concurrent_device") == (kind == "minute")]

    def _sweep(self, kind: str, at_ms: int) -> None:
        self._remove_due(self._swept(kind), at_ms)
        if kind == "day":
            for name, device in list(self.devices.items()):
                if device.is_unseated and device.removal_ms <= at_ms:
                    self._remove(name, device)
            self._forget(at_ms - RETENTION_MS)

    def _forget(self, before_ms: int) -> None:
        def is_held(name: Name) -> bool:
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
