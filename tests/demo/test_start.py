"""What can keep the demo from starting, said before anything is built or opened."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlt_web.demo import default_data_folder, run
from dlt_web.errors import OptionError


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_is_named_with_the_option_that_changes_it(taken_port: int, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=rf"Port {taken_port} cannot be listened on .*--port\.") as failed:
        run(port=taken_port, lts_port=0, open_browser=False, data_folder=tmp_path)
    assert "\n" not in str(failed.value)


def test_a_taken_port_of_the_license_server_is_named_too(taken_port: int, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"--lts-port\."):
        run(port=0, lts_port=taken_port, open_browser=False, data_folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OptionError, match=r"The demo cannot keep its data in .*set XDG_DATA_HOME to another folder\."):
        run(port=0, lts_port=0, open_browser=False, data_folder=tmp_path / "file" / "demo")


def test_counts_are_kept_where_the_system_keeps_data_of_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_data_folder() == tmp_path / "dlt-web" / "demo"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert default_data_folder() == tmp_path / "local" / "dlt-web" / "demo"
