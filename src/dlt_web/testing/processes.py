"""Ends a browser as a power cut would: all of its processes at once, and nobody else's."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

END_TIMEOUT_S = 15.0
_POLL_INTERVAL_S = 0.01


def kill_processes_on(profile: Path) -> int:
    """Send SIGKILL to the browser that this process started on a profile folder; return to how many processes.

    Returns when all of them are gone, so that the folder can be used again.

    Raises:
        RuntimeError: one of them is still there after 15 s.
    """
    ours = psutil.Process().children(recursive=True)
    # Its own processes name the folder, or are children of one that does.
    return _kill([process for process in ours if _names(process, str(profile))])


def kill_process_tree(process: psutil.Process) -> int:
    """Send SIGKILL to a process and all that it started; return to how many, as soon as they are gone.

    Raises:
        RuntimeError: one of them is still there after 15 s.
    """
    return _kill([process]) if process.is_running() else 0


def await_end(processes: Iterable[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    """Wait until processes have ended, whether or not anybody has taken notice.

    Who started a browser's processes is gone with it. They are then adopted by the machine's first process, which looks
    after a second or two, or in many a container never; what they had open is closed before.

    Args:
        processes: in any order.
        timeout_s: for all of them together, seconds; 0 looks once.

    Returns:
        Those that live on.
    """
    if sys.platform == "win32":
        # There what a process had open may be closed after its end, which this waits for.
        return psutil.wait_procs(list(processes), timeout_s)[1]
    end_s = time.monotonic() + timeout_s
    alive = list(processes)
    while (alive := [process for process in alive if _is_alive(process)]) and time.monotonic() < end_s:
        time.sleep(_POLL_INTERVAL_S)
    return alive


def _kill(roots: list[psutil.Process]) -> int:
    # Parents first: one that sees a child end might start another.
    doomed = {process: None for one in roots for process in [one, *_descendants(one)]}
    for process in doomed:
        # One that nobody may end is among those that live on.
        with suppress(psutil.Error):
            process.kill()
    alive = await_end(doomed, END_TIMEOUT_S)
    if alive:
        raise RuntimeError(f"Killed a browser, but after {END_TIMEOUT_S:g} s these of its processes live on: {alive}.")
    return len(doomed)


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _names(process: psutil.Process, folder: str) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    return any(word == folder or word.endswith(f"={folder}") for word in words)


def _is_alive(process: psutil.Process) -> bool:
    try:
        if not process.is_running():
            return False
        # Where the first thread of several has ended, the others still hold the files.
        return process.status() != psutil.STATUS_ZOMBIE or (sys.platform == "linux" and process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False
