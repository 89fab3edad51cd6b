"""The pictures of docs/counting.md are those that the code draws now, and show what the vectors say."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from docs.pictures import reports, timelines
from docs.pictures.album import IMAGES, OF_A_STREAM, OF_ONE_PICTURE, OF_REPORTS, OF_TWO_MODES, pictures
from docs.pictures.canvas import WIDTH, tokens

SVG = "{http://www.w3.org/2000/svg}"
VECTORS = Path(__file__).parents[1] / "vectors"
DEDUPE = {vector["name"]: vector for vector in json.loads((VECTORS / "dedupe.json").read_text())}
REPORTS = {vector["name"]: vector for vector in json.loads((VECTORS / "reports.json").read_text())}
DRAWN = pictures()


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_what_the_script_writes_now(name: str) -> None:
    assert (IMAGES / name).read_text() == DRAWN[name], "write it anew: python -m docs.pictures"


def test_no_picture_is_left_behind() -> None:
    assert {path.name for path in IMAGES.glob("counting-*")} == set(DRAWN)


@pytest.mark.parametrize("name", OF_A_STREAM)
def test_the_verdicts_that_are_drawn_are_those_of_the_vector(name: str) -> None:
    seen = iter(timelines.watch(DEDUPE[name]))
    assert [[next(seen).is_scan for _ in frame] for frame in DEDUPE[name]["unique"]] == DEDUPE[name]["unique"]


@pytest.mark.parametrize("name", OF_REPORTS)
def test_the_outcomes_that_are_drawn_are_those_of_the_vector(name: str) -> None:
    requests = reports.deliver(REPORTS[name])
    assert [[sent.result.outcome for sent in request] for request in requests] == REPORTS[name]["outcomes"]
    assert requests[-1][-1].counted == REPORTS[name]["scans"]


def scans_said(name: str) -> dict[str, str]:
    """Return what stands at the end of each row, by what stands at its beginning."""
    rows: dict[float, list[str]] = {}
    for text in ElementTree.fromstring(DRAWN[name]).iter(f"{SVG}text"):
        if text.attrib["class"] == "ink strong":
            rows.setdefault(float(text.attrib["y"]), []).append(text.text or "")
    return {row[0]: row[1] for row in rows.values() if len(row) == 2}


def test_each_row_says_how_many_scans_its_vector_has() -> None:
    said = scans_said("counting-window.svg")
    for name in OF_A_STREAM:
        count = sum(sum(frame) for frame in DEDUPE[name]["unique"])
        assert said[name[0].upper() + name[1:]] == f"{count} scan{'' if count == 1 else 's'}"
    assert list(scans_said("counting-modes.svg").values()) == ["1 scan", "2 scans"]


@pytest.mark.parametrize("name", OF_ONE_PICTURE)
def test_a_picture_of_one_frame_marks_what_the_vector_counts(name: str) -> None:
    description = ElementTree.fromstring(DRAWN["counting-picture.svg"]).findtext(f"{SVG}desc") or ""
    told = description.split(f"{name[1:]}: ", 1)[1].split(";", 1)[0].split(", ")
    assert [words.endswith(" counted") for words in told] == DEDUPE[name]["unique"][0]


def test_the_memory_that_is_drawn_ends_where_the_filter_forgets() -> None:
    fixed = timelines.watch(DEDUPE[OF_TWO_MODES], "fixed")
    assert timelines.memories(fixed) == [(0, 3000), (3000, 6000)]
    assert timelines.memories(timelines.watch(DEDUPE[OF_TWO_MODES], "sliding")) == [(0, 8900)]


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_named_described_and_painted_in_both_schemes(name: str) -> None:
    picture = ElementTree.fromstring(DRAWN[name])
    named = [picture.find(f"{SVG}{tag}") for tag in ("title", "desc")]
    assert [one.attrib["id"] for one in named if one is not None] == picture.attrib["aria-labelledby"].split()
    assert all(one is not None and one.text for one in named)
    style = picture.findtext(f"{SVG}style") or ""
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    for at, part in enumerate((light, dark)):
        assert all(tokens()[token][at] in part for token in ("accent", "surface", "ink", "pencil"))


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_lies_outside_of_a_picture(name: str) -> None:
    picture = ElementTree.fromstring(DRAWN[name])
    height = float(picture.attrib["height"])
    for one in picture.iter():
        x = float(one.attrib.get("cx") or one.attrib.get("x") or 0)
        y = float(one.attrib.get("cy") or one.attrib.get("y") or 0)
        assert 0 <= x <= WIDTH
        assert 0 <= y < height
