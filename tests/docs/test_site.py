"""The built site: its pages, its search, and its references, each held against what it is made of."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path

import click
import pytest

import dlt_web.host
from dlt_web.cli import cli
from dlt_web.error_codes import ERROR_CODES
from dlt_web.lts.openapi import openapi_document
from docs.generators import layout
from docs.generators.http import http_reference, words
from docs.generators.javascript import javascript_reference
from docs.generators.site import SiteError, run_sphinx
from docs.generators.text import cell, code
from tests.docs.pages import ROOT
from tests.docs.sh_lines import commands_below

INDEX = (ROOT / "docs/index.md").read_text()


def words_of(page: Path) -> str:
    """Return the text of a built page's article."""
    article = page.read_text().split('<article role="main"', 1)[1].split("</article>", 1)[0]
    return html.unescape(re.sub(r"<[^>]+>", "", article))


def test_every_page_is_in_the_list_of_the_front_page_once() -> None:
    listed = re.findall(r"^- \[[^\]]+\]\(([^)#]+)\)", INDEX, re.MULTILINE)
    there = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert sorted(listed) == sorted(there | {f"../{path.name}" for path in ROOT.glob("*.md")})


def test_the_navigation_has_a_group_for_each_reader(site: Path) -> None:
    # As headings with a level, for whoever hears the page.
    caption = r'role="heading" aria-level="2"><span class="caption-text">([^<]+)<'
    captions = re.findall(caption, (site / "index.html").read_text())
    assert captions == ["Web developers", "QA engineers", "Operators", "Contributors", "References"]


def test_no_cell_of_a_table_heads_a_column_without_a_name(site: Path) -> None:
    cells = {
        page.name: re.findall(r"<th\b[^>]*>(.*?)</th>", page.read_text(), re.DOTALL) for page in site.rglob("*.html")
    }
    assert sum(len(found) for found in cells.values()) > 100
    assert [
        name for name, found in cells.items() if any(not re.sub(r"<[^>]+>", "", cell).strip() for cell in found)
    ] == []


def test_what_stands_on_a_page_and_in_a_reference_is_found_by_the_search(site: Path) -> None:
    index = (site / "searchindex.js").read_text()
    found = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))
    in_texts, in_titles = found["terms"], found["titleterms"]
    for terms, term, page in (
        (in_texts, "nginx", "hosting"),
        (in_titles, "quota_exhaust", "reference/errors"),
        (in_texts, "hosttrack", "reference/python"),
        (in_titles, "scan", "reference/javascript"),
    ):
        places = next(value for name, value in terms.items() if name.startswith(term))
        names = {found["docnames"][place] for place in (places if isinstance(places, list) else [places])}
        assert page in names, (term, names)


def test_the_http_reference_has_every_operation_object_and_member(site: Path) -> None:
    said, document = words_of(site / "reference/http.html"), openapi_document()
    for path, item in document["paths"].items():
        for method in item.keys() - {"parameters"}:
            assert f"{method.upper()} {path}" in said
    page = http_reference()
    for name, schema in document["components"]["schemas"].items():
        part = page.split(f"### {name}\n", 1)[1].split("\n### ", 1)[0]
        assert set(schema.get("properties", {})) <= set(re.findall(r"^\| `(\w+)", part, re.MULTILINE))


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "integer", "minimum": 0, "maximum": 2**53 - 1}, "integer, 0…"),
        ({"type": "string", "minLength": 0, "maxLength": 120}, "string, 0…120 characters"),
        ({"type": "string", "pattern": "^a|b$"}, "string like `^a|b$`"),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, "time or null"),
        (
            {"type": "array", "items": {"$ref": "#/components/schemas/License"}},
            "list of [License](#http-object-License)",
        ),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "object of boolean by name"),
        ({"enum": ["a", "b"]}, "`a`, `b`"),
    ],
)
def test_a_schema_is_told_in_words(schema: dict[str, object], said: str) -> None:
    assert words(schema) == said


def test_the_command_line_reference_has_every_command_and_option(site: Path) -> None:
    said = words_of(site / "reference/commands.html")
    for path, command in commands_below(cli):
        assert " ".join(("dlt-web", *path)) in said
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden and "--help" not in option.opts:
                assert max(option.opts, key=len) in said, (path, option.opts)


def test_the_error_reference_has_every_code_with_its_repair(site: Path) -> None:
    said = " ".join(words_of(site / "reference/errors.html").split()).replace("’", "'")  # noqa: RUF001
    for known in ERROR_CODES:
        assert f"{known.code}" in said
        assert known.repair.replace("`", "").split("'")[0].strip() in said


def test_the_python_reference_has_what_the_editions_on_cpython_give(site: Path) -> None:
    page = (site / "reference/python.html").read_text()
    for name in dlt_web.host.__all__:
        assert re.search(rf'id="dlt_web\.(host|errors)\.{name}"', page), name
    for name in ("dlt_web.DuplicateFilter", "dlt_web.testing.lts_process.LtsProcess", "dlt_web.host.HostTracker.scan"):
        assert f'id="{name}"' in page


def test_no_page_speaks_of_what_is_not_published(site: Path) -> None:
    assert [page.name for page in site.rglob("*.html") if "spec §" in page.read_text()] == []


def test_the_javascript_reference_has_what_the_module_gives() -> None:
    page = javascript_reference()
    for name in ("`Tracker`", "`TrackerOptions`", "`scan()`", "`useTracker`", "`DltTrackerElement`", "`LicenseError`"):
        assert re.search(rf"^#+ {re.escape(name)}$", page, re.MULTILINE), name
    options = page.split("### `TrackerOptions`", 1)[1].split("\n### ", 1)[0]
    typedef = (ROOT / "web/dlt-web.js").read_text().split("@typedef {object} TrackerOptions", 1)[1].split("*/", 1)[0]
    named = set(re.findall(r"@property \{[^}]+\} \[?(\w+)\]?", typedef))
    assert set(re.findall(r"^\| `(\w+)` \|", options, re.MULTILINE)) == named
    assert "#private" not in page


def test_links_are_moved_to_where_pages_are_on_the_site() -> None:
    assert layout.as_page("[a](docs/qa.md#x) [b](LICENSE)", "docs/") == "[a](qa.md#x) [b](LICENSE)"
    assert (
        layout.as_page("[a](../README.md#settings) [b](../CHANGELOG.md)") == "[a](readme.md#settings) [b](changelog.md)"
    )
    assert layout.as_page("[a](#b) [forms](.github/ISSUE_TEMPLATE)", "docs/") == "[a](#b) forms"
    assert layout.as_page("[a](https://x.example/README.md)") == "[a](https://x.example/README.md)"


def test_cells_and_code_keep_what_markdown_would_take() -> None:
    assert cell("a | b\n c") == "a \\| b c"
    assert code("a`b") == "`` a`b ``"


def test_a_warning_fails_the_build_and_says_where(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("# A\n\n[b](nothing.md)\n")
    with pytest.raises(SiteError, match=r"docs/index\.md:3: WARNING.*nothing"):
        run_sphinx(tmp_path, tmp_path / "html")


def test_make_docs_builds_into_dist() -> None:
    done = subprocess.run(["make", "--dry-run", "docs"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "-m docs.generators.site" in done.stdout
