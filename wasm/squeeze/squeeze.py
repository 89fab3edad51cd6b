"""Compresses the bundle's files beforehand: better than a server does on the way, and for servers that never do.

Beside ``NAME`` lie ``NAME.br`` and ``NAME.gz``, where they are smaller; nginx, Caddy and most hosts know to serve those
in its place.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from pathlib import Path

from wasm.workshop import CACHE, Say, run

SUFFIXES = frozenset({".css", ".html", ".js", ".json", ".mjs", ".svg", ".wasm", ".whl", ".zip"})
# Smaller ones fit into one packet as they are.
SMALLEST_BYTES = 1_000
BEST, QUICK = 11, 9
# The best takes seconds for each megabyte, and pays where a file is fetched on every first visit, at once or some
# seconds later: what is larger than this is Pyodide as it comes, for the few browsers that need it, and a reader of the
# demo that is loaded when chosen.
LARGEST_BEST_BYTES = 1_000_000
ALWAYS_BEST = re.compile(r"python(-cold)?\.[0-9a-f]+\.wasm")
_GZIP_WINDOW_BITS = 31
_MOST_MEMORY = 9


def squeeze(folder: Path, node: str, say: Say) -> None:
    """Lay the compressed files down beside the others; what was compressed before is taken from ``.build/``."""
    cache = CACHE / "squeezed"
    cache.mkdir(exist_ok=True)
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in SUFFIXES and _is_large(path)]
    kept = {path: cache / f"{hashlib.sha256(path.read_bytes()).hexdigest()}-{_quality(path)}.br" for path in files}
    missing = [path for path in files if not kept[path].is_file()]
    if missing:
        say(f"Compressing {len(missing)} files with Brotli")
        made = {kept[path].with_suffix(".part"): path for path in missing}
        jobs = [{"from": str(path), "to": str(part), "quality": _quality(path)} for part, path in made.items()]
        run([node, str(Path(__file__).with_name("brotli.mjs")), json.dumps(jobs)])
        for part, path in made.items():
            part.rename(kept[path])
    for path in files:
        _lay_beside(path, ".br", kept[path].read_bytes())
        _lay_beside(path, ".gz", gzip(path.read_bytes()))
    for old in {*cache.iterdir()} - {*kept.values()}:
        old.unlink()


def gzip(content: bytes) -> bytes:
    """Compress as far as the format goes, without a time stamp."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, _GZIP_WINDOW_BITS, _MOST_MEMORY)
    return compressor.compress(content) + compressor.flush()


def _is_large(path: Path) -> bool:
    return path.is_file() and path.stat().st_size >= SMALLEST_BYTES


def _quality(path: Path) -> int:
    return BEST if ALWAYS_BEST.fullmatch(path.name) or path.stat().st_size <= LARGEST_BEST_BYTES else QUICK


def _lay_beside(path: Path, suffix: str, content: bytes) -> None:
    if len(content) < path.stat().st_size:
        path.with_name(path.name + suffix).write_bytes(content)
