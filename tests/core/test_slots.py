import pytest

from dlt_web.errors import WireError
from dlt_web.slots import add_counts, format_time, growth, parse_time, slot_of, slot_start_ms, total_of


def test_a_slot_is_half_open():
    start_ms = slot_start_ms(100)
    assert [slot_of(at) for at in (start_ms - 1, start_ms, start_ms + 179_999, start_ms + 180_000)] == [
        99,
        100,
        100,
        101,
    ]


def test_a_day_has_480_slots():
    assert slot_of(86_400_000) - slot_of(0) == 480


def test_counts_add_up_by_name_without_zeros():
    assert add_counts({"a": 1, "b": 2}, {"b": 3, "c": 0}) == {"a": 1, "b": 5}
    assert total_of({"a": 1, "b": 5}) == 6


def test_growth_is_the_difference_or_none_when_a_number_shrank():
    assert growth({"a": 1}, {"a": 3, "b": 1}) == {"a": 2, "b": 1}
    assert growth({"a": 1}, {"a": 1}) == {}
    assert growth({"a": 2}, {"a": 1, "b": 9}) is None
    assert growth({"a": 2}, {}) is None


@pytest.mark.parametrize("wall_ms", [0, 1, 999, 1_764_000_000_000, 253_000_000_000_000])
def test_a_time_survives_its_text(wall_ms):
    assert parse_time(format_time(wall_ms)) == wall_ms


def test_an_offset_is_counted_in():
    assert parse_time("2026-11-24T11:03:00+01:00") == parse_time("2026-11-24T10:03:00Z")


@pytest.mark.parametrize(
    "text",
    [
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.999Z",
        "1990-12-31T15:59:60-08:00",
        "2017-01-01T05:29:60+05:30",
    ],
)
def test_a_leap_second_is_the_end_of_its_day(text):
    last_ms = parse_time(text)
    assert last_ms % 86_400_000 == 86_399_999
    assert last_ms + 1 == parse_time(format_time(last_ms + 1))
    assert slot_of(last_ms) == slot_of(last_ms - 179_999)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2016-12-31T12:00:60Z", "2016-12-30T23:59:60Z", "2016-12-31T23:59:60", "2016-12-31T23:59:61Z",
     "9999-12-31T23:59:60Z", "2016-12-31T23:59:60+00:00:30", "2026-11-24",
     "2026-11-24T10:03:00", "1969-12-31T23:59:59Z", "9999-12-31T00:00:00Z",
     "1970-01-01T00:00:00+01:00", 5, None],
)  # fmt: skip
def test_what_is_no_time_is_refused(text):
    with pytest.raises(WireError, match="expected"):
        parse_time(text)
