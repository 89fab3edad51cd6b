"""Quotas: rooms, orders, policies (spec §6)."""

from __future__ import annotations

import pytest

from dlt_web.lts import seats
from tests.lts.world import CODE, T0_MS, World, granted, report, uuid


def test_100_of_100_seats_is_not_used_up(world: World) -> None:
    world.license(quota=2)
    world.handshake()
    assert granted(world, 1)
    assert granted(world, 2)
    assert granted(world, 1), "a full item refuses nobody who sits, as long as nobody else has asked"


def test_refuse_all_refuses_the_seated_too_from_the_first_refusal_on(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    assert granted(world, 1)
    assert not granted(world, 2)
    assert not granted(world, 1)


def test_refuse_all_ends_when_a_seat_frees(world: World) -> None:
    world.license(quota=2)
    world.handshake()
    assert [granted(world, device) for device in (1, 2, 3, 1)] == [True, True, False, False]
    world.admin.release_device(CODE, world.reads.devices(CODE)[1].device_uuid)
    assert granted(world, 1)
    assert granted(world, 3)
    assert granted(world, 1), "full again, but nobody was refused since"


def test_refuse_all_ends_when_the_quota_grows(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    assert [granted(world, device) for device in (1, 2, 1)] == [True, False, False]
    world.admin.set_license("L", {"quota": 2})
    assert granted(world, 1)
    assert granted(world, 2)


def test_refuse_all_ends_when_an_item_is_added(world: World) -> None:
    world.license(quota=1)
    world.license("M", quota=1)
    world.handshake()
    assert [granted(world, device) for device in (1, 2, 1)] == [True, False, False]
    world.admin.set_handshake(CODE, {"license_ids": ("L", "M")})
    assert granted(world, 1)
    assert granted(world, 2)
    assert (world.used("L"), world.used("M")) == ((1, 0), (1, 0))


def test_refuse_all_ends_when_an_item_becomes_valid(world: World) -> None:
    world.license(quota=1)
    world.license("M", quota=1, valid_from_ms=T0_MS + 60_000)
    world.handshake("L", "M")
    assert [granted(world, device) for device in (1, 2, 1)] == [True, False, False]
    world.advance(minutes=1)
    assert granted(world, 1)
    assert granted(world, 2)
    assert granted(world, 1)


def test_refuse_all_ends_for_everybody_when_one_takes_a_seat_at_another_item(world: World) -> None:
    world.license(quota=1)
    world.license("M", quota=1, valid_from_ms=T0_MS + 60_000)
    world.handshake("L", "M")
    assert [granted(world, device) for device in (1, 2, 1)] == [True, False, False]
    world.advance(minutes=1)
    assert granted(world, 2)
    assert granted(world, 1), "both items are full, but nobody was refused since"


def test_refuse_all_ends_for_everybody_when_one_s_own_time_has_come(world: World) -> None:
    world.license(quota=2, device_lifetime_s=3600)
    world.handshake()
    assert granted(world, 1)
    world.clock.move_to(T0_MS + 1_800_000)
    assert [granted(world, device) for device in (2, 3, 2, 1)] == [True, False, False, False]
    world.clock.move_to(T0_MS + 3_599_999)
    assert not granted(world, 1)
    world.clock.move_to(T0_MS + 3_600_000)
    assert granted(world, 1), "its seat came free just now, and it takes it again"
    assert granted(world, 2)
    assert world.seated() == [1, 2]


@pytest.mark.parametrize("policy", ["refuse-all", "refuse-new"])
def test_the_very_moment_of_a_removal_time_makes_room(world: World, policy: str) -> None:
    world.license(quota=1, device_lifetime_s=3600, on_exhausted=policy)
    world.handshake()
    assert granted(world, 1)
    world.clock.move_to(T0_MS + 3_599_999)
    assert not granted(world, 2)
    world.clock.move_to(T0_MS + 3_600_000)
    assert granted(world, 2)
    assert [device.device_uuid for device in world.reads.devices(CODE)] == [uuid(2)], "without scans it is forgotten"


@pytest.mark.parametrize("policy", ["refuse-all", "refuse-new"])
def test_no_number_of_due_devices_stands_in_the_way_of_one_that_asks(
    world: World, policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the quota was cut more seats must go than one, however many at a time."""
    monkeypatch.setattr(seats, "FREED_AT_ONCE", 2)
    world.license(quota=9, device_lifetime_s=3600, on_exhausted=policy)
    world.handshake()
    assert all(granted(world, device) for device in range(1, 8))
    world.clock.move_to(T0_MS + 1_800_000)
    assert granted(world, 8)
    world.admin.set_license("L", {"quota": 2})
    assert not granted(world, 9)
    assert granted(world, 8) == (policy == "refuse-new")
    world.clock.move_to(T0_MS + 3_600_000)
    assert granted(world, 8)
    assert granted(world, 9)
    assert not granted(world, 10)
    assert world.seated() == [8, 9]


def test_a_report_takes_one_seat_whatever_the_policy(world: World) -> None:
    world.license(quota=2, on_exhausted="allow")
    world.handshake()
    assert granted(world, 1)
    world.admin.release_device(CODE, uuid(1))
    world.report(1, [report(1)])
    assert (world.used(), world.seated()) == ((1, 0), [1])


def test_a_removal_time_that_has_come_is_honoured_before_any_refusal(world: World) -> None:
    world.license(quota=2, device_lifetime_s=3600)
    world.handshake()
    assert [granted(world, device) for device in (1, 2)] == [True, True]
    world.clock.move_to(T0_MS + 3_599_000)
    assert granted(world, 2)
    assert not granted(world, 3)
    assert not granted(world, 2)
    world.clock.move_to(T0_MS + 3_600_000)
    assert granted(world, 2), "the seat of device 1 is due, although no sweep has run"
    assert world.seated() == [2]
    assert granted(world, 3)
    assert world.seated() == [2, 3]


def test_the_asking_devices_own_removal_time_does_not_cost_it_its_seat(world: World) -> None:
    world.license(quota=1, device_lifetime_s=3600)
    world.handshake()
    assert [granted(world, device) for device in (1, 2)] == [True, False]
    world.clock.move_to(T0_MS + 7_200_000)
    assert granted(world, 1)
    assert world.seated() == [1]
    assert not granted(world, 2)


def test_a_refused_request_changes_no_removal_time(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    granted(world, 1)
    before = world.reads.devices(CODE)
    world.clock.move_to(T0_MS + 60_000)
    assert not granted(world, 2)
    assert not granted(world, 1)
    assert world.reads.devices(CODE) == before


def test_refuse_new_lets_the_seated_go_on(world: World) -> None:
    world.license(quota=1, on_exhausted="refuse-new")
    world.handshake()
    assert [granted(world, device) for device in (1, 2, 1)] == [True, False, True]


def test_allow_takes_the_seat_and_shows_the_excess(world: World) -> None:
    world.license(quota=1, on_exhausted="allow")
    world.handshake()
    assert world.authorize(1).json()["item"]["overQuota"] is False
    assert world.authorize(2).json()["item"]["overQuota"] is True
    assert world.used() == (2, 0)
    assert world.usage().devices == 2


@pytest.mark.parametrize(("quota", "grace", "seats"), [(10, 10, 11), (9, 10, 9), (5, 50, 7), (3, 0, 3), (0, 100, 0)])
def test_grace_is_rounded_down(world: World, quota: int, grace: int, seats: int) -> None:
    world.license(quota=quota, grace_percent=grace)
    world.handshake()
    overs = []
    for device in range(1, seats + 1):
        overs.append(world.authorize(device).json()["item"]["overQuota"])
    assert overs == [device > quota for device in range(1, seats + 1)]
    assert not granted(world, seats + 1)


def test_items_are_used_in_their_order_and_seats_stay(world: World) -> None:
    world.license("A", quota=1)
    world.license("B", quota=1)
    world.handshake("B", "A")
    items = [world.authorize(device).json()["item"]["id"] for device in (1, 2, 1)]
    assert items == ["B", "A", "B"]
    world.admin.set_handshake(CODE, {"license_ids": ("A", "B")})
    assert world.authorize(1).json()["item"]["id"] == "B"
    assert not granted(world, 3)


def test_the_policy_is_that_of_the_last_valid_item(world: World) -> None:
    world.license("A", quota=1, on_exhausted="allow")
    world.license("B", quota=1, on_exhausted="refuse-new")
    world.license("C", quota=1, on_exhausted="allow", valid_until_ms=T0_MS + 60_000)
    world.handshake("A", "B", "C")
    items = [world.authorize(device).json()["item"]["id"] for device in (1, 2, 3, 4)]
    assert items == ["A", "B", "C", "C"]
    world.advance(minutes=1)
    assert not granted(world, 5)
    assert granted(world, 1)


def test_refuse_all_of_the_last_item_leaves_the_devices_of_other_items_alone(world: World) -> None:
    world.license("A", quota=1)
    world.license("B", quota=1)
    world.handshake("A", "B")
    assert [granted(world, device) for device in (1, 2, 3)] == [True, True, False]
    assert granted(world, 1)
    assert not granted(world, 2)


def test_when_its_item_ends_a_device_moves_with_its_next_authorization(world: World) -> None:
    world.license("A", quota=1, valid_until_ms=T0_MS + 60_000)
    world.license("B", "concurrent_device", quota=1)
    world.handshake("A", "B")
    world.authorize(1)
    world.advance(minutes=1)
    assert world.used("A") == (1, 0)
    assert world.authorize(1).json()["item"] == {"id": "B", "chargeWay": "concurrent_device", "overQuota": False}
    assert (world.used("A"), world.used("B")) == ((0, 0), (1, 0))


def test_a_device_whose_item_left_the_code_moves(world: World) -> None:
    world.license("A")
    world.license("B")
    world.handshake("A")
    world.authorize(1)
    world.admin.set_handshake(CODE, {"license_ids": ("B",)})
    assert world.authorize(1).json()["item"]["id"] == "B"
    assert (world.used("A"), world.used("B")) == ((0, 0), (1, 0))


def test_an_item_shared_by_two_codes_has_one_quota(world: World) -> None:
    world.license(quota=2)
    world.handshake(code="one")
    world.handshake(code="two")
    assert granted(world, 1, code="one")
    assert granted(world, 1, code="two")
    assert not granted(world, 2, code="one")
    assert not granted(world, 1, code="two")
    world.admin.release_device("one", world.reads.devices("one")[0].device_uuid)
    assert granted(world, 1, code="two")


def test_a_device_of_that_name_under_another_code_makes_room_too(world: World) -> None:
    world.license(quota=1, device_lifetime_s=3600)
    world.handshake(code="one")
    world.handshake(code="two")
    assert granted(world, 1, code="two")
    assert not granted(world, 1, code="one")
    world.clock.move_to(T0_MS + 3_600_000)
    assert granted(world, 1, code="one")
    assert (world.seated("one"), world.seated("two")) == ([1], [])
