"""Which alerts come of what, and that each level is told once."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from dlt_web.lts.alert_records import Alert
from dlt_web.lts.alert_watch import Watch
from dlt_web.lts.clock import DAY_MS
from tests.lts.world import CODE, T0_MS, World, report, uuid

Told = list[tuple[str, str, int | None]]


@pytest.fixture
def check(world: World) -> Callable[[], Told]:
    """Check once, with a disk that has room, and return what is told by it."""
    watch = Watch(world.store, world.clock)

    def check() -> Told:
        return [(alert.kind, alert.subject, alert.level) for alert in watch.check() if alert.kind != "disk.usage"]

    return check


def told_since(world: World, number: int = 0) -> list[Alert]:
    newest = world.store.read(lambda rows: rows.alerts(None, 1_000)).result()
    return [alert for alert in reversed(newest) if alert.number > number and alert.kind != "disk.usage"]


def fill(world: World, first: int, last: int) -> None:
    for number in range(first, last + 1):
        assert world.authorize(number).status_code == 201


def release(world: World, *numbers: int) -> None:
    for number in numbers:
        world.admin.release_device(CODE, uuid(number))


def test_each_level_is_told_as_it_is_reached_and_once(world: World, check: Callable[[], Told]) -> None:
    world.license(quota=20)
    world.handshake()
    expected = {15: [75], 18: [90], 19: [95], 20: [100]}
    for number in range(1, 21):
        fill(world, number, number)
        assert check() == [("license.threshold", "L", level) for level in expected.get(number, [])]
        assert check() == []


def test_several_levels_at_once_are_a_message_each(world: World, check: Callable[[], Told]) -> None:
    world.license(quota=10)
    world.handshake()
    fill(world, 1, 10)
    assert check() == [("license.threshold", "L", level) for level in (75, 90, 95, 100)]
    (last,) = told_since(world)[-1:]
    assert json.loads(last.detail) == {
        "licenseId": "L", "chargeWay": "per_device", "quota": 10, "used": 10, "percent": 100,
        "message": "License L: 10 of 10 devices are used.",
    }  # fmt: skip


def test_usage_that_moves_about_a_level_is_told_once_until_it_falls_clearly_below(
    world: World, check: Callable[[], Told]
) -> None:
    world.license(quota=100)
    world.handshake()
    fill(world, 1, 75)
    assert check() == [("license.threshold", "L", 75)]
    for _round in range(3):
        release(world, *range(71, 76))  # 70 of 100: as many points below as it may move
        assert check() == []
        fill(world, 71, 75)
        assert check() == []
    release(world, *range(70, 76))
    assert check() == []
    fill(world, 70, 75)
    assert check() == [("license.threshold", "L", 75)]


def test_thresholds_of_an_item_are_its_own(world: World, check: Callable[[], Told]) -> None:
    world.license(quota=10)
    world.license("M", quota=10)
    world.handshake()
    world.handshake("M", code="other")
    world.admin.set_alerts({"percents": (50,)}, {"M": (20, 100)})
    fill(world, 1, 5)
    for number in range(1, 3):
        world.authorize(number, code="other")
    assert check() == [("license.threshold", "L", 50), ("license.threshold", "M", 20)]
    world.admin.set_alerts({}, {"M": None})
    for number in range(3, 6):
        world.authorize(number, code="other")
    assert check() == [("license.threshold", "M", 50)]


def test_scans_of_a_per_scan_item_fill_it(world: World, check: Callable[[], Told]) -> None:
    world.license(charge_way="per_scan", quota=1_000)
    world.handshake()
    world.authorize()
    world.report(1, [report(1, 749)])
    assert check() == []
    world.report(1, [report(2, 1)])
    assert check() == [("license.threshold", "L", 75)]


def test_the_most_concurrent_devices_between_two_checks_are_told_though_they_are_gone(
    world: World, check: Callable[[], Told]
) -> None:
    world.license(charge_way="concurrent_device", quota=4)
    world.handshake()
    assert check() == []
    world.clock.move_to(T0_MS + 180_000)
    fill(world, 1, 3)
    world.run(world_sweep(world, T0_MS + 400_000))
    assert world.used() == (0, 0)
    world.clock.move_to(T0_MS + 600_000)
    assert check() == [("license.threshold", "L", 75)]
    world.clock.move_to(T0_MS + 1_200_000)
    assert check() == []
    fill(world, 1, 3)
    assert check() == [("license.threshold", "L", 75)]


async def world_sweep(world: World, at_ms: int) -> None:
    from dlt_web.lts.sweeps import Sweeper

    world.clock.move_to(at_ms)
    await Sweeper(world.store, world.clock).sweep("minute", at_ms)


def test_nothing_is_full_of_a_revoked_item_and_anything_is_too_much_of_nothing(
    world: World, check: Callable[[], Told]
) -> None:
    world.license(quota=0, on_exhausted="allow")
    world.license("R", quota=1)
    world.handshake()
    world.handshake("R", code="other")
    assert check() == []
    world.authorize()
    world.authorize(code="other")
    world.admin.revoke_license("R")
    assert check() == [("license.threshold", "L", level) for level in (75, 90, 95, 100)]


def test_the_end_of_a_license_is_told_30_7_and_1_days_before(world: World) -> None:
    world.license(valid_until_ms=T0_MS + 40 * DAY_MS + 1)
    world.handshake()
    world.advance(days=60)
    told = told_since(world)
    assert [(alert.kind, alert.subject, alert.level) for alert in told] == [
        ("license.expiry", "L", days) for days in (30, 7, 1)
    ]
    assert [round((alert.at_ms - T0_MS) / DAY_MS, 4) for alert in told] == [10, 33, 39]
    assert json.loads(told[0].detail)["validUntil"] == "2027-01-03T10:03:00.001Z"


def test_of_a_license_that_is_new_or_was_not_looked_at_the_nearest_day_alone_is_told(
    world: World, check: Callable[[], Told]
) -> None:
    world.license(valid_until_ms=T0_MS + 5 * DAY_MS)
    assert check() == [("license.expiry", "L", 7)]
    world.admin.set_license("L", {"valid_until_ms": T0_MS + 20 * DAY_MS})
    assert check() == [], "it was told that it ends within 30 days"
    world.admin.set_license("L", {"valid_until_ms": T0_MS + 6 * DAY_MS})
    assert check() == [("license.expiry", "L", 7)]
    world.admin.set_license("L", {"valid_until_ms": T0_MS - 1})
    assert check() == []
    world.admin.set_license("L", {"valid_until_ms": None})
    assert check() == []
    world.admin.set_license("L", {"valid_until_ms": T0_MS + 1})
    assert check() == [("license.expiry", "L", 1)]


def test_the_first_gap_and_the_first_clone_of_a_code_are_told(world: World, check: Callable[[], Told]) -> None:
    world.license()
    world.handshake()
    assert check() == []
    for device in (1, 2):
        world.authorize(device)
        world.report(device, [report(1)])
        world.report(device, [report(1, 5)])  # the same version with other counts
        world.report(device, [report(4)])  # 2 and 3 never came
    assert sorted(check()) == [("device.clone", CODE, None), ("device.gap", CODE, None)]
    assert check() == []
    clone, gap = sorted(told_since(world), key=lambda alert: alert.kind)
    assert json.loads(clone.detail)["devices"] == json.loads(gap.detail)["devices"] == 2
    assert uuid(1) not in clone.detail + gap.detail


def test_what_happened_before_a_test_clock_jumps_is_told(world: World) -> None:
    world.license("N", "concurrent_device", quota=1)
    world.handshake("N")
    world.authorize()
    world.report(1, [report(3)])
    world.advance(days=3)
    assert {alert.kind for alert in told_since(world)} == {"license.threshold", "device.gap"}


def test_gaps_that_go_on_are_told_once_and_again_after_a_quiet_month(world: World, check: Callable[[], Told]) -> None:
    world.license()
    world.handshake()
    world.authorize()
    told = []
    for day, seq in ((0, 2), (29, 4), (58, 6), (89, 8)):
        world.clock.move_to(T0_MS + day * DAY_MS)
        world.authorize()
        world.report(1, [report(seq, slot=day * 480)])
        told += [(day, kind) for kind, _, _ in check()]
    assert told == [(0, "device.gap"), (89, "device.gap")]


def test_nobody_hears_of_a_gap_in_reports_that_are_not_verified_or_of_a_test(
    world: World, check: Callable[[], Told]
) -> None:
    world.license()
    world.handshake()
    world.handshake(code="test", is_test=True)
    world.report(1, [report(5, 500)], reportToken=None)
    world.authorize(2, code="test")
    world.report(2, [report(5)], code="test")
    world.report(3, [report(1, 5_000)], code="test", reportToken=None)
    assert check() == [("usage.unverified", CODE, 10)]


def test_unverified_usage_above_a_share_of_a_day_is_told(world: World, check: Callable[[], Told]) -> None:
    world.license()
    world.handshake()
    world.authorize()
    world.report(1, [report(1, 900)])
    world.report(2, [report(1, 99)], reportToken=None)
    assert check() == []
    world.report(2, [report(2, 1)], reportToken=None)
    assert check() == [("usage.unverified", CODE, 10)]
    assert json.loads(told_since(world)[0].detail) == {
        "handshakeCode": CODE, "percent": 10, "scans": 900, "unverifiedScans": 100,
        "message": f"Handshake code {CODE}: 100 of 1000 scans of the last 24 hours are unverified.",
    }  # fmt: skip
    world.admin.set_alerts({"unverified_percent": 20})
    assert check() == [], "the new level is not reached"
    world.admin.set_alerts({"unverified_percent": 10})
    assert check() == [("usage.unverified", CODE, 10)]
    world.clock.move_to(T0_MS + DAY_MS)
    assert check() == [], "yesterday's are over, and the level is armed again"
    world.report(2, [report(3, 100, slot=480)], reportToken=None)
    assert check() == [("usage.unverified", CODE, 10)]


def test_two_servers_on_one_store_tell_once(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    world.authorize()
    told = [
        alert for watch in (Watch(world.store, world.clock), Watch(world.store, world.clock)) for alert in watch.check()
    ]
    assert [alert.level for alert in told if alert.kind == "license.threshold"] == [75, 90, 95, 100]


def test_alerts_of_long_ago_are_forgotten(world: World, check: Callable[[], Told]) -> None:
    world.admin.add_webhook("hook", "https://hooks.example/")
    world.license(valid_until_ms=T0_MS + 5 * DAY_MS)
    world.handshake()
    check()
    assert len(told_since(world)) == 1
    world.clock.move_to(T0_MS + 400 * DAY_MS)
    check()
    assert len(told_since(world)) == 1
    world.clock.move_to(T0_MS + 400 * DAY_MS + 1)
    check()
    assert told_since(world) == []
    assert world.store.read(lambda rows: rows.due_deliveries(2**60)).result() == []
