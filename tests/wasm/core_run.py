"""A run of the core's tests in a page's worker: what it says, and how many tests there are."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.static_site import Site, StaticSite
from dlt_web.testing.windows import BrowserWindows
from tests.made_once import made_once
from wasm import workshop

# Starting Python, importing pytest from source and running every core test takes 10 s on an idle machine.
LIMIT_S = 180


@contextmanager
def guest_site(bundle: Path, packed: Path) -> Iterator[Site]:
    """Serve the pages that run Python in a worker: in a bundle's baked runtime, what a test has packed for it."""
    mounts = {
        "/guest/": Path(__file__).parent / "guest",
        "/worker/": workshop.ROOT / "web" / "worker",
        "/bundle/": bundle,
        "/packed/": packed,
    }
    with StaticSite(mounts) as running:
        yield running.shop_a


def report_of(windows: BrowserWindows, browser_name: EngineName, url: str) -> Any:
    """Open the page that runs them in a browser of any engine, and return what it found."""
    page = windows.open_isolated(browser_name).new_page()
    page.goto(url)
    found = wait_until(lambda: page.evaluate("window.found ?? null"), what="the core's tests", timeout_s=LIMIT_S)
    assert "error" not in found, found["error"]
    return found


def count_on_cpython(factory: pytest.TempPathFactory) -> int:
    """Count what this interpreter collects from the core's test files."""
    return int((made_once(factory, "core-count", _count_into) / "count").read_text())


def _count_into(folder: Path) -> None:
    pytest_alone = [sys.executable, "-m", "pytest", "-p", "no:schemathesis"]
    command = [*pytest_alone, "--collect-only", "-q", "--color=no", "tests/core"]
    listing = subprocess.run(command, cwd=workshop.ROOT, capture_output=True, text=True, check=True).stdout
    folder.mkdir()
    (folder / "count").write_text(str(sum("::" in line for line in listing.splitlines())))
