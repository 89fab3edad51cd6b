"""Why a file cannot be opened or made, in words that say what repairs it."""

from __future__ import annotations

import os


def file_trouble(path: str, error: OSError, *, other: str) -> str:
    """Say what is wrong with a file's place, and what repairs it; the end of a sentence, without its full stop.

    Args:
        path: the file, as it was named.
        error: what the operating system said of it.
        other: how another file is named, such as ``name another file``.
    """
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        return f"it is a folder: {other}"
    if not os.path.lexists(folder):
        return f"there is no folder {folder}: make it, or {other}"
    if not os.path.isdir(folder):
        return f"{folder} is no folder: {other}"
    if isinstance(error, PermissionError):
        return f"{error.strerror}: let the user who runs this write in {folder}, or {other}"
    return error.strerror or str(error)
