"""The arithmetic of license items, at each of its edges (spec §6)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from dlt_web.lts import quota
from dlt_web.lts.quota import Charge
from dlt_web.lts.records import LicenseItem
from dlt_web.slots import SLOT_MS
from tests.lts.world import SLOT_0, T0_MS


def item(name: str = "L", way: Any = "per_scan", size: int = 10, **more: Any) -> LicenseItem:
    settings: dict[str, Any] = {"valid_from_ms": None, "valid_until_ms": None, "grace_percent": 0} | more
    return LicenseItem(name, "p", way, size, device_lifetime_s=3600, on_exhausted="refuse-all", **settings)


@pytest.mark.parametrize(("used", "beyond"), [(9, 0), (10, 0), (11, 1)])
@pytest.mark.parametrize("way", ["per_scan", "per_device"])
def test_only_what_lies_above_the_quota_is_overrun(way: str, used: int, beyond: int) -> None:
    counted = item(way=way, scans=used) if way == "per_scan" else item(way=way, seats=used)
    assert quota.overrun(counted) == beyond


@pytest.mark.parametrize(
    ("settings", "at_ms", "is_valid"),
    [
        ({}, T0_MS, True),
        ({"valid_from_ms": T0_MS}, T0_MS - 1, False),
        ({"valid_from_ms": T0_MS}, T0_MS, True),
        ({"valid_until_ms": T0_MS}, T0_MS - 1, True),
        ({"valid_until_ms": T0_MS}, T0_MS, False),
        ({"revoked_ms": T0_MS + 1}, T0_MS, False),
    ],
)
def test_validity_begins_and_ends_to_the_millisecond(settings: dict[str, Any], at_ms: int, is_valid: bool) -> None:
    assert quota.is_valid_at(item(**settings), at_ms) == is_valid


@pytest.mark.parametrize(
    ("settings", "is_valid"),
    [
        ({"valid_from_ms": T0_MS + SLOT_MS - 1}, True),
        ({"valid_from_ms": T0_MS + SLOT_MS}, False),
        ({"valid_until_ms": T0_MS + 1}, True),
        ({"valid_until_ms": T0_MS}, False),
        ({"revoked_ms": T0_MS + 1}, True),
        ({"revoked_ms": T0_MS}, False),
    ],
)
def test_an_item_is_charged_for_a_slot_in_which_it_was_valid_for_a_moment(
    settings: dict[str, Any], is_valid: bool
) -> None:
    assert quota.is_valid_in_slot(item(**settings), SLOT_0) == is_valid
    assert quota.fill([item(**settings)], SLOT_0, 3) == ([Charge("L", 3)] if is_valid else [])


def test_scans_fill_per_scan_items_only_and_no_item_takes_none() -> None:
    items = [
        item("seats", "per_device"),
        item("full", scans=10),
        item("over", scans=12),
        item("two", scans=8),
        item("z"),
    ]
    assert quota.fill(items, SLOT_0, 2) == [Charge("two", 2)]
    assert quota.fill(items, SLOT_0, 3) == [Charge("two", 2), Charge("z", 1)]
    assert quota.fill(items, SLOT_0, 99) == [Charge("two", 2), Charge("z", 97)]
    assert quota.fill(items[:3], SLOT_0, 5) == [Charge("over", 5)], "the last takes the excess, however full"
    assert quota.fill(items[:1], SLOT_0, 5) == []


@pytest.mark.parametrize(
    ("size", "grace", "used", "has_room"),
    [(9, 10, 8, True), (9, 10, 9, False), (10, 10, 10, True), (10, 10, 11, False), (3, 33, 3, False), (3, 34, 3, True)],
)
def test_a_limit_is_rounded_down(size: int, grace: int, used: int, has_room: bool) -> None:
    counted = item(way="per_device", size=size, grace_percent=grace, seats=used)
    assert quota.has_room(counted, quota.limit_percent(counted, [counted])) == has_room


def test_of_per_scan_items_the_last_valid_one_has_the_grace() -> None:
    first, last = item("first", grace_percent=50), item("last", grace_percent=20)
    seats = item("seats", "per_device", grace_percent=5)
    valid = [first, last, seats]
    assert [quota.limit_percent(one, valid) for one in valid] == [100, 120, 105]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ([{"revoked_ms": 1}], "LICENSE_REVOKED"),
        ([{"valid_from_ms": T0_MS - 5, "valid_until_ms": T0_MS}], "LICENSE_EXPIRED"),
        ([{"valid_from_ms": T0_MS + 1}], "LICENSE_NOT_YET_VALID"),
        ([{"valid_until_ms": T0_MS}, {"valid_from_ms": T0_MS + 1}], "LICENSE_NOT_YET_VALID"),
        ([{"valid_until_ms": T0_MS}, {"revoked_ms": 1}], "LICENSE_EXPIRED"),
        ([{"valid_from_ms": T0_MS + 1, "revoked_ms": 1}], "LICENSE_REVOKED"),
    ],
)
def test_a_refusal_says_what_could_repair_it(settings: list[dict[str, Any]], code: str) -> None:
    assert quota.validity_refusal([item(**own) for own in settings], T0_MS) == code


def test_intervals_and_tokens_of_an_item_that_keeps_concurrent_devices_longer() -> None:
    kept = replace(item(way="concurrent_device"), device_lifetime_s=600)
    assert (quota.report_interval_s(kept), quota.token_expiry_ms(kept, T0_MS)) == (60, T0_MS + 180_000)
    assert quota.offline_allowance_s(kept) == 0
