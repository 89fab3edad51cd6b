"""Says what machine figures are from, without naming it, and how busy it was with other things."""

from __future__ import annotations

import os
import platform
from pathlib import Path

_STAT = Path("/proc/stat")


def about_this_machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return processors and system, e.g. ``2 processors (AMD EPYC 7B13), Linux x86_64``."""
    name = ""
    if cpuinfo.is_file():
        lines = [line.partition(":") for line in cpuinfo.read_text().splitlines()]
        name = next((value.strip() for key, _, value in lines if key.strip() == "model name"), "")
    count = os.cpu_count() or 1
    shown = f" ({name})" if name and name != "unknown" else ""
    return f"{count} processor{'s' if count > 1 else ''}{shown}, {platform.system()} {platform.machine()}"


class Others:
    """Watches from its construction on how busy the machine is with what is no part of a measurement."""

    def __init__(self, own_cpu_s: float, stat: Path = _STAT) -> None:
        """Begin to watch.

        Args:
            own_cpu_s: processor time that the measured processes have taken up to now.
            stat: the kernel's account.
        """
        self._stat = stat
        self._own_cpu_s = own_cpu_s
        self._busy_s, self._all_s = _account(stat)

    def percent(self, own_cpu_s: float) -> float | None:
        """Return what share of all processors others have taken since; None where the system does not say.

        Args:
            own_cpu_s: processor time that the measured processes have taken up to now.
        """
        busy_s, all_s = _account(self._stat)
        if all_s == self._all_s:
            return None
        others_s = busy_s - self._busy_s - (own_cpu_s - self._own_cpu_s)
        return max(0.0, 100 * others_s / (all_s - self._all_s))


def _account(stat: Path) -> tuple[float, float]:
    """Return how long all processors together were busy, and how long they were there at all, s (proc(5))."""
    if not stat.is_file():
        return 0.0, 0.0
    user, nice, system, idle, wait, *interrupts = map(int, stat.read_text().split("\n", 1)[0].split()[1:8])
    busy = user + nice + system + sum(interrupts)
    hertz = os.sysconf("SC_CLK_TCK")
    return busy / hertz, (busy + idle + wait) / hertz
