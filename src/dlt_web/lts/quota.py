"""Arithmetic of license items: validity, limits, lifetimes, and how scans fill items (spec §6). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..slots import slot_start_ms
from .clock import DAY_MS
from .records import LicenseItem

# Spec §6: removal time after each authorization or report, unless the item says otherwise.
DEVICE_LIFETIME_S = 366 * 86_400
CONCURRENT_LIFETIME_S = 3 * 60

# Spec §6: "concurrent_device: reportIntervalSeconds: 60 … tokens of 3 minutes"; others 180 and one hour.
CONCURRENT_REPORT_INTERVAL_S = 60
REPORT_INTERVAL_S = 180
CONCURRENT_TOKEN_LIFE_S = 180
TOKEN_LIFE_S = 3600
# Spec §6: "offline allowance maxBufferDays 7".
OFFLINE_ALLOWANCE_S = 7 * DAY_MS // 1000


def default_lifetime_s(charge_way: str) -> int:
    """Return the device lifetime, in seconds, of an item that sets none."""
    return CONCURRENT_LIFETIME_S if charge_way == "concurrent_device" else DEVICE_LIFETIME_S


def used(item: LicenseItem) -> int:
    """Return how much of the quota is used, in scans or seats."""
    return item.scans if item.charge_way == "per_scan" else item.seats


def overrun(item: LicenseItem) -> int:
    """Return how far usage lies above the quota, in scans or seats."""
    return max(0, used(item) - item.quota)


def is_over_quota(item: LicenseItem) -> bool:
    """Tell whether what is granted now is granted although the quota is used up (policy ``allow``, or grace).

    A seat that was just taken is already counted; of scans the next one is meant.
    """
    return item.scans >= item.quota if item.charge_way == "per_scan" else item.seats > item.quota


def is_valid_at(item: LicenseItem, at_ms: int) -> bool:
    """Tell whether an item may be used at a wall time; a revocation counts at once, whatever other clocks say."""
    return not item.is_revoked and _is_valid_between(item, at_ms, at_ms)


def is_valid_in_slot(item: LicenseItem, slot: int) -> bool:
    """Tell whether an item may be charged for a slot: it was valid at some moment of it, and not revoked before."""
    if item.revoked_ms is not None and item.revoked_ms <= slot_start_ms(slot):
        return False
    return _is_valid_between(item, slot_start_ms(slot), slot_start_ms(slot + 1) - 1)


def _is_valid_between(item: LicenseItem, first_ms: int, last_ms: int) -> bool:
    has_begun = item.valid_from_ms is None or item.valid_from_ms <= last_ms
    has_ended = item.valid_until_ms is not None and item.valid_until_ms <= first_ms
    return has_begun and not has_ended


def validity_refusal(items: Sequence[LicenseItem], now_ms: int) -> str:
    """Return the problem code for items of which none is valid now: the one that says what could repair it."""
    standing = [item for item in items if not item.is_revoked]
    if not standing:
        return "LICENSE_REVOKED"
    if any(item.valid_from_ms is not None and item.valid_from_ms > now_ms for item in standing):
        return "LICENSE_NOT_YET_VALID"
    return "LICENSE_EXPIRED"


def limit_percent(item: LicenseItem, valid: Sequence[LicenseItem]) -> int:
    """Return the percentage of its quota up to which an item grants, among the valid items of its code in order.

    Grace applies to each seat item, but of the per-scan items to the last only (spec §6).
    """
    if item.charge_way != "per_scan":
        return 100 + item.grace_percent
    last = [other for other in valid if other.charge_way == "per_scan"][-1]
    return 100 + item.grace_percent if item.id == last.id else 100


def has_room(item: LicenseItem, percent: int) -> bool:
    """Tell whether an item still grants: ``used < quota * percent / 100``, the limit rounded down."""
    return used(item) < limit(item, percent)


def limit(item: LicenseItem, percent: int) -> int:
    """Return up to how many scans or seats an item grants."""
    return item.quota * percent // 100


@dataclass(frozen=True, slots=True)
class Charge:
    """Scans that one item takes."""

    license_id: str
    scans: int


def fill(items: Sequence[LicenseItem], slot: int, scans: int) -> list[Charge]:
    """Split scans over the per-scan items valid in the slot: in order, each to its quota, the rest to the last.

    Returns no charge where no per-scan item was valid then; such scans are counted all the same.
    """
    valid = [item for item in items if item.charge_way == "per_scan" and is_valid_in_slot(item, slot)]
    charges: list[Charge] = []
    for item in valid:
        share = scans if item is valid[-1] else min(scans, max(0, item.quota - item.scans))
        if share:
            charges.append(Charge(item.id, share))
            scans -= share
    return charges


def report_interval_s(item: LicenseItem) -> int:
    """Return seconds between reports: at most a third of the device lifetime, so that a live seat is never swept."""
    usual = CONCURRENT_REPORT_INTERVAL_S if item.charge_way == "concurrent_device" else REPORT_INTERVAL_S
    return max(1, min(usual, item.device_lifetime_s // 3))


def token_expiry_ms(item: LicenseItem, now_ms: int) -> int:
    """Return the end of a token issued now: never past the device lifetime, nor past the item's validity."""
    usual_s = CONCURRENT_TOKEN_LIFE_S if item.charge_way == "concurrent_device" else TOKEN_LIFE_S
    expires_ms = now_ms + min(usual_s, item.device_lifetime_s) * 1000
    return expires_ms if item.valid_until_ms is None else min(expires_ms, item.valid_until_ms)


def offline_allowance_s(item: LicenseItem) -> int:
    """Return how many seconds after its token's end a device may go on while the server cannot be reached."""
    return 0 if item.charge_way == "concurrent_device" else OFFLINE_ALLOWANCE_S
