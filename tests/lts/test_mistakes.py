"""What a newcomer mistypes at ``dlt-web lts``: one sentence says what was found and what repairs it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from dlt_web.lts.cli import lts
from tests.lts.test_cli import one_sentence
from tests.lts.world import uuid


def told(folder: Path, line: str, store: str = "lts.db") -> tuple[int, str]:
    """Run a command that must fail, on a store in the folder; ``{folder}`` in the line stands for that one."""
    words = line.replace("{folder}", str(folder)).split()
    result = CliRunner().invoke(lts, words, env={"DLT_WEB_STORE": f"sqlite:///{folder / store}"})
    assert isinstance(result.exception, SystemExit), result
    assert result.stdout == ""
    return result.exit_code, one_sentence(result.stderr)


@pytest.fixture
def stocked(tmp_path: Path) -> Path:
    """A folder with a store that has a license and a handshake code, a text and a broken store."""
    for line in ("license add --id a --charge-way per_device --quota 10", "handshake add c1 --license a"):
        result = CliRunner().invoke(lts, line.split(), env={"DLT_WEB_STORE": f"sqlite:///{tmp_path / 'lts.db'}"})
        assert result.exit_code == 0
    (tmp_path / "text.db").write_text("text")
    (tmp_path / "folder").mkdir()
    return tmp_path


STORES = [
    ("none/lts.db", "there is no folder {folder}/none: make it, or name another file with --store or DLT_WEB_STORE."),
    ("folder", "it is a folder: name a file, such as sqlite:///{folder}/folder/dlt-web.db."),
    ("text.db/lts.db", "{folder}/text.db is no folder: name another file with --store or DLT_WEB_STORE."),
]


@pytest.mark.parametrize(("store", "why"), STORES)
def test_a_store_that_cannot_be_opened_is_told_with_what_repairs_it(stocked: Path, store: str, why: str) -> None:
    why = why.replace("{folder}", str(stocked))
    assert told(stocked, "license list", store) == (1, f"Error: The store {stocked / store} cannot be opened: {why}")
    # Nothing was left behind by the attempt.
    assert sorted(path.name for path in stocked.iterdir()) == ["folder", "lts.db", "lts.db-lock", "text.db"]


def test_a_file_that_is_no_store_is_told_with_what_repairs_it(stocked: Path) -> None:
    file = stocked / "text.db"
    assert told(stocked, "license list", "text.db") == (
        1,
        f"Error: {file} is no SQLite store: file is not a database. Name a store, or a file that is not there yet.",
    )


NAMES = [
    ("license add --id a --charge-way per_device --quota 1", "There is a license a already: choose another id, or"
    " change it with lts license set a."),
    ("license show b", "There is no license b; lts license list names them."),
    ("license revoke b", "There is no license b; lts license list names them."),
    ("handshake add c2 --license b", "There is no license b; lts license list names them."),
    ("handshake add c1 --license a", "There is a handshake code c1 already: choose another, or change it with lts"
    " handshake set c1."),
    ("handshake show c2", "There is no handshake code c2; lts handshake list names them."),
    ("devices list --handshake c2", "There is no handshake code c2; lts handshake list names them."),
    ("usage --handshake c2", "There is no handshake code c2; lts handshake list names them."),
    ("advise --handshake c2", "There is no handshake code c2; lts handshake list names them."),
    (f"devices release {uuid(1)} --handshake c1", f"The device {uuid(1)} holds no seat under c1; lts devices list"
    " --handshake c1 names those that do."),
    ("admin-key revoke b", "There is no administration key b; lts admin-key list names them."),
    ("alerts webhook remove b", "There is no webhook b; lts alerts webhook list names them."),
    ("alerts show 7", "There is no alert 7; lts alerts list names them."),
]  # fmt: skip


@pytest.mark.parametrize(("line", "sentence"), NAMES)
def test_a_name_that_is_not_there_or_taken_is_told_with_what_helps(stocked: Path, line: str, sentence: str) -> None:
    assert told(stocked, line) == (1, f"Error: {sentence}")


FILES = [
    ("verify", "none.db", "There is no store {folder}/none.db: name one with --store or DLT_WEB_STORE."),
    ("backup {folder}/b", "none.db", "There is no store {folder}/none.db: name one with --store or DLT_WEB_STORE."),
    ("export {folder}/e --all", "none.db", "There is no store {folder}/none.db: name one with --store or"
    " DLT_WEB_STORE."),
    ("backup {folder}/none/b.db", "lts.db", "{folder}/none/b.db cannot be written: there is no folder {folder}/none:"
    " make it, or name another file."),
    ("restore {folder}/none.db", "lts.db", "There is no backup {folder}/none.db: name a file that lts backup wrote."),
    ("restore {folder}/text.db", "lts.db", "{folder}/text.db is damaged, or no SQLite store: take a backup that is"
    " whole."),
    ("restore {folder}/lts.db", "none/lts.db", "{folder}/none/lts.db cannot be written: there is no folder"
    " {folder}/none: make it, or name another file."),
]  # fmt: skip


@pytest.mark.parametrize(("line", "store", "sentence"), FILES)
def test_a_file_that_cannot_be_used_is_told_with_what_repairs_it(
    stocked: Path, line: str, store: str, sentence: str
) -> None:
    assert told(stocked, line, store) == (1, f"Error: {sentence.replace('{folder}', str(stocked))}")


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_an_address_that_cannot_be_listened_on_is_told_with_what_repairs_it(stocked: Path, taken_port: int) -> None:
    assert told(stocked, f"serve --port {taken_port}") == (
        1,
        f"Error: Cannot listen on 127.0.0.1 port {taken_port}: Address already in use. Choose another --port, or stop "
        "what listens there.",
    )
    # Kept for documentation (RFC 5737): no machine has it.
    code, sentence = told(stocked, "serve --host 192.0.2.1 --port 0")
    assert (code, sentence.split(". ")[-1]) == (
        1,
        "Name an address of this machine with --host, such as 127.0.0.1 or 0.0.0.0.",
    )
