"""Medians, percentiles, slopes."""

from __future__ import annotations

import pytest

from benchmarks.browser.stats import middle, percentile, slope_per_1000, spread


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (99.5, 100), (100, 100), (0, 1)])
def test_a_percentile_is_the_nearest_rank(percent: float, expected: float) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == expected


def test_of_one_value_each_percentile_is_that() -> None:
    assert percentile([7.0], 99) == 7.0


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
