"""How large the tracker's own JavaScript is, as other trackers' makers count theirs: gzip."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

# `import … from "./x.js"` and `export … from "./x.js"`; what is imported later, by a call, is not loaded with the page.
_STATIC_IMPORT = re.compile(
    r"""^\s*(?:(?:import|export)\b[^;"'()]*?\bfrom\s*|import\s*)["'](\.{1,2}/[^"']+)["']""", re.MULTILINE
)


def loaded_with(module: Path) -> list[Path]:
    """Return a module and all that it imports statically, each once."""
    found = [module.resolve()]
    for file in found:  # grows while it is walked
        for name in _STATIC_IMPORT.findall(file.read_text()):
            imported = (file.parent / name).resolve()
            if imported not in found:
                found.append(imported)
    return found


def scripts_of(bundle: Path) -> list[Path]:
    """Return all JavaScript that a page with a tracker at work has loaded out of a bundle, its worker's included."""
    return [bundle / "dlt-web.js", *sorted((bundle / "page").glob("*.js")), bundle / "worker" / "main.js"]


def gzip_bytes(files: list[Path]) -> int:
    """Return how many bytes files have together, each compressed by itself as it is sent."""
    return sum(len(gzip.compress(file.read_bytes(), 9, mtime=0)) for file in files)
