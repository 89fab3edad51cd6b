"""The part of the contract that is for people's eyes: lists by page, and counts that no rule depends on."""

from __future__ import annotations

from typing import Protocol

from ...model import Counts
from ..activity import Run, Subject
from ..devices import DeviceFilter, DeviceKey
from ..records import AuthorizationRow, ChargeRow, Device, SlotRange
from .protocol_advice import AdviceViews
from .protocol_billing import BillingViews
from .protocol_pages import PageViews


class Views(AdviceViews, BillingViews, PageViews, Protocol):
    """Rows that are looked at, as one transaction sees them."""

    def find_devices(self, wanted: DeviceFilter, after: DeviceKey | None, limit: int) -> list[Device]:
        """Return up to ``limit`` devices with a key above ``after`` (None: from the first), in order of their keys."""
        ...

    def count_devices(self, wanted: DeviceFilter) -> int:
        """Count the devices that a filter lets through."""
        ...

    def active(self, of: Subject, now_ms: int) -> int:
        """Count the active devices (lts/activity.py) of a code or an item; nothing has changed since ``now_ms``."""
        ...

    def active_runs(self, of: Subject, slots: SlotRange, now_ms: int, limit: int) -> list[Run]:
        """Return the largest number of active devices of each slot up to now, as up to ``limit`` runs of equal ones.

        Slots without an active device are left out. What comes after a page begins where its last run ends.
        """
        ...

    def active_peak(self, of: Subject, slots: SlotRange, now_ms: int) -> int:
        """Return the largest number of active devices in a range of slots, up to now."""
        ...

    def active_by_day(self, of: Subject, first_day: int, end_day: int, now_ms: int) -> list[int]:
        """Return the largest number of active devices of each day of UTC in a range, up to now; 0 after that."""
        ...

    def next_usage_slot(self, code: str, first: int) -> int | None:
        """Return the first slot, from ``first`` on, in which a code has verified scans."""
        ...

    def next_charge_slot(self, license_id: str, first: int) -> int | None:
        """Return the first slot, from ``first`` on, in which an item was charged."""
        ...

    def seats_of_code(self, code: str) -> Counts:
        """Count a code's seats per license item, by item."""
        ...

    def seats_of_item(self, license_id: str) -> Counts:
        """Count an item's seats per handshake code, by code."""
        ...

    def charges_of_code(self, code: str, slots: SlotRange) -> Counts:
        """Add up the scans of a code that were charged, per license item, by item."""
        ...

    def charges(self, license_id: str, slots: SlotRange, period_slots: int | None) -> list[ChargeRow]:
        """Return an item's charges by period (as for usage) and handshake code, in that order."""
        ...

    def authorizations(self, code: str, slots: SlotRange) -> list[AuthorizationRow]:
        """Return a code's authorizations of the days that begin in a range, by day and outcome."""
        ...
