"""A run of the core's tests in a page's worker: what it says, and how many tests there are."""

import functools
import subprocess
import sys
from typing import Any

from playwright.sync_api import Playwright

from dlt_web.testing.browser_launch import BrowserSetup
from wasm import workshop

# Starting Python, importing pytest from source and running every core test takes 10 s on an idle machine.
LIMIT_MS = 180_000


def report_of(playwright: Playwright, browser_name: str, url: str) -> Any:
    """Open the page that runs them in a browser of its own, and return what it found."""
    browser = getattr(playwright, browser_name).launch(**BrowserSetup(browser_name).launch_options())
    try:
        page = browser.new_page()
        page.set_default_timeout(LIMIT_MS)
        page.goto(url)
        page.wait_for_function("() => window.report !== undefined")
        return page.evaluate("window.report")
    finally:
        browser.close()


@functools.cache
def count_on_cpython() -> int:
    """Count what this interpreter collects from the core's test files."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--color=no", "tests/core"]
    listing = subprocess.run(command, cwd=workshop.ROOT, capture_output=True, text=True, check=True).stdout
    return sum("::" in line for line in listing.splitlines())
