"""The wheel that travels to the page: what is in it, and that two ways of building it give the same bytes."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from wasm import workshop
from wasm.page_wheel import lay_out_page_source

# The byte-code magic of Python 3.14, the page's interpreter; this machine's Python has another.
PYTHON_314_MAGIC = (3627).to_bytes(2, "little") + b"\r\n"
STAYS_HOME = ("lts", "host", "testing", "_bundle", "cli", "demo", "browsers", "bundle", "error_codes", "explain_scan")
STAYS_HOME += ("reader_shapes",)


def build_plainly(source: Path, out: Path) -> Path:
    """Build a source tree through the plain PEP 517 front end, on this machine's Python."""
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)],
        env=os.environ | {"SOURCE_DATE_EPOCH": workshop.SOURCE_DATE_EPOCH},
        check=True,
        stdout=subprocess.PIPE,
    )
    (wheel,) = out.glob("*.whl")
    return wheel


def test_pyodide_build_and_the_plain_build_give_the_same_bytes(page_wheel: Path, tmp_path: Path):
    lay_out_page_source(tmp_path / "source")
    plain = build_plainly(tmp_path / "source", tmp_path / "out")
    assert page_wheel.name == plain.name
    assert page_wheel.read_bytes() == plain.read_bytes()


def test_another_source_gives_other_bytes(page_wheel: Path, tmp_path: Path):
    lay_out_page_source(tmp_path / "source")
    (tmp_path / "source" / "src" / "dlt_web" / "errors.py").write_text("changed = True\n")
    assert build_plainly(tmp_path / "source", tmp_path / "out").read_bytes() != page_wheel.read_bytes()


def test_only_the_core_and_browser_travel(page_wheel: Path):
    with zipfile.ZipFile(page_wheel) as wheel:
        names = [name for name in wheel.namelist() if name.startswith("dlt_web/")]
    parts = {Path(name).parts[1].removesuffix(".py") for name in names}
    assert {"tracker", "wire", "browser"} <= parts
    assert not [part for part in parts if part.startswith(STAYS_HOME)]


def test_the_page_wheel_depends_on_nothing(page_wheel: Path):
    with zipfile.ZipFile(page_wheel) as wheel:
        (metadata,) = (name for name in wheel.namelist() if name.endswith("METADATA"))
        assert b"Requires-Dist" not in wheel.read(metadata)


@pytest.mark.parametrize("ending", ["-cp314-none-any.whl", "python_stdlib.zip"])
def test_byte_code_is_of_the_pages_interpreter_and_stored(bundle: Path, ending: str):
    (path,) = (path for path in bundle.iterdir() if path.name.endswith(ending))
    with zipfile.ZipFile(path) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        code = [name for name in archive.namelist() if name.endswith(".pyc")]
        assert code
        assert {archive.read(name)[:4] for name in code} == {PYTHON_314_MAGIC}
        assert not [name for name in archive.namelist() if name.endswith(".py")]


def test_the_compiled_wheel_holds_every_module_of_the_built_one(bundle: Path, page_wheel: Path):
    (compiled,) = bundle.glob("*.whl")
    with zipfile.ZipFile(page_wheel) as before, zipfile.ZipFile(compiled) as after:
        modules = {name + "c" for name in before.namelist() if name.endswith(".py")}
        assert modules == {name for name in after.namelist() if name.endswith(".pyc")}
