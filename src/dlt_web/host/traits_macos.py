"""Traits of a Mac, out of what its own commands say. Written from Apple's documentation; docs/host.md says what ran."""

from __future__ import annotations

import plistlib
import re
import subprocess
from collections.abc import Callable

from .traits import Trait, Traits, mac_trait, trait_of

Run = Callable[[tuple[str, ...]], bytes]

PLATFORM = ("/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice", "-a")
CPU = ("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string")
NETWORK = ("/usr/sbin/networksetup", "-listallhardwareports")
VOLUME = ("/usr/sbin/diskutil", "info", "-plist", "/")
TIMEOUT_S = 10


def gather_macos(names: tuple[str, ...], run: Run | None = None) -> Traits:
    """Return what can be read of these traits."""
    run = run or _run
    readers = {"cpu_id": _cpu_id, "board": _board, "mac": _mac, "machine_id": _machine_id, "os_id": _os_id}
    read = {name: readers[name](run) for name in names if name in readers}
    return {name: trait for name, trait in read.items() if trait is not None}


def _run(command: tuple[str, ...]) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout


def _plist(text: bytes) -> dict[str, object]:
    try:
        found = plistlib.loads(text)
    except (ValueError, plistlib.InvalidFileException):
        return {}
    found = found[0] if isinstance(found, list) and found else found
    return found if isinstance(found, dict) else {}


def _cpu_id(run: Run) -> Trait | None:
    # Macs tell no serial number of a processor.
    return trait_of(run(CPU).decode(errors="replace"), is_unique=False)


def _board(run: Run) -> Trait | None:
    return trait_of(str(_plist(run(PLATFORM)).get("IOPlatformSerialNumber", "")))


def _machine_id(run: Run) -> Trait | None:
    return trait_of(str(_plist(run(PLATFORM)).get("IOPlatformUUID", "")))


def _mac(run: Run) -> Trait | None:
    text = run(NETWORK).decode(errors="replace")
    ports = re.findall(r"Device: (en\d+)\s+Ethernet Address: ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})", text)
    return mac_trait([address for _, address in sorted(ports)])


def _os_id(run: Run) -> Trait | None:
    return trait_of(str(_plist(run(VOLUME)).get("VolumeUUID", "")))
