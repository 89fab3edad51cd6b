"""Browser profiles that can be killed, copied away and put back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright
from playwright.sync_api import Error as PlaywrightError

from dlt_web.testing.browser_launch import BrowserSetup, EngineName
from tests.chaos.processes import kill_browser

# Whatever is in there can be made anew; all else is the profile.
_CACHES = shutil.ignore_patterns("*[Cc]ache*", "*Metrics*", "startupCache", "lock", ".parentlock", "Singleton*")


class Profile:
    """A profile folder, and the browser on it while one runs."""

    def __init__(
        self, folder: Path, engine: EngineName, playwright: Playwright, watch: Callable[[BrowserContext], None]
    ) -> None:
        self._folder = folder
        self._engine = engine
        self._playwright = playwright
        self._watch = watch
        self._context: BrowserContext | None = None

    @property
    def is_running(self) -> bool:
        """Tell whether a browser runs on it."""
        return self._context is not None

    def context(self) -> BrowserContext:
        """Return its browser, starting it where none runs."""
        if self._context is None:
            options = BrowserSetup(self._engine).launch_options()
            if self._engine == "chromium":
                # Playwright takes the back/forward cache away, which people's browsers have.
                options["ignore_default_args"] = ["--disable-back-forward-cache"]
            browser_type = getattr(self._playwright, self._engine)
            self._context = browser_type.launch_persistent_context(str(self._folder), **options)
            self._watch(self._context)
        return self._context

    def quit(self) -> None:
        """End the browser as a person does."""
        context, self._context = self._context, None
        if context is not None:
            context.close()

    def kill(self) -> None:
        """End the browser with SIGKILL."""
        context, self._context = self._context, None
        if context is not None:
            assert kill_browser(self._folder) > 0, f"no browser runs on {self._folder}"
            with suppress(PlaywrightError):
                context.close()  # Playwright's side has lost it, or will

    def copy_to(self, copy: Path) -> None:
        """Copy the folder away; no browser may run on it."""
        assert not self.is_running
        if self._folder.exists():
            shutil.copytree(self._folder, copy, ignore=_CACHES, symlinks=True)

    def replace_by(self, copy: Path) -> None:
        """Put a copy in the folder's place; no browser may run on it."""
        assert not self.is_running
        shutil.rmtree(self._folder, ignore_errors=True)
        if copy.exists():
            shutil.copytree(copy, self._folder, symlinks=True)

    def close_tabs(self) -> None:
        """Close whatever a test has left open but the browser itself."""
        if self._context is None:
            return
        try:
            self._context.set_offline(False)
            # Without any a browser may end.
            for page in self._context.pages[1:]:
                page.close()
        except PlaywrightError:
            # It died under a test that failed; the next one shall have another.
            kill_browser(self._folder)
            self._context = None

    def delete(self) -> None:
        """Delete the folder; no browser may run on it."""
        assert not self.is_running
        shutil.rmtree(self._folder, ignore_errors=True)
