"""Figures out of what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median, median_grouped


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent of all do not pass (nearest rank).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("There is no percentile of nothing.")
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def clock_median(times: Sequence[float]) -> float:
    """Return the median of times that were read off a clock of coarse steps, such as a page's.

    Where many equal ones lie in the middle, each stands for all within half a step of it, and the median is taken as if
    those were spread evenly: else it would only ever be a whole number of steps, and a ratio of two of them would jump.
    The step is the least difference that was seen.

    Raises:
        ValueError: there are no times.
    """
    if not times:
        raise ValueError("There is no median of nothing.")
    rounded = [round(time, 6) for time in times]  # what is left of binary fractions is no step
    distinct = sorted(set(rounded))
    step = min((later - earlier for earlier, later in pairwise(distinct)), default=0.0)
    return median_grouped(rounded, interval=step) if step else distinct[0]


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median of what was measured; None where nothing was."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def spread(values: Iterable[float | None]) -> tuple[float, float] | None:
    """Return the least and the largest of what was measured; None where nothing was."""
    known = [value for value in values if value is not None]
    return (min(known), max(known)) if known else None


def slope_per_1000(positions: Sequence[float], values: Sequence[float]) -> float:
    """Return by how much values grow for each thousand of their positions: the line of least squares.

    Raises:
        ValueError: there are less than two positions.
    """
    if len(set(positions)) < 2:
        raise ValueError("A slope needs two positions.")
    mean_at, mean = sum(positions) / len(positions), sum(values) / len(values)
    above = sum((at - mean_at) * (value - mean) for at, value in zip(positions, values, strict=True))
    return 1000 * above / sum((at - mean_at) ** 2 for at in positions)
