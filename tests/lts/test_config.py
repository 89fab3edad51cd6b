"""Settings of the server: flags, then the environment, then the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dlt_web.lts.cli import lts

FILE = """
store = "sqlite:////srv/lts.db"

[serve]
host = "0.0.0.0"
port = 9000
trusted-proxy = ["10.0.0.0/8", "192.0.2.1"]
access-log = true
drain-seconds = 20
"""


def check(path: Path, *flags: str, **environment: str) -> Result:
    words = ["--config", str(path), "config", "check", "--json", *flags]
    return CliRunner().invoke(lts, words, env={"DLT_WEB_STORE": None, **environment})


def settings(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "lts.toml"
    file.write_text(FILE)
    return file


def test_the_file_gives_the_defaults(path: Path) -> None:
    assert settings(check(path)) == {
        "store": "sqlite:////srv/lts.db",
        "host": "0.0.0.0",
        "port": 9000,
        "trustedProxies": ["10.0.0.0/8", "192.0.2.1"],
        "accessLog": True,
        "drainSeconds": 20,
    }


def test_the_environment_comes_before_the_file_and_flags_before_both(path: Path) -> None:
    environment = {"DLT_WEB_PORT": "9001", "DLT_WEB_HOST": "127.0.0.2", "DLT_WEB_TRUSTED_PROXY": "192.0.2.7 192.0.2.8"}
    found = settings(check(path, "--port", "9002", **environment))
    assert (found["host"], found["port"]) == ("127.0.0.2", 9002)
    assert found["trustedProxies"] == ["192.0.2.7", "192.0.2.8"]


def test_the_store_may_come_from_anywhere(path: Path) -> None:
    assert settings(check(path, DLT_WEB_STORE="sqlite:///b.db"))["store"] == "sqlite:///b.db"
    assert settings(check(path, "--store", "sqlite:///a.db", DLT_WEB_STORE="sqlite:///b.db"))["store"] == (
        "sqlite:///a.db"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("store = 1", "store must be a text"),
        ("stroe = 'x'", "stroe is no setting"),
        ("serve = 1", "[serve]"),
        ("[serve]\nport = true", "serve.port must be a whole number"),
        ("[serve]\nport = 70000", "70000"),
        ("[serve]\ndrain-seconds = 3601", "3601"),
        ("[serve]\ntrusted-proxy = '10.0.0.1'", "serve.trusted-proxy must be a list of texts"),
        ("[serve]\ntrusted-proxy = ['nobody']", "trusted proxy"),
        ("[serve]\ntest-clock = true", "serve.test-clock is no setting"),
        ("[serve", "no TOML"),
    ],
)
def test_a_wrong_file_is_one_sentence_and_exit_code_2(path: Path, text: str, says: str) -> None:
    path.write_text(text)
    result = check(path)
    assert result.exit_code == 2
    assert says in result.output


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    result = check(tmp_path / "none.toml")
    assert result.exit_code == 2
    assert "none.toml cannot be read" in result.output
