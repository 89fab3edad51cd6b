"""The core's tests run unchanged on the baked runtime: in a worker of a real browser, as it is split in two files."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.static_site import Site
from dlt_web.testing.windows import BrowserWindows
from tests.runnable_bundle import runnable_bundle
from tests.wasm.core_run import count_on_cpython, guest_site, report_of
from wasm import guest, npm, workshop
from wasm.baked.bake import COLD_FILE

TESTS = workshop.ROOT / "tests"
GUEST = Path(__file__).parent / "guest"
# Of the standard library, what tests import and the package does not, with what that imports.
LIBRARY = (
    "ast", "bisect", "contextlib", "dis", "hashlib", "inspect", "linecache", "opcode", "_opcode_metadata",
    "_py_warnings", "importlib", "importlib.machinery", "random", "textwrap", "token", "tokenize", "uuid", "warnings",
)  # fmt: skip


def program(stdlib: Path) -> str:
    """What is run: all that the tests need, and the program that runs them."""
    sources = {f"tests/core/{path.name}": path.read_text() for path in (TESTS / "core").glob("*.py")}
    data = {f"tests/vectors/{path.name}": path.read_text() for path in (TESTS / "vectors").glob("*.json")}
    with zipfile.ZipFile(stdlib) as archive:
        files = {name: name.replace(".", "/") for name in LIBRARY} | {"importlib": "importlib/__init__"}
        found = {name: base64.b64encode(archive.read(f"{file}.pyc")).decode() for name, file in files.items()}
    given = json.dumps({"sources": sources, "data": data, "library": found})
    head = f"import json\nGIVEN = json.loads({given!a})\n"
    return head + (GUEST / "core_tests.py").read_text()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("core-in-baked")
    (folder / "program.py").write_text(program(guest.compile_stdlib(npm.find_node(), print)))
    with guest_site(runnable_bundle(tmp_path_factory), folder) as shown:
        yield shown


@pytest.mark.in_one_engine("chromium")
@pytest.mark.browser
def test_the_core_tests_pass_in_a_worker(
    dlt_windows: BrowserWindows, browser_name: EngineName, site: Site, tmp_path_factory: pytest.TempPathFactory
):
    report = report_of(dlt_windows, browser_name, site.url("/guest/index.html?worker=baked_worker.js"))
    assert report.get("failures") == [], report
    assert report["platform"] == "emscripten"
    assert report["passed"] == count_on_cpython(tmp_path_factory) > 0
    assert report["files"] == sorted(f"tests/core/{path.name}" for path in (TESTS / "core").glob("test_*.py"))
    assert report["fetchedLater"] == [COLD_FILE]
