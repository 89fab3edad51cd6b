"""The core's tests run unchanged on the npm runtime: in a worker of a real browser, on the bundle's own files.

Only the standard library is all of it, since pytest imports more than a page does.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import build_wasm
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.static_site import Site, StaticSite
from dlt_web.testing.windows import BrowserWindows
from tests.wasm.core_run import count_on_cpython, report_of
from wasm import guest, npm, workshop

TESTS = workshop.ROOT / "tests"


@pytest.fixture(scope="module")
def packed_tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core's tests, what they read, and pytest, as one archive that the worker unpacks, and all that Python has."""
    folder = tmp_path_factory.mktemp("packed")
    workshop.copy_file(guest.compile_stdlib(npm.find_node(), print), folder / npm.STDLIB)
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


@pytest.mark.long_only
@pytest.mark.in_one_engine("chromium")
@pytest.mark.browser
def test_the_core_tests_pass_in_a_worker(
    dlt_windows: BrowserWindows, browser_name: EngineName, site: Site, tmp_path_factory: pytest.TempPathFactory
):
    report = report_of(dlt_windows, browser_name, site.url("/guest/index.html"))
    print(f"Python {report['python']} on {report['platform']}: {report['passed']} passed")
    assert report["exitCode"] == 0, report["output"]
    assert (report["platform"], report["package"].split("/")[1]) == ("emscripten", "dlt_web.whl")
    assert report["failed"] == report["skipped"] == 0
    assert report["passed"] == count_on_cpython(tmp_path_factory) > 0
    assert report["files"] == sorted(f"tests/core/{path.name}" for path in (TESTS / "core").glob("test_*.py"))
