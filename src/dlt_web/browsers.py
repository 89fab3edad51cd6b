"""Finds and installs the browsers that tests drive.

Playwright's own builds come first: they are the ones it is tested with. Where they cannot be fetched, a Debian system's
own Chromium, Firefox ESR and WebKitGTK serve; the last one is driven over WebDriver, without Playwright.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Say = Callable[[str], None]

ENGINES = ("chromium", "firefox", "webkit")
# Installed when nobody says which.
USUAL_ENGINES = ("chromium", "firefox")

# In the order of preference. The headless shell is what Playwright too starts where nobody looks on: a new context
# costs it a third of the full browser's time.
_SYSTEM_EXECUTABLES = {
    "chromium": ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"),
    "firefox": ("firefox-esr", "firefox"),
    "webkit": ("WebKitWebDriver",),
}
_DEBIAN_PACKAGES = {
    "chromium": ("chromium-headless-shell",),
    "firefox": ("firefox-esr",),
    # The driver, the browser's parts as the system's Python sees them, and a screen to show it on.
    "webkit": ("webkit2gtk-driver", "gir1.2-webkit2-4.1", "python3-gi", "xvfb"),
}
# A headless shell has no window.
_HEADED_PACKAGES = {**_DEBIAN_PACKAGES, "chromium": ("chromium",)}
# Debian's own, which has PyGObject; another Python on PATH seldom has.
SYSTEM_PYTHON = "/usr/bin/python3"
_WEBKIT_CHECK = "import gi; gi.require_version('WebKit2', '4.1'); gi.require_version('Gtk', '3.0')"

# Asked once: the answer takes a third of a second, and each window that is opened wants to know.
_PYTHONS_WITH_WEBKIT: set[str] = set()

# Playwright's first words to a stock Firefox are network.addDataCollector, which 140 does not know.
_OLDEST_VERSIONS = {"firefox": 141}

# Playwright's two archives are 300 MB; a network that needs longer than this for them is taken for none.
_DOWNLOAD_LIMIT_S = 600
_APT_LIMIT_S = 900


class BrowserError(Exception):
    """A browser is missing and cannot be installed; the message says what to install by hand."""


@dataclass(frozen=True, slots=True)
class FoundBrowser:
    """A browser that tests can drive.

    Attributes:
        engine: one of :data:`ENGINES`.
        executable: the system's browser, or its driver for WebKit; None means Playwright's own build, which Playwright
            finds by itself.
    """

    engine: str
    executable: Path | None

    @property
    def is_for_playwright(self) -> bool:
        """Tell whether Playwright can start it; the system's WebKit is for WebDriver."""
        return self.engine != "webkit" or self.executable is None

    def launch_options(self) -> dict[str, Any]:
        """Give the keyword arguments of Playwright's ``launch`` that pick this browser.

        Raises:
            ValueError: Playwright cannot start it.
        """
        if not self.is_for_playwright:
            raise ValueError("WebKitGTK is driven over WebDriver: dlt_web.testing.webkit.")
        if self.executable is None:
            return {}
        options: dict[str, Any] = {"executable_path": str(self.executable)}
        if self.engine == "firefox":
            options["channel"] = "moz-firefox"  # a stock Firefox is driven over WebDriver BiDi
        return options


def find_browser(engine: str, *, is_headed: bool = False) -> FoundBrowser | None:
    """Find Playwright's build of an engine, else the system's browser, else None; one that is too old is none.

    Args:
        engine: one of :data:`ENGINES`.
        is_headed: it must be able to show itself on a screen, which a headless shell cannot.
    """
    if _is_playwright_build_installed(engine):
        return FoundBrowser(engine, None)
    names = (name for name in _SYSTEM_EXECUTABLES[engine] if not (is_headed and name.endswith("headless-shell")))
    paths = (shutil.which(name) for name in names)
    path = next((path for path in paths if path is not None and not _is_too_old(engine, path)), None)
    if path is None or (engine == "webkit" and not _has_webkit_parts()):
        return None
    return FoundBrowser(engine, Path(path))


def _has_webkit_parts() -> bool:
    """Tell whether what the driver drives is there, too."""
    if shutil.which("Xvfb") is None:
        return False
    if SYSTEM_PYTHON in _PYTHONS_WITH_WEBKIT:
        return True
    try:
        done = subprocess.run([SYSTEM_PYTHON, "-c", _WEBKIT_CHECK], capture_output=True, timeout=30, check=False)
    except (subprocess.TimeoutExpired, OSError):
        return False
    if done.returncode == 0:
        _PYTHONS_WITH_WEBKIT.add(SYSTEM_PYTHON)
    return done.returncode == 0


@functools.cache
def _is_too_old(engine: str, path: str) -> bool:
    """Ask a browser for its version where that matters; one that does not tell is taken for new enough."""
    oldest = _OLDEST_VERSIONS.get(engine)
    if oldest is None:
        return False
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (subprocess.TimeoutExpired, OSError):
        return False
    version = re.search(r"([0-9]+)\.", told)
    return version is not None and int(version[1]) < oldest


def find_browsers(*, is_headed: bool = False) -> dict[str, FoundBrowser]:
    """Find every engine's browser; an engine without one is missing from the answer."""
    found = {engine: find_browser(engine, is_headed=is_headed) for engine in ENGINES}
    return {engine: browser for engine, browser in found.items() if browser is not None}


def install_browsers(
    say: Say = print, engines: Sequence[str] = USUAL_ENGINES, *, is_headed: bool = False
) -> dict[str, FoundBrowser]:
    """Make sure that browsers are there; seconds when they are.

    Args:
        say: gets one line for each step.
        engines: which, of :data:`ENGINES`.
        is_headed: they must be able to show themselves on a screen.

    Raises:
        BrowserError: an engine is still missing; names what to install by hand.
    """
    if all(_is_playwright_build_installed(engine) for engine in engines):
        return _report(engines, say, is_headed)
    _install_playwright_builds(engines, say)
    packages_of = _HEADED_PACKAGES if is_headed else _DEBIAN_PACKAGES
    if missing := _missing(engines, is_headed):
        _install_debian_packages([package for engine in missing for package in packages_of[engine]], say)
        _is_too_old.cache_clear()
    if missing := _missing(engines, is_headed):
        packages = " ".join(package for engine in missing for package in packages_of[engine])
        wanted = " and no ".join(_wanted(engine) for engine in missing)
        raise BrowserError(
            f"No {wanted} could be installed: as root, run `apt-get update` and `apt-get install {packages}`, or give "
            f"this machine a network in which `playwright install {' '.join(missing)}` works."
        )
    return _report(engines, say, is_headed)


def _missing(engines: Sequence[str], is_headed: bool) -> list[str]:
    return [engine for engine in engines if find_browser(engine, is_headed=is_headed) is None]


def _wanted(engine: str) -> str:
    oldest = _OLDEST_VERSIONS.get(engine)
    return engine if oldest is None else f"{engine} of version {oldest} or newer"


def _report(engines: Sequence[str], say: Say, is_headed: bool) -> dict[str, FoundBrowser]:
    found = {engine: browser for engine, browser in find_browsers(is_headed=is_headed).items() if engine in engines}
    for engine, browser in found.items():
        say(f"{engine}: {browser.executable or 'the build of Playwright'}")
    return found


def _install_playwright_builds(engines: Sequence[str], say: Say) -> None:
    """Try Playwright's downloads; no success is no error, the system's packages come next."""
    if importlib.util.find_spec("playwright") is None:
        say("Playwright is not installed (pip install 'dlt-web[testing]'); going on with the system's packages.")
        return
    say(f"Fetching Playwright's builds of {' and '.join(engines)}")
    command = [sys.executable, "-m", "playwright", "install", *engines]
    if not _run(command, _DOWNLOAD_LIMIT_S):
        say("Playwright's builds cannot be fetched here; going on with the system's packages.")
        return
    # The builds need libraries of the system, which only root can add.
    command = [sys.executable, "-m", "playwright", "install-deps", *engines]
    root = _as_root()
    if root is None or not _run([*root, *command], _APT_LIMIT_S):
        say(f"If one of them does not start, it lacks libraries of the system: as root, run `{' '.join(command)}`.")


def _as_root() -> list[str] | None:
    """Give the words before a command that make it root's: none for root itself; None where there is no way."""
    # Windows knows neither, and needs none: its builds bring their libraries along.
    if getattr(os, "geteuid", lambda: -1)() == 0:
        return []
    # It asks for no password: this may run where nobody could type one.
    return ["sudo", "-n"] if shutil.which("sudo") is not None else None


def _install_debian_packages(packages: Sequence[str], say: Say) -> None:
    apt_get = shutil.which("apt-get")
    root = _as_root()
    if apt_get is None or root is None:
        return
    say(f"Installing {' and '.join(packages)} with apt-get")
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    # A machine's package lists may not be there yet, or old: then what they offer is gone, or too old to be driven.
    _run([*root, apt_get, "update", "-q"], _APT_LIMIT_S, environment)
    _run([*root, apt_get, "install", "-y", "-q", "--no-install-recommends", *packages], _APT_LIMIT_S, environment)


def _run(command: list[str], limit_s: float, environment: dict[str, str] | None = None) -> bool:
    """Run a command whose progress a person follows; tell whether it went well within its time.

    Of what it writes to stderr only the first error is shown: a failed download is expected here, its stack is noise.
    """
    try:
        done = subprocess.run(
            command,
            timeout=limit_s,
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        print(f"  {error}", flush=True)
        return False
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.startswith(("Error", "E:"))]
        print(f"  {lines[0] if lines else f'exit code {done.returncode}'}", flush=True)
    return done.returncode == 0


def playwright_folders(engine: str) -> list[Path]:
    """Name where the installed Playwright keeps its own builds of an engine, there or not; none without Playwright."""
    spec = importlib.util.find_spec("playwright")
    if spec is None or spec.origin is None:
        return []
    listing = Path(spec.origin).parent / "driver" / "package" / "browsers.json"
    revisions = {browser["name"]: browser["revision"] for browser in json.loads(listing.read_text())["browsers"]}
    root = _playwright_root(listing.parent)
    names = ["chromium", "chromium-headless-shell"] if engine == "chromium" else [engine]
    return [root / f"{name.replace('-', '_')}-{revisions[name]}" for name in names]


def _playwright_root(package: Path) -> Path:
    """Name the folder of Playwright's builds, as Playwright does: by its variable, beside itself, or the system's."""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if named:
        return package / ".local-browsers" if named == "0" else Path(named)
    home = Path.home()
    caches = {
        "darwin": home / "Library" / "Caches",
        "win32": Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"),
    }
    elsewhere = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return caches.get(sys.platform, elsewhere) / "ms-playwright"


def _is_playwright_build_installed(engine: str) -> bool:
    """Look for the marker that Playwright leaves beside a completely unpacked build."""
    folders = playwright_folders(engine)
    return bool(folders) and all((folder / "INSTALLATION_COMPLETE").is_file() for folder in folders)
