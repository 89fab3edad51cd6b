"""Months frozen for invoices: what they say, that they never change, and that usage is stated once."""

from __future__ import annotations

import threading

import pytest

from dlt_web.lts.billing_records import Statement
from dlt_web.slots import SLOT_MS, format_time
from tests.lts.statement_world import (
    ACME,
    BERLIN,
    DECEMBER,
    JANUARY,
    LAST_IN_BERLIN,
    LAST_IN_UTC,
    NOVEMBER,
    freeze,
    go_to,
    lines,
    refusal,
    shop,
)
from tests.lts.world import CODE, SLOT_0, World, outcomes, report, uuid


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
