"""Where the files of tests lie for a while: ``python -m tests.temporary`` prints the folder, for ``TMPDIR``.

In memory where that has room for all of them. Tests make thousands of small databases and profiles of browsers, and
each commit of each of them would wait for the disk. What they prove is the same: a process that is killed loses nothing
that it has handed to the system, wherever that keeps it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

MEMORY = Path("/dev/shm")
# A whole run needs less than one.
LEAST_FREE_BYTES = 4_000_000_000


def temporary_folder(environment: Mapping[str, str], memory: Path = MEMORY, least: int = LEAST_FREE_BYTES) -> Path:
    """Return the folder: the one that the environment names, else memory, else the system's."""
    if named := environment.get("TMPDIR"):
        return Path(named)
    is_good = memory.is_dir() and shutil.disk_usage(memory).free >= least and _runs_programs(memory)
    return memory if is_good else Path(tempfile.gettempdir())


def _runs_programs(folder: Path) -> bool:
    """Tell whether programs that lie in a folder may run, which containers often forbid in memory."""
    try:
        with tempfile.TemporaryDirectory(dir=folder) as own:
            program = Path(own) / "program"
            shutil.copyfile(shutil.which("true") or sys.executable, program)
            program.chmod(0o700)
            return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    print(temporary_folder(os.environ))
