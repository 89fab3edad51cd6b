"""A run's report: for a terminal, for continuous integration, as one HTML file, and as a table in Markdown."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dlt_web.testing.canaries import Leak
from dlt_web.testing.conformance.outcome import BrowserColumn, Cell, Report, Row, SeenRequest
from dlt_web.testing.conformance.report import save_report
from dlt_web.testing.conformance.report.matrix import BEGIN, END, MatrixPageError, replace_matrix
from dlt_web.testing.conformance.report.page import as_page
from dlt_web.testing.conformance.report.table import as_table
from dlt_web.testing.conformance.report.words import as_sentence
from dlt_web.testing.conformance.seen import MAX_BODY_CHARACTERS, leaking_request, seen_request
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.recorded_request import RecordedRequest

EVIL = "<script>alert(1)</script>\" onload='x' & \x00\x1b"
PNG = b"\x89PNG\r\n\x1a\nnot a picture, but bytes"
ROWS = (
    Row("device.reload", "After a reload the page is the same device"),
    Row("count.reload", "A reload is counted as one device"),
    Row("scan.window", "A window slides"),
)
SEEN = SeenRequest("POST", f"https://lts.example/{EVIL}", "200", f'{{"name": "{EVIL}"}}')
CHROMIUM = BrowserColumn(
    "chromium",
    "Chromium 156.0",
    {
        "device.reload": Cell("passed", seconds=1.5, requests=(SEEN,)),
        "count.reload": Cell("not tested", "nobody was asked"),
        "scan.window": Cell("failed", f"Expected 1, found 2: {EVIL}", 2.25, PNG, (SEEN,)),
    },
    {"https://shop.example": 12, f"https://{EVIL}": 1},
    screenshot=PNG,
)
FIREFOX = BrowserColumn("firefox", "Firefox 153.0", {row.id: Cell("passed") for row in ROWS}, {})
REPORT = Report(
    f"https://shop.example/?{EVIL}",
    "200001-shop",
    "a server of the suite",
    "0.1.0",
    datetime(2026, 11, 29, 12, 30, tzinfo=UTC),
    ROWS,
    (CHROMIUM, FIREFOX),
)
GOOD = replace(REPORT, columns=(FIREFOX,))
BROKEN = replace(REPORT, columns=(FIREFOX, BrowserColumn("webkit", "WebKitGTK 2.50", {}, {}, "no tracker")))


@pytest.mark.parametrize(
    ("report", "code"),
    [(REPORT, 1), (GOOD, 0), (BROKEN, 2), (replace(REPORT, columns=(replace(FIREFOX, cells={}),)), 2)],
    ids=["one failed", "nothing failed", "a browser could not be tested", "nothing was tested"],
)
def test_the_exit_code_says_what_came_of_it(report: Report, code: int):
    assert report.exit_code == code


def test_the_table_has_a_line_for_each_check_and_a_column_for_each_browser():
    lines = as_table(REPORT).splitlines()
    assert lines[0].split() == ["Chromium", "156.0", "Firefox", "153.0"]
    (failed,) = (line for line in lines if line.startswith("A window slides"))
    assert failed.split("  ")[-2:] == ["passed"] or failed.split()[-2:] == ["FAILED", "passed"]
    (untested,) = (line for line in lines if line.startswith("A reload is counted"))
    assert untested.split()[-3:] == ["not", "tested", "passed"]
    text = "\n".join(lines)
    assert "scan.window in chromium\n    Expected 1, found 2" in text
    assert "count.reload in chromium\n    nobody was asked" in text
    assert text.endswith("4 passed, 1 failed, 1 not tested; counted by a server of the suite.")


def test_a_browser_that_could_not_be_tested_says_why_in_each_of_its_lines():
    text = as_table(BROKEN)
    assert "device.reload in webkit, count.reload in webkit, scan.window in webkit\n    no tracker" in text


def test_no_page_says_that_all_is_well_where_not_all_could_be_made():
    assert "<title>All tested checks passed, and not all could be made: " in as_page(BROKEN)
    unmade = replace(FIREFOX, cells={**FIREFOX.cells, "scan.window": Cell("not tested", "a full disk", is_unmade=True)})
    for report in (BROKEN, replace(GOOD, columns=(unmade,))):
        assert report.exit_code == 2
        assert len(report.troubles) == 1
        assert "not all could be made" in as_page(report)
    assert GOOD.troubles == ()
    assert "<title>All tested checks passed: " in as_page(GOOD)


def test_junit_has_a_suite_for_each_browser_and_a_case_for_each_check(tmp_path: Path):
    junit, _ = save_report(REPORT, tmp_path / "new" / "folder")
    root = ElementTree.parse(junit).getroot()
    assert {name: root.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "6",
        "failures": "1",
        "skipped": "1",
    }
    chromium, firefox = root.findall("testsuite")
    assert (chromium.get("name"), firefox.get("failures")) == ("Chromium 156.0", "0")
    cases = {case.get("name"): case for case in chromium.findall("testcase")}
    assert list(cases) == [row.id for row in ROWS]
    failure = cases["scan.window"].find("failure")
    assert failure is not None
    assert "<script>alert(1)</script>" in (failure.get("message") or "")
    assert "\ufffd" in (failure.get("message") or "")  # what XML has no place for
    skipped = cases["count.reload"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "nobody was asked"


def test_junit_has_errors_for_a_browser_that_could_not_be_tested(tmp_path: Path):
    root = ElementTree.parse(save_report(BROKEN, tmp_path)[0]).getroot()
    assert (root.get("errors"), root.get("skipped"), root.get("failures")) == ("3", "0", "0")
    _, webkit = root.findall("testsuite")
    assert webkit.get("errors") == "3"
    assert {error.get("message") for error in webkit.iter("error")} == {"no tracker"}


class Elements(HTMLParser):
    """What a page consists of, as a browser would read it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_fetches_nothing_runs_nothing_and_shows_what_an_app_said_as_text():
    page = as_page(REPORT)
    read = Elements()
    read.feed(page)
    tags = {tag for tag, _ in read.found}
    assert not tags & {"script", "link", "iframe", "object", "form", "base"}
    addresses = [value for _, attrs in read.found for name, value in attrs.items() if name in ("src", "href")]
    assert all(str(value).startswith(("data:image/png;base64,", "#")) for value in addresses)
    assert not any(name.startswith("on") for _, attrs in read.found for name in attrs)
    assert "url(" not in page
    assert "<script>alert(1)</script>" in read.text
    ids = {attrs["id"] for _, attrs in read.found if "id" in attrs}
    assert {str(value)[1:] for value in addresses if str(value).startswith("#")} <= ids


def test_the_page_says_in_words_what_came_of_each_check():
    read = Elements()
    read.feed(as_page(REPORT))
    text = re.sub(r"\s+", " ", read.text)
    assert "1 check failed" in text
    for words in ("✗ failed", "✓ passed", "○ not tested", "Nobody was asked.", "https://shop.example: 12"):
        assert words in text


def test_a_report_shows_what_a_request_says_and_no_secret():
    said = {"handshakeCode": "c", "sessionPassword": "hunter2", "reportToken": "t0ken", "counts": {"qr_code": 1}}
    request = RecordedRequest(0, "POST", "https://lts.example/v1/authorizations", (), b"", json.dumps(said).encode())
    seen = seen_request(request, "201")
    assert json.loads(seen.body) == said | {"sessionPassword": "(not shown)", "reportToken": "(not shown)"}
    none = replace(request, body=json.dumps({"sessionPassword": None}).encode())
    assert json.loads(seen_request(none, "201").body) == {"sessionPassword": None}
    long = seen_request(replace(request, body=b"x" * 10_000), "413")
    assert len(long.body) == MAX_BODY_CHARACTERS + 2
    assert long.body.endswith(" …")


TEXT = "CANARY-0123456789ab"


def leaking(form: str, url: str = "https://shop.example/log", body: bytes = b"", **headers: str) -> SeenRequest:
    request = RecordedRequest(0, "POST", url, tuple(headers.items()), b"", body)
    settings = Settings("https://shop.example/scan?token=SECRET%20ONE#v=2", "code")
    return leaking_request(request, "204", Leak(TEXT, form, "POST"), settings.hide)


def test_a_report_shows_what_stands_around_a_text_that_left():
    assert leaking("raw", f"https://shop.example/log?seen={TEXT}").url.endswith(TEXT)
    # In any case of letters, as it is found.
    body = leaking("raw", body=b"<" * 5000 + TEXT.lower().encode() + b">" * 5000).body
    assert body == f"… {'<' * 200}{TEXT.lower()}{'>' * 200} …"
    encoded = base64.b64encode(TEXT.encode()).decode()
    assert leaking("base64, offset 0", body=encoded.encode()).body == encoded
    spelt = "".join(f"\\u{ord(char):04x}" for char in TEXT)
    assert json.loads(leaking("json \\u", body=f'{{"last": "{spelt}"}}'.encode()).body) == {"last": TEXT}


def test_a_report_shows_no_secret_beside_a_text_that_left():
    said = {"sessionPassword": "hunter2", "reportToken": "t0ken", "last": TEXT}
    assert json.loads(leaking("raw", body=json.dumps(said).encode()).body) == {
        "sessionPassword": "(not shown)",
        "reportToken": "(not shown)",
        "last": TEXT,
    }
    assert leaking("raw", Cookie=f"session=hunter2; last={TEXT}").body == "(raw in the header Cookie)"
    packed = gzip.compress(TEXT.encode())
    assert leaking("raw", f"https://shop.example/log?{TEXT}", b"password=hunter2").body == "(raw in the address)"
    assert leaking("raw", body=packed).body == "(raw in the body, packed or in bytes that are not shown)"


@pytest.mark.parametrize(
    "body",
    [
        '[{"sessionPassword": "hunter2"}, "TEXT"]',
        '{"request": {"reportToken": "hunter2", "said": ["TEXT"]}}',
        '{"log": "{\\"sessionPassword\\":\\"hunter2\\"}", "said": "TEXT"}',
        "sessionPassword=hunter2&said=TEXT",
        "reportToken: 'hunter2', said: TEXT",
        '{"page": "https://shop.example/scan?token=SECRET%20ONE#v=2", "said": "TEXT"}',
        f'{{"page": "https://shop.example/scan?token=SECRET%20ONE&{"b" * 180}", "said": "TEXT"}}',
        "dl=https%3A%2F%2Fshop.example%2Fscan%3Ftoken%3DSECRET%2520ONE&said=TEXT",
    ],
)
def test_a_secret_in_any_place_of_what_carried_a_text_away_is_not_shown(body: str):
    shown = leaking("raw", body=body.replace("TEXT", TEXT).encode()).body
    assert TEXT in shown
    assert not re.search("hunter2|SECRET", shown), shown


def test_an_address_within_the_address_of_a_request_keeps_its_secret():
    seen = leaking(
        "raw", f"https://else.example/collect?dl=https%3A%2F%2Fshop.example%2F%3Ftoken%3DSECRET%2520ONE&t={TEXT}"
    )
    assert seen.url == f"https://else.example/collect?dl=https%3A%2F%2Fshop.example%2F…&t={TEXT}"


def test_halves_of_characters_hide_no_request_and_lose_no_report(tmp_path: Path):
    body = '{"half": "\\ud800", "said": "TEXT"}'.replace("TEXT", TEXT).encode()
    seen = leaking("raw", body=body)
    assert json.loads(seen.body) == {"half": "?", "said": TEXT}
    failed = Cell("failed", "It said \ud800.", leaks=(seen,))
    _, page = save_report(replace(REPORT, columns=(replace(CHROMIUM, cells={"scan.window": failed}),)), tmp_path)
    assert "It said ?." in page.read_text()


def test_requests_that_carried_a_text_away_are_shown_with_the_check_that_found_them(tmp_path: Path):
    seen = SeenRequest("WEBSOCKET", "ws://shop.example/live", "101", f"seen {TEXT}")
    failed = Cell("failed", "A barcode's text was found.", leaks=(seen,))
    leaky = replace(REPORT, columns=(replace(CHROMIUM, cells={"scan.window": failed}),))
    junit, page = save_report(leaky, tmp_path)
    read = Elements()
    read.feed(page.read_text())
    assert "Requests in which a barcode's text was found: 1" in read.text
    assert f"WEBSOCKET ws://shop.example/live → 101seen {TEXT}" in read.text
    assert "WEBSOCKET ws://shop.example/live -&gt; 101" in junit.read_text()


PART = "what is stored before the tracker is ready: nothing could be scanned so early"
IN_PART = replace(
    GOOD,
    columns=(replace(FIREFOX, cells={**FIREFOX.cells, "scan.window": Cell("passed", untested=PART)}), CHROMIUM),
)


def test_a_part_that_could_not_be_tested_is_shown_as_not_tested(tmp_path: Path):
    assert GOOD.exit_code == replace(IN_PART, columns=IN_PART.columns[:1]).exit_code == 0
    text = as_table(IN_PART)
    heads, *lines = text.splitlines()
    (line,) = (line for line in lines if line.startswith("A window slides"))
    assert line.split("  ")[-2].strip() == "passed in part"
    assert line.index("FAILED") == heads.index("Chromium")
    assert f"scan.window in firefox, in part\n    {PART}" in text
    page = replace_matrix(MARKED, IN_PART)
    assert re.search(r"\| `scan.window`: A window slides \| passed in part \[(\d)\] \|", page)
    assert f"] {as_sentence(PART)}" in page
    junit, html = save_report(IN_PART, tmp_path)
    assert f"<system-out>Not tested: {PART}</system-out>" in junit.read_text()
    assert "in part not tested" in html.read_text()
    assert as_sentence(PART) in html.read_text()


MARKED = f"# Browsers\n\n{BEGIN}\nold\n{END}\n\nFacts.\n"


def test_the_matrix_takes_the_place_of_the_one_before():
    page = replace_matrix(MARKED, REPORT)
    assert page.startswith("# Browsers\n")
    assert page.endswith("\n\nFacts.\n")
    assert "old" not in page
    assert "| check | Chromium 156.0 | Firefox 153.0 |" in page
    assert "| `count.reload`: A reload is counted as one device | not tested [1] | passed |" in page
    assert "[1] Nobody was asked." in page
    assert replace_matrix(page, REPORT) == page


def test_a_page_without_the_marks_is_left_alone():
    with pytest.raises(MatrixPageError, match="no place for the matrix"):
        replace_matrix("# Browsers\n", REPORT)
