"""Credits: lines of the next statement, booked once, for whoever had the code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dlt_web.errors import OptionError
from dlt_web.lts.admin_keys import AdminError
from tests.lts.statement_world import (
    ACME,
    DECEMBER,
    JANUARY,
    NOVEMBER,
    freeze,
    go_to,
    shop,
)
from tests.lts.world import CODE, World, report


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
    with pytest.raises(AdminError, match=r"belongs to no customer: lts handshake set .* gives it one"):
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
