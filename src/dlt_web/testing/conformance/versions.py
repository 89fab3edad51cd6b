"""Which browser it was, by name and version, as it says them itself."""

from __future__ import annotations

import re
import subprocess

from playwright.sync_api import BrowserContext

from dlt_web.browsers import SYSTEM_PYTHON, FoundBrowser, find_browser
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.browser_page import BrowserWindow

NAMES: dict[EngineName, str] = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit"}
# Its driver does not say it.
_WEBKIT_GTK = """import gi
gi.require_version("WebKit2", "4.1")
from gi.repository import WebKit2
print(f"{WebKit2.get_major_version()}.{WebKit2.get_minor_version()}.{WebKit2.get_micro_version()}")"""


def browser_version(engine: EngineName, window: BrowserWindow | None = None) -> str:
    """Return a browser's name and version, such as ``Firefox 153.8.0``.

    Args:
        engine: of the browser.
        window: of it, which knows the version where Playwright brought the browser along; None where none was opened.
    """
    found = find_browser(engine)
    if found is not None and found.executable is not None:
        name = "WebKitGTK" if engine == "webkit" else NAMES[engine]
        return f"{name} {_told_by(found)}".rstrip()
    browser = window.browser if isinstance(window, BrowserContext) else None
    return f"{NAMES[engine]} {browser.version if browser else ''}".rstrip() + " of Playwright"


def _told_by(found: FoundBrowser) -> str:
    """Ask a browser of the system; empty when it does not tell."""
    is_webkit = found.engine == "webkit"
    command = [SYSTEM_PYTHON, "-c", _WEBKIT_GTK] if is_webkit else [str(found.executable), "--version"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (subprocess.TimeoutExpired, OSError):
        return ""
    number = re.search(r"\d+(\.\d+)+", told.stdout)
    return number[0] if number else ""
