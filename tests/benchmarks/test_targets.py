"""What is to be reached is read off the right figures, and said as it is."""

from __future__ import annotations

import pytest

from benchmarks.browser.targets import TARGETS, outcomes

from .figures_of_a_run import engine_figures

# Of the figures reckoned by hand: what each target finds, and whether that is enough.
EXPECTED = {
    ("chromium", "first verdict cold / stock"): (0.08, True),
    ("chromium", "first verdict at the third load / stock"): (0.08, True),
    ("chromium", "first verdict on the second page / stock"): (0.08, False),
    ("chromium", "first verdict over the slow line / stock"): (0.08, True),
    ("chromium", "bytes on the wire / stock"): (0.08, True),
    ("chromium", "first verdict cold, fallback / stock"): (0.4, False),
    ("chromium", "`scan()` → durable / bare put, p50"): (3.0, False),
    ("chromium", "frames per second of 10 new barcodes"): (100.0, False),
    ("chromium", "long tasks of the main thread"): (0.0, True),
    ("chromium", "JavaScript that loads with the page, gzip, bytes"): (7000.0, False),
    ("chromium", "bytes from a host that compresses nothing / Brotli"): (1.25, True),
    ("firefox", "first verdict cold / stock"): (0.08, True),
}


def test_each_target_finds_its_figure() -> None:
    found = outcomes({"chromium": engine_figures(), "firefox": engine_figures()})
    assert {(one.target.engine, one.target.title): (one.found, one.is_reached) for one in found} == {
        key: (pytest.approx(value), is_reached) for key, (value, is_reached) in EXPECTED.items()
    }


def test_an_engine_that_was_not_measured_has_no_targets() -> None:
    assert {one.target.engine for one in outcomes({"firefox": engine_figures()})} == {"firefox"}


def test_a_part_that_was_not_measured_is_neither_reached_nor_missed() -> None:
    assert {one.is_reached for one in outcomes({"chromium": {}})} == {None}


def test_one_long_task_in_one_start_is_one_too_many() -> None:
    engine = engine_figures()
    engine["starts"]["baked"]["slow"]["longTasks"]["most"] = 1
    (found,) = (one for one in outcomes({"chromium": engine}) if "long tasks" in one.target.title)
    assert (found.found, found.is_reached) == (1, False)


def test_one_long_task_between_frames_is_one_too_many() -> None:
    engine = engine_figures()
    engine["longTasks"]["baked"] = 1
    (found,) = (one for one in outcomes({"chromium": engine}) if "long tasks" in one.target.title)
    assert (found.found, found.is_reached) == (1, False)


def test_the_limits_themselves_are_good_enough() -> None:
    assert all(target.is_reached(target.limit) for target in TARGETS)
    assert not any(
        target.is_reached(target.limit * (0.99 if target.is_floor else 1.01) + 1e-9)
        for target in TARGETS
        if target.limit
    )
