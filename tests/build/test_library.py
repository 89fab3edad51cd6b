"""The standard library of the runtime in reserve: what a page imports, as it was, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wasm import guest
from wasm.baked.steps import ALL as ALL_STEPS
from wasm.library import library
from wasm.npm import lock_file_info, npm_package
from wasm.workshop import BuildError, run

ALL = ("encodings/__init__.pyc", "encodings/ascii.pyc", "encodings/latin_1.pyc", "json/__init__.pyc", "re/__init__.pyc")
NEEDED = ("encodings/__init__.pyc", "json/__init__.pyc", "re/__init__.pyc")


@pytest.fixture(scope="module")
def whole(node: str, bundle: Path) -> dict[str, bytes]:
    return content_of(guest.compile_stdlib(node, print))


def content_of(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_two_thirds_stay_at_home_and_the_rest_is_as_it_was(bundle: Path, whole: dict[str, bytes]):
    served = content_of(bundle / "python_stdlib.zip")
    assert served.pop(library.CLASSES)
    assert served == {name: whole[name] for name in served}
    assert sum(map(len, served.values())) < sum(map(len, whole.values())) / 3
    assert not [name for name in served if name.startswith(("unittest/", "xml/", "multiprocessing/", "encodings/cp"))]


def test_made_anew_it_is_the_same_to_the_byte(node: str, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(library, "CACHE", tmp_path)
    (wheel,) = bundle.glob("*.whl")
    served = library.make_library(node, guest.compile_stdlib(node, print), wheel, print, ALL_STEPS)
    assert tmp_path in served.parents
    assert served.read_bytes() == (bundle / "python_stdlib.zip").read_bytes()


@pytest.fixture
def stdlib_made_anew(node: str, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(guest, "hash_of", lambda _: f"anew-{os.getpid()}")
    stdlib = guest.compile_stdlib(node, print)
    monkeypatch.undo()
    yield stdlib
    shutil.rmtree(stdlib.parent)


@pytest.mark.long_only
def test_so_is_the_standard_library_that_it_is_made_of(node: str, stdlib_made_anew: Path):
    known = guest.compile_stdlib(node, print)
    assert stdlib_made_anew != known
    assert stdlib_made_anew.read_bytes() == known.read_bytes()


def test_the_runtimes_own_packages_are_there_whole(bundle: Path, whole: dict[str, bytes]):
    served = content_of(bundle / "python_stdlib.zip")
    own = {name for name in whole if name.startswith(("pyodide/", "_pyodide/"))}
    assert len(own) > 10
    assert own <= set(served)


def test_what_is_imported_stays_with_the_runtimes_own_packages():
    names = library.kept_names([*ALL, "pyodide/http.pyc", "xml/sax.pyc"], NEEDED)
    assert names == {*ALL, "pyodide/http.pyc"}


def test_an_import_of_something_that_is_not_there_stops_the_build():
    with pytest.raises(BuildError, match=r"imports what is not in its standard library: nowhere\.pyc"):
        library.kept_names(ALL, [*NEEDED, "nowhere.pyc"])


def test_a_runtime_that_does_not_say_what_it_imports_stops_the_build():
    with pytest.raises(BuildError, match=r"does not say that it imports encodings/__init__\.pyc, json/"):
        library.kept_names(ALL, [])


def compiled_of(node: str, bundle: Path, stdlib: Path) -> dict[str, int]:
    """Import our package in the npm runtime, and count what `dataclasses` ran: texts and code."""
    job = {"pyodide": str(npm_package("pyodide")), "stdlib": str(stdlib), "wheel": str(next(bundle.glob("*.whl")))}
    said = run([node, str(Path(__file__).with_name("compiled.mjs")), json.dumps(job | {"info": lock_file_info()})])
    counts: dict[str, int] = json.loads(said)
    return counts


def test_the_classes_of_our_package_are_made_of_what_was_compiled_ahead(node: str, bundle: Path):
    counts = compiled_of(node, bundle, bundle / "python_stdlib.zip")
    assert counts.keys() == {"code"}
    assert counts["code"] > 50


@pytest.mark.long_only
def test_without_that_step_each_is_compiled(node: str, bundle: Path):
    stdlib = guest.compile_stdlib(node, print)
    whole = library.make_library(node, stdlib, next(bundle.glob("*.whl")), print, ALL_STEPS - {"classes", "library"})
    assert content_of(whole).keys() == content_of(stdlib).keys()
    assert compiled_of(node, bundle, whole).keys() == {"str"}


def test_a_runtime_whose_classes_compile_nothing_stops_the_build():
    with pytest.raises(BuildError, match=r"makes classes otherwise than is known: one of its ways compiled nothing"):
        library.compiled_classes("")
