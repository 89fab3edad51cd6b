"""A browser profile that outlives its browser: relaunched, killed, copied away, put back, deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

from .browser_launch import EngineName
from .browser_page import BrowserPage, BrowserWindow
from .window_setup import WindowSetup
from .windows import BrowserWindows

# Whatever is in there can be made anew; all else is the profile.
_CACHES = shutil.ignore_patterns("*[Cc]ache*", "*Metrics*", "startupCache", "lock", ".parentlock", "Singleton*")


class BrowserProfile:
    """A profile folder, and the browser on it while one runs.

    Attributes:
        engine: whose profile it is.
        folder: where it lies; missing until the first start.
    """

    def __init__(
        self, windows: BrowserWindows, engine: EngineName, folder: Path, *, setup: WindowSetup | None = None
    ) -> None:
        """Start nothing yet.

        Args:
            windows: opens its windows.
            engine: ``chromium``, ``firefox`` or ``webkit``.
            folder: of the profile; may be missing.
            setup: how its windows are opened; None as all of ``windows``.
        """
        self._windows = windows
        self._setup = setup
        self.engine = engine
        self.folder = folder

    @property
    def is_running(self) -> bool:
        """Tell whether a browser runs on it."""
        return self._running() is not None

    def open(self) -> BrowserWindow:
        """Return its window, starting the browser where none runs.

        Raises:
            BrowserMissingError: the engine is not here; says what installs it.
        """
        return self._running() or self._windows.open(self.engine, self.folder, setup=self._setup)

    def new_page(self) -> BrowserPage:
        """Open a tab in its window, starting the browser where none runs."""
        return self.open().new_page()

    def close(self) -> None:
        """End the browser as a person does; nothing happens when none runs."""
        if (window := self._running()) is not None:
            window.close()

    def relaunch(self) -> BrowserWindow:
        """End the browser as a person does, start it again, and return its new window."""
        self.close()
        return self.open()

    def kill(self) -> None:
        """End the browser at once (SIGKILL).

        Raises:
            ValueError: none runs.
        """
        window = self._running()
        if window is None:
            raise ValueError(f"No browser runs on the profile {self.folder}: open it first.")
        self._windows.kill(window)

    def forget(self) -> None:
        """Take a browser that died by itself for ended."""
        if (window := self._running()) is not None:
            self._windows.forget(window)

    def delete(self) -> None:
        """End the browser and delete the folder; opening it again is a fresh installation."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def copy_to(self, copy: Path) -> None:
        """End the browser and copy the folder away, as an image of a kiosk is made."""
        self.close()
        if self.folder.exists():
            shutil.copytree(self.folder, copy, ignore=_CACHES, symlinks=True)

    def replace_by(self, copy: Path) -> None:
        """End the browser and put a copy in the folder's place, as when an image is restored."""
        self.delete()
        if copy.exists():
            shutil.copytree(copy, self.folder, symlinks=True)

    def _running(self) -> BrowserWindow | None:
        found = [one.window for one in self._windows.all_open if one.profile == self.folder]
        return found[0] if found else None
