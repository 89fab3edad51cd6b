"""Python that wanders into code and data of the second file answers as CPython does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.static_site import Site
from dlt_web.testing.windows import BrowserWindows
from tests.runnable_bundle import runnable_bundle
from tests.wasm.core_run import guest_site, report_of
from wasm import npm, workshop
from wasm.baked.bake import COLD_FILE

HERE = Path(__file__).parent
PROGRAM = HERE / "replay" / "wander.py"
# The program uses up what memory it is given: in WebAssembly half of this, see `guest/program.js`.
LIMITED = f'ulimit -v {512 * 1024} && exec "$0" "$@"'


@pytest.fixture(scope="module")
def expected() -> list[str]:
    """What CPython says, line by line."""
    command = ["sh", "-c", LIMITED, sys.executable, str(PROGRAM)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert len(said.splitlines()) > 50
    return said.splitlines()


def test_it_answers_as_cpython_does(expected: list[str], tmp_path_factory: pytest.TempPathFactory):
    bundle = runnable_bundle(tmp_path_factory)
    said = workshop.run([npm.find_node(), str(HERE / "replay" / "run.mjs"), str(bundle), str(PROGRAM)])
    assert said.splitlines() == [f"fetched {COLD_FILE}", *expected]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with guest_site(runnable_bundle(tmp_path_factory), PROGRAM.parent) as shown:
        yield shown


# The stack of a worker is each browser's own. In `make test` Node does the same.
@pytest.mark.long_only
@pytest.mark.in_one_engine("firefox")
@pytest.mark.browser
def test_it_does_so_in_a_worker(dlt_windows: BrowserWindows, browser_name: EngineName, site: Site, expected: list[str]):
    report = report_of(dlt_windows, browser_name, site.url("/guest/index.html?worker=wander_worker.js"))
    assert report["printed"].splitlines() == expected
    assert report["isDone"]
    assert report["fetchedLater"] == [COLD_FILE]
