"""What the files of a bundle are called."""

from __future__ import annotations

import json
from pathlib import Path


def called(bundle: Path, name: str) -> str:
    """Give what a file is called in the folder that the loader asks for by a name."""
    files = json.loads((bundle / "manifest.json").read_text())["files"]
    return str(files.get(name, {}).get("file", name))
