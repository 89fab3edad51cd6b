"""Slots, hours and days are UTC, whatever the time zone of the server, of the operator or of a device (spec §2, §7)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.lts.admin_client import Operator
from tests.lts.world import CODE, SLOT_0, outcomes, report


@pytest.fixture(params=["Asia/Kolkata", "Australia/Lord_Howe", "America/New_York"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """This process lives in a time zone: of half an hour, with daylight saving by half an hour, or west of UTC."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    assert time.localtime(SLOT_0 * 180).tm_gmtoff != 0, "the machine does not know this time zone"
    yield request.param
    monkeypatch.undo()
    time.tzset()


def starts(operator: Operator, by: str, more: str = "") -> list[str]:
    rows = operator("GET", f"/usage?handshake={CODE}&by={by}{more}").json()["rows"]
    return [row["start"] for row in rows]


@pytest.mark.usefixtures("zone")
def test_usage_is_cut_at_utc_whatever_the_servers_time_zone(operator: Operator) -> None:
    world = operator.world
    world.license()
    world.handshake()
    world.authorize()
    # Each pair stands on two sides of a UTC edge that is none in these zones, or on one side of an edge of theirs.
    slots = ["2026-11-23T23:57:00Z", "2026-11-24T00:00:00Z", "2026-11-24T09:57:00Z", "2026-11-24T10:00:00Z"]
    reports = [report(seq, slot=0) | {"slot": slot} for seq, slot in enumerate(slots, 1)]
    assert outcomes(world.report(1, reports)) == ["accepted"] * 4
    assert starts(operator, "slot") == slots
    assert starts(operator, "hour") == [f"{slot[:13]}:00:00Z" for slot in slots]
    assert starts(operator, "day") == ["2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"]
    # The operator may ask in hours of a zone; a time without one is refused elsewhere.
    assert starts(operator, "slot", "&from=2026-11-24T15:30:00%2B05:30") == slots[3:]


@pytest.mark.usefixtures("zone")
def test_a_device_may_say_its_times_with_the_offset_of_its_zone(operator: Operator) -> None:
    world = operator.world
    world.license()
    world.handshake()
    world.authorize()
    # A half-hour zone, sent from beyond midnight; and the hour that a clock shows twice.
    slots = ["2026-11-24T15:33:00+05:30", "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"]
    for seq, slot in enumerate(slots, 1):
        body = report(seq, slot=0) | {"slot": slot}
        answer = world.report(1, [body], sentAt="2026-11-25T00:33:00+14:30")
        assert outcomes(answer) == ["accepted"]
    assert starts(operator, "slot") == ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-24T10:03:00Z"]
    streams = operator("GET", f"/devices/{world.reads.devices(CODE)[0].device_uuid}?handshake={CODE}").json()["streams"]
    assert [(stream["shiftedReports"], stream["clampedReports"]) for stream in streams] == [(0, 0)]
