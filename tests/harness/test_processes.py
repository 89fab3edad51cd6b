"""A browser that was killed is gone when it holds no file any more, whoever takes notice of its end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from dlt_web.testing.processes import await_end, kill_process_tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at what Linux says of a dead process")
# Each ends with its input, hence with the test. Has a child, says who it is, and never asks what became of it.
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"])
print(child.pid, flush=True)
sys.stdin.read()
"""
# Its first thread ends, as the process's own entry then says of all of it; another goes on.
LEFT_BY_ITS_FIRST_THREAD = """
import ctypes, sys, threading
threading.Thread(target=sys.stdin.read).start()
print("started", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""
PATIENCE_S = 60


@contextmanager
def running(program: str) -> Iterator[tuple[psutil.Process, str]]:
    """A process of Python, and the first word that it said."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True) as started:
        assert started.stdout is not None
        try:
            yield psutil.Process(started.pid), started.stdout.readline().strip()
        finally:
            started.kill()


def test_a_dead_process_of_which_nobody_takes_notice_is_not_waited_for():
    with running(PARENT) as (_, child_id):
        child = psutil.Process(int(child_id))
        child.kill()
        begin_s = time.monotonic()
        assert await_end([child], PATIENCE_S) == []
        assert time.monotonic() - begin_s < PATIENCE_S / 2
        assert child.status() == psutil.STATUS_ZOMBIE


def test_what_lives_on_is_told():
    with running(PARENT) as (process, child_id):
        child = psutil.Process(int(child_id))
        assert await_end([process, child], 0.1) == [process, child]
        child.kill()
        assert await_end([child], PATIENCE_S) == []
        assert await_end([process, child], 0.1) == [process]


def test_a_process_without_its_first_thread_still_holds_its_files():
    with running(LEFT_BY_ITS_FIRST_THREAD) as (process, _):
        end_s = time.monotonic() + PATIENCE_S
        while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end_s:
            time.sleep(0.01)
        assert process.status() == psutil.STATUS_ZOMBIE
        assert await_end([process], 0.2) == [process]
        process.kill()
        assert await_end([process], PATIENCE_S) == []


def test_a_family_is_killed_whole_and_another_one_is_left():
    with running(PARENT) as (parent, child_id), running(PARENT) as (other, other_child_id):
        family, others = [parent, psutil.Process(int(child_id))], [other, psutil.Process(int(other_child_id))]
        assert kill_process_tree(parent) == 2
        assert await_end(family, 0) == []
        assert await_end(others, 0) == others
        assert parent.wait(PATIENCE_S) == -signal.SIGKILL
        assert kill_process_tree(parent) == 0
