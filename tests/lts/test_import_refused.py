"""What is no export, or not as it was written, makes no store."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lts.export_world import manifest_of
from tests.lts.test_cli import refused


def lines(name: str, change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Path], None]:
    """Return what changes a table's rows, and the manifest with them, as somebody would who knows how."""

    def spoil(export: Path) -> None:
        path = export / f"tables/{name}.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        change(rows)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        seal(export, f"tables/{name}.jsonl", len(rows))

    return spoil


def seal(export: Path, name: str, rows: int) -> None:
    content, manifest = (export / name).read_bytes(), manifest_of(export)
    (file,) = [file for file in manifest["files"] if file["name"] == name]
    file |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "rows": rows}
    (export / "manifest.json").write_text(json.dumps(manifest))


def manifest(**changes: Any) -> Callable[[Path], None]:
    def spoil(export: Path) -> None:
        (export / "manifest.json").write_text(json.dumps(manifest_of(export) | changes))

    return spoil


def unlisted(export: Path) -> None:
    found = manifest_of(export)
    found["files"] = [file for file in found["files"] if file.get("table") != "oddity"]
    (export / "manifest.json").write_text(json.dumps(found))


def elsewhere(export: Path) -> None:
    found = manifest_of(export)
    found["files"].append({"name": "../secret", "bytes": 1, "sha256": "x"})
    (export / "manifest.json").write_text(json.dumps(found))


def no_json(export: Path) -> None:
    path = export / "tables/lost.jsonl"
    path.write_text("{}\n" + "[" * 5_000 + "\n")
    seal(export, "tables/lost.jsonl", 2)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda export: (export / "tables/usage.jsonl").write_text(""), "is not as it was written"),
        (lambda export: (export / "tables/usage.jsonl").unlink(), "usage.jsonl cannot be read: No such file"),
        (lambda export: (export / "manifest.json").write_text("{}"), "is no manifest of an export"),
        (manifest(format="other"), "is no manifest of a dlt-web-lts-export version 1; found 'other' version 1."),
        (manifest(version=2), "found 'dlt-web-lts-export' version 2."),
        (manifest(schemaStep=999), "Schema step 999 is not one that this version knows: use a newer one."),
        (manifest(schemaStep=1), "The tables are not those of schema step 1"),
        (unlisted, "oddity is missing or unknown."),
        (elsewhere, "names ../secret, which lies elsewhere."),
        (no_json, "tables/lost.jsonl, line 1: handshake_code, is_verified, reason, scans, slot is missing or unknown."),
        (lines("usage", lambda rows: rows[1].update(scans="x")), "tables/usage.jsonl, line 2: "),
        (lines("usage", lambda rows: rows[0].update(scans=True)), "line 1: bool is no value of a column."),
        (lines("usage", lambda rows: rows[0].update(scans=2**70)), "tables/usage.jsonl, line 1: "),
        (lines("store_key", lambda rows: rows[0].update(secret="&")), "tables/store_key.jsonl, line 1: "),
        (lines("usage", lambda rows: rows.append(rows[0])), "UNIQUE constraint failed"),
        (lines("usage", lambda rows: [row.update(scans=0) for row in rows]), "The export has faults; the first of "),
        (lines("device", lambda rows: rows[0].update(license_id="no")), "The export has faults; the first of "),
        (lines("audit", lambda rows: rows[0].update(actor="x")), "The export has faults; the first of 1: Audit log"),
    ],
)
def test_an_export_that_is_not_as_it_was_written_makes_no_store(
    exported: Path, tmp_path: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    shutil.copytree(exported / "export", tmp_path / "export")
    spoil(tmp_path / "export")
    code, said = refused(tmp_path / "lts.db", "import", str(tmp_path / "export"))
    assert (code, sentence in said) == (1, True), said
    assert not (tmp_path / "lts.db").exists()
    assert not list(tmp_path.glob("*.partial*"))
