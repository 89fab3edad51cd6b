"""Traits of a Linux machine, out of ``/proc``, ``/sys`` and ``/etc``."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from .traits import Trait, Traits, mac_trait, trait_of

ROOT = Path("/")


def gather_linux(names: tuple[str, ...], root: Path = ROOT) -> Traits:
    """Return what can be read of these traits; ``root`` stands for ``/``."""
    read = {name: _READERS[name](root) for name in names if name in _READERS}
    return {name: trait for name, trait in read.items() if trait is not None}


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return None


def _first(*traits: Trait | None) -> Trait | None:
    return next((trait for trait in traits if trait is not None), None)


def _cpu_id(root: Path) -> Trait | None:
    """Return the processor's serial number, which ARM and RISC-V boards have; else its model."""
    info = _text(root / "proc/cpuinfo") or ""
    serial = re.search(r"^Serial\s*:\s*(\S+)$", info, re.MULTILINE)
    # A name of each field once: the processors of a machine are alike.
    model = [
        found[1]
        for name in ("vendor_id", "cpu family", "model", "stepping", "CPU implementer", "CPU part", "uarch")
        if (found := re.search(rf"^{name}\s*:\s*(\S.*)$", info, re.MULTILINE))
    ]
    return _first(
        trait_of(serial and serial[1]),
        trait_of(_text(root / "sys/devices/soc0/serial_number")),
        trait_of("-".join(model), is_unique=False),
    )


def _board(root: Path) -> Trait | None:
    """Return the board's serial number; only the superuser may read a PC's."""
    dmi = root / "sys/class/dmi/id"
    kind = [_text(dmi / name) or "" for name in ("board_vendor", "board_name", "board_version")]
    return _first(
        trait_of(_text(root / "sys/firmware/devicetree/base/serial-number")),
        trait_of(_text(dmi / "board_serial")),
        trait_of(_text(dmi / "product_uuid")),
        trait_of(" ".join(kind), is_unique=False),
        trait_of(_text(root / "sys/firmware/devicetree/base/model"), is_unique=False),
    )


def _mac(root: Path) -> Trait | None:
    """Return the address of the first network card that is built in; bridges, tunnels and Docker's are no cards."""
    built_in: list[str] = []
    plugged_in: list[str] = []
    try:
        links = sorted((root / "sys/class/net").iterdir())
    except OSError:
        return None
    for link in links:
        device = link / "device"
        address = (_text(link / "address") or "").strip().lower()
        # 0: the card's own address, and not one that somebody gave it.
        is_own = (_text(link / "addr_assign_type") or "").strip() == "0"
        if not device.exists() or not is_own or not re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", address):
            continue
        is_usb = "/usb" in str(device.resolve())
        (plugged_in if is_usb else built_in).append(address)
    return mac_trait(sorted(built_in) + sorted(plugged_in))


def _machine_id(root: Path) -> Trait | None:
    return _first(trait_of(_text(root / "etc/machine-id")), trait_of(_text(root / "var/lib/dbus/machine-id")))


def _os_id(root: Path) -> Trait | None:
    """Return the UUID of the file system that the system was installed on."""
    mounts = _text(root / "proc/self/mountinfo") or ""
    found = re.search(r"^\d+ \d+ \S+ \S+ / .* - \S+ (/dev/\S+) ", mounts, re.MULTILINE)
    if found is None:
        return None
    source = (root / found[1].lstrip("/")).resolve()
    try:
        by_uuid = sorted((root / "dev/disk/by-uuid").iterdir())
    except OSError:
        return None
    return next((trait_of(link.name) for link in by_uuid if link.resolve() == source), None)


_READERS: dict[str, Callable[[Path], Trait | None]] = {
    "cpu_id": _cpu_id,
    "board": _board,
    "mac": _mac,
    "machine_id": _machine_id,
    "os_id": _os_id,
}
