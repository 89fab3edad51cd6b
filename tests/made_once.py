"""What takes seconds to make is made once for all tests, whichever process comes first."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

# Set by `make test` to a folder for all its runs of pytest, which it empties at the start.
SHARED_VARIABLE = "DLT_WEB_SHARED"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that all processes of this run have together, made by the first that asks for it.

    Args:
        factory: of the session.
        name: the folder's, which says what is in it.
        make: makes it where nothing lies; after one that fails the next that asks makes it anew.
    """
    target = _shared_folder(factory) / name
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (done := target.with_suffix(".done")).exists():
            shutil.rmtree(target, ignore_errors=True)  # of one that failed
            make(target)
            done.touch()
    return target


def _shared_folder(factory: pytest.TempPathFactory) -> Path:
    if shared := os.environ.get(SHARED_VARIABLE):
        folder = Path(shared)
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    own = factory.getbasetemp()
    # Processes that run tests side by side have one folder together above their own.
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
