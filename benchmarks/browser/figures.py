"""What a run came to, as plain JSON: one object for each engine, out of which every table and chart is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .stats import middle, spread

Figures = dict[str, Any]

# What of a start is kept, each as its median, least and largest value.
OF_A_START = (
    "firstVerdictMs", "withModuleMs", "readyMs", "callsMs", "mainThreadMs", "longestBlockMs", "longTasks",
    "memoryBytes", "wireBytes", "requests", "othersPercent",
)  # fmt: skip


def of_starts(rounds: Sequence[Mapping[str, Mapping[str, Any]]]) -> Figures:
    """Sum up one variant's starts.

    Args:
        rounds: scenario to what one start was measured at, a round each.

    Returns:
        Scenario to quantity to ``{"median", "least", "most"}``; what was never measured is left out.
    """
    return {
        scenario: {
            name: figure
            for name in OF_A_START
            if (figure := _figure([one[scenario].get(name) for one in rounds])) is not None
        }
        for scenario in rounds[0]
    }


def median_of(engine: Figures, variant: str, scenario: str, quantity: str = "firstVerdictMs") -> float | None:
    """Return the median of what starts were measured at; None where it was not measured."""
    try:
        return float(engine["starts"][variant][scenario][quantity]["median"])
    except KeyError:
        return None


def others_percent(engine: Figures) -> float | None:
    """Return how busy others kept the machine beside the starts, the median of all; None where that is not known."""
    starts = engine.get("starts", {})
    return middle(
        [median_of(engine, variant, scenario, "othersPercent") for variant in starts for scenario in starts[variant]]
    )


def value_at(engine: Figures, *path: str) -> float | None:
    """Return a single figure; None where it was not measured."""
    found: Any = engine
    for name in path:
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return float(found)


def _figure(values: Sequence[float | None]) -> Figures | None:
    half, ends = middle(values), spread(values)
    if half is None or ends is None:
        return None
    return {"median": round(half, 2), "least": round(ends[0], 2), "most": round(ends[1], 2)}
