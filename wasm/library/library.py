"""Leaves out of the standard library what no page's Python imports: two thirds of it, for the runtime in reserve.

That one starts only where the baked one cannot, and then a person waits for it. What stays is found, not listed: the
npm runtime is started once with all of it, and asked what it has imported when our package runs. Our own package needs
no more, since it does not in the baked runtime either, which can import nothing later. Of the runtime's own packages
everything stays.

And it gets what the making of our classes compiles at each start, compiled; ``guest_classes.py`` says more.
"""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from types import MappingProxyType

from wasm.npm import STDLIB, lock_file_info, npm_package
from wasm.workshop import CACHE, BuildError, Say, copy_file, hash_of, new_folder, run

# The runtime's Python may import its own modules in the middle of something; they are a fortieth of it.
WHOLE_PACKAGES = ("_pyodide/", "pyodide/")
# Python asks for a codec when it first meets its name; these two cost nothing.
CODECS = frozenset({"encodings/ascii.pyc", "encodings/latin_1.pyc"})
# Python imports it when it starts.
CLASSES = "sitecustomize.pyc"
NOTHING: Mapping[str, bytes] = MappingProxyType({})
# Without these no Python starts, so an answer that lacks one is not what it looks like.
_CERTAIN = frozenset({"encodings/__init__.pyc", "json/__init__.pyc", "re/__init__.pyc"})


def make_library(node: str, stdlib: Path, wheel: Path, say: Say, steps: Set[str]) -> Path:
    """Write the standard library of the runtime in reserve.

    Args:
        node: a Node.
        stdlib: all of it, as byte-code in a zip.
        wheel: our package.
        say: gets a line when there is something to do.
        steps: of the build; those that matter here are ``library`` and ``classes``.

    Returns:
        The zip.

    Raises:
        BuildError: the runtime does not say what it imported, or something that the zip has not; or it makes classes
            otherwise than is known.
    """
    wanted = sorted(steps & {"library", "classes"})
    sources = [stdlib, wheel, *sorted(Path(__file__).parent.glob("*.*"))]
    folder = CACHE / f"library-{'-'.join(wanted)}-{hash_of(sources)[:16]}"
    if not folder.is_dir():
        say("Making the standard library of the runtime in reserve")
        for old in CACHE.glob(f"{folder.name[:-16]}*"):
            shutil.rmtree(old)
        origins, classes = imported(node, stdlib, wheel)
        with zipfile.ZipFile(stdlib) as archive:
            names = archive.namelist()
        kept = kept_names(names, origins) if "library" in steps else frozenset(names)
        with new_folder(folder) as fresh:
            write_part(stdlib, fresh / STDLIB, kept, {CLASSES: classes} if "classes" in steps else {})
    return folder / STDLIB


def imported(node: str, stdlib: Path, wheel: Path) -> tuple[list[str], bytes]:
    """Start the npm runtime as a page does.

    Returns:
        What it imports of the zip, and a module with what the making of our classes compiles.

    Raises:
        BuildError: nothing was compiled.
    """
    with tempfile.TemporaryDirectory() as scratch:
        noting = Path(scratch) / STDLIB
        copy_file(stdlib, noting)
        with zipfile.ZipFile(noting, "a") as archive:
            archive.write(Path(__file__).with_name("guest_classes.py"), "sitecustomize.py")
        job = {
            "pyodide": str(npm_package("pyodide")),
            "stdlib": str(noting),
            "wheel": str(wheel),
            "lockFileInfo": {"info": lock_file_info()},
        }
        said = json.loads(run([node, str(Path(__file__).with_name("loaded.mjs")), json.dumps(job)]))
    origins = [str(origin).partition(".zip/")[2] for origin in said["origins"]]
    return [name for name in origins if name != "sitecustomize.py"], compiled_classes(said["classes"])


def compiled_classes(module: str) -> bytes:
    """Decode the module.

    Raises:
        BuildError: it is empty.
    """
    if not module:
        raise BuildError(
            "this version of pyodide makes classes otherwise than is known: one of its ways compiled nothing"
        )
    return base64.b64decode(module)


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


def write_part(archive: Path, target: Path, names: frozenset[str], more: Mapping[str, bytes] = NOTHING) -> None:
    """Write a zip of some files of another one, in its order and as they lie in it, and of others after them."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            if info.filename in names:
                new.writestr(info, old.read(info))
        for name, content in more.items():
            new.writestr(zipfile.ZipInfo(name), content)
