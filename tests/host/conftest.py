"""What all tests of the CPython editions share: one real license server, and a proxy that can break the way to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlt_web.host import HostTracker
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from tests.host.devices import FILE, NOWHERE


@pytest.fixture(scope="session")
def session_lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LtsProcess]:
    with LtsProcess(tmp_path_factory.mktemp("lts"), test_clock=False) as running:
        yield running


@pytest.fixture
def lts(session_lts: LtsProcess) -> LtsProcess:
    """A server on the real clock."""
    session_lts.mark_log()
    return session_lts


@pytest.fixture
def proxy(lts: LtsProcess) -> Iterator[RecordingProxy]:
    with RecordingProxy(upstream=lts.url) as running:
        yield running


@pytest.fixture
def open_tracker(tmp_path: Path) -> Any:
    """Make trackers on one file, which are closed at the end without a wait for the network."""
    made: list[HostTracker] = []

    def make(code: str, server: str | list[str] = NOWHERE, **options: Any) -> HostTracker:
        given = {"handshake_code": code, "license_server": server, "store": tmp_path / FILE} | options
        made.append(HostTracker(**given))
        return made[-1]

    yield make
    for tracker in made:
        tracker.close(0.1)
