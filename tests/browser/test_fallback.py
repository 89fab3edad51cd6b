"""Where the baked runtime cannot run, the npm one counts with nothing lost: in every engine that a page can be had in.

``tests/web/test_loading.py`` holds the same, and more of it, in pages of Playwright's; WebKitGTK has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import Site, StaticSite
from tests.bundle_files import called, copy_bundle
from tests.cold_bundle import make_cold_bundle
from tests.page_workers import REFUSE_FIRST_MODULE, stop_python
from wasm.baked.bake import COLD_FILE, FILE, PACKED_FILE

pytestmark = pytest.mark.in_one_engine("webkit")


A, B = plain("qr_code", "A"), plain("qr_code", "B")
# Longer than the slow runtime takes to start.
PATIENT = {"duplicateForgetTime": 180_000}


@pytest.fixture(autouse=True)
def a_bundle_with_both(dlt_bundle: Path) -> None:
    if not (dlt_bundle / called(dlt_bundle, FILE)).is_file():
        pytest.skip("the bundle under test has the npm runtime alone")


@contextmanager
def serving(bundle: Path, folder: Path, content: bytes | None, *names: str) -> Iterator[Site]:
    """Serve a bundle in which some files hold something else, or are missing."""
    copy_bundle(bundle, folder)
    for file in (folder / called(bundle, name) for name in names):
        file.unlink()
        if content is not None:
            file.write_bytes(content)
    with StaticSite({"/": folder}) as site:
        yield site.shop_a


def runtime_after_two_scans(visitor: BrowserContext, shop: Site, options: dict[str, Any]) -> dict[str, Any]:
    """Scan at the very start, twice the same, and once after that, and tell which runtime counted."""
    tab = HarnessPage.open(visitor, shop)
    tab.create(options | PATIENT)
    assert [tab.scan(A).scans, tab.scan(A, B).scans] == [1, 1]
    tab.ready()
    tab.flush()
    assert tab.uncaught() == []
    runtime: dict[str, Any] = tab.settle("(await harness.tracker('main').explain()).runtime")
    return runtime


@pytest.mark.long_form(cases=1)
@pytest.mark.parametrize(
    ("content", "why"),
    [pytest.param(b"\0asm", "(SHA-384)", id="of another build"), pytest.param(None, "answered 404", id="missing")],
)
def test_of_a_runtime_that_is_not_what_was_built(
    visitor: BrowserContext,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    dlt_bundle: Path,
    tmp_path: Path,
    content: bytes | None,
    why: str,
) -> None:
    with serving(dlt_bundle, tmp_path / "bundle", content, FILE, PACKED_FILE) as shop:
        runtime = runtime_after_two_scans(visitor, shop, options)
    assert runtime["name"] == "pyodide"
    assert why in runtime["why"]
    assert lts.usage(code).scans == 2


@pytest.mark.long_only
@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"\0asm", "does not match the build's manifest (SHA-256)", id="of another build"),
        pytest.param(None, "answered 404", id="missing"),
    ],
)
def test_of_a_second_file_that_is_not_what_was_built_in_the_middle_of_a_call(
    visitor: BrowserContext,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    dlt_bundle: Path,
    tmp_path: Path,
    content: bytes | None,
    why: str,
) -> None:
    cold = make_cold_bundle(dlt_bundle, tmp_path / "cold")
    with serving(cold, tmp_path / "bundle", content, COLD_FILE) as shop:
        runtime = runtime_after_two_scans(visitor, shop, options)
    assert runtime["name"] == "pyodide"
    assert f"/{COLD_FILE} {why}" in runtime["why"]
    assert lts.usage(code).scans == 2


def test_of_a_module_that_the_browser_does_not_take(
    new_visitor: Callable[[], BrowserContext], shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    visitor = new_visitor()
    visitor.add_init_script(REFUSE_FIRST_MODULE)
    runtime = runtime_after_two_scans(visitor, shop, options)
    assert runtime == {"name": "pyodide", "why": "no such instruction"}
    assert lts.usage(code).scans == 2


def test_of_a_python_that_stops_in_the_middle_of_a_call(
    new_visitor: Callable[[], BrowserContext], shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    visitor = new_visitor()
    visitor.add_init_script(stop_python(170))
    runtime = runtime_after_two_scans(visitor, shop, options)
    assert runtime["name"] == "pyodide"
    assert runtime["why"].startswith("Python stopped in the middle of a call (RangeError: Maximum call stack")
    assert lts.usage(code).scans == 2


def test_nothing_of_it_where_the_baked_one_runs(
    visitor: BrowserContext, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    assert runtime_after_two_scans(visitor, shop, options) == {"name": "baked", "why": None}
    assert lts.usage(code).scans == 2
