"""Figures out of what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent of all do not pass (nearest rank).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("There is no percentile of nothing.")
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


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
