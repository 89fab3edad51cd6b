"""Ends a browser as a power cut would: all of its processes at once, and nobody else's."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dlt_web.testing.deadline import wait_until

PROC = Path("/proc")


def kill_browser(profile: Path) -> int:
    """Send SIGKILL to the browser that this process started on a profile folder; return to how many processes.

    Returns when all of them are gone, so that the folder can be used again.
    """
    children = _children()
    ours = list(_descendants(os.getpid(), children))
    # Its own processes name the folder, or are children of one that does.
    named = [pid for pid in ours if _names(pid, profile)]
    doomed = {pid for one in named for pid in _descendants(one, children)} | set(named)
    for pid in doomed:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(_is_alive(pid) for pid in doomed), what=f"the processes of {profile} to end")
    return len(doomed)


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    return children


def _descendants(pid: int, children: dict[int, list[int]]) -> Iterator[int]:
    for child in children.get(pid, ()):
        yield child
        yield from _descendants(child, children)


def _names(pid: int, folder: Path) -> bool:
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(word == os.fsencode(folder) or word.endswith(b"=" + os.fsencode(folder)) for word in words)


def _is_alive(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] != "Z"


def _stat(pid: int) -> list[str]:
    """Return state, parent and what follows; empty where there is no such process."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
