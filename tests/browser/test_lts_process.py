"""The real server as the tests run it, spoken to as a tracker would, without a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlt_web.testing.lts_process import LtsError, LtsProcess


def test_a_fresh_code_has_no_usage(lts: LtsProcess) -> None:
    code = lts.add_code("per_device", quota=3)
    usage = lts.usage(code)
    assert (usage.devices, usage.scans, usage.lost) == (0, 0, {})
    assert lts.devices(code) == []


def test_the_test_clock_moves_only_when_told(clock_lts: LtsProcess) -> None:
    first = clock_lts.advance(0)
    assert clock_lts.advance(0) == first
    assert (clock_lts.advance(90) - first).total_seconds() == 90


def test_the_in_process_command_line_and_the_real_one_see_one_database(lts: LtsProcess) -> None:
    code = lts.add_code()
    result = lts.cli_process("usage", "--handshake", code, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["handshakeCode"] == code


def test_a_refused_command_says_why(lts: LtsProcess) -> None:
    with pytest.raises(LtsError, match="no-such-code"):
        lts.usage("no-such-code")


def test_a_killed_server_starts_again_on_its_store_and_port(tmp_path: Path) -> None:
    with LtsProcess(tmp_path) as server:
        url, code = server.url, server.add_code()
        server.restart()
        assert server.url == url
        assert server.usage(code).devices == 0
