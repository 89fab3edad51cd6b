"""Two handshake codes that share an item and have others beside it: whose refusal binds whom, and until when (§6)."""

from __future__ import annotations

import pytest

from tests.lts.world import CODE, T0_MS, World, granted, uuid

ONE, TWO = "one", "two"


@pytest.fixture
def shared(world: World) -> World:
    """Both codes use S, TWO has room at B too; ONE has been refused, with device 1 at S, as is device 2 under TWO."""
    world.license("S", quota=2)
    world.license("B", quota=2)
    world.handshake("S", code=ONE)
    world.handshake("S", "B", code=TWO)
    assert granted(world, 1, code=ONE)
    assert granted(world, 2, code=TWO)
    assert not granted(world, 3, code=ONE)
    return world


def of_the_item(world: World) -> list[bool]:
    """Tell which of the devices of S get a token, that under ONE and that under TWO."""
    return [granted(world, 1, code=ONE), granted(world, 2, code=TWO)]


def test_a_seat_at_another_code_s_own_item_does_not_end_the_refusal(shared: World) -> None:
    assert granted(shared, 4, code=TWO)
    assert of_the_item(shared) == [False, False]
    assert not granted(shared, 3, code=ONE)


def test_a_device_of_the_item_is_refused_and_stays_where_it_sits(shared: World) -> None:
    assert of_the_item(shared) == [False, False]
    assert (shared.used("S"), shared.used("B")) == ((2, 0), (0, 0))


def test_that_refusal_says_nothing_of_its_own_code_s_last_item(shared: World) -> None:
    assert granted(shared, 4, code=TWO)
    detail = shared.authorize(2, code=TWO).json()["detail"]
    assert detail == "The quota of the license item S is used up: 2 of 2 at item S."
    assert granted(shared, 4, code=TWO), "nobody without a seat was refused under this code"


def test_a_seat_that_frees_at_another_code_s_own_item_does_not_end_it(shared: World) -> None:
    assert granted(shared, 4, code=TWO)
    shared.admin.release_device(TWO, uuid(4))
    assert of_the_item(shared) == [False, False]


def test_a_seat_that_frees_at_the_item_ends_it_for_both(shared: World) -> None:
    shared.admin.release_device(TWO, uuid(2))
    assert granted(shared, 1, code=ONE)
    assert of_the_item(shared) == [True, True]


def test_quota_that_grows_at_another_code_s_own_item_does_not_end_it(shared: World) -> None:
    shared.admin.set_license("B", {"quota": 9})
    assert of_the_item(shared) == [False, False]
    shared.admin.set_license("S", {"quota": 3})
    assert of_the_item(shared) == [True, True]


def test_an_item_added_to_another_code_does_not_end_it(shared: World) -> None:
    shared.license("M")
    shared.admin.set_handshake(TWO, {"license_ids": ("S", "B", "M")})
    assert of_the_item(shared) == [False, False]
    shared.admin.set_handshake(ONE, {"license_ids": ("S", "M")})
    assert of_the_item(shared) == [True, True]


def test_an_item_that_becomes_valid_under_the_refusing_code_ends_it(world: World) -> None:
    world.license("S", quota=1)
    world.license("M", quota=1, valid_from_ms=T0_MS + 60_000)
    world.license("B")
    world.handshake("S", "M", code=ONE)
    world.handshake("S", "B", code=TWO)
    assert granted(world, 1, code=TWO)
    assert not granted(world, 2, code=ONE)
    assert not granted(world, 1, code=TWO)
    world.advance(minutes=1)
    assert granted(world, 1, code=TWO)


def test_each_code_s_refusal_lasts_until_that_code_has_room(world: World) -> None:
    for name in ("A", "B", "S"):
        world.license(name, quota=1)
    world.handshake("A", "S", code=ONE)
    world.handshake("B", "S", code=TWO)
    assert [granted(world, device, code=ONE) for device in (1, 2, 3)] == [True, True, False]
    assert [granted(world, device, code=TWO) for device in (1, 3)] == [True, False]
    world.admin.release_device(ONE, uuid(1))
    assert not granted(world, 2, code=ONE), "the other code has no room yet"
    world.admin.release_device(TWO, uuid(1))
    assert granted(world, 2, code=ONE)


def test_what_is_due_at_the_refusing_code_s_other_items_ends_it(world: World) -> None:
    world.license("A", quota=1, device_lifetime_s=3600)
    world.license("S", quota=1)
    world.license("B")
    world.handshake("A", "S", code=ONE)
    world.handshake("S", "B", code=TWO)
    assert granted(world, 1, code=TWO)
    assert [granted(world, device, code=ONE) for device in (2, 3)] == [True, False]
    world.clock.move_to(T0_MS + 3_599_999)
    assert not granted(world, 1, code=TWO)
    world.clock.move_to(T0_MS + 3_600_000)
    assert granted(world, 1, code=TWO)
    assert world.seated(ONE) == []


def test_less_quota_does_not_end_a_refusal_but_another_policy_does(world: World) -> None:
    world.license(quota=2)
    world.handshake()
    assert [granted(world, device) for device in (1, 2, 3)] == [True, True, False]
    world.admin.set_license("L", {"quota": 1})
    assert not granted(world, 1)
    world.admin.set_license("L", {"on_exhausted": "refuse-new"})
    assert [granted(world, device) for device in (1, 2, 3)] == [True, True, False]


def test_a_setting_that_makes_no_room_does_not_end_a_refusal(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    assert [granted(world, device) for device in (1, 2)] == [True, False]
    world.admin.set_handshake(CODE, {"origins": ("https://shop.example",)})
    world.admin.set_license("L", {"valid_until_ms": T0_MS + 3_600_000})
    assert not granted(world, 1)
    world.admin.set_license("L", {"grace_percent": 100})
    assert [granted(world, device) for device in (1, 2)] == [True, True]


def test_an_item_that_is_made_valid_ends_a_refusal_even_if_it_is_full(world: World) -> None:
    world.license("S", quota=1)
    world.license("M", quota=0, valid_until_ms=T0_MS)
    world.handshake("M", "S")
    assert [granted(world, device) for device in (1, 2, 1)] == [True, False, False]
    world.admin.set_license("M", {"valid_until_ms": None})
    assert granted(world, 1)


def test_a_seat_for_another_product_does_not_end_a_refusal(world: World) -> None:
    world.license("S", quota=1)
    world.license("P", quota=1, product="ocr")
    world.handshake("S", "P")
    assert granted(world, 1)
    assert granted(world, 2, product="ocr")
    assert not granted(world, 3)
    world.admin.release_device(CODE, uuid(2))
    assert not granted(world, 1)
    assert granted(world, 2, product="ocr")
    assert not granted(world, 1)
