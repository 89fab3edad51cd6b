"""Charging scans to per-scan items, and usage that was made without a seat (spec §6)."""

from __future__ import annotations

from tests.lts.world import CODE, EXHAUSTED, T0_MS, World, code_of, granted, outcomes, report, uuid


def test_scans_fill_items_in_order_and_the_last_takes_the_excess(world: World) -> None:
    world.license("A", "per_scan", quota=5)
    world.license("B", "per_scan", quota=5)
    world.handshake("A", "B")
    world.authorize()
    world.report(1, [report(1, 3)])
    assert (world.used("A")[1], world.used("B")[1]) == (3, 0)
    world.report(1, [report(1, 6, version=2)])
    assert (world.used("A")[1], world.used("B")[1]) == (5, 1)
    world.report(1, [report(1, 6, version=2), report(2, 9, slot=1)])
    assert (world.used("A")[1], world.used("B")[1]) == (5, 10)
    assert world.usage().scans == 15


def test_a_full_per_scan_item_passes_its_devices_on(world: World) -> None:
    world.license("A", "per_scan", quota=2)
    world.license("B", "per_device", quota=1)
    world.handshake("A", "B")
    assert world.authorize().json()["item"]["id"] == "A"
    world.report(1, [report(1, 2)])
    assert world.authorize().json()["item"]["id"] == "B"
    assert (world.used("A"), world.used("B")) == ((0, 2), (1, 0))
    world.report(1, [report(2, 4)])
    assert world.used("A") == (0, 2), "a device that is paid for as a device pays no scans"
    assert world.usage().scans == 6


def test_grace_of_scans_is_for_the_last_item_only(world: World) -> None:
    world.license("A", "per_scan", quota=10, grace_percent=50)
    world.license("B", "per_scan", quota=10, grace_percent=50)
    world.handshake("A", "B")
    world.authorize()
    world.report(1, [report(1, 10)])
    assert world.authorize().json()["item"] == {"id": "B", "chargeWay": "per_scan", "overQuota": False}
    world.report(1, [report(2, 10)])
    assert world.authorize().json()["item"]["overQuota"] is True
    world.report(1, [report(3, 5)])
    assert code_of(world.authorize()) == EXHAUSTED
    assert world.used("B") == (1, 15)


def test_a_per_scan_quota_that_is_used_up_refuses_seated_and_new_until_it_grows(world: World) -> None:
    world.license("A", "per_scan", quota=2)
    world.handshake("A")
    assert granted(world, 1)
    world.report(1, [report(1, 2)])
    assert not granted(world, 1)
    assert not granted(world, 2)
    world.admin.set_license("A", {"quota": 3})
    assert granted(world, 2)
    assert granted(world, 1)


def test_per_scan_allow_goes_on_over_quota(world: World) -> None:
    world.license("A", "per_scan", quota=2, on_exhausted="allow")
    world.handshake("A")
    assert world.authorize(1).json()["item"]["overQuota"] is False
    world.report(1, [report(1, 5)])
    assert world.authorize(1).json()["item"]["overQuota"] is True
    assert world.authorize(2).json()["item"]["overQuota"] is True
    assert world.used("A") == (2, 5)


def test_per_scan_devices_have_no_limit(world: World) -> None:
    world.license("A", "per_scan", quota=1)
    world.handshake("A")
    assert all(granted(world, device) for device in range(1, 6))


def test_scans_go_to_the_items_that_were_valid_in_their_slot(world: World) -> None:
    world.license("old", "per_scan", quota=100, valid_until_ms=T0_MS)
    world.license("new", "per_scan", quota=100, valid_from_ms=T0_MS + 30_000)
    world.handshake("old", "new")
    world.advance(minutes=1)
    world.authorize()
    world.report(1, [report(1, 4, slot=-2), report(2, 3, slot=0)])
    assert (world.used("old")[1], world.used("new")[1]) == (4, 3)


# -- reports of devices without a seat


def test_a_refused_devices_usage_is_counted_and_shown_apart(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    assert [granted(world, device) for device in (1, 2)] == [True, False]
    assert outcomes(world.report(2, [report(1, 4)])) == ["accepted"]
    usage = world.usage()
    assert (usage.devices, usage.unseated_devices, usage.scans, usage.unverified_scans) == (1, 1, 4, 0)
    assert world.used() == (1, 0)
    world.admin.release_device(CODE, world.reads.devices(CODE)[0].device_uuid)
    world.report(2, [report(2, 1)])
    assert (world.usage().devices, world.usage().unseated_devices) == (1, 0)
    assert world.seated() == [2]


def test_a_released_device_comes_back_with_its_next_report(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    world.authorize()
    world.report(1, [report(1, 4)])
    world.admin.release_device(CODE, world.reads.devices(CODE)[0].device_uuid)
    assert world.usage().devices == 0
    assert [(d.scans, d.license_id, d.is_unseated) for d in world.reads.devices(CODE)] == [(4, None, False)]
    assert outcomes(world.report(1, [report(1, 4)])) == ["duplicate"]
    assert (world.usage().devices, world.usage().scans) == (1, 4)


def test_a_report_takes_a_due_seat_and_an_over_quota_seat_under_allow(world: World) -> None:
    world.license(quota=1, on_exhausted="allow")
    world.handshake()
    world.authorize(1)
    world.authorize(2)
    world.admin.release_device(CODE, world.reads.devices(CODE)[1].device_uuid)
    world.report(2, [report(1)])
    assert world.seated() == [1, 2]


def test_scans_of_an_unseated_per_scan_device_are_not_charged(world: World) -> None:
    world.license("A", "per_scan", quota=2)
    world.handshake("A")
    world.authorize(1)
    world.report(1, [report(1, 2)])
    assert not granted(world, 2)
    world.report(2, [report(1, 7)])
    assert world.used("A") == (1, 2)
    assert (world.usage().scans, world.usage().unseated_devices) == (9, 1)
    world.report(1, [report(2, 7)])
    assert world.used("A") == (1, 9), "a seated device's scans are overage"


def test_scans_are_charged_to_items_of_their_product_only(world: World) -> None:
    world.license("other", "per_scan", quota=100, product="other")
    world.license("own", "per_scan", quota=100)
    world.handshake("other", "own")
    world.authorize()
    world.report(1, [report(1, 2)])
    assert (world.used("other"), world.used("own")) == ((0, 0), (1, 2))


def test_scans_made_before_a_revocation_are_charged_when_they_come_late(world: World) -> None:
    world.license("A", "per_scan", quota=100)
    world.handshake("A")
    world.authorize()
    world.advance(minutes=4)
    revoked = world.admin.revoke_license("A")
    assert revoked.revoked_ms == T0_MS + 240_000
    world.advance(minutes=10)
    assert world.admin.revoke_license("A") == revoked, "revoked once, with the time of the first"
    assert outcomes(world.report(1, [report(1, 3), report(2, 4, slot=1), report(3, 5, slot=2)])) == ["accepted"] * 3
    assert world.used("A")[1] == 7, "its last slot began before the revocation"
    assert world.usage().scans == 12
    assert code_of(world.authorize()) == (403, "LICENSE_REVOKED")


def test_usage_outside_all_validity_is_counted(world: World) -> None:
    world.license(valid_until_ms=T0_MS + 60_000)
    world.handshake()
    world.authorize()
    world.advance(minutes=2)
    world.report(1, [report(1, 2)])
    assert (world.usage().devices, world.usage().scans) == (1, 2)
    assert code_of(world.authorize()) == (403, "LICENSE_EXPIRED")
    world.authorize(2)
    world.report(2, [report(1, 2)])
    assert (world.usage().devices, world.usage().unseated_devices, world.usage().scans) == (1, 1, 4)


def test_what_was_known_of_a_device_comes_back_with_it(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    world.authorize(deviceFriendlyName="Till 3")
    world.report(1, [report(1, 4)])
    world.clock.move_to(T0_MS + 1_000)
    world.admin.release_device(CODE, uuid(1))
    world.report(1, [report(2, 3)])
    device = world.reads.devices(CODE)[0]
    assert (device.friendly_name, device.scans, device.first_seen_ms) == ("Till 3", 7, T0_MS)
    assert device.last_seen_ms == T0_MS + 1_000
    assert not device.is_cloned


def test_a_report_takes_a_seat_at_its_own_product_only(world: World) -> None:
    world.license("first", product="other")
    world.license("own", quota=1)
    world.handshake("first", "own")
    world.authorize(1)
    world.report(1, [report(1)])
    world.admin.release_device(CODE, uuid(1))
    world.report(1, [report(2)])
    assert (world.used("first"), world.used("own")) == ((0, 0), (1, 0))
