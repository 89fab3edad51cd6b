"""A process forked from one that tracks: its trackers are its own, and no count goes with its parent's files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.host.devices import FILE

# SQLite's connections, and what it remembers of their locks, must not come into a child: the parent, which then takes
# itself for the last one, deletes the log that the child goes on writing to.
PROGRAM = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads, which is what this is about
from dlt_web.host import HostTracker

def track(name, count):
    tracker = HostTracker(handshake_code="code", license_server="http://127.0.0.1:9", store=sys.argv[1])
    for number in range(count):
        assert tracker.scan({"format": "qr_code", "text": f"{name}-{number}"}).scans == 1
    return tracker

first = track("before", 5)
children = []
is_over, say = os.pipe()
for child in range(3):
    pid = os.fork()
    if pid == 0:
        own = track(f"child-{child}", 20)
        os.close(say)
        os.read(is_over, 1)
        for number in range(20):
            own.scan({"format": "qr_code", "text": f"late-{child}-{number}"})
        os._exit(0)
    children.append(pid)
for number in range(40):
    assert first.scan({"format": "qr_code", "text": f"parent-{number}"}).scans == 1
first.close()
os.close(say)
print([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children], track("after", 1).pending.scans)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_children_count_on_their_own_beside_a_parent_that_goes_on_and_ends(tmp_path: Path):
    for attempt in range(2):
        words = [sys.executable, "-c", PROGRAM, str(tmp_path / f"{FILE}{attempt}")]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert done.stdout == f"[0, 0, 0] {5 + 3 * 40 + 40 + 1}\n", done
