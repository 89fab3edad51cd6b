"""Memory and processor time of a whole browser: its first process and all that came of it. Linux only."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

PROC = Path("/proc")
# Of /proc/PID/stat, counted from behind the name in parentheses (proc(5), fields 4, 14 and 15).
_PARENT, _USER_TICKS, _SYSTEM_TICKS = 1, 11, 12


def browser_processes(profile: Path) -> list[int]:
    """Return the processes of the browser that runs on this profile; empty where there is none, or no ``/proc``."""
    children: dict[int, list[int]] = defaultdict(list)
    roots = []
    for entry in PROC.iterdir() if PROC.is_dir() else ():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children[int(fields[_PARENT])].append(int(entry.name))
            if str(profile).encode() in _read(entry / "cmdline"):
                roots.append(int(entry.name))
    found: set[int] = set()
    while roots:
        pid = roots.pop()
        if pid not in found:
            found.add(pid)
            roots += children[pid]
    return sorted(found)


def memory_bytes(pids: list[int]) -> int:
    """Return what the processes hold, shared pages divided among those who share them (PSS)."""
    return sum(_pss(pid) for pid in pids)


def cpu_s(pids: list[int]) -> float:
    """Return the processor time that the processes have taken since their start."""
    ticks = 0
    for pid in pids:
        if fields := _stat(pid):
            ticks += int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])
    return ticks / os.sysconf("SC_CLK_TCK")


def _pss(pid: int) -> int:
    for line in _read(PROC / str(pid) / "smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _stat(pid: int) -> list[str]:
    return _read(PROC / str(pid) / "stat").decode(errors="replace").rpartition(")")[2].split()


def _read(path: Path) -> bytes:
    """Return a file's content; nothing where the process has ended meanwhile."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
