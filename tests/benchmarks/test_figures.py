"""What is kept of the rounds of a run."""

from __future__ import annotations

from benchmarks.browser.figures import median_of, of_starts, value_at

from .figures_of_a_run import engine_figures, starts


def test_rounds_come_to_median_least_and_most() -> None:
    figures = of_starts([starts("baked", off) for off in (1.0, 0.9, 1.2)])
    assert figures["cold"]["firstVerdictMs"] == {"median": 320.0, "least": 288.0, "most": 384.0}


def test_what_a_browser_does_not_say_is_left_out() -> None:
    assert "longTasks" not in of_starts([starts("js", 1.0)])["cold"]


def test_what_was_not_measured_is_none() -> None:
    engine = engine_figures()
    assert median_of(engine, "js", "cold") == 40.0
    assert median_of(engine, "js", "cold", "longTasks") is None
    assert median_of({}, "js", "cold") is None
    assert value_at(engine, "latencies", "baked", "put", "p50") == 1.0
    assert value_at(engine, "latencies", "pyodide", "put") is None
