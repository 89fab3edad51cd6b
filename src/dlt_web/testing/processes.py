"""Ends a browser as a power cut would: all of its processes at once, and nobody else's."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil

END_TIMEOUT_S = 15.0


def kill_processes_on(profile: Path) -> int:
    """Send SIGKILL to the browser that this process started on a profile folder; return to how many processes.

    Returns when all of them are gone, so that the folder can be used again.

    Raises:
        RuntimeError: one of them is still there after 15 s.
    """
    ours = psutil.Process().children(recursive=True)
    # Its own processes name the folder, or are children of one that does.
    return _kill([process for process in ours if _names(process, str(profile))])


def kill_process_tree(process_id: int) -> int:
    """Send SIGKILL to a process and all that it started; return to how many, as soon as they are gone.

    Raises:
        RuntimeError: one of them is still there after 15 s.
    """
    try:
        return _kill([psutil.Process(process_id)])
    except psutil.NoSuchProcess:
        return 0


def _kill(roots: list[psutil.Process]) -> int:
    doomed = {process: None for one in roots for process in [*_descendants(one), one]}
    for process in doomed:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    # The children of our children are nobody's whom we could wait for; psutil looks whether they are still there.
    _, alive = psutil.wait_procs(list(doomed), timeout=END_TIMEOUT_S)
    alive = [process for process in alive if _is_alive(process)]
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
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
