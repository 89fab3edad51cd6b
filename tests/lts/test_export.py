"""Everything out of a store in open formats, and into an empty one: every figure is as it was, and goes on so."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import stat
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner

from dlt_web.lts.cli import lts
from dlt_web.lts.clock import StandingClock
from dlt_web.lts.export_schema import COLUMNS, TABLES, describe
from dlt_web.lts.openapi import openapi_document
from dlt_web.lts.store import SqliteStore, dumps
from tests.contract.test_migrations import STEPS, store_of_version
from tests.lts.export_world import cli, manifest_of
from tests.lts.test_cli import refused
from tests.lts.world import CODE, World, code_of, outcomes, report, uuid

ITEMS, CODES = ("L", "N", "S", "full", "gone"), (CODE, "full", "now", "scans")


def reports_by_cli(path: Path) -> dict[str, Any]:
    """Return what every command that reads prints."""
    asked = [["license", "list"], ["handshake", "list"], ["devices", "export"], ["admin-key", "list"], ["verify"]]
    asked += [["license", "show", name] for name in ITEMS]
    asked += [["handshake", "show", code] for code in CODES]
    asked += [["devices", "list", "--handshake", code] for code in CODES]
    asked += [["devices", "list", "--handshake", CODE, "--license", "L", "--search", "till"]]
    for by in ("total", "slot", "hour", "day"):
        asked += [["usage", "--handshake", code, "--by", by] for code in CODES]
        asked += [["usage", "--license", name, "--by", by] for name in ITEMS]
    asked += [["alerts", what] for what in ("list", "deliveries", "settings")] + [["alerts", "webhook", "list"]]
    asked += [["alerts", "show", "1"]]
    return {" ".join(words): cli(path, *words) for words in asked} | {
        "audit": audit_of(path),
        "csv": text(path, "devices", "export", "--csv") + text(path, "usage", "--license", "S", "--csv", "--by", "day"),
    }


def text(path: Path, *words: str) -> str:
    result = CliRunner().invoke(lts, words, env={"DLT_WEB_STORE": f"sqlite:///{path}"})
    assert result.exit_code == 0, result.output
    return result.stdout


def audit_of(path: Path) -> Any:
    return [entry for entry in cli(path, "audit")[1] if entry["action"] != "store.import"]


def reports_by_api(path: Path, key: str) -> dict[str, Any]:
    """Return what every address that reads answers: as the description names them, with all that can be filled in."""
    store = SqliteStore(str(path))
    world = World(store, int(store.read(lambda rows: rows.info("standing_clock_ms")).result() or 0))
    found: dict[str, Any] = {}
    for template, item in openapi_document()["paths"].items():
        # The audit log has one entry more, of the import itself.
        if "get" not in item or template in ("/metrics", "/openapi.json") or template.startswith("/v1/admin/audit"):
            continue
        for filled in fill(template):
            answer = world.call("GET", filled, headers={"Authorization": f"Bearer {key}"})
            found[filled] = (answer.status_code, answer.text)
    world.close()
    store.close()
    return found


def fill(template: str) -> list[str]:
    """Return the addresses of a template: of each license, code, device and alert; usage by all periods."""
    codes, items = CODES, ITEMS
    if template == "/v1/admin/usage":
        by = [f"by={by}" for by in ("total", "slot", "hour", "day")] + ["format=csv", "by=day&format=csv"]
        of = [*(f"handshake={code}" for code in codes), *(f"license={name}" for name in items)]
        return [f"{template}?{one}&{how}" for one in of for how in by]
    if template == "/v1/admin/devices/{uuid}":
        return [f"/v1/admin/devices/{uuid(n)}?handshake={code}" for n in range(1, 5) for code in codes]
    if template in ("/v1/admin/advice", "/v1/customer/devices"):
        return [f"{template}?handshake={code}" for code in codes]
    values = {"{month}": ("2026-12?customer=ACME",), "{id}": items, "{code}": codes, "{number}": ("1", "2", "3")}
    found = re.search(r"\{.*?\}", template)
    return [template] if found is None else [template.replace(found[0], value) for value in values[found[0]]]


def test_every_report_is_equal_in_the_store_that_was_imported(exported: Path, imported: Path) -> None:
    before, after = reports_by_cli(exported / "lts.db"), reports_by_cli(imported)
    assert before == after
    assert after["verify"] == (0, {"faults": []})
    assert all(code == 0 for code, _ in (value for value in after.values() if isinstance(value, tuple)))
    assert after[f"usage --handshake {CODE} --by total"][1]["scans"] > 0
    key = (exported / "key.txt").read_text()
    before, after = reports_by_api(exported / "lts.db", key), reports_by_api(imported, key)
    assert before == after
    assert sum(status == 200 for status, _ in after.values()) > 60
    last = cli(imported, "audit")[1]
    assert [entry["action"] for entry in last if entry["actor"].startswith("cli:")] == ["store.import"]


@pytest.fixture
def goes_on(exported: Path, imported: Path) -> World:
    """The imported store's server, with the tokens that its devices hold."""
    store = SqliteStore(str(imported))
    world = World(store, int(store.read(lambda rows: rows.info("standing_clock_ms")).result() or 0))
    for code, device, token in json.loads((exported / "tokens.json").read_text()):
        world.tokens[code, device] = token
    return world


def test_devices_that_go_on_reporting_are_counted_right(goes_on: World, exported: Path) -> None:
    world, epoch = goes_on, manifest_of(exported / "export")["storeEpoch"]
    scans, used = world.usage().scans, world.used("L")
    last = report(25, 3, slot=120 * 480)
    answer = world.report(1, [last], storeEpoch=epoch)
    assert code_of(answer) == (409, "STORE_EPOCH_CHANGED"), "so the tracker sends anew what it still has"
    now = answer.json()["storeEpoch"]
    assert now.partition(":")[0] == epoch.partition(":")[0]
    assert int(now.partition(":")[2]) > int(epoch.partition(":")[2])
    assert outcomes(world.report(1, [last], storeEpoch=now)) == ["duplicate"]
    assert world.usage().scans == scans
    grown = [last | {"version": 2, "counts": {"qr_code": 5}}, report(26, 4, slot=120 * 480)]
    assert outcomes(world.report(1, grown, storeEpoch=now)) == ["accepted", "accepted"]
    assert world.usage().scans == scans + 2 + 4
    assert world.used("L") == used
    assert world.authorize(1).status_code == 201
    assert world.authorize(3, code="now", sessionPassword="secret").status_code == 201
    assert world.authorize(3, code="now", sessionPassword="wrong").status_code == 403
    world.advance(days=400)
    assert world.used("L") == (0, 0)
    world.close()
    world.store.close()


def test_the_manifest_names_every_file_and_the_schema_every_column(exported: Path) -> None:
    export = exported / "export"
    manifest = manifest_of(export)
    named = {file["name"]: file for file in manifest["files"]}
    files = {str(path.relative_to(export)) for path in export.rglob("*") if path.is_file()}
    assert files == named.keys() | {"manifest.json"}
    schema = json.loads((export / "schema.json").read_text())
    for name, file in named.items():
        content = (export / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
        if name.startswith("tables/"):
            rows = [json.loads(line) for line in content.splitlines()]
            assert len(rows) == file["rows"]
            checked = jsonschema_rs.validator_for({"$ref": f"#/$defs/{file['table']}"} | schema)
            for row in rows:
                checked.validate(row)
        elif name.startswith("csv/"):
            assert len(list(csv.reader(io.StringIO(content.decode())))) == file["rows"] + 1
    assert {file["table"] for file in named.values() if "table" in file} == TABLES.keys()
    for path in (export, *export.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_every_table_and_column_is_described(exported: Path) -> None:
    with dumps.opened_dump(str(exported / "lts.db")) as dump:
        tables = dump.tables
    assert {table.name for table in tables} == TABLES.keys()
    known = {(table.name, column.name) for table in tables for column in table.columns}
    assert [names for names in sorted(known) if not describe(*names)] == []
    used = {name for _, name in known} | {f"{table}.{name}" for table, name in known}
    assert COLUMNS.keys() - used == set()


def test_each_table_has_rows_in_this_test(exported: Path) -> None:
    empty = [file["table"] for file in manifest_of(exported / "export")["files"] if file.get("rows") == 0]
    assert empty == []


def test_csv_is_for_people(exported: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((exported / "export/csv/device.csv").read_text())))
    assert {row["friendly_name"] for row in rows} == {"", "'=Till „1“"}


def test_without_secrets_none_is_in_it(exported: Path, tmp_path: Path) -> None:
    target = tmp_path / "public"
    assert cli(exported / "lts.db", "export", "--all", str(target), "--without-secrets", "--csv")[0] == 0
    content = b"".join(path.read_bytes() for path in target.rglob("*") if path.is_file())
    for table in ("store_key", "admin_key", "webhook"):
        assert not (target / f"tables/{table}.jsonl").exists()
    store = SqliteStore(str(exported / "lts.db"))
    with dumps.opened_dump(str(exported / "lts.db")) as dump:
        by_name = {table.name: table for table in dump.tables}
        hashes = [row["password_hash"] for row in dump.rows(by_name["handshake"]) if row["password_hash"]]
        hashes += [row["key_hash"] for row in dump.rows(by_name["admin_key"])]
    store.close()
    assert len(hashes) == 4
    assert not any(secret.encode() in content for secret in hashes)
    assert b"canary-path" not in content
    code, said = refused(tmp_path / "lts.db", "import", str(target))
    assert (code, "was written without secrets" in said) == (1, True)


def test_an_export_beside_a_store_in_use_is_one_committed_state(exported: Path, tmp_path: Path) -> None:
    shutil.copy(exported / "lts.db", tmp_path / "lts.db")
    held = SqliteStore(str(tmp_path / "lts.db"))
    held.write(lambda rows: rows.put_info("held", "1")).result()
    assert cli(tmp_path / "lts.db", "export", "--all", str(tmp_path / "out"))[0] == 0
    held.close()
    assert '"held"' in (tmp_path / "out/tables/store_info.jsonl").read_text()
    assert not list(tmp_path.glob("*.partial*"))


def test_an_imported_copy_tells_production_s_webhooks_nothing(exported: Path, tmp_path: Path) -> None:
    """Unless it is to take the exported server's place, which the other tests have it do."""
    path = tmp_path / "copy.db"
    before = cli(exported / "lts.db", "alerts", "list")[1]
    assert "waiting" in {one["state"] for alert in before for one in alert["deliveries"]}
    code, done = cli(path, "import", str(exported / "export"))
    assert (code, done["webhooksPaused"]) == (0, True)
    assert cli(path, "alerts", "settings")[1]["paused"]
    states = {one["state"] for alert in cli(path, "alerts", "list")[1] for one in alert["deliveries"]}
    assert states == {"delivered", "failed"}
    assert "Webhooks are paused" in refused(path, "alerts", "test")[1]
    (entry,) = [entry for entry in cli(path, "audit")[1] if entry["action"] == "store.import"]
    assert entry["detail"]["webhooks"] == "paused"


def test_what_stands_in_the_way_is_said_in_a_sentence(exported: Path, imported: Path, tmp_path: Path) -> None:
    export = str(exported / "export")
    for words, code, sentence in (
        (["export", export], 2, "Missing option '--all'"),
        (["export", "--all", export], 2, "An export never replaces anything"),
        (["export", "--all", str(tmp_path / "no/such/folder")], 1, "cannot be written: there is no folder"),
        (
            ["import", str(tmp_path / "nothing")],
            1,
            "cannot be read: No such file or directory. Name the folder that lts export wrote.",
        ),
        (["import", export], 1, "is not empty: it has rows in charge, device, handshake, license_item"),
    ):
        exit_code, said = refused(imported, *words)
        assert (exit_code, sentence in said) == (code, True), said
    assert "There is no store" in refused(tmp_path / "no.db", "export", "--all", str(tmp_path / "out"))[1]
    held = SqliteStore(str(tmp_path / "used.db"))
    assert "a server or another command is using it" in refused(tmp_path / "used.db", "import", export)[1]
    held.close()
    code, done = cli(tmp_path / "used.db", "import", export)
    assert code == 0, "empty, and used by nobody"
    assert Path(done["replaced"]).exists()
    assert not list(tmp_path.glob("*.partial*"))


def test_an_export_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    for last in (1, 6):
        path = tmp_path / f"v{last}.db"
        store_of_version(path, last)
        with dumps.opened_dump(str(path)) as dump:
            tables = {table.name: list(dump.rows(table)) for table in dump.tables}
        copy = tmp_path / f"copy{last}.db"
        dumps.fill_new(str(copy), last, tables)
        opened = SqliteStore(str(copy))
        world = World(opened, StandingClock().now_ms())
        assert len(opened.read(lambda rows: rows.devices(None)).result()) == 9
        world.close()
        opened.close()
    assert len(STEPS) >= 7
