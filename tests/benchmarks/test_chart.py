"""The chart shows what was measured, where it belongs."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks.browser.chart import draw
from benchmarks.browser.report import SCENARIO_TITLES, VARIANT_TITLES

from .figures_of_a_run import engine_figures

SVG = "{http://www.w3.org/2000/svg}"


def drawn(**changed: object) -> ElementTree.Element:
    given = {
        "title": "First & best",
        "engine": engine_figures(),
        "variants": list(VARIANT_TITLES.items()),
        "scenarios": SCENARIO_TITLES,
    }
    return ElementTree.fromstring(draw(**{**given, **changed}))


def marks(picture: ElementTree.Element) -> dict[tuple[float, str], float]:
    """Return where each mark of a row lies: its row's height and its variant's class to its place on the axis."""
    circles = [one for one in picture.iter(f"{SVG}circle") if one.find(f"{SVG}title") is not None]
    return {(float(one.attrib["cy"]), one.attrib["class"]): float(one.attrib["cx"]) for one in circles}


def test_every_start_has_its_mark() -> None:
    found = marks(drawn())
    assert len(found) == len(SCENARIO_TITLES) * len(VARIANT_TITLES)


def test_what_takes_longer_lies_further_right_and_equal_ratios_lie_equally_far() -> None:
    found = marks(drawn())
    first_row = min(height for height, _variant in found)
    baked, stock, js = (found[first_row, f"v{list(VARIANT_TITLES).index(name)}"] for name in ("baked", "stock", "js"))
    assert js < baked < stock
    # 40, 320 and 4000 ms: a factor of 100 is two powers of ten.
    grid = sorted({float(one.attrib["x1"]) for one in drawn().iter(f"{SVG}line") if one.attrib["class"] == "grid"})
    assert stock - js == pytest.approx(2 * (grid[1] - grid[0]), abs=0.3)


def test_every_mark_lies_within_the_picture() -> None:
    picture = drawn()
    _left, _top, width, height = map(float, picture.attrib["viewBox"].split())
    assert all(0 < x < width and 0 < y < height for (y, _variant), x in marks(picture).items())


def test_what_was_not_measured_is_left_out() -> None:
    engine = engine_figures()
    for name in engine["starts"]:
        del engine["starts"][name]["slow"]
    del engine["starts"]["stock"]["second"]
    found = marks(drawn(engine=engine))
    assert len(found) == 4 * 4 - 1


def test_titles_are_said_as_they_are() -> None:
    texts = [one.text for one in drawn().iter(f"{SVG}text")]
    assert {"First & best", *VARIANT_TITLES.values(), *SCENARIO_TITLES.values(), "100 ms", "10 s"} <= set(texts)


def test_nothing_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="no start was measured"):
        drawn(engine={})
