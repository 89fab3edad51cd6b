"""Files as a good host keeps them ready: compressed with Brotli at its highest quality, once."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from wasm.npm import find_node
from wasm.workshop import CACHE

# Two arguments a file: what to compress, and where to.
_COMPRESS = """
const { readFileSync, writeFileSync } = require("node:fs");
const { brotliCompressSync, constants } = require("node:zlib");
for (let at = 1; at < process.argv.length; at += 2) {
  const plain = readFileSync(process.argv[at]);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  writeFileSync(process.argv[at + 1], brotliCompressSync(plain, { params }));
}
"""


def compressed(files: list[Path], cache: Path = CACHE / "brotli") -> dict[Path, bytes]:
    """Return the Brotli form of each file; the build's own (``.br`` beside it) where there is one.

    Quality 11 takes half a minute for the largest file, so what was made is kept, by content.
    """
    cache.mkdir(parents=True, exist_ok=True)
    kept = {file: _kept(file, cache) for file in files}
    missing = {into: file for file, into in kept.items() if not into.is_file()}
    if missing:
        fresh = {into: into.with_suffix(f".{os.getpid()}") for into in missing}
        words = [str(word) for into, file in missing.items() for word in (file, fresh[into])]
        subprocess.run([find_node(), "-e", _COMPRESS, *words], check=True)
        for into, made in fresh.items():
            made.rename(into)
    return {file: into.read_bytes() for file, into in kept.items()}


def _kept(file: Path, cache: Path) -> Path:
    built = file.with_name(f"{file.name}.br")
    return built if built.is_file() else cache / f"{hashlib.sha256(file.read_bytes()).hexdigest()}.br"
