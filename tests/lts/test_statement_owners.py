"""Whose usage a statement is about: codes for tests, and codes that change hands."""

from __future__ import annotations

import json

import pytest

from dlt_web.errors import OptionError
from dlt_web.lts.admin_keys import AdminError
from dlt_web.slots import parse_time
from tests.lts.statement_world import (
    ACME,
    BERLIN,
    DECEMBER,
    LAST_IN_BERLIN,
    NOVEMBER,
    freeze,
    go_to,
    lines,
    refusal,
    shop,
)
from tests.lts.world import CODE, World, outcomes, report


def test_test_codes_never_appear(world: World) -> None:
    shop(world)
    shop(world, code="t", is_test=True)
    for code in (CODE, "t"):
        world.report(1, [report(1, 4)], code=code)
    go_to(world, "2026-12-01T08:00:00Z")
    november = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    assert lines(json.loads(november.json), "usage") == [(CODE, 4)]
    for text in (november.json, november.csv, november.html):
        assert "L-t" not in text
    # Nor what was tested with one that is none any more; but what came late for one that has become one since.
    world.report(1, [report(2, 8, slot=1)])
    world.report(1, [report(2, 16, slot=1)], code="t")
    world.admin.set_handshake(CODE, {"is_test": True})
    world.admin.set_handshake("t", {"is_test": False})
    world.authorize(1)
    assert outcomes(world.report(1, [report(3, 32, slot=LAST_IN_BERLIN + 200)])) == ["accepted"]
    go_to(world, "2027-01-01T08:00:00Z")
    december = freeze(world, DECEMBER)
    assert (lines(december, "usage"), lines(december, "late")) == ([(CODE, 0), ("t", 0)], [(CODE, 8)])
    with pytest.raises(AdminError, match="is a test code, which no statement shows"):
        world.admin.book_credit(CODE, "scans", 1, "why")


def test_what_was_used_while_a_code_was_for_tests_is_never_billed(world: World) -> None:
    shop(world, is_test=True)
    world.report(1, [report(1, 500)])
    world.advance(days=1)
    world.authorize(1)
    world.admin.set_handshake(CODE, {"is_test": False})
    world.report(1, [report(2, 7, slot=479), report(3, 4, slot=480)])
    go_to(world, "2026-12-01T08:00:00Z")
    assert lines(freeze(world, NOVEMBER), "usage") == [(CODE, 4)]
    world.report(1, [report(4, 100, slot=5), report(5, 2, slot=481)])
    go_to(world, "2027-01-01T08:00:00Z")
    assert lines(freeze(world, DECEMBER), "late") == [(CODE, 2)]


def test_real_use_is_billed_although_the_code_is_marked_by_mistake(world: World) -> None:
    shop(world)
    world.report(1, [report(1, 4)])
    go_to(world, "2026-12-01T08:00:00Z")
    with pytest.raises(
        AdminError, match=f"{CODE} has 4 scans for ACME that no statement says yet.*--test-from"
    ) as caught:
        world.admin.set_handshake(CODE, {"is_test": True})
    assert caught.value.code == "STATEMENT_REFUSED"
    assert not world.reads.handshake(CODE).is_test
    world.admin.set_handshake(CODE, {"is_test": True, "test_from_ms": world.clock.now_ms()})
    assert lines(freeze(world, NOVEMBER), "usage") == [(CODE, 4)]
    go_to(world, "2026-12-02T08:00:00Z")
    world.admin.set_handshake(CODE, {"is_test": False})
    world.report(1, [report(2, 3, slot=1)])
    go_to(world, "2027-01-01T08:00:00Z")
    assert lines(freeze(world, DECEMBER), "late") == [(CODE, 3)]


def test_devices_that_are_charged_are_use_that_a_mark_must_not_hide(world: World) -> None:
    world.license("D", "per_device", quota=5)
    world.handshake("D", code="d", customer=ACME)
    world.admin.set_handshake("d", {"is_test": True})
    world.admin.set_handshake("d", {"is_test": False})
    world.authorize(1, code="d")
    with pytest.raises(AdminError, match="d has devices at D for ACME"):
        world.admin.set_handshake("d", {"is_test": True})


def test_a_code_is_for_tests_from_any_time_that_no_statement_has_closed(world: World) -> None:
    shop(world)
    world.report(1, [report(1, 4)])
    world.admin.set_handshake(CODE, {"is_test": True, "test_from_ms": 0})
    go_to(world, "2026-12-01T08:00:00Z")
    november = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    assert (json.loads(november.json)["usage"], json.loads(november.json)["items"]) == ([], [])
    with pytest.raises(AdminError, match=r"2026-11 of ACME is frozen: the code ceases to be a test code at 2026-11-30"):
        world.admin.set_handshake(CODE, {"is_test": False, "test_from_ms": 0})
    with pytest.raises(OptionError, match="becomes a test code by now at the latest; found 2026-12-06T00:00:00Z"):
        world.admin.set_handshake(CODE, {"is_test": True, "test_from_ms": parse_time("2026-12-06T00:00:00Z")})
    world.admin.set_handshake(CODE, {"is_test": False, "test_from_ms": parse_time("2026-11-30T23:00:00Z")})
    world.authorize(1)
    world.report(1, [report(2, 6, slot=LAST_IN_BERLIN + 1)])
    go_to(world, "2027-01-01T08:00:00Z")
    assert lines(freeze(world, DECEMBER), "usage") == [(CODE, 6)]
    changes = [json.loads(entry.detail) for entry in world.reads.audit() if entry.action == "handshake.purpose"]
    assert changes == [
        {"from": "1970-01-01T00:00:00Z", "test": True},
        {"from": "2026-11-30T23:00:00Z", "test": False},
    ]


def test_a_code_that_changes_hands_is_stated_to_each_for_their_time(world: World) -> None:
    shop(world)
    world.report(1, [report(1, 4)])
    world.advance(days=1)
    world.admin.set_handshake(CODE, {"customer": "Other"})
    world.authorize(1)
    world.report(1, [report(2, 2, slot=479), report(3, 30, slot=480)])
    world.advance(days=1)
    world.admin.set_handshake(CODE, {"customer": ACME})
    world.authorize(1)
    world.report(1, [report(4, 100, slot=960)])
    go_to(world, "2026-12-01T08:00:00Z")
    assert lines(freeze(world, NOVEMBER), "usage") == [(CODE, 6), (CODE, 100)]
    assert lines(freeze(world, NOVEMBER, customer="Other"), "usage") == [(CODE, 30)]
    # Late usage goes to whoever had the code then.
    world.admin.set_handshake(CODE, {"customer": None})
    world.report(1, [report(5, 7, slot=5), report(6, 8, slot=500), report(7, 9, slot=970)])
    go_to(world, "2027-01-01T08:00:00Z")
    assert lines(freeze(world, DECEMBER), "late") == [(CODE, 16)]
    assert lines(freeze(world, DECEMBER, customer="Other"), "late") == [(CODE, 8)]


def test_a_code_that_is_given_its_first_customer_brings_what_no_statement_has_closed(world: World) -> None:
    shop(world, customer=None)
    world.report(1, [report(1, 4)])
    world.admin.set_handshake(CODE, {"customer": ACME})
    shop(world, code="later", customer=None)
    world.report(1, [report(1, 5)], code="later")
    go_to(world, "2026-12-05T08:00:00Z")
    assert lines(freeze(world, NOVEMBER), "usage") == [(CODE, 4)]
    world.admin.set_handshake("later", {"customer": ACME})
    world.authorize(1, code="later")
    world.report(1, [report(2, 6, slot=LAST_IN_BERLIN + 5)], code="later")
    go_to(world, "2027-01-01T08:00:00Z")
    december = freeze(world, DECEMBER)
    assert (lines(december, "usage"), december["late"]) == ([(CODE, 0), ("later", 6)], [])


def test_a_hand_over_may_be_dated_back_as_far_as_nothing_is_frozen(world: World) -> None:
    shop(world)
    world.report(1, [report(1, 4)])
    go_to(world, "2026-12-05T08:00:00Z")
    world.authorize(1)
    world.report(1, [report(2, 6, slot=LAST_IN_BERLIN + 1)])
    freeze(world, NOVEMBER)
    back = {"customer": "Other", "customer_from_ms": parse_time("2026-11-30T22:57:00Z")}
    with pytest.raises(
        AdminError, match=r"The statement 2026-11 of ACME is frozen: the code changes hands at 2026-11-30"
    ):
        world.admin.set_handshake(CODE, back)
    world.admin.set_handshake(CODE, back | {"customer_from_ms": parse_time("2026-11-30T23:00:00Z")})
    with pytest.raises(OptionError, match="by now at the latest; found 2026-12-06T00:00:00Z"):
        world.admin.set_handshake(CODE, back | {"customer_from_ms": parse_time("2026-12-06T00:00:00Z")})
    go_to(world, "2027-01-01T08:00:00Z")
    assert freeze(world, DECEMBER)["usage"] == []
    assert lines(freeze(world, DECEMBER, customer="Other"), "usage") == [(CODE, 6)]
    assert lines(freeze(world, NOVEMBER, customer="Other"), "usage") == []


def test_a_wrong_name_is_put_right_from_the_beginning(world: World) -> None:
    shop(world, customer="ACNE")
    world.report(1, [report(1, 4)])
    world.admin.set_handshake(CODE, {"customer": ACME, "customer_from_ms": 0})
    go_to(world, "2026-12-05T08:00:00Z")
    assert lines(freeze(world, NOVEMBER), "usage") == [(CODE, 4)]
    assert refusal(world, NOVEMBER, customer="ACNE")[0] == "NOT_FOUND"
