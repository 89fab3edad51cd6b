"""The bundle that tests serve, and what its files are called."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from dlt_web.bundle import ensure_bundle


def tested_bundle() -> Path:
    """Give the bundle that belongs to the tested package, or the one that ``DLT_WEB_BUNDLE`` names.

    ``make test-fallback`` names one without the baked runtime, so that the other one starts everywhere.
    """
    named = os.environ.get("DLT_WEB_BUNDLE")
    return Path(named).resolve() if named else ensure_bundle()


def called(bundle: Path, name: str) -> str:
    """Give what a file is called in the folder that the loader asks for by a name."""
    files = json.loads((bundle / "manifest.json").read_text())["files"]
    return str(files.get(name, {}).get("file", name))


def copy_bundle(bundle: Path, folder: Path) -> Path:
    """Lay a bundle down once more, in a new folder, by links where both are on one disk.

    A file that is to hold something else is deleted first: what is written over would be the other bundle's, too.
    """
    return Path(shutil.copytree(bundle, folder, copy_function=_link_or_copy))


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # temporary files are in memory, or on another disk
        shutil.copyfile(source, target)
