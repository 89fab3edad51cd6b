"""Where the device's file lies, and who may read it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..errors import OptionError

FILE_NAME = ".dlt-web-device"


def default_path() -> Path:
    """Return where the device's file of this user lies: hidden, among what programs keep of their state.

    Linux: ``$XDG_STATE_HOME`` or ``~/.local/state``; macOS: ``~/Library/Application Support``; Windows:
    ``%LOCALAPPDATA%``.

    Raises:
        OptionError: the user has no home, as a service's or a container's may have none.
    """
    if sys.platform == "win32":
        named, below = os.environ.get("LOCALAPPDATA"), Path("AppData", "Local")
    elif sys.platform == "darwin":
        named, below = None, Path("Library", "Application Support")
    else:
        named, below = os.environ.get("XDG_STATE_HOME"), Path(".local", "state")
    # A relative one is to be taken for none (XDG Base Directory Specification).
    base = Path(named) if named and Path(named).is_absolute() else _home() / below
    return base / "dlt-web" / FILE_NAME


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise OptionError(
            "This user has no home folder to keep the device's file in: set store to a path, or XDG_STATE_HOME."
        ) from None


def make_folder(folder: Path) -> None:
    """Make a folder that is missing, with its owner's rights alone; one that is there keeps its own."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def hide(path: Path) -> None:
    """Hide a file where a dot before its name does not."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetFileAttributesW(str(path), 0x2)
