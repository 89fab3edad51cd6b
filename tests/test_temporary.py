"""Where temporary files lie."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests import temporary
from tests.temporary import temporary_folder

DISK = Path(tempfile.gettempdir())


def test_in_memory_where_there_is_room(tmp_path: Path) -> None:
    assert temporary_folder({}, tmp_path, least=1) == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_where_the_environment_says(tmp_path: Path) -> None:
    assert temporary_folder({"TMPDIR": "/somewhere"}, tmp_path, least=1) == Path("/somewhere")


def test_on_the_disk_where_memory_is_missing_or_small(tmp_path: Path) -> None:
    assert temporary_folder({}, tmp_path / "nothing", least=1) == DISK
    assert temporary_folder({}, tmp_path, least=2**62) == DISK


def test_on_the_disk_where_no_program_may_run_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The system refuses it as it does any on a mount that is `noexec`.
    program = tmp_path / "no program"
    program.write_bytes(b"")
    os.chmod(program, 0o600)
    monkeypatch.setattr(temporary.shutil, "which", lambda name: str(program))
    memory = tmp_path / "memory"
    memory.mkdir()
    assert temporary_folder({}, memory, least=1) == DISK
