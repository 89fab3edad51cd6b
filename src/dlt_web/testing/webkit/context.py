"""A running WebKit and its tabs, with the names of Playwright's context and page, as far as the tests use them.

WebDriver knows one current window and JSON only, and evaluates nothing but scripts; what differs from Playwright is
made equal here, so that a test need not know which engine it drives.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from selenium.webdriver import Remote
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from dlt_web.browsers import SYSTEM_PYTHON
from dlt_web.testing.webkit.session import WebKitError, WebKitSession

_PROFILE_BROWSER = Path(__file__).with_name("profile_browser.py")
_POLL_INTERVAL_S = 0.05
_EVALUATE = """
const done = arguments[arguments.length - 1], given = arguments[0];
const work = async () => {
  const it = (%s);
  return await (typeof it === "function" ? it(given === null ? undefined : JSON.parse(given)) : it);
};
work().then((value) => done(JSON.stringify({ value: value ?? null })),
            (error) => done(JSON.stringify({ error: `${error?.name}: ${error?.message ?? error}` })));
"""
# A frame begins, and the next: the first one has been composed by then. A hidden tab has no frames.
_PAINTED = """() => document.hidden || new Promise((painted) => {
  requestAnimationFrame(() => requestAnimationFrame(() => painted(true)));
})"""


class WebKitContext:
    """A browser on a profile folder, or on none that is kept; started by its first tab.

    Attributes:
        pages: its open tabs.
    """

    def __init__(
        self,
        folder: Path,
        *,
        display: str,
        profile: Path | None = None,
        proxy_url: str | None = None,
        accept_insecure_certs: bool = False,
        slow_mo_ms: float = 0,
    ) -> None:
        """Prepare a browser.

        Args:
            folder: for its settings and its log; is made when missing.
            display: the screen, as ``DISPLAY`` names it.
            profile: where sites' data is kept; None keeps it in memory, as a private window does.
            proxy_url: all requests go there, loopback's too.
            accept_insecure_certs: pages of servers whose certificate nobody trusts are shown.
            slow_mo_ms: it waits so long before each step.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.absolute()
        self._display = display
        self._accept_insecure_certs = accept_insecure_certs
        self._slow_mo_s = slow_mo_ms / 1000
        self._settings: dict[str, Any] = {
            "profile": None if profile is None else str(profile.absolute()),
            "proxy": proxy_url,
            "pid_file": str(self._folder / "browser.pid"),
            "scripts": [],
        }
        self._session: WebKitSession | None = None
        self._spare: str | None = None
        self.pages: list[WebKitPage] = []

    def add_init_script(self, script: str) -> None:
        """Run a script in each page before its own; where a tab was opened already, it is a WebKitError."""
        if self._session is not None:
            raise WebKitError("WebKitGTK takes scripts for pages only before its first tab: add them to a new window.")
        self._settings["scripts"].append(script)

    def new_page(self) -> WebKitPage:
        """Open a tab."""
        driver = self.driver
        if self._spare is None:
            driver.switch_to.new_window("tab")
            handle = driver.current_window_handle
        else:
            handle, self._spare = self._spare, None
        page = WebKitPage(self, handle)
        self.pages.append(page)
        return page

    @property
    def driver(self) -> Remote:
        """What tells the browser what to do; started when it is first asked for."""
        if self._session is None:
            self._session = self._start()
            self._spare = self._session.driver.current_window_handle
        return self._session.driver

    def switch_to(self, handle: str) -> Remote:
        """Make a window the session's current one, and return the session."""
        if self._slow_mo_s:
            time.sleep(self._slow_mo_s)
        driver = self.driver
        driver.switch_to.window(handle)
        return driver

    def log(self) -> str:
        """Return what the browser and its pages wrote so far, console lines among them."""
        file = self._folder / "browser.log"
        return file.read_text(errors="replace") if file.is_file() else ""

    def purge(self, host: str) -> list[str]:
        """Delete what a host's sites have stored, whatever their port, by WebKit's own manager of such data.

        Returns:
            The names of the records that were deleted.
        """
        page = self.new_page()
        page.goto(f"dlt-web-purge:{host}")
        names: list[str] = json.loads(page.inner_text("p"))
        page.close()
        return names

    def close(self) -> None:
        """End the browser in good order; nothing happens when it does not run.

        Raises:
            WebKitError: it lived on for 90 s, and was killed.
        """
        if (session := self._forget_session()) is not None:
            session.close()

    def kill(self) -> None:
        """End the browser at once, as a crash would (SIGKILL)."""
        if (session := self._forget_session()) is not None:
            session.kill()

    def forget(self, page: WebKitPage) -> None:
        """Take a closed tab off the list; the browser ends with its last window, so one is kept for the next tab."""
        self.pages.remove(page)
        if not self.pages and self._spare is None:
            self.driver.switch_to.window(page.handle)
            self.driver.switch_to.new_window("tab")
            self._spare = self.driver.current_window_handle

    def _start(self) -> WebKitSession:
        settings, launcher = self._folder / "settings.json", self._folder / "browser"
        settings.write_text(json.dumps(self._settings))
        # What an installer unpacks is seldom executable.
        launcher.write_text(f'#!/bin/sh\nexec {SYSTEM_PYTHON} "{_PROFILE_BROWSER}" "{settings}" "$@"\n')
        launcher.chmod(0o755)
        return WebKitSession(
            launcher,
            log=self._folder / "browser.log",
            pid_file=Path(self._settings["pid_file"]),
            display=self._display,
            accept_insecure_certs=self._accept_insecure_certs,
        )

    def _forget_session(self) -> WebKitSession | None:
        session, self._session = self._session, None
        self.pages.clear()
        return session


class WebKitPage:
    """One tab.

    Attributes:
        context: the browser.
        handle: WebDriver's name of the window.
    """

    def __init__(self, context: WebKitContext, handle: str) -> None:
        """Name a window that is open."""
        self.context = context
        self.handle = handle

    @property
    def url(self) -> str:
        """Address that is shown."""
        return str(self._driver().current_url)

    def goto(self, url: str) -> None:
        """Show an address and wait until it is loaded."""
        self._driver().get(url)

    def reload(self) -> None:
        """Load the page anew."""
        self._driver().refresh()

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        """Return the value of a JavaScript expression, or of the function that it is, called with ``argument``.

        A promise is awaited. Argument and value are JSON.

        Raises:
            WebKitError: it threw, or was rejected.
        """
        given = None if argument is None else json.dumps(argument)
        outcome = json.loads(self._driver().execute_async_script(_EVALUATE % expression, given))
        if "error" in outcome:
            raise WebKitError(outcome["error"])
        return outcome["value"]

    def wait_for_selector(self, selector: str, *, state: str = "visible", timeout: float = 30_000) -> None:
        """Wait until an element is there (``attached``), or is shown (``visible``); ``timeout`` in ms.

        Raises:
            WebKitError: it is not in time.
        """
        test = "(found) => found !== null" if state == "attached" else "(found) => found?.checkVisibility() === true"
        self.wait_for_function(f"() => ({test})(document.querySelector({json.dumps(selector)}))", timeout=timeout)

    def wait_for_function(self, expression: str, *, timeout: float = 30_000) -> None:
        """Wait until a JavaScript function returns something true; ``timeout`` in ms.

        Raises:
            WebKitError: it does not in time.
        """
        end_s = time.monotonic() + timeout / 1000
        while not self.evaluate(expression):
            if time.monotonic() >= end_s:
                raise WebKitError(f"Waited {timeout / 1000:g} s in vain for {expression} on {self.url}.")
            time.sleep(_POLL_INTERVAL_S)

    def click(self, selector: str) -> None:
        """Click an element, as soon as it is shown."""
        self._element(selector, "visible").click()

    def inner_text(self, selector: str) -> str:
        """Return the text that an element shows, as soon as it is there."""
        return str(self._element(selector, "attached").text)

    def set_input_files(self, selector: str, files: str | Path | Sequence[str | Path]) -> None:
        """Choose files in a file input, as soon as it is there."""
        element = self._element(selector, "attached")
        self.evaluate(f"() => {{ document.querySelector({json.dumps(selector)}).value = ''; }}")
        chosen = [files] if isinstance(files, str | Path) else files
        element.send_keys("\n".join(str(Path(file).resolve()) for file in chosen))

    def screenshot(self, *, path: str | Path) -> None:
        """Write what the tab shows as PNG, once what its page is has been painted."""
        # WebKit takes the picture out of the last frame that it composed: white, as long as a new page has none.
        self.evaluate(_PAINTED)
        self._driver().get_screenshot_as_file(str(path))

    def bring_to_front(self) -> None:
        """Make it the tab that is looked at."""
        self._driver()

    def is_closed(self) -> bool:
        """Tell whether it was closed."""
        return self not in self.context.pages

    def close(self, **_: Any) -> None:
        """Close the tab."""
        if not self.is_closed():
            self.context.forget(self)
            self._driver().close()

    def _element(self, selector: str, state: Literal["attached", "visible"]) -> WebElement:
        """Wait for an element as Playwright does before each step."""
        self.wait_for_selector(selector, state=state)
        return self._driver().find_element(By.CSS_SELECTOR, selector)

    def _driver(self) -> Remote:
        return self.context.switch_to(self.handle)
