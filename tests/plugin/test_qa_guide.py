"""Every example of docs/qa.md runs, and its tables name what there is."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import get_args

import pytest

from dlt_web.browsers import find_browser
from dlt_web.testing import fixture_types
from dlt_web.testing.fixture_types import BrowserPage, BrowserWindow, PurgeWay
from dlt_web.testing.plugin import FIXTURES, fixtures
from tests.plugin.pytest_run import run_pytest

GUIDE = (Path(__file__).parents[2] / "docs" / "qa.md").read_text()
NAMED_BLOCK = re.compile(r"```(?:python|html)\n(?:# |<!-- )(\S+)(?: -->)?\n(.*?)```", re.DOTALL)
BLOCKS = dict(NAMED_BLOCK.findall(GUIDE))


def rows(first_cell: str) -> list[list[str]]:
    table = GUIDE.split(f"| {first_cell} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def examples_in(folder: Path) -> Path:
    for name, text in BLOCKS.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.in_one_engine("chromium")
def test_the_examples_of_the_guide_pass(browser_name: str, tmp_path: Path) -> None:
    run = run_pytest(examples_in(tmp_path), "--browser", browser_name)
    expected = {"passed"}
    if browser_name == "webkit" and not getattr(find_browser("webkit"), "is_for_playwright", True):
        expected.add("needs a page of Playwright's")
    seen = {outcome.split(",")[0] for outcome in run.outcomes.values()}
    assert (seen, run.exit_code) == (expected, 0), run.output
    assert len(run.outcomes) == sum(text.count("\ndef test_") for text in ("\n" + t for t in BLOCKS.values()))


def test_the_guide_has_an_example_of_every_fixture() -> None:
    asked_for = {
        name
        for text in BLOCKS.values()
        for arguments in re.findall(r"^def \w+\((.*?)\)", text, re.DOTALL | re.MULTILINE)
        for name in re.findall(r"(\w+)(?:: [^,]+)?(?:,|$)", arguments.strip())
    }
    assert set(FIXTURES) <= asked_for


def test_the_table_of_fixtures_is_what_the_plugin_has_with_their_types() -> None:
    listed = {fixture: kind for fixture, kind, _ in rows("fixture")}
    assert set(listed) == set(FIXTURES)
    for name, kind in listed.items():
        annotation = inspect.signature(getattr(fixtures, name).__wrapped__).return_annotation
        assert re.fullmatch(rf"(Iterator\[)?types\.{kind}\]?", annotation), name
        assert hasattr(fixture_types, kind)


def test_the_guide_names_what_pages_and_windows_have_in_all_engines() -> None:
    (of_page, of_window) = re.findall(
        r"keeps to what `BrowserPage` has(.*?)`BrowserWindow`,(.*?)\.\s", GUIDE, re.DOTALL
    )[0]
    for named, protocol in ((of_page, BrowserPage), (of_window, BrowserWindow)):
        members = {name for name in vars(protocol) if not name.startswith("_")}
        assert set(re.findall(r"`(\w+)`", named)) - {"context"} == members - {"context"}


def test_the_table_of_purges_has_all_ways() -> None:
    assert {row[0] for row in rows("way")} == set(get_args(PurgeWay))


@pytest.mark.parametrize("option", ["--headed", "--slowmo", "--tracing", "--missing-browser", "--browser"])
def test_each_option_that_the_guide_names_is_one(option: str, pytestconfig: pytest.Config) -> None:
    assert option in GUIDE
    assert pytestconfig.getoption(option) is not None
