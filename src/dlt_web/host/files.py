"""Where the device's file lies, and who may read it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

FILE_NAME = ".dlt-web-device"


def default_path() -> Path:
    """Return where the device's file of this user lies: hidden, among what programs keep of their state.

    Linux: ``$XDG_STATE_HOME`` or ``~/.local/state``; macOS: ``~/Library/Application Support``; Windows:
    ``%LOCALAPPDATA%``.
    """
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state")
    return base / "dlt-web" / FILE_NAME


def make_folder(folder: Path) -> None:
    """Make a folder that is missing, with its owner's rights alone; one that is there keeps its own."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def hide(path: Path) -> None:
    """Hide a file where a dot before its name does not."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetFileAttributesW(str(path), 0x2)
