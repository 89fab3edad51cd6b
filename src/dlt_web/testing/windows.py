"""Opens browser windows of any engine by name, and closes them: kept profiles and private windows, behind a proxy.

Chromium and Firefox are Playwright's to start; so is WebKit where Playwright's own build of it is there, else it is
WebKitGTK over WebDriver. A test, or a program with a Playwright object of its own, sees one kind of window.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import BrowserContext, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from .browser_launch import EngineName, require_browser
from .browser_page import BrowserWindow
from .clearing import why_no_clearing
from .firefox_startup import FirefoxStartup
from .hanging import SharedBrowser, limit
from .processes import kill_processes_on
from .webkit.context import WebKitContext
from .webkit.screen import VirtualScreen
from .window_setup import WindowSetup

Watch = Callable[[BrowserWindow], object]
# A context of Playwright's is a container in Firefox: storage of its own, but no private browsing.
_FIREFOX_PRIVATE = {"browser.privatebrowsing.autostart": True}


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window that is open.

    Attributes:
        window: itself.
        engine: whose it is.
        profile: folder of its profile; None where nothing is kept.
        setup: how it was opened.
        browser_folder: what a browser of its own runs on, a profile or a folder that goes with the window; None where
            it shares a browser, or runs on no folder.
    """

    window: BrowserWindow
    engine: EngineName
    profile: Path | None
    setup: WindowSetup
    browser_folder: Path | None


class BrowserWindows:
    """Opens windows and remembers them; a context manager that closes what is still open.

    Attributes:
        setup: how windows are opened where :meth:`open` is not told otherwise.

    ::

        with BrowserWindows(folder) as windows:
            window = windows.open("webkit", folder / "profile")
            page = window.new_page()
    """

    def __init__(
        self,
        folder: Path,
        *,
        playwright: Playwright | Callable[[], Playwright] | None = None,
        setup: WindowSetup | None = None,
        display: Callable[[], str] | None = None,
        watch: Watch | None = None,
        before_close: Watch | None = None,
        firefox_startup: Path | None = None,
    ) -> None:
        """Open none yet.

        Args:
            folder: for profiles that nobody names, settings and logs; must exist.
            playwright: a running one, or what gives one when it is first needed (WebKitGTK needs none); None starts
                one, which is not possible in a thread where one runs already.
            setup: how windows are opened where :meth:`open` is not told otherwise.
            display: gives the screen for WebKitGTK, as ``DISPLAY`` names it, when one is first needed; None takes that
                one where windows are headed, and else starts one that nobody sees.
            watch: called with each new window before it shows a page.
            before_close: called with a window that is about to be closed, whoever closes it.
            firefox_startup: folder in which what Firefox compiled of itself is kept, for other windows, too; None keeps
                it for these alone.
        """
        self._folder = folder
        self._given = playwright
        self.setup = setup or WindowSetup()
        self._given_display = display
        self._watch = watch
        self._before_close = before_close
        self._numbers = itertools.count()
        self._stack = ExitStack()
        self._playwright: Playwright | None = None
        self._screen: VirtualScreen | None = None
        self._browsers: dict[str, SharedBrowser] = {}
        self._open: list[OpenWindow] = []
        self._firefox_startup = FirefoxStartup(firefox_startup or folder / "firefox-startup")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def open(
        self,
        engine: EngineName,
        profile: Path | None = None,
        *,
        is_private: bool = False,
        setup: WindowSetup | None = None,
    ) -> BrowserWindow:
        """Start a browser.

        Args:
            engine: ``chromium``, ``firefox`` or ``webkit``.
            profile: folder of its profile, made when missing and kept: opening it again is a relaunch. None makes one
                that no other window has.
            is_private: in private browsing, each time a session of its own; ``profile`` must be None. In Firefox this
                starts a browser; where private browsing is not what matters, :meth:`open_isolated` is quicker.
            setup: how; None as all windows here.

        Raises:
            BrowserMissingError: the engine is not here; says what installs it.
            ValueError: there is no such engine, or it cannot do what was asked.
        """
        if is_private and profile is not None:
            raise ValueError(f"A private window has no profile, but {profile} was named.")
        how = setup or self.setup
        if is_private and engine != "firefox":
            return self._start(engine, None, how)
        folder = profile or self._folder / f"profile-{next(self._numbers)}"
        if is_private:
            how = replace(how, firefox_prefs={**how.firefox_prefs, **_FIREFOX_PRIVATE})
        return self._start(engine, folder, how, is_kept=not is_private)

    def open_isolated(self, engine: EngineName, *, setup: WindowSetup | None = None) -> BrowserWindow:
        """Open a window with storage of its own that ends with it, in the quickest way.

        In Chromium and WebKit it is a private window; in Firefox a container, in a browser that all of these share.

        Args:
            engine: ``chromium``, ``firefox`` or ``webkit``.
            setup: how; None as all windows here.

        Raises:
            BrowserMissingError: the engine is not here; says what installs it.
            ValueError: there is no such engine, or it cannot do what was asked.
        """
        return self._start(engine, None, setup or self.setup)

    @property
    def all_open(self) -> list[OpenWindow]:
        """What is open, oldest first."""
        return list(self._open)

    def find(self, window: BrowserWindow) -> OpenWindow | None:
        """Return what is known of a window; None when it was not opened here, or is open no more."""
        return next((one for one in self._open if one.window is window), None)

    def kill(self, window: BrowserWindow) -> None:
        """End a window's whole browser at once, as a crash or a power cut would (SIGKILL).

        Raises:
            ValueError: the window was not opened here, or shares its browser with others, as Playwright's isolated
                ones do, and its private ones but for Firefox's.
        """
        opened = self.find(window)
        if opened is None:
            raise ValueError("This window was not opened here, or is closed: there is no browser of its own to kill.")
        if isinstance(window, WebKitContext):
            self.forget(window)
            window.kill()
            return
        if opened.browser_folder is None:
            raise ValueError("This window shares its browser with others: kill one on a profile of its own.")
        try:
            if kill_processes_on(opened.browser_folder) == 0:
                raise RuntimeError(f"No process of a browser was found on {opened.browser_folder}.")
        finally:
            self.forget(window)
        with suppress(PlaywrightError):
            window.close()  # Playwright's side has lost it, or will

    def close(self) -> None:
        """Close all windows, and what was started for them."""
        try:
            with self._stack:
                for opened in reversed(self._open):
                    self._stack.callback(opened.window.close)
        finally:
            self._browsers.clear()
            self._playwright = self._screen = None

    def _notice_close(self, window: BrowserWindow) -> None:
        close = window.close

        def noticed() -> None:
            opened = self.find(window)
            if opened is not None and self._before_close is not None:
                self._before_close(window)
            try:
                close()
                # Here, and not when Playwright tells that it closes: Firefox still writes then.
                if opened is not None and opened.engine == "firefox" and opened.browser_folder is not None:
                    self._firefox_startup.take(opened.browser_folder)
            finally:
                self.forget(window)

        # On the object, as whoever opened it closes it: what is closed by its user is known, too.
        setattr(window, "close", noticed)  # noqa: B010

    def forget(self, window: BrowserWindow) -> None:
        """Take a window for closed whose browser died by itself."""
        opened = self.find(window)
        self._open = [one for one in self._open if one is not opened]
        if opened is not None and opened.profile is None and opened.browser_folder is not None:
            shutil.rmtree(opened.browser_folder, ignore_errors=True)

    def _start(
        self, engine: EngineName, folder: Path | None, how: WindowSetup, *, is_kept: bool = True
    ) -> BrowserWindow:
        """Open a window on a folder, or on none, and remember it."""
        window: BrowserContext | WebKitContext
        try:
            if require_browser(engine).is_for_playwright:
                window = self._open_in_playwright(engine, folder, how)
            else:
                window = self._open_webkit_gtk(self._folder / f"webkit-{next(self._numbers)}", folder, how)
        except BaseException:
            if folder is not None and not is_kept:
                # Goes with its window, and there is none.
                shutil.rmtree(folder, ignore_errors=True)
            raise
        self._open.append(OpenWindow(window, engine, folder if is_kept else None, how, folder))
        self._notice_close(window)
        if self._watch is not None:
            self._watch(window)
        return window

    def _open_in_playwright(self, engine: EngineName, profile: Path | None, how: WindowSetup) -> BrowserContext:
        setup = how.in_playwright(engine)
        setup.launch_options()  # says what is wrong with it before anything starts
        context_options: dict[str, Any] = {"ignore_https_errors": True} if how.accept_insecure_certs else {}
        if profile is not None:
            if engine == "firefox":
                self._firefox_startup.give(profile)
            window = setup.open_profile(self._running_playwright(), profile, **context_options)
            limit(window, lambda: kill_processes_on(profile))
            return window
        key = repr(setup)
        # One that died by itself takes no later window with it.
        if key not in self._browsers or not self._browsers[key].is_connected:
            playwright = self._running_playwright()
            self._browsers[key] = SharedBrowser(lambda: setup.launch(playwright))
            self._stack.callback(self._browsers[key].close)
        return self._browsers[key].new_window(**context_options)

    def _open_webkit_gtk(self, folder: Path, profile: Path | None, how: WindowSetup) -> WebKitContext:
        if how.camera_file is not None:
            raise ValueError("Only Chromium can show a file as its camera.")
        if how.clears_on_close:
            raise ValueError(f"This browser cannot be set so: {why_no_clearing('webkit')}.")
        return WebKitContext(
            folder,
            display=self._display(),
            profile=profile,
            proxy_url=how.proxy_url,
            accept_insecure_certs=how.accept_insecure_certs,
            slow_mo_ms=how.slow_mo_ms,
        )

    def _running_playwright(self) -> Playwright:
        if self._playwright is None:
            if self._given is None:
                self._playwright = sync_playwright().start()
                self._stack.callback(self._playwright.stop)
            else:
                self._playwright = self._given if isinstance(self._given, Playwright) else self._given()
        return self._playwright

    def _display(self) -> str:
        if self._given_display is not None:
            return self._given_display()
        if self.setup.is_headed and (screen := os.environ.get("DISPLAY")):
            return screen
        if self._screen is None:
            self._screen = self._stack.enter_context(VirtualScreen())
        return self._screen.display
