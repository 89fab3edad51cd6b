"""``dlt-web lts devices`` on one store, in this process."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dlt_web.lts.cli import lts
from dlt_web.lts.cli_values import print_table
from dlt_web.lts.store import SqliteStore
from tests.lts.world import CODE, World, uuid


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three seats under one code."""
    path = tmp_path / "lts.db"
    kept = SqliteStore(str(path))
    world = World(kept)
    world.license()
    world.handshake()
    world.authorize(1, deviceFriendlyName="Till One")
    world.authorize(2, storage="memory")
    world.advance(minutes=10)
    world.authorize(3)
    world.close()
    kept.close()
    return path


def run(store: Path, words: str) -> Result:
    return CliRunner().invoke(lts, words.split(), env={"DLT_WEB_STORE": f"sqlite:///{store}"})


def found(store: Path, words: str) -> list[str]:
    result = run(store, f"{words} --json")
    assert result.exit_code == 0, result.output
    return [row["deviceUuid"] for row in json.loads(result.stdout)]


def test_lists_search(store: Path) -> None:
    assert found(store, f"devices list --handshake {CODE}") == [uuid(1), uuid(2), uuid(3)]
    assert found(store, f"devices list --handshake {CODE} --license L --search one") == [uuid(1)]
    assert found(store, f"devices list --handshake {CODE} --search {uuid(3)}") == [uuid(3)]
    assert found(store, f"devices list --handshake {CODE} --search two") == []
    assert "Till One" in run(store, f"devices list --handshake {CODE}").stdout
    assert "no devices" in run(store, f"devices list --handshake {CODE} --search two").stdout


def test_a_table_of_many_pages_names_its_columns_once(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(iter([[{"name": "Till One", "seats": 1}], [{"name": "Two", "seats": 20}], []]), "None.")
    assert capsys.readouterr().out.splitlines() == ["name      seats", "Till One  1", "Two       20"]
    print_table(iter([[]]), "None.")
    assert capsys.readouterr().out == "None.\n"


def test_exports_are_lines_a_table_or_a_list(store: Path) -> None:
    lines = [json.loads(line) for line in run(store, "devices export").stdout.splitlines()]
    assert lines == json.loads(run(store, "devices export --json").stdout)
    rows = list(csv.DictReader(io.StringIO(run(store, f"devices export --csv --handshake {CODE} --license L").stdout)))
    assert [row["deviceUuid"] for row in rows] == [row["deviceUuid"] for row in lines] == [uuid(1), uuid(2), uuid(3)]
    assert rows[1]["storage"] == "memory"


def test_a_bulk_release_says_how_many(store: Path) -> None:
    before = "--last-seen-before 2026-11-24T10:10:00Z"
    dry = run(store, f"devices release {before} --dry-run")
    assert dry.stdout == "Would release 2 devices; nothing was changed.\n"
    assert run(store, f"devices release {before} --storage memory --handshake {CODE}").stdout == "Released 1 device.\n"
    assert found(store, f"devices list --handshake {CODE} --license L") == [uuid(1), uuid(3)]
    assert run(store, "devices release --unseated").stdout == "Released 0 devices.\n"
    assert run(store, "devices release --license L").stdout == "Released 2 devices.\n"
    assert found(store, "devices export") == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("devices release", 2),
        (f"devices release --handshake {CODE}", 2),
        (f"devices release {uuid(1)}", 2),
        (f"devices release {uuid(1)} --handshake {CODE} --unseated", 2),
        (f"devices release {uuid(1)} --handshake {CODE} --dry-run", 2),
        ("devices release --storage paper", 2),
        (f"devices list --handshake {CODE} --search=", 2),
        ("devices export --csv --json", 2),
        ("devices release --license nothing", 1),
        ("devices release --unseated --handshake nothing", 1),
        ("devices export --handshake nothing", 1),
    ],
)
def test_what_is_refused_changes_nothing(store: Path, words: str, code: int) -> None:
    result = run(store, words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.count("Error:") == 1
    assert len(found(store, f"devices list --handshake {CODE} --license L")) == 3
