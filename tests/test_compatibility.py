"""docs/compatibility.md is held against the code, as are the changelog's form and the forms of issues."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import apsw
import pytest
import yaml

from dlt_web import model, wire, wire_answers
from dlt_web.host import device_file, queue_file
from dlt_web.lts import export_store, sweeps
from dlt_web.lts.backup import restore
from dlt_web.lts.clock import SystemClock
from dlt_web.lts.identity import STORE_EPOCH
from dlt_web.lts.store import SqliteStore
from dlt_web.lts.store.migrate import migrations
from dlt_web.lts.verify import find_faults
from dlt_web.report_queue import KEPT_MS
from tests.contract.test_migrations import STEPS, store_of_version
from wasm.package.package import package_json

ROOT = Path(__file__).parent.parent
DOC = (ROOT / "docs" / "compatibility.md").read_text()
VECTORS = ROOT / "tests" / "vectors"
DAY_MS = 86_400_000


def table(heading: str) -> list[list[str]]:
    section = DOC.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def constant(path: str, name: str) -> str:
    found = re.search(rf"^const {name} = (\d+);$", (ROOT / path).read_text(), re.MULTILINE)
    return found[1] if found else "none"


def test_the_numbers_of_what_is_stored_are_those_of_the_code() -> None:
    assert {row[0]: row[1] for row in table("What is stored")} == {
        "IndexedDB `dlt-web`": constant("web/worker/database.js", "VERSION"),
        "IndexedDB `dlt-web-journal`": constant("web/journal.js", "VERSION"),
        "records in them, and in a host's queue": "–",  # noqa: RUF001 - as the table prints it
        "a host's `.dlt-web-device`": str(device_file.VERSION),
        "a host's queue, SQLite": str(queue_file.SCHEMA_VERSION),
        "the server's store, SQLite": str(max(step.number for step in migrations())),
        "an export, `manifest.json`": str(export_store.VERSION),
        "the bundle, `manifest.json`": constant("web/worker/assets.js", "MANIFEST_VERSION"),
    }


@pytest.mark.parametrize(
    ("database", "path"), [("dlt-web", "web/worker/database.js"), ("dlt-web-journal", "web/journal.js")]
)
def test_each_layout_of_a_browser_s_database_up_to_today_s_is_kept_for_the_tests(database: str, path: str) -> None:
    left = [json.loads(file.read_text()) for file in VECTORS.glob("indexeddb_*.json")]
    kept = {dump["databases"][database]["version"] for dump in left}
    assert kept == set(range(1, int(constant(path, "VERSION")) + 1))


def test_the_closed_lists_are_those_of_the_protocol() -> None:
    rows = table("Tracker and server: the protocol")
    assert {row[0].strip("`"): tuple(re.findall(r"`(\w+)`", row[1])) for row in rows} == {
        "storage": wire.STORAGE_KINDS,
        "outcome": wire_answers.OUTCOMES,
        "chargeWay": model.CHARGE_WAYS,
    }


def test_the_times_are_those_of_the_code() -> None:
    assert f"at least {sweeps.STREAM_RETENTION_MS // DAY_MS} days more" in DOC
    assert KEPT_MS == 7 * DAY_MS
    assert "(seven days)" in DOC


def test_it_runs_where_the_packages_say() -> None:
    rows = {row[0]: row[1] for row in table("Where it runs")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pythons = re.findall(r":: (3\.\d+)$", "\n".join(project["classifiers"]), re.MULTILINE)
    assert rows["Python"] == ", ".join(pythons)
    npm = package_json()
    assert rows["Node, for the npm package's command"] == f"{npm['engines']['node'].removeprefix('>=')} and newer"
    peers = [least.removeprefix(">=") for least in npm["peerDependencies"].values()]
    assert rows["React, Vue"] == ", ".join(f"{least} and newer" for least in peers)


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    backup, path = tmp_path / "backup.db", tmp_path / "lts.db"
    store_of_version(backup, len(STEPS) - 1)
    with apsw.Connection(str(backup)) as connection:  # as a server's first start left it
        connection.execute("INSERT INTO store_info VALUES (?, 'store:1')", (STORE_EPOCH,))
    connection.close()
    SqliteStore(str(path)).close()
    restore(str(backup), str(path), SystemClock(), "test", is_verified=True)
    store = SqliteStore(str(path))
    assert find_faults(store) == []
    assert store.read(lambda rows: len(rows.devices(None))).result() == 9
    store.close()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", DOC))))
def test_each_linked_file_exists(target: str) -> None:
    assert target.startswith("https://") or (ROOT / "docs" / target).resolve().is_file()


def test_contributors_are_told_commands_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"\bmake ([a-z-]+)", text))
    assert {"first-test", "test", "lint", "release-check"} <= targets
    assert [target for target in targets if not re.search(rf"^{target}:.*##", makefile, re.MULTILINE)] == []
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (ROOT / target).exists(), target
    for path in re.findall(r"(?<=pytest )(tests/\S+)", text):
        assert (ROOT / path.rstrip("`,")).exists(), path


KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_the_changelog_is_in_order() -> None:
    """Newest first, each release with its day, and under each the kinds of changes that there are."""
    text = (ROOT / "CHANGELOG.md").read_text()
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert heads[0] == "[Unreleased]"
    found = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\S+)", head) for head in heads[1:]]
    assert all(found), heads
    versions = [tuple(int(part) for part in one.groups()[:3]) for one in found]
    assert versions == sorted(versions, reverse=True)
    days = [date.fromisoformat(one[4]) for one in found]
    assert days == sorted(days, reverse=True)
    for section in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.+)$", section, re.MULTILINE)
        assert kinds == [kind for kind in KINDS if kind in kinds]


FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
ASKING = [path for path in FORMS if path.name != "config.yml"]
# As GitHub reads them: kinds of elements, and what each must have.
NEEDED = {"markdown": {"value"}, "textarea": {"label"}, "input": {"label"}, "dropdown": {"label", "options"}}
NEEDED["checkboxes"] = {"label", "options"}


@pytest.mark.parametrize("path", ASKING, ids=lambda path: path.stem)
def test_a_form_is_one_that_can_be_shown(path: Path) -> None:
    form = yaml.safe_load(path.read_text())
    assert {"name", "description", "body"} <= set(form) <= {"name", "description", "title", "labels", "body"}
    ids = [element["id"] for element in form["body"] if "id" in element]
    assert len(ids) == len(set(ids))
    for element in form["body"]:
        assert NEEDED[element["type"]] <= set(element["attributes"])
        assert element["type"] == "markdown" or element.get("id"), element
        for option in element["attributes"].get("options", []):
            assert isinstance(option, str if element["type"] == "dropdown" else dict)


@pytest.mark.parametrize("path", ASKING, ids=lambda path: path.stem)
def test_no_form_is_sent_without_the_word_that_nothing_secret_is_in_it(path: Path) -> None:
    form = yaml.safe_load(path.read_text())
    told = " ".join(path.read_text().lower().split())
    assert re.search(r"no barcode's text|never post a barcode's text|never post an administration key", told)
    if path.stem == "wish":
        return
    (last,) = (element for element in form["body"] if element["type"] == "checkboxes")
    (option,) = last["attributes"]["options"]
    assert option == {"label": "holds no barcode's text, no password, no key and no token.", "required": True}


@pytest.mark.parametrize(("name", "is_required"), [("count", True), ("tracker", True), ("server", False)])
def test_forms_of_faults_ask_for_what_explain_gives(name: str, is_required: bool) -> None:
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml").read_text())
    (asked,) = (element for element in form["body"] if element.get("id") == "explain")
    assert asked["attributes"]["label"].startswith("explain()")
    assert asked.get("validations", {}).get("required", False) == is_required
    # What is in it all the same, so that whoever posts it can decide.
    for word in ("handshake code", "UUID", "friendly name", "address"):
        assert word in " ".join(asked["attributes"]["description"].split()), word
