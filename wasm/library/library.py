"""Leaves out of the standard library what no page's Python imports: two thirds of it, for the runtime in reserve.

That one starts only where the baked one cannot, and then a person waits for it. What stays is found, not listed: the
npm runtime is started once with all of it, and asked what it has imported when our package runs. Our own package needs
no more, since it does not in the baked runtime either, which can import nothing later. Of the runtime's own packages
everything stays.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

from wasm.npm import STDLIB, lock_file_info, npm_package
from wasm.workshop import CACHE, BuildError, Say, hash_of, new_folder, run

# The runtime's Python may import its own modules in the middle of something; they are a fortieth of it.
WHOLE_PACKAGES = ("_pyodide/", "pyodide/")
# Python asks for a codec when it first meets its name; these two cost nothing.
CODECS = frozenset({"encodings/ascii.pyc", "encodings/latin_1.pyc"})
# Without these no Python starts, so an answer that lacks one is not what it looks like.
_CERTAIN = frozenset({"encodings/__init__.pyc", "json/__init__.pyc", "re/__init__.pyc"})


def trim_library(node: str, stdlib: Path, wheel: Path, say: Say) -> Path:
    """Write a standard library that has only what a page imports.

    Args:
        node: a Node.
        stdlib: all of it, as byte-code in a zip.
        wheel: our package.
        say: gets a line when there is something to do.

    Returns:
        The zip.

    Raises:
        BuildError: the runtime does not say what it imported, or something that the zip has not.
    """
    folder = CACHE / f"library-{hash_of([stdlib, wheel, *sorted(Path(__file__).parent.glob('*.*'))])[:16]}"
    if not folder.is_dir():
        say("Leaving out of the standard library what no page imports")
        for old in CACHE.glob("library-*"):
            shutil.rmtree(old)
        with zipfile.ZipFile(stdlib) as archive:
            kept = kept_names(archive.namelist(), imported(node, stdlib, wheel))
        with new_folder(folder) as fresh:
            write_part(stdlib, fresh / STDLIB, kept)
    return folder / STDLIB


def imported(node: str, stdlib: Path, wheel: Path) -> list[str]:
    """Start the npm runtime as a page does, and name what it imports of the zip."""
    job = {
        "pyodide": str(npm_package("pyodide")),
        "stdlib": str(stdlib),
        "wheel": str(wheel),
        "lockFileInfo": {"info": lock_file_info()},
    }
    said = run([node, str(Path(__file__).with_name("loaded.mjs")), json.dumps(job)])
    return [str(origin).partition(".zip/")[2] for origin in json.loads(said)]


def kept_names(all_names: Iterable[str], needed: Iterable[str]) -> frozenset[str]:
    """Say which files of the zip stay.

    Raises:
        BuildError: this Pyodide imports otherwise than is known here; says what was found.
    """
    names, wanted = frozenset(all_names), frozenset(needed) | CODECS
    if unknown := sorted(wanted - names):
        raise BuildError(f"this version of pyodide imports what is not in its standard library: {', '.join(unknown)}")
    if missing := sorted(_CERTAIN - wanted):
        raise BuildError(f"this version of pyodide does not say that it imports {', '.join(missing)}")
    return wanted | {name for name in names if name.startswith(WHOLE_PACKAGES)}


def write_part(archive: Path, target: Path, names: frozenset[str]) -> None:
    """Write a zip of some files of another one, in its order and as they lie in it."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            if info.filename in names:
                new.writestr(info, old.read(info))
