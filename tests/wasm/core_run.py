"""A run of the core's tests in a page's worker: what it says, and how many tests there are."""

import functools
import subprocess
import sys
from typing import Any

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.windows import BrowserWindows
from wasm import workshop

# Starting Python, importing pytest from source and running every core test takes 10 s on an idle machine.
LIMIT_S = 180


def report_of(windows: BrowserWindows, browser_name: EngineName, url: str) -> Any:
    """Open the page that runs them in a browser of any engine, and return what it found."""
    page = windows.open(browser_name, is_private=True).new_page()
    page.goto(url)
    found = wait_until(lambda: page.evaluate("window.found ?? null"), what="the core's tests", timeout_s=LIMIT_S)
    assert "error" not in found, found["error"]
    return found


@functools.cache
def count_on_cpython() -> int:
    """Count what this interpreter collects from the core's test files."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--color=no", "tests/core"]
    listing = subprocess.run(command, cwd=workshop.ROOT, capture_output=True, text=True, check=True).stdout
    return sum("::" in line for line in listing.splitlines())
