"""Traits of a Windows machine, by one question to PowerShell. Written from Microsoft's documentation (docs/host.md)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from typing import Any

from .traits import Trait, Traits, mac_trait, trait_of

Json = Any
TIMEOUT_S = 30
# One start of PowerShell takes about a second, so it is asked for everything at once.
SCRIPT = r"""
$ErrorActionPreference = 'SilentlyContinue'
@{
  cpu = @(Get-CimInstance Win32_Processor | ForEach-Object { $_.ProcessorId })
  board = (Get-CimInstance Win32_BaseBoard).SerialNumber
  macs = @(Get-CimInstance Win32_NetworkAdapter -Filter 'PhysicalAdapter=TRUE' |
    Where-Object { $_.PNPDeviceID -like 'PCI\*' } | Sort-Object MACAddress | ForEach-Object { $_.MACAddress })
  machine = (Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Cryptography').MachineGuid
  volume = (Get-CimInstance Win32_Volume -Filter "DriveLetter='$env:SystemDrive'").DeviceID
} | ConvertTo-Json -Compress
"""


def gather_windows(names: tuple[str, ...], ask: Callable[[], str] | None = None) -> Traits:
    """Return what can be read of these traits."""
    try:
        told = json.loads((ask or _ask)())
    except ValueError:
        return {}
    read = traits_from(told if isinstance(told, dict) else {})
    return {name: trait for name, trait in read.items() if name in names and trait is not None}


def traits_from(told: Json) -> dict[str, Trait | None]:
    """Return the traits that PowerShell's answer says."""
    macs = [one for one in _list(told.get("macs")) if re.fullmatch(r"(?i)([0-9a-f]{2}[:-]){5}[0-9a-f]{2}", one)]
    return {
        # The processor's signature and features: the same for all of its model.
        "cpu_id": trait_of("-".join(_list(told.get("cpu"))), is_unique=False),
        "board": trait_of(_text(told.get("board"))),
        "mac": mac_trait([one.lower() for one in macs]),
        "machine_id": trait_of(_text(told.get("machine"))),
        "os_id": trait_of(_text(told.get("volume"))),
    }


def _ask() -> str:
    command = ["powershell", "-NoProfile", "-NonInteractive", "-Command", SCRIPT]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Json) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
