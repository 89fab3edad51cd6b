"""The core's tests run unchanged on the page's Python: in a worker of a real browser, on the bundle's own files."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

import build_wasm
from dlt_web.testing.browser_launch import BrowserSetup
from dlt_web.testing.static_site import Site, StaticSite
from tests.wasm.collected import count_on_cpython
from wasm import guest, workshop

# Starting Python, importing pytest from source and running every core test takes 10 s on an idle machine.
LIMIT_MS = 180_000
TESTS = workshop.ROOT / "tests"


@pytest.fixture(scope="module")
def packed_tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core's tests, what they read, and pytest, as one archive that the worker unpacks."""
    folder = tmp_path_factory.mktemp("packed")
    packages = guest.gather_test_packages()
    with zipfile.ZipFile(folder / "tests.zip", "w") as archive:
        archive.write(workshop.ROOT / "pyproject.toml", "pyproject.toml")
        for source in (TESTS / "core", TESTS / "vectors"):
            for path in source.rglob("*"):
                if path.is_file() and path.suffix != ".pyc":
                    archive.write(path, str(path.relative_to(workshop.ROOT)))
        for path in packages.rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                archive.write(path, f"packages/{path.relative_to(packages)}")
    return folder


@pytest.fixture(scope="module")
def site(packed_tests: Path) -> Iterator[Site]:
    mounts = {"/": build_wasm.build(), "/guest/": Path(__file__).parent / "guest", "/packed/": packed_tests}
    with StaticSite(mounts) as running:
        yield running.shop_a


@pytest.mark.browser
def test_the_core_tests_pass_in_a_worker(playwright: Playwright, browser_name: str, site: Site):
    browser = getattr(playwright, browser_name).launch(**BrowserSetup(browser_name).launch_options())
    try:
        page = browser.new_page()
        page.set_default_timeout(LIMIT_MS)
        page.goto(site.url("/guest/index.html"))
        page.wait_for_function("() => window.report !== undefined")
        report = page.evaluate("window.report")
    finally:
        browser.close()
    print(f"Python {report['python']} on {report['platform']}: {report['passed']} passed")
    assert report["exitCode"] == 0, report["output"]
    assert (report["platform"], report["package"].split("/")[1]) == ("emscripten", "dlt_web.whl")
    assert report["failed"] == report["skipped"] == 0
    assert report["passed"] == count_on_cpython() > 0
    assert report["files"] == sorted(f"tests/core/{path.name}" for path in (TESTS / "core").glob("test_*.py"))
