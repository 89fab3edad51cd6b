"""What all tests of the CPython editions share: one real license server, and a proxy that can break the way to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy

Notes = dict[str, Callable[[], str]]


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
