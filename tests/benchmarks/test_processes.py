"""Memory and processor time of a process and what came of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.browser.processes import PROC, browser_processes, cpu_s, memory_bytes

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="there is no /proc")

# A process with the profile on its command line, and a child that has it not; the child is busy and holds 50 MB.
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[2]])"
CHILD = "held = bytearray(50_000_000)\nprint('ready', flush=True)\nwhile True: pass"


def test_a_browser_is_found_with_its_children_by_its_profile(tmp_path: Path) -> None:
    assert browser_processes(tmp_path) == []
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path), CHILD], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        found = browser_processes(tmp_path)
        try:
            assert parent.pid in found
            assert len(found) == 2
            assert memory_bytes(found) > 50_000_000
            began_s = cpu_s(found)
            while cpu_s(found) < began_s + 0.05:
                assert parent.poll() is None
        finally:
            (child,) = set(found) - {parent.pid}
            subprocess.run(["kill", "-9", str(child)], check=True)
    assert browser_processes(tmp_path) == []
    assert memory_bytes(found) == 0
    assert cpu_s(found) == 0
