"""docs/operating.md: its commands are run in their order on one store, and its tables name what there is."""

from __future__ import annotations

import re
import shlex
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from dlt_web.cli import cli
from dlt_web.lts.cli import lts
from tests.lts.server_process import ServerProcess

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "operating.md").read_text()
SECURITY = (DOCS / "security.md").read_text()
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
# Others are for the administrator of the machine.
COMMANDS = [line for line in LINES if not line.startswith("sudo ")]
(CONFIG,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


OPTIONS_OF = (
    "license add", "license set", "handshake add", "handshake set", "admin-key add", "restore", "usage", "usage adjust",
    "devices list", "devices release", "devices export", "statement", "export", "advise",
)  # fmt: skip


def rows(first_cell: str, page: str = PAGE) -> list[list[str]]:
    table = page[page.index(f"\n| {first_cell} |") + 1 :].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def run(line: str, folder: Path) -> str:
    """Run one command in this process, which saves a second of start-up each."""
    settings, _, words = line.partition("dlt-web ")
    environment = dict(setting.split("=", 1) for setting in settings.split())
    environment["DLT_WEB_STORE"] = f"sqlite:///{folder}/lts.db"
    done = CliRunner().invoke(cli, shlex.split(words), env=environment)
    assert done.exit_code == 0, (line, done.output, done.exception)
    return done.stdout


def test_the_commands_do_what_they_say_beside_a_server_that_is_stopped_for_the_restore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lts.toml").write_text(CONFIG)
    said: dict[str, str] = {}
    epochs = []
    with ExitStack() as servers:
        for line in COMMANDS:
            if line.startswith("pip install"):
                continue
            if line.endswith(" serve"):
                server = servers.enter_context(ServerProcess(tmp_path / "lts.db"))
                epochs.append(re.findall(r"^dlt_lts_store_epoch\{.*\} (\S+)", metrics_of(server), re.MULTILINE)[0])
                continue
            if " restore " in line:
                servers.close()
            said[line] = run(line, tmp_path)
    assert len(said) >= 20
    assert len(epochs) == 2
    assert float(epochs[1]) > float(epochs[0])
    assert "shop-2027, shop-2028" in said["dlt-web lts handshake show 200001-shop"]
    assert "handshake.set" in said["dlt-web lts audit"]
    assert re.search("^drainSeconds +10$", said["DLT_WEB_CONFIG=lts.toml dlt-web lts config check"], re.MULTILINE)


def test_the_backup_of_the_next_night_needs_the_other_name_that_the_guide_tells(tmp_path: Path) -> None:
    (told,) = re.findall(r"such as\s+`(nightly-\$\(date \+%F\)\.db)`", PAGE)
    nights = [told.replace("$(date +%F)", night) for night in ("2026-11-29", "2026-11-30")]
    run("dlt-web lts admin-key add ops", tmp_path)
    for name in nights:
        run(f"dlt-web lts backup {tmp_path / name}", tmp_path)
    environment = {"DLT_WEB_STORE": f"sqlite:///{tmp_path}/lts.db"}
    again = CliRunner().invoke(cli, ["lts", "backup", str(tmp_path / nights[0])], env=environment)
    assert (again.exit_code, "never replaces a file" in again.output) == (2, True)


def metrics_of(server: ServerProcess) -> str:
    return httpx.get(f"{server.url}/metrics").text


def test_the_addresses_answer_and_every_metric_of_the_table_is_one(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "lts.db") as server:
        for address in (row[0].strip("`") for row in rows("address")):
            assert httpx.get(f"{server.url}{address}").status_code == 200
        told = set(re.findall(r"^# TYPE (\S+)", metrics_of(server), re.MULTILINE))
    named = {row[0].strip("`") for row in rows("metric")}
    assert named <= told
    assert len(named) >= 7


def test_what_the_guide_tells_to_look_at_is_in_a_code_s_usage(tmp_path: Path) -> None:
    for line in COMMANDS:
        if re.search(r"(license|handshake) add", line):
            run(line, tmp_path)
    usage = run("dlt-web lts usage --handshake 200001-shop --json", tmp_path)
    for name in ("lost", "unverifiedScans", "memoryDevices", "partitionedDevices", "clonedDevices"):
        assert f"`{name}`" in PAGE
        assert f'"{name}"' in usage


def test_the_settings_of_the_environment_are_those_that_the_server_reads() -> None:
    named = set(re.findall(r"`DLT_WEB_(\w+)`", PAGE)) - {"STORE", "CONFIG"}
    (serve,) = [command for name, command in lts.commands.items() if name == "serve"]
    read = {envvar for option in serve.params if (envvar := getattr(option, "envvar", None))}
    assert {f"DLT_WEB_{name}" for name in named} == read


def test_each_option_that_the_pages_name_is_one_of_the_server_s(tmp_path: Path) -> None:
    helped = "".join(run(f"dlt-web lts {words} --help", tmp_path) for words in OPTIONS_OF)
    spans = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE + SECURITY, flags=re.DOTALL))
    named = {option for span in spans for option in re.findall(r"--[a-z][a-z-]+", span)}
    named -= {"--version", "--upgrade", "--config"}
    assert {option for option in named if option not in helped} == set()


def test_each_command_that_the_pages_name_in_a_sentence_exists(tmp_path: Path) -> None:
    named = re.findall(r"`(?:dlt-web )?(lts [a-z -]+?)(?: (?:[A-Z]|--)[^`]*|[a-z-]+\.db)?`", PAGE + SECURITY)
    assert {"lts keys rotate", "lts export", "lts alerts webhook rotate", "lts devices release"} <= set(named)
    for words in sorted(set(named)):
        run(f"dlt-web {words.strip()} --help", tmp_path)
