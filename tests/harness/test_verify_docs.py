"""What the docs say of ``dlt-web verify`` and of browsers is held against the command and its checks."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import click
import pytest

from dlt_web.browsers import ENGINES
from dlt_web.testing.conformance import plugin
from dlt_web.testing.conformance.command import verify
from dlt_web.testing.conformance.counting import SYMBOLOGIES
from dlt_web.testing.conformance.own_pages import BLANK_PATH, PURGE_PATH
from dlt_web.testing.conformance.report.matrix import BEGIN, END
from dlt_web.testing.conformance.report.words import GROUPS
from dlt_web.testing.conformance.suite import ROWS

DOCS = Path(__file__).parents[2] / "docs"
VERIFY = (DOCS / "verify.md").read_text()
BROWSERS = (DOCS / "browsers.md").read_text()
MATRIX = BROWSERS.split(BEGIN)[1].split(END)[0]


def test_each_option_of_the_command_is_in_the_docs_and_no_other():
    options = {name for one in verify.params if isinstance(one, click.Option) for name in one.opts + one.secondary_opts}
    named = set(re.findall(r"--[a-z][a-z-]*", VERIFY.split("## As tests")[0]))
    assert named == options


def test_each_option_of_the_tests_is_in_the_docs_and_no_other():
    added = set(re.findall(r'"(--[a-z-]+)"', Path(plugin.__file__).read_text()))
    named = set(re.findall(r"--[a-z][a-z-]*", VERIFY.split("## As tests")[1].split("## How")[0]))
    assert named - {"--pyargs", "--browser", "--app-"} == added


def test_the_names_that_the_docs_tell_are_those_of_the_suite():
    assert all(f"`{symbology}`" in VERIFY for symbology in SYMBOLOGIES)
    (prefix,) = re.findall(r"`(/\.well-known/[a-z-]+/)…`", VERIFY)
    assert PURGE_PATH.startswith(prefix)
    assert BLANK_PATH.startswith(prefix)
    script = (Path(plugin.__file__).parent / "page" / "driver.js").read_text()
    assert 'Symbol.for("dlt-web.trackers")' in script
    assert 'Symbol.for("dlt-web.trackers")' in VERIFY
    loader = (DOCS.parent / "web" / "dlt-web.js").read_text()
    assert 'Symbol.for("dlt-web.trackers")' in loader


def test_every_check_has_a_heading_in_reports():
    assert {row.group for row in ROWS} == set(GROUPS)
    assert len({row.id for row in ROWS}) == len(ROWS)


def test_the_matrix_of_the_docs_is_of_a_whole_run_in_three_browsers_in_which_nothing_failed():
    lines = [line for line in MATRIX.splitlines() if line.startswith("| ")]
    versions = [cell.strip() for cell in lines[0].strip("|").split("|")][1:]
    assert [re.sub(r"[\d.]+$", "", version).strip() for version in versions] == ["Chromium", "Firefox", "WebKitGTK"]
    cells = {found[1]: line for line in lines if (found := re.match(r"\| `([a-z.-]+)`: ", line))}
    assert sorted(cells) == sorted(row.id for row in ROWS)
    titles = {row.id: row.title for row in ROWS}
    for name, line in cells.items():
        assert f"`{name}`: {titles[name]} |" in line
        told = [cell.strip() for cell in line.strip("|").split("|")][1:]
        assert all(re.match(r"passed( \(.+\))?$|(passed in part|not tested) \[\d+\]$", cell) for cell in told), line


def test_each_note_of_the_matrix_is_said_below_it():
    numbers = set(re.findall(r"(?:passed in part|not tested) \[(\d+)\]", MATRIX))
    assert numbers == set(re.findall(r"^\[(\d+)\] \S", MATRIX, re.MULTILINE))


CASE = re.compile(r"^\| [^|]+ \| [^|]+ \| `(tests/[\w/]+\.py)::(\w+)` \| ([A-Za-z, ]+) \|$", re.MULTILINE)


def test_each_case_that_no_address_can_show_names_a_test_and_the_engines_in_which_nothing_keeps_it_from_running():
    section = BROWSERS.split("## What no address can show")[1].split("\n## ")[0]
    cases = CASE.findall(section)
    assert len(cases) == section.count("`tests/") >= 10
    for path, name, engines in cases:
        test = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)
        out_of_reach = {one for mark in marks_of(test) if mark.name == "untestable_in" for one in mark.args}
        assert engines.lower().split(", ") == [engine for engine in ENGINES if engine not in out_of_reach], name


def marks_of(test: Any) -> list[pytest.Mark]:
    """Return the marks of a test and of its whole file."""
    of_file = getattr(importlib.import_module(test.__module__), "pytestmark", [])
    of_file = of_file if isinstance(of_file, list) else [of_file]
    return [*getattr(test, "pytestmark", []), *(one.mark for one in of_file)]
