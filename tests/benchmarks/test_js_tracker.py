"""The tracker in plain JavaScript is honest work: it counts by the vectors, and the server books what it counted."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from dlt_web.testing.lts_process import LtsProcess
from wasm.npm import find_node

HERE = Path(__file__).parent
TIMEOUT_S = 60


def node(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([find_node(), *words], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def test_in_node() -> None:
    outcome = node("--test", "--test-reporter=spec", str(HERE / "js_tracker.test.mjs"))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_a_real_server_books_what_it_counted(tmp_path: Path) -> None:
    with LtsProcess(tmp_path, test_clock=False) as lts:
        code = lts.add_code()
        outcome = node(str(HERE / "js_tracker_reports.mjs"), lts.url, code)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        said = json.loads(outcome.stdout)
        usage = lts.usage(code)
        assert lts.seated(code) == {said["uuid"]}
    assert said["counted"] == 35
    assert usage.by_symbology == {"qr_code": 15, "ean_13": 20}
    assert usage.unverified_scans == 0
