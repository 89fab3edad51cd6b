"""A browser on a profile, with the page that measures, driven from here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Playwright

from dlt_web.testing.browser_launch import BrowserSetup, EngineName

from .machine import Others
from .processes import browser_processes, cpu_s, memory_bytes
from .variants import Variant

PAGE = "/bench/bench.html"
SECOND_PAGE = "/bench/second.html"
# Else Firefox tells times by whole milliseconds.
_PRECISE_TIMES: dict[str, str | float | bool] = {"privacy.reduceTimerPrecision": False}
# After a start the browser tidies up; its memory is read when that is done.
_SETTLE_S = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where pages find the site and the license server: near, or at the far end of a slow line."""

    origin: str
    license_server: str

    @classmethod
    def at(cls, site_port: int, lts_port: int) -> Place:
        """Return the place behind these ports of 127.0.0.1."""
        return cls(f"http://shop.localhost:{site_port}", f"http://127.0.0.1:{lts_port}")


class Visit:
    """One browser with one page; its trackers live as long as it does.

    Attributes:
        version: of the browser.
    """

    def __init__(self, context: BrowserContext, engine: EngineName, profile: Path, place: Place) -> None:
        self._context = context
        self._engine = engine
        self._profile = profile
        self._place = place
        self._page = context.pages[0] if context.pages else context.new_page()
        self._cdp: CDPSession | None = None
        # A context on a profile folder does not name its browser.
        self.version = context.browser.version if context.browser else ""
        self.go(PAGE)

    def go(self, path: str) -> None:
        """Load a page of the site and wait until it can be driven."""
        self._page.goto(f"{self._place.origin}{path}")
        self._page.wait_for_selector("html[data-bench]", state="attached")

    def start(self, variant: Variant, code: str) -> dict[str, Any]:
        """Start a tracker with a scan and return what that took, in ms and bytes.

        Raises:
            SystemExit: another runtime started than was to be measured.
        """
        options = {"handshakeCode": code, "licenseServer": self._place.license_server}
        memory, busy_ms = self.memory_bytes(), self._main_thread_ms()
        started: dict[str, Any] = self.call("start", variant.module, options)
        if started["runtime"] != variant.name:
            raise SystemExit(f"{self._engine}, {variant.title}: {started['runtime']} ran.")
        if busy_ms is not None:
            started["mainThreadMs"] = (self._main_thread_ms() or 0) - busy_ms
        others = Others(self.cpu_s())
        time.sleep(_SETTLE_S)
        started["othersPercent"] = others.percent(self.cpu_s())
        return started | {"memoryBytes": self.memory_bytes() - memory}

    def call(self, function: str, *arguments: object) -> Any:
        """Call ``bench.<function>`` in the page, wait for its promise, and return its value."""
        return self._page.evaluate("([name, given]) => bench[name](...given)", [function, list(arguments)])

    def memory_bytes(self) -> int:
        """Return what all of the browser holds now."""
        return memory_bytes(browser_processes(self._profile))

    def cpu_s(self) -> float:
        """Return the processor time that all of the browser has taken."""
        return cpu_s(browser_processes(self._profile))

    def _main_thread_ms(self) -> float | None:
        """Return how long the page's main thread has been busy; None where the browser does not say."""
        if self._engine != "chromium":
            return None
        if self._cdp is None:
            self._cdp = self._context.new_cdp_session(self._page)
            self._cdp.send("Performance.enable")
        metrics: Mapping[str, Any] = self._cdp.send("Performance.getMetrics")
        return next(1000 * float(one["value"]) for one in metrics["metrics"] if one["name"] == "TaskDuration")


@contextmanager
def visiting(playwright: Playwright, engine: EngineName, profile: Path, place: Place) -> Iterator[Visit]:
    """Start a new browser process on a profile folder; a folder that is not there yet is a new profile."""
    setup = BrowserSetup(engine, firefox_prefs=_PRECISE_TIMES)
    context = setup.open_profile(playwright, profile)
    try:
        yield Visit(context, engine, profile, place)
    finally:
        context.close()
