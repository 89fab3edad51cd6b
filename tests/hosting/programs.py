"""nginx and Caddy for tests: the machine's own, or unpacked from Debian's packages beside the build's other parts."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / ".build" / "programs"
WAIT_S = 120


def program(name: str) -> str:
    """Return the path of a program that is a Debian package of the same name; skips the test where it cannot be had."""
    if (found := shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")) is not None:
        return found
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Tests run side by side.
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        unpacked = unpack(name)
    return str(unpacked)


def unpack(name: str) -> Path:
    target = FOLDER / name
    for place in ("usr/sbin", "usr/bin"):
        if (target / place / name).is_file():
            return target / place / name
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        pytest.skip(f"there is no {name} on this machine, and no apt-get to have it from")
    done = subprocess.run(
        ["apt-get", "download", "-qq", name], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=WAIT_S
    )
    packages = sorted(FOLDER.glob(f"{name}_*.deb"))
    if done.returncode != 0 or not packages:
        pytest.skip(
            f"there is no {name} on this machine, and Debian's package cannot be had: {done.stderr.strip()[:200]}"
        )
    subprocess.run(["dpkg-deb", "-x", packages[-1], target], check=True, timeout=WAIT_S)
    return next(target / place / name for place in ("usr/sbin", "usr/bin") if (target / place / name).is_file())
