"""Ends a browser of Playwright's that gives no answer: for some of what it is told, Playwright waits without an end.

A browser that dies says so by that; one that stands still, such as on a machine without memory, would hold a run for
ever. WebKitGTK's session has such a limit of its own (``webkit.session``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any

import psutil
from playwright.sync_api import Browser, BrowserContext, Page

from .processes import kill_process_tree

# As long as WebKitGTK's driver is waited for.
ANSWER_TIMEOUT_S = 120.0
# What else a page is told has a limit of Playwright's own.
_STEPS_OF_PAGE = ("evaluate", "screenshot", "close")
_STEPS_OF_WINDOW = ("new_page", "close")

Kill = Callable[[], object]


class BrowserHangsError(RuntimeError):
    """A browser gave no answer in time, and was killed."""


class SharedBrowser:
    """A browser whose windows share it, and end with it where it gives no answer."""

    def __init__(self, launch: Callable[[], Browser]) -> None:
        """Start it.

        Args:
            launch: does so, by a Playwright that runs.
        """
        before = set(_started_by_children())
        self._browser = launch()
        self._processes = [process for process in _started_by_children() if process not in before]
        self.close = _limited(self._browser.close, self._kill)

    @property
    def is_connected(self) -> bool:
        """Tell whether it runs."""
        return self._browser.is_connected()

    def new_window(self, **options: Any) -> BrowserContext:
        """Open a window with storage of its own.

        Args:
            options: as Playwright's ``new_context`` takes them.

        Raises:
            BrowserHangsError: it gave no answer.
        """
        context: BrowserContext = _limited(self._browser.new_context, self._kill)(**options)
        limit(context, self._kill)
        return context

    def _kill(self) -> None:
        for process in self._processes:
            with suppress(psutil.Error):  # it ended with the one that started it
                kill_process_tree(process)


def limit(window: BrowserContext, kill: Kill) -> None:
    """Let no step of a window or of its tabs wait for longer than :data:`ANSWER_TIMEOUT_S`, after which it is killed.

    Args:
        window: just opened.
        kill: ends all processes of its browser.
    """
    for page in window.pages:
        _limit_steps(page, _STEPS_OF_PAGE, kill)
    _limit_steps(window, _STEPS_OF_WINDOW, kill)
    new_page = window.new_page

    def new_limited_page() -> Page:
        page = new_page()
        _limit_steps(page, _STEPS_OF_PAGE, kill)
        return page

    _replace(window, "new_page", new_limited_page)


def _limit_steps(thing: object, names: tuple[str, ...], kill: Kill) -> None:
    for name in names:
        _replace(thing, name, _limited(getattr(thing, name), kill))


def _replace(thing: object, name: str, step: Callable[..., Any]) -> None:
    # On the object, as whoever opened it uses it.
    setattr(thing, name, step)


def _limited(step: Callable[..., Any], kill: Kill) -> Callable[..., Any]:
    """Return a step in the middle of which its browser is killed if it takes too long."""

    @wraps(step)
    def limited(*given: Any, **named: Any) -> Any:
        is_late = threading.Event()

        def end() -> None:
            is_late.set()
            with suppress(Exception):  # nobody hears it here, and the step may come to its end all the same
                kill()

        timer = threading.Timer(ANSWER_TIMEOUT_S, end)
        timer.daemon = True
        timer.start()
        try:
            with _told_as_hanging(step.__name__, is_late):
                return step(*given, **named)
        finally:
            timer.cancel()

    return limited


@contextmanager
def _told_as_hanging(name: str, is_late: threading.Event) -> Iterator[None]:
    """Say of a step that came to its end only because its browser was killed what happened to it.

    Raises:
        BrowserHangsError: it did so.
    """
    said = f"The browser did not do within {ANSWER_TIMEOUT_S:g} s what it was told ({name}), and was killed."
    try:
        yield
    except Exception as error:
        if is_late.is_set():
            raise BrowserHangsError(said) from error
        raise
    if is_late.is_set():
        raise BrowserHangsError(said)


def _started_by_children() -> list[psutil.Process]:
    """Return what was started by processes that this one started, of which Playwright's driver is one."""
    children = psutil.Process().children()
    return [process for process in psutil.Process().children(recursive=True) if process not in children]
