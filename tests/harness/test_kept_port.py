"""A port is kept for the server that it is meant for, and connections are refused until that is there."""

from __future__ import annotations

import contextlib
import socket
import sys
from pathlib import Path

import pytest

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.kept_port import keep_port
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is given back before the server is there")


def other_program_takes(port: int) -> bool:
    """Tell whether a program that knows nothing of it is given a port."""
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
    except ConnectionRefusedError:
        return False
    return True


def test_nobody_is_given_a_kept_port_but_who_means_it():
    with contextlib.closing(keep_port()) as kept:
        port = kept.getsockname()[1]
        assert not answers(port)
        assert not other_program_takes(port)
        with socket.create_server(("127.0.0.1", port)):
            assert answers(port)
        assert not answers(port)
    wait_until(lambda: other_program_takes(port), what="the port to be anybody's")


def test_a_license_server_that_was_killed_gets_its_port_back(tmp_path: Path):
    with LtsProcess(tmp_path) as server:
        port = server.port
        server.kill()
        assert not answers(port)
        assert not other_program_takes(port)
        server.start(port=port)
        assert server.port == port


def test_a_proxy_that_refuses_gets_its_port_back():
    with RecordingProxy() as proxy:
        port = int(proxy.url.rpartition(":")[2])
        proxy.refuse()
        assert not answers(port)
        assert not other_program_takes(port)
        proxy.heal()
        assert answers(port)
        proxy.refuse()
