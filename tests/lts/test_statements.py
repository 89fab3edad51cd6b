"""Months frozen for invoices: what they say, that they never change, and that usage is stated once."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dlt_web.errors import DltError, OptionError
from dlt_web.lts.admin_keys import AdminError
from dlt_web.lts.billing_records import Statement
from dlt_web.lts.store import SqliteStore
from dlt_web.lts.verify import find_faults
from dlt_web.slots import SLOT_MS, format_time, parse_time
from tests.lts.world import CODE, SLOT_0, World, outcomes, report, uuid

ACME = "ACME"
BERLIN = "Europe/Berlin"
NOVEMBER, DECEMBER, JANUARY = "2026-11", "2026-12", "2027-01"
# Counted from slot 0 of the world, 2026-11-24T10:03Z: the last slot of November in Berlin, the last one in UTC.
LAST_IN_BERLIN, LAST_IN_UTC = (
    parse_time(end) // SLOT_MS - SLOT_0 - 1 for end in ("2026-11-30T23:00:00Z", "2026-12-01T00:00:00Z")
)


def shop(world: World, *, code: str = CODE, customer: str | None = ACME, **more: Any) -> None:
    """Add a code with a per-scan item of its own and a device."""
    item = world.license(f"L-{re.sub(r'[^a-z0-9-]', '', code)}", "per_scan", quota=1_000)
    world.handshake(item, code=code, customer=customer, **more)
    world.authorize(1, code=code)


def go_to(world: World, text: str) -> None:
    """Move the clock on, and sweep on the way."""
    seconds = (parse_time(text) - world.clock.now_ms()) // 1000
    assert world.call("POST", "/v1/test/clock", json={"advanceSeconds": seconds}).status_code == 200


def freeze(world: World, month: str, zone: str | None = BERLIN, customer: str = ACME, **more: Any) -> Any:
    return json.loads(world.admin.freeze_statement(customer, month, zone, **more).json)


def lines(said: Any, section: str) -> list[tuple[str, int]]:
    return [(line["handshakeCode"], line["scans"]) for line in said[section]]


def refusal(world: World, month: str, zone: str | None = BERLIN, customer: str = ACME) -> tuple[str, str]:
    with pytest.raises(DltError) as caught:
        world.admin.freeze_statement(customer, month, zone)
    return caught.value.code, caught.value.message


def test_a_statement_says_what_was_used_in_the_month(world: World) -> None:
    shop(world)
    world.license("D", "per_device", quota=5)
    world.handshake("D", code="d", customer=ACME)
    for device in (1, 2, 3):
        world.authorize(device, code="d")
    world.admin.release_device("d", "00000000-0000-4000-8000-000000000003")
    world.report(1, [report(1, 4, counts={"qr_code": 4, "ean_13": 2}, lost={"purged": 3})])
    world.report(1, [report(1, 7)], reportToken=None)
    go_to(world, "2026-12-01T08:00:00Z")
    said = freeze(world, NOVEMBER)
    assert said["start"] == "2026-10-31T23:00:00Z"
    assert (said["localStart"], said["localEnd"]) == ("2026-11-01T00:00:00+01:00", "2026-12-01T00:00:00+01:00")
    assert said["frozenAt"] == "2026-12-01T08:00:00Z"
    assert said["usage"] == [
        {
            "handshakeCode": CODE,
            "start": "2026-10-31T23:00:00Z",
            "end": "2026-11-30T23:00:00Z",
            "scans": 6,
            "bySymbology": {"ean_13": 2, "qr_code": 4},
            "charged": {f"L-{CODE}": 6},
            "unverifiedScans": 7,
            "lost": {"purged": 3},
            "peakConcurrentDevices": 1,
            "devices": {f"L-{CODE}": {"peak": 1, "atEnd": 1}},
        },
        {
            "handshakeCode": "d",
            "start": "2026-10-31T23:00:00Z",
            "end": "2026-11-30T23:00:00Z",
            "scans": 0,
            "bySymbology": {},
            "charged": {},
            "unverifiedScans": 0,
            "lost": {},
            "peakConcurrentDevices": 3,
            "devices": {"D": {"peak": 3, "atEnd": 2}},
        },
    ]
    assert (said["late"], said["credits"], said["devicesFollowedFrom"]) == ([], [], None)
    common = {"product": "barcode-reader"}
    assert said["items"] == [
        common
        | {"licenseId": "D", "chargeWay": "per_device", "quota": 5, "chargedScans": 0}
        | {"devices": {"peak": 3, "atEnd": 2}},
        common
        | {"licenseId": f"L-{CODE}", "chargeWay": "per_scan", "quota": 1_000, "chargedScans": 6}
        | {"devices": {"peak": 1, "atEnd": 1}},
    ]
    assert said["totals"] == {
        "peakConcurrentDevices": 4,
        "scans": 6,
        "lateScans": 0,
        "chargedScans": 6,
        "lateChargedScans": 0,
        "creditedScans": 0,
        "creditedDevices": 0,
        "netChargedScans": 6,
    }


def test_devices_of_an_item_are_counted_over_all_codes_of_the_customer_at_once(world: World) -> None:
    world.license("D", "per_device", quota=50)
    for code, customer in (("a", ACME), ("b", ACME), ("x", "Other")):
        world.handshake("D", code=code, customer=customer)
        world.authorize(100, code=code)
    for number in range(1, 5):
        world.authorize(number, code="a")
    world.advance(minutes=30)
    for number in range(1, 5):
        world.admin.release_device("a", uuid(number))
    world.advance(minutes=30)
    for number in range(1, 4):
        world.authorize(number, code="b")
    go_to(world, "2026-11-26T00:00:00Z")
    world.admin.set_handshake("a", {"customer": "Other"})
    go_to(world, "2026-12-01T08:00:00Z")
    said = freeze(world, NOVEMBER)
    assert [line["devices"]["D"] for line in said["usage"]] == [{"peak": 5, "atEnd": 1}, {"peak": 4, "atEnd": 4}]
    # 5 of "a" beside 1 of "b", then 1 beside 4; at the end "a" is somebody else's.
    assert said["items"][0]["devices"] == {"peak": 6, "atEnd": 4}
    assert [line["peakConcurrentDevices"] for line in said["usage"]] == [5, 3]
    assert said["totals"]["peakConcurrentDevices"] == 6
    other = freeze(world, NOVEMBER, customer="Other")
    assert other["items"][0]["devices"] == {"peak": 2, "atEnd": 2}


def test_a_frozen_statement_is_the_same_to_the_byte_whatever_comes(world: World) -> None:
    shop(world)
    world.report(1, [report(1, 4)])
    go_to(world, "2026-12-01T08:00:00Z")
    first = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    world.report(1, [report(2, 5, slot=1)])
    world.admin.set_license(f"L-{CODE}", {"quota": 7})
    world.admin.set_handshake(CODE, {"is_test": True, "customer": "Other"})
    go_to(world, "2027-03-01T00:00:00Z")
    again = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    assert isinstance(again, Statement)
    assert again == first == world.reads.statement(ACME, NOVEMBER)
    assert world.admin.freeze_statement(ACME, NOVEMBER, None) == first
    assert first.json.endswith("}\n")


def test_a_month_belongs_to_the_clocks_of_its_zone_to_the_slot(world: World) -> None:
    shop(world)
    for seq, slot in enumerate((LAST_IN_BERLIN, LAST_IN_BERLIN + 1, LAST_IN_UTC, LAST_IN_UTC + 1), 1):
        go_to(world, format_time((SLOT_0 + slot) * SLOT_MS))
        world.authorize(1)
        assert outcomes(world.report(1, [report(seq, 10**seq, slot=slot)])) == ["accepted"]
    go_to(world, "2027-01-01T12:00:00Z")
    world.handshake(f"L-{CODE}", code="utc", customer="UTC Ltd")
    assert lines(freeze(world, NOVEMBER), "usage") == [(CODE, 10)]
    assert lines(freeze(world, DECEMBER), "usage") == [(CODE, 11_100)]
    assert lines(freeze(world, NOVEMBER, "UTC", "UTC Ltd"), "usage") == [("utc", 0)]


def test_a_month_that_is_not_over_is_refused_up_to_its_last_moment_there(world: World) -> None:
    shop(world)
    go_to(world, "2026-11-30T22:59:59Z")
    code, message = refusal(world, NOVEMBER)
    assert code == "MONTH_NOT_OVER"
    assert message == (
        "2026-11 is not over in Europe/Berlin: it ends at 2026-11-30T23:00:00Z (2026-12-01T00:00:00+01:00 there), and "
        "now it is 2026-11-30T22:59:59Z."
    )
    world.advance(seconds=1)
    assert refusal(world, NOVEMBER, "UTC")[0] == "MONTH_NOT_OVER"
    # What came in its last slot is written by then.
    world.advance(seconds=179)
    assert refusal(world, NOVEMBER) == (
        "MONTH_NOT_OVER",
        "2026-11 is over in Europe/Berlin, but what came in its last moments may still be on its way into the store: "
        "ask again at 2026-11-30T23:03:00Z.",
    )
    world.advance(seconds=1)
    assert freeze(world, NOVEMBER)["month"] == NOVEMBER
    assert refusal(world, DECEMBER)[0] == "MONTH_NOT_OVER"


def test_usage_that_comes_later_is_a_late_line_of_the_next_month_once(world: World) -> None:
    shop(world)
    world.report(1, [report(1, 4)])
    go_to(world, "2026-12-01T08:00:00Z")
    freeze(world, NOVEMBER)
    world.report(1, [report(2, 5, slot=1), report(3, 2, slot=LAST_IN_BERLIN + 1)])
    world.report(1, [report(1, 3, slot=2, counts={"ean_13": 3}, lost={"purged": 1})], reportToken=None)
    go_to(world, "2027-01-01T08:00:00Z")
    december = freeze(world, DECEMBER)
    assert (lines(december, "usage"), lines(december, "late")) == ([(CODE, 2)], [(CODE, 5)])
    assert december["late"] == [
        {
            "month": NOVEMBER,
            "handshakeCode": CODE,
            "scans": 5,
            "bySymbology": {"qr_code": 5},
            "charged": {f"L-{CODE}": 5},
            "unverifiedScans": 3,
            "lost": {},
        }
    ]
    assert (december["totals"]["lateChargedScans"], december["totals"]["netChargedScans"]) == (5, 7)
    world.report(1, [report(4, 1, slot=3), report(5, 6, slot=LAST_IN_BERLIN + 2)])
    go_to(world, "2027-02-01T08:00:00Z")
    january = freeze(world, JANUARY)
    assert [(line["month"], line["scans"]) for line in january["late"]] == [(NOVEMBER, 1), (DECEMBER, 6)]
    go_to(world, "2027-03-01T08:00:00Z")
    assert freeze(world, "2027-02")["late"] == []
    stated = [freeze(world, month)["totals"] for month in (NOVEMBER, DECEMBER, JANUARY, "2027-02")]
    assert sum(totals["scans"] + totals["lateScans"] for totals in stated) == world.usage().scans == 18


def test_a_second_zone_for_a_frozen_month_is_refused(world: World) -> None:
    shop(world)
    go_to(world, "2026-12-02T08:00:00Z")
    freeze(world, NOVEMBER)
    code, message = refusal(world, NOVEMBER, "Asia/Kolkata")
    assert (code, message.split(";")[0]) == (
        "STATEMENT_REFUSED",
        "The statement 2026-11 of ACME is frozen by the clocks of Europe/Berlin",
    )
    assert refusal(world, NOVEMBER, "UTC")[0] == "STATEMENT_REFUSED"


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
def test_a_zone_that_changes_between_months_states_each_slot_once(world: World, zone: str) -> None:
    shop(world)
    sent = 0
    for seq, slot in enumerate(range(LAST_IN_BERLIN - 200, LAST_IN_BERLIN + 200, 20), 1):
        go_to(world, format_time((SLOT_0 + slot) * SLOT_MS))
        world.authorize(1)
        world.report(1, [report(seq, seq, slot=slot)])
        sent += seq
    go_to(world, "2027-02-02T08:00:00Z")
    first, second = freeze(world, NOVEMBER), freeze(world, DECEMBER, zone)
    assert first["end"] == second["start"]
    assert second["localEnd"].startswith("2027-01-01T00:00:00")
    assert first["totals"]["scans"] + second["totals"]["scans"] == sent
    assert freeze(world, JANUARY, None)["timeZone"] == zone


def test_statements_are_one_run_of_months(world: World) -> None:
    shop(world)
    world.report(1, [report(1, 4)])
    go_to(world, "2027-03-02T08:00:00Z")
    assert refusal(world, DECEMBER, None)[1] == (
        "The first statement of ACME needs a time zone such as Europe/Berlin, or UTC."
    )
    freeze(world, DECEMBER)
    assert refusal(world, "2027-02") == (
        "STATEMENT_REFUSED",
        "The statements of ACME go from 2026-12 to 2026-12, without a gap: 2027-01 comes next, before 2027-02.",
    )
    assert refusal(world, "2026-10")[1].endswith("2026-11 comes next, backwards, before 2026-10.")
    assert lines(freeze(world, NOVEMBER), "usage") == [(CODE, 4)]
    january = freeze(world, JANUARY)
    assert (january["late"], january["totals"]["scans"]) == ([], 0)


@pytest.mark.parametrize("customer", ["Acme", "nobody", "ACME "])
def test_a_customer_that_there_is_not_is_refused(world: World, customer: str) -> None:
    shop(world)
    go_to(world, "2026-12-02T08:00:00Z")
    assert refusal(world, NOVEMBER, customer=customer)[0] in ("NOT_FOUND", "OPTION_INVALID")


def test_a_store_without_customers_has_no_statements(world: World) -> None:
    assert refusal(world, NOVEMBER) == (
        "NOT_FOUND",
        "There is no customer ACME: no handshake code belongs, or belonged, to that name.",
    )
    assert world.reads.statements() == []


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


def test_credits_are_lines_of_the_next_statement_once_and_change_no_counter(world: World) -> None:
    shop(world)
    world.report(1, [report(1, 40)])
    booked = world.admin.book_credit(CODE, "scans", 5, "Scanner stuck <b>twice</b>", month=NOVEMBER)
    world.admin.book_credit(CODE, "scans", -2, "Three of them only")
    world.admin.book_credit(CODE, "devices", 1, "Broken on arrival")
    assert booked.number == 1
    assert (world.used(f"L-{CODE}"), world.usage().scans) == ((1, 40), 40)
    with pytest.raises(AdminError, match=f"3 scans of {CODE} are credited to ACME: 4 cannot be taken back"):
        world.admin.book_credit(CODE, "scans", -4, "too much")
    go_to(world, "2026-12-01T08:00:00Z")
    november = freeze(world, NOVEMBER)
    assert [(line["number"], line["unit"], line["quantity"], line["month"]) for line in november["credits"]] == [
        (1, "scans", 5, NOVEMBER),
        (2, "scans", -2, None),
        (3, "devices", 1, None),
    ]
    assert (november["totals"]["creditedScans"], november["totals"]["netChargedScans"]) == (3, 37)
    # For a closed month: on the next statement; for one that has begun: not before its own.
    world.admin.book_credit(CODE, "scans", 7, "Late but just", month=NOVEMBER)
    go_to(world, "2027-01-01T08:00:00Z")
    world.admin.book_credit(CODE, "scans", 9, "For this month", month=JANUARY)
    december = freeze(world, DECEMBER)
    assert [(line["quantity"], line["month"]) for line in december["credits"]] == [(7, NOVEMBER)]
    assert december["totals"]["netChargedScans"] == -7
    assert [credit.stated_month for credit in world.reads.credits_of(ACME)] == [NOVEMBER] * 3 + [DECEMBER, None]
    entries = [entry for entry in world.reads.audit() if entry.action == "usage.adjust"]
    assert len(entries) == 5
    assert json.loads(entries[0].detail) == {
        "customer": ACME,
        "id": booked.id,
        "month": NOVEMBER,
        "number": 1,
        "quantity": 5,
        "reason": "Scanner stuck <b>twice</b>",
        "unit": "scans",
    }


def test_a_credit_that_is_asked_for_again_is_booked_once(world: World) -> None:
    shop(world)
    booked = world.admin.book_credit(CODE, "scans", 5, "why", credit_id="crm-1")
    # Whoever has the code by then, and whether or not statements show it.
    world.admin.set_handshake(CODE, {"customer": "Other"})
    assert world.admin.book_credit(CODE, "scans", 5, "why", credit_id="crm-1") == booked
    with pytest.raises(AdminError, match=r"crm-1 is booked already, as number 1, .* 5 scans of .* for ACME") as caught:
        world.admin.book_credit(CODE, "scans", 6, "why", credit_id="crm-1")
    assert caught.value.code == "ALREADY_EXISTS"
    with pytest.raises(OptionError, match="A credit's id has 1 to 128"):
        world.admin.book_credit(CODE, "scans", 5, "why", credit_id="")
    assert world.reads.credits_of() == [booked]
    ids = {world.admin.book_credit(CODE, "scans", 5, "why").id for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("quantity", "reason", "month", "message"),
    [
        (0, "why", None, "A credit is a whole number"),
        (10**13, "why", None, "A credit is a whole number"),
        (1, "", None, "A credit's reason has"),
        (1, " ", None, "A credit's reason has"),
        (1, "a\nb", None, "A credit's reason has"),
        (1, "x" * 501, None, "A credit's reason has"),
        (1, "why", "2026-12", "A credit is for a month that has begun; found 2026-12"),
        (1, "why", "Nov", "A month is written as"),
    ],
)
def test_a_credit_out_of_range_is_refused(
    world: World, quantity: int, reason: str, month: str | None, message: str
) -> None:
    shop(world)
    with pytest.raises(OptionError, match=message):
        world.admin.book_credit(CODE, "scans", quantity, reason, month=month)
    assert world.reads.credits_of() == []


def test_a_credit_needs_a_code_with_a_customer(world: World) -> None:
    shop(world, customer=None)
    with pytest.raises(AdminError, match="belongs to no customer"):
        world.admin.book_credit(CODE, "scans", 1, "why")
    with pytest.raises(AdminError, match="There is no handshake code x"):
        world.admin.book_credit("x", "scans", 1, "why")


def test_a_credit_is_for_whoever_had_the_code_in_its_month(world: World) -> None:
    shop(world)
    go_to(world, "2026-12-10T00:00:00Z")
    freeze(world, NOVEMBER)
    world.admin.set_handshake(CODE, {"customer": "Other"})
    go_to(world, "2027-01-02T00:00:00Z")

    def book(month: str | None, **more: Any) -> str:
        return world.admin.book_credit(CODE, "scans", 1, "why", month=month, **more).customer

    def refused(month: str | None, **more: Any) -> str:
        with pytest.raises(AdminError) as caught:
            book(month, **more)
        assert caught.value.code == "STATEMENT_REFUSED"
        return caught.value.message

    assert refused(NOVEMBER) == (
        f"The handshake code {CODE} belonged to ACME in 2026-11, and belongs to Other now: say whose the credit is "
        "(--customer, customer)."
    )
    assert "belonged to ACME and Other in 2026-12" in refused(DECEMBER)
    assert "did not belong to Other, in 2026-11" in refused(NOVEMBER, customer="Other")
    assert "did not belong to Nobody, ever" in refused(None, customer="Nobody")
    assert book(JANUARY) == book(None) == book(DECEMBER, customer="Other") == "Other"
    assert book(NOVEMBER, customer=ACME) == book(DECEMBER, customer=ACME) == book(None, customer=ACME) == ACME
    # The month is that of the customer's own clocks, and a month of tests is nobody's.
    world.admin.set_handshake(CODE, {"customer": None})
    assert "belonged to Other in 2027-01, and belongs to nobody now" in refused(JANUARY)
    shop(world, code="t", customer="T")
    world.admin.set_handshake("t", {"is_test": True})
    with pytest.raises(AdminError, match="t is a test code"):
        world.admin.book_credit("t", "scans", 1, "why")
    assert world.admin.book_credit("t", "scans", 1, "why", month=DECEMBER).customer == "T"
    go_to(world, "2027-02-02T00:00:00Z")
    with pytest.raises(AdminError, match="t did not belong to a customer, but for tests, in 2027-02"):
        world.admin.book_credit("t", "scans", 1, "why", month="2027-02")


def test_a_name_is_escaped_in_every_form(world: World) -> None:
    name = '=cmd|"/c calc"!A1 & <script>alert(1)</script> Mü\u0308ller'
    shop(world, customer=name, code="<img/src=x>")
    world.admin.book_credit("<img/src=x>", "scans", 1, '"><svg onload=alert(2)>')
    go_to(world, "2026-12-01T08:00:00Z")
    statement = world.admin.freeze_statement(name, NOVEMBER, BERLIN)
    assert statement.head.customer.endswith("Mü\u0308ller")
    assert "<script" not in statement.html
    assert "<img" not in statement.html
    assert "<svg" not in statement.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in statement.html
    rows = list(csv.reader(io.StringIO(statement.csv)))
    assert {len(row) for row in rows} == {9}
    assert {row[0] for row in rows[1:]} == {"'" + statement.head.customer}
    # Composed, so that both ways to type an umlaut are one customer.
    decomposed = "Mu\u0308ller"
    shop(world, customer=decomposed, code="m")
    assert world.reads.handshake("m").customer == "Müller"


def test_the_page_stands_alone(world: World) -> None:
    shop(world)
    go_to(world, "2026-12-01T08:00:00Z")
    html = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN).html
    for word in ("<script", "http:", "https:", "src=", "href=", "@import", "url(", " style="):
        assert word not in html, word
    assert "@media print" in html


def test_csv_and_json_say_the_same_numbers(world: World) -> None:
    shop(world)
    world.report(1, [report(1, 4, counts={"qr_code": 4, "ean_13": 2}, lost={"purged": 3})])
    world.admin.book_credit(CODE, "scans", 2, "why")
    go_to(world, "2026-12-01T08:00:00Z")
    statement = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    said = json.loads(statement.json)
    rows = list(csv.DictReader(io.StringIO(statement.csv)))
    found = {(row["section"], row["measure"], row["name"]): int(row["count"]) for row in rows}
    assert found["usage", "scansOfSymbology", "ean_13"] == 2
    assert found["usage", "lostScans", "purged"] == 3
    assert found["credit", "scans", ""] == -2
    assert found["item", "peakDevices", f"L-{CODE}"] == found["item", "devicesAtEnd", f"L-{CODE}"] == 1
    totals = {name: count for (section, name, _), count in found.items() if section == "total"}
    assert totals == said["totals"]


def test_the_audit_log_holds_the_hash_of_each_form(world: World) -> None:
    shop(world)
    go_to(world, "2026-12-01T08:00:00Z")
    statement = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    entry = world.reads.audit()[-1]
    assert (entry.action, entry.subject) == ("statement.freeze", "2026-11 ACME")
    expected = {form: sha256(getattr(statement, form).encode()).hexdigest() for form in ("json", "csv", "html")}
    assert json.loads(entry.detail)["sha256"] == expected
    # A frozen one that is asked for again is no change.
    world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    assert world.reads.audit()[-1] == entry


def test_months_frozen_amid_reports_by_several_at_once_state_each_scan_once(world: World) -> None:
    shop(world)
    go_to(world, "2027-01-05T08:00:00Z")
    world.authorize(1)
    found: list[Statement] = []

    def ask() -> None:
        for month in (NOVEMBER, DECEMBER):
            found.append(world.admin.freeze_statement(ACME, month, BERLIN))

    def credit() -> None:
        for number in range(5):
            world.admin.book_credit(CODE, "scans", 1, f"credit {number}")

    threads = [threading.Thread(target=ask) for _ in range(4)] + [threading.Thread(target=credit)]
    for thread in threads:
        thread.start()
    for seq in range(1, 41):
        world.report(1, [report(seq, seq, slot=seq * 150)])
    for thread in threads:
        thread.join()
    assert len({statement.json for statement in found}) == 2
    go_to(world, "2027-02-05T08:00:00Z")
    stated = [freeze(world, month) for month in (NOVEMBER, DECEMBER, JANUARY)]
    assert sum(said["totals"]["scans"] + said["totals"]["lateScans"] for said in stated) == world.usage().scans == 820
    assert sum(said["totals"]["creditedScans"] for said in stated) == 5
    freezes = [entry.subject for entry in world.reads.audit() if entry.action == "statement.freeze"]
    assert sorted(freezes) == ["2026-11 ACME", "2026-12 ACME", "2027-01 ACME"]


def test_a_statement_that_is_changed_by_hand_is_a_fault(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "lts.db"))
    world = World(store)
    shop(world)
    go_to(world, "2026-12-01T08:00:00Z")
    world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    assert find_faults(store) == []
    store._connection.execute("UPDATE statement SET csv = csv || ' '")
    assert find_faults(store) == ["Statement 2026-11 of ACME: its csv is not what was frozen."]
    # One that is gone, one that was frozen again with other figures in its place, and one that nobody has frozen.
    kept = store._connection.execute("SELECT * FROM statement").fetchone()
    store._connection.execute("DELETE FROM statement")
    assert find_faults(store) == ["Statement 2026-11 of ACME: it was frozen, and is missing."]
    world.admin.book_credit(CODE, "scans", 1, "why")
    freeze(world, NOVEMBER)
    assert find_faults(store) == [
        "Statement 2026-11 of ACME: the audit log says that it was frozen 2 times.",
        *(f"Statement 2026-11 of ACME: its {form} is not what was frozen." for form in ("csv", "html", "json")),
    ]
    store._connection.execute("DELETE FROM statement")
    store._connection.execute(f"INSERT INTO statement VALUES ({', '.join('?' * len(kept))})", ("Nobody", *kept[1:]))
    assert find_faults(store) == [
        "Statement 2026-11 of Nobody: the audit log says that it was frozen never.",
        "Statement 2026-11 of ACME: it was frozen, and is missing.",
    ]
    world.close()
    store.close()
