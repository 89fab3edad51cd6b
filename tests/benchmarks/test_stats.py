"""Medians, percentiles, slopes."""

from __future__ import annotations

import pytest

from benchmarks.browser.stats import clock_median, middle, percentile, slope_per_1000, spread


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (99.5, 100), (100, 100), (0, 1)])
def test_a_percentile_is_the_nearest_rank(percent: float, expected: float) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == expected


def test_of_one_value_each_percentile_is_that() -> None:
    assert percentile([7.0], 99) == 7.0


def test_between_the_steps_of_a_clock_the_median_is_where_most_of_the_equal_times_lie() -> None:
    evenly, mostly_less = [1.0, 1.1, 1.1, 1.1, 1.2], [0.9, 1.0, 1.0, 1.1, 1.1, 1.1, 1.1]
    assert clock_median(evenly) == pytest.approx(1.1)
    assert clock_median(mostly_less) == pytest.approx(1.05 + 0.1 * 0.5 / 4)


def test_what_binary_fractions_leave_is_no_step_of_a_clock() -> None:
    assert clock_median([0.30000000000000004, 0.3, 0.3, 0.4, 0.2]) == pytest.approx(0.3)


@pytest.mark.parametrize("times", [[2.5], [2.5, 2.5]])
def test_equal_times_are_their_median(times: list[float]) -> None:
    assert clock_median(times) == 2.5


def test_of_a_clock_of_fine_steps_it_is_the_median() -> None:
    assert clock_median([0.101, 5.0, 0.1, 0.35, 7.25]) == pytest.approx(0.35, abs=0.001)


def test_no_times_have_no_median() -> None:
    with pytest.raises(ValueError, match="no median of nothing"):
        clock_median([])


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_what_was_not_measured_is_left_out() -> None:
    assert middle([3.0, None, 1.0, 8.0]) == 3.0
    assert spread([3.0, None, 1.0]) == (1.0, 3.0)
    assert middle([None]) is None
    assert spread([]) is None


def test_a_slope_is_said_for_a_thousand() -> None:
    assert slope_per_1000([0, 100, 200], [5, 6, 7]) == pytest.approx(10)
    assert slope_per_1000([0, 100, 200], [5, 9, 5]) == pytest.approx(0)


def test_one_position_has_no_slope() -> None:
    with pytest.raises(ValueError, match="two positions"):
        slope_per_1000([1, 1], [2, 3])
