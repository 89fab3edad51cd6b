"""docs/architecture.md: its pictures are those of the imports that are there, and what it names exists."""

from __future__ import annotations

import re

import pytest

from docs.generators.dependencies import IMAGES, draw, pictures, without_shortcuts
from docs.generators.imports import core_graph, part_graph
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text()


@pytest.fixture(scope="module")
def parts() -> dict[str, set[str]]:
    return part_graph()


def test_the_pictures_are_of_the_imports_that_are_there() -> None:
    stale = [name for name, svg in pictures().items() if (IMAGES / name).read_text() != svg]
    assert stale == [], "imports have changed: run `python -m docs.generators.dependencies` and look at the pictures"
    assert re.findall(r"\]\(images/([\w-]+\.svg)\)", PAGE) == list(pictures())


def test_a_picture_has_each_name_and_arrow(parts: dict[str, set[str]]) -> None:
    svg = (IMAGES / "architecture-core.svg").read_text()
    shown = dict.fromkeys(re.findall(r"<title>([\w]+)</title>", svg))
    assert set(shown) == set(core_graph())
    for name, targets in parts.items():
        for target in targets:
            assert f"<title>{name}&#45;&gt;{target}</title>" in (IMAGES / "architecture-parts.svg").read_text()


def test_an_import_more_changes_the_picture_and_nothing_else_does(parts: dict[str, set[str]]) -> None:
    before = draw(parts, set(), "Parts")
    assert draw(dict(reversed(parts.items())), set(), "Parts") == before
    assert draw(parts | {"core": {"lts"}}, set(), "Parts") != before


def test_an_arrow_is_left_out_where_a_longer_way_leads() -> None:
    graph = {"a": {"b", "c", "d"}, "b": {"c"}, "c": set(), "d": set()}
    assert without_shortcuts(graph) == {"a": {"b", "d"}, "b": {"c"}, "c": set(), "d": set()}


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`((?:src|web|tests|wasm|docs|host|browser|lts|testing)/[\w./]*)`", PAGE)))
)
def test_each_file_and_folder_that_the_page_names_is_there(name: str) -> None:
    assert any((folder / name).exists() or (folder / f"{name}.py").exists() for folder in (ROOT, ROOT / "src/dlt_web"))


def test_each_message_that_the_page_names_is_one() -> None:
    messages = (ROOT / "src/dlt_web/messages.py").read_text()
    named = re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`", PAGE)
    assert len(named) >= 8
    assert [name for name in set(named) if f"class {name}" not in messages] == []
