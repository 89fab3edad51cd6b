"""Browser profiles as the chaos needs them: with the back/forward cache, and their tabs closed after each schedule."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext
from playwright.sync_api import Error as PlaywrightError

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.processes import kill_processes_on
from dlt_web.testing.profiles import BrowserProfile
from dlt_web.testing.window_setup import WindowSetup
from dlt_web.testing.windows import BrowserWindows

# Playwright takes the back/forward cache away, which people's browsers have.
LIKE_PEOPLES = WindowSetup(without_args=("--disable-back-forward-cache",))


class Profile(BrowserProfile):
    """A profile folder of Playwright's engines, and the browser on it while one runs."""

    def __init__(self, windows: BrowserWindows, engine: EngineName, folder: Path) -> None:
        super().__init__(windows, engine, folder, setup=LIKE_PEOPLES)

    def context(self) -> BrowserContext:
        """Return its browser, starting it where none runs."""
        window = self.open()
        assert isinstance(window, BrowserContext)
        return window

    def kill(self) -> None:
        """End the browser with SIGKILL, where one runs: a schedule does not ask."""
        if self.is_running:
            super().kill()

    def close_tabs(self) -> None:
        """Close whatever a test has left open but the browser itself."""
        if not self.is_running:
            return
        try:
            context = self.context()
            context.set_offline(False)
            # Without any a browser may end.
            for page in context.pages[1:]:
                page.close()
        except PlaywrightError:
            # It died under a test that failed; the next one shall have another.
            kill_processes_on(self.folder)
            self.forget()
