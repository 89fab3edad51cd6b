"""Months of time zones as ranges of slots."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from dlt_web.errors import OptionError
from dlt_web.lts.months import Month, first_slot, local_time, slots_of, zone_of
from dlt_web.slots import SLOT_MS, format_time


def span(month: str, zone: str) -> tuple[str, str]:
    slots = slots_of(Month.parse(month), zone_of(zone))
    return format_time(slots.first * SLOT_MS), format_time(slots.end * SLOT_MS)


@pytest.mark.parametrize(
    ("month", "zone", "start", "end"),
    [
        ("2026-11", "UTC", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-11", "Europe/Berlin", "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"),
        # An hour longer, as summer time ends in it; an hour shorter.
        ("2026-10", "Europe/Berlin", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"),
        ("2026-03", "Europe/Berlin", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
        ("2026-12", "Asia/Kolkata", "2026-11-30T18:30:00Z", "2026-12-31T18:30:00Z"),
        ("2026-02", "Asia/Kathmandu", "2026-01-31T18:15:00Z", "2026-02-28T18:15:00Z"),
        ("2026-04", "Australia/Lord_Howe", "2026-03-31T13:00:00Z", "2026-04-30T13:30:00Z"),
        ("2026-01", "Pacific/Kiritimati", "2025-12-31T10:00:00Z", "2026-01-31T10:00:00Z"),
        ("2026-01", "Etc/GMT+12", "2026-01-01T12:00:00Z", "2026-02-01T12:00:00Z"),
        # The clocks skipped midnight: the month began at one o'clock.
        ("2017-10", "America/Asuncion", "2017-10-01T04:00:00Z", "2017-11-01T03:00:00Z"),
        # They showed it twice: it began at the first one.
        ("2015-11", "America/Havana", "2015-11-01T04:00:00Z", "2015-12-01T05:00:00Z"),
    ],
)
def test_a_month_is_that_of_the_clocks_there(month: str, zone: str, start: str, end: str) -> None:
    assert span(month, zone) == (start, end)


def test_the_months_of_every_zone_of_today_begin_with_a_slot_and_as_the_clocks_say() -> None:
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for month in (Month(2026, 12).plus(number) for number in range(14)):
            slot = first_slot(month, zone)
            first = datetime.fromisoformat(local_time(slot, zone))
            before = datetime.fromisoformat(local_time(slot - 1, zone))
            assert (first.year, first.month, first.day) == (month.year, month.number, 1), (name, month)
            assert Month(before.year, before.month) == month.plus(-1), (name, month)
            assert first - before == timedelta(minutes=3), (name, month)


def test_months_follow_each_other_without_a_gap() -> None:
    for name in ("Europe/Berlin", "America/St_Johns", "Australia/Adelaide", "Pacific/Chatham"):
        months = [slots_of(Month(2025, 1).plus(number), zone_of(name)) for number in range(36)]
        assert all(one.end == two.first for one, two in pairwise(months))


def test_a_zone_whose_months_begin_inside_a_slot_is_refused() -> None:
    with pytest.raises(OptionError, match=r"1971-05 begins at 1971-05-01T00:44:30Z in Africa/Monrovia, inside a slot"):
        span("1971-05", "Africa/Monrovia")


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "26-01", "2026-01-01", "", "1969-12", "9998-01", "x"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match=r"A month is written as 2026-11; found"):
        Month.parse(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Europe/Berln", "did you mean Europe/Berlin?"),
        ("europe/berlin", "did you mean Europe/Berlin?"),
        ("CEST-2", "take one such as Europe/Berlin, or UTC."),
        ("../../etc/passwd", "take one such as Europe/Berlin, or UTC."),
        ("localtime", "There is no time zone"),
        ("", "There is no time zone"),
        ("x" * 10_000, "There is no time zone"),
    ],
)
def test_what_is_no_time_zone_is_refused_with_one_that_is_near(text: str, hint: str) -> None:
    with pytest.raises(OptionError, match=r"There is no time zone") as caught:
        zone_of(text)
    assert hint in caught.value.message
    assert len(caught.value.message) < 200


def test_the_first_month_of_all_is_not_before_the_epoch() -> None:
    assert span("1970-01", "UTC")[0] == "1970-01-01T00:00:00Z"
    with pytest.raises(OptionError, match="begins before 1970"):
        span("1970-01", "Europe/Berlin")
    assert (str(Month(2026, 12).plus(1)), str(Month(2026, 1).plus(-1))) == ("2027-01", "2025-12")
