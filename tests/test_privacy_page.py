"""The tables of docs/privacy.md are those of the code, and those of the code name what its encoders write."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from dlt_web.disclosure import BEGIN, END, as_json, core_fields, named, paths, rendered, update, wire_fields
from dlt_web.disclosure.server import KEPT, OTHERS
from dlt_web.disclosure.tables import MAX_LOGGED, MAX_TOKEN_COUNT, SENT, SENT_HEADERS, STORED
from dlt_web.lts.store.migrate import migrate

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/privacy.md"
WEB = ROOT / "web"


def told(tables):
    return {table.name: {path for path, _ in table.fields} for table in tables}


def test_each_record_that_the_core_writes_is_told_field_by_field():
    assert core_fields() == {
        name: fields for name, fields in told(STORED).items() if name.startswith("dlt-web/records/")
    }


def test_each_request_that_the_core_writes_is_told_field_by_field():
    assert wire_fields() == {name: fields for name, fields in told(SENT).items() if fields}


def test_each_table_of_the_server_is_told_and_those_about_devices_column_by_column():
    store = apsw.Connection(":memory:")
    migrate(store)
    names = {name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    # SQLite's own.
    columns = {
        name: [row[1] for row in store.execute(f"PRAGMA table_info({name})")] for name in names - {"sqlite_sequence"}
    }
    store.close()
    assert {table.name: [path for path, _ in table.fields] for table in KEPT} == {
        name: found for name, found in columns.items() if "device_uuid" in found
    }
    assert set(OTHERS) == set(columns) - {table.name for table in KEPT}


def test_the_page_is_up_to_date():
    assert f"{BEGIN}\n\n{rendered()}\n\n{END}" in PAGE.read_text(), "run: dlt-web privacy --into docs/privacy.md"


def test_limits_that_only_javascript_knows_are_the_same_there():
    limits = dict(re.findall(r"^const (MAX_\w+) = (\d+);$", (WEB / "worker/revisions.js").read_text(), re.MULTILINE))
    assert limits == {"MAX_TOKEN_COUNT": str(MAX_TOKEN_COUNT), "MAX_LOGGED": str(MAX_LOGGED)}


def test_the_headers_that_javascript_sets_are_told():
    texts = [path.read_text() for path in sorted(WEB.rglob("*.js")) if not {"demo", "dashboard"} & {*path.parts}]
    set_by_fetch = [name for text in texts for name in re.findall(r"headers: [^\n]*\{ \"([a-z-]+)\"", text)]
    # Of an answer that is made here for Pyodide, and leaves nothing.
    assert {*set_by_fetch} == {*SENT_HEADERS}
    assert not any("setRequestHeader" in text for text in texts)


def test_the_databases_and_no_other_way_of_storing_are_those_of_the_tables():
    texts = {path: path.read_text() for path in sorted(WEB.rglob("*.js")) if not {"demo", "dashboard"} & {*path.parts}}
    ways = re.compile(r"localStorage|sessionStorage|document\.cookie|\bcaches\.|getDirectory|cookieStore")
    assert [path.name for path, text in texts.items() if ways.search(text)] == []
    names = {name for text in texts.values() for name in re.findall(r'_NAME = "([a-z-]+)"', text)}
    assert names == {table.name.partition("/")[0] for table in STORED}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("device", "device"),
        ("code/4/code/stream", "code/…/stream"),
        ("code/10/a/report/b/license", "code/…/license"),
        ("code/8/a/report/dead/s/7", "code/…/dead/…"),
        ("code/4/code/report/0000-1/12", "code/…/report/…"),
        ("code/4/code/new-kind", "code/…/new-kind"),
    ],
)
def test_a_record_is_named_whatever_its_code_stream_and_number_are(key, name):
    assert named(key) == name


def test_paths_are_those_of_all_that_is_in_a_value():
    value = {"a": [{"counts": {"qr_code": 1}, "b": None}], "lost": {}, "c": [["x", 1]]}
    assert set(paths(value)) == {"a[].counts", "a[].b", "lost", "c[][]"}
    assert set(paths("alone")) == {""}


def run(*words):
    command = [sys.executable, "-m", "dlt_web.cli", "privacy", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_prints_the_tables_for_people_and_programs():
    assert run().stdout == rendered() + "\n"
    assert json.loads(run("--json").stdout) == json.loads(json.dumps(as_json()))


def test_the_command_updates_a_page_and_says_where_it_cannot(tmp_path):
    page = tmp_path / "notice.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert run("--into", str(page)).returncode == 0
    assert page.read_text() == f"before\n{BEGIN}\n\n{rendered()}\n\n{END}\nafter\n"
    update(page)
    assert page.read_text().count(BEGIN) == 1
    page.write_text("no marks")
    done = run("--into", str(page))
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs these two lines" in done.stderr
    assert page.read_text() == "no marks"
