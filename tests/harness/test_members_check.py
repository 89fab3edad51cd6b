"""What a tracker sends is held against the interface, without any browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlt_web.testing.conformance.checks import privacy
from dlt_web.testing.conformance.engine_run import EngineRun
from dlt_web.testing.conformance.judging import cell_of
from dlt_web.testing.conformance.lts_detour import AUTHORIZATIONS, REPORTS
from dlt_web.testing.conformance.outcome import Cell
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.recording_proxy import RecordingProxy

(MEMBERS,) = (check for check in privacy.CHECKS if check.row.id == "privacy.members")
NAMED = {"handshakeCode": "code", "deviceUuid": "one"}
NO_REPORTS = "What the tracker sends as `reports` is no list of objects, which the interface wants."


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineRun]:
    settings, windows = Settings("http://shop.localhost/", "code"), None
    with RecordingProxy() as proxy:
        made = EngineRun("chromium", settings, folder=tmp_path, windows=windows, proxy=proxy, counted=None)  # type: ignore[arg-type]
        monkeypatch.setattr(made, "isolated", lambda: None)
        monkeypatch.setattr(made, "visit", lambda _: "one")
        yield made


def judged(run: EngineRun, path: str, body: bytes) -> Cell:
    """What is said of a tracker that sends this."""
    request, _ = run.proxy.take("POST", f"http://lts.localhost{path}", b"", (), body)
    run.proxy.note_answer(request, "422")
    return cell_of(run, lambda: MEMBERS.run(run))


def test_a_tracker_that_sends_nothing_cannot_be_looked_at(run: EngineRun):
    assert cell_of(run, lambda: MEMBERS.run(run)).outcome == "not tested"


@pytest.mark.parametrize("reports", [5, None, "all", {"id": 1}, [5], [{"id": "1"}, None]])
def test_reports_that_are_none_are_the_trackers_breach(run: EngineRun, reports: Any):
    cell = judged(run, REPORTS, json.dumps({**NAMED, "reports": reports}).encode())
    assert (cell.outcome, cell.reason) == ("failed", NO_REPORTS)


@pytest.mark.parametrize("reports", [{}, {"reports": []}, {"reports": [{"id": "1"}]}])
def test_documented_members_pass_whatever_they_say(run: EngineRun, reports: Any):
    assert judged(run, REPORTS, json.dumps({**NAMED, **reports}).encode()).outcome == "passed"


@pytest.mark.parametrize(
    ("path", "body"), [(AUTHORIZATIONS, {"more": 1}), (REPORTS, {"more": 1}), (REPORTS, {"reports": [{"more": 1}]})]
)
def test_members_that_nobody_knows_are_named(run: EngineRun, path: str, body: Any):
    cell = judged(run, path, json.dumps({**NAMED, **body}).encode())
    assert (cell.outcome, cell.reason) == ("failed", "The tracker sends what the interface does not know: more.")


@pytest.mark.parametrize("body", [b"", b"{", b"5", b"[]", b"null", b"[" * 100_000, b"\xff\xfe"])
def test_what_says_nothing_of_a_device_is_no_trackers(run: EngineRun, body: bytes):
    cell = judged(run, REPORTS, body)
    assert (cell.outcome, cell.reason) == ("not tested", "the tracker sent nothing that could be looked at")
