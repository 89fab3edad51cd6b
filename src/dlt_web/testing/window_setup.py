"""How windows are opened, whatever the engine: behind which proxy, with which camera, seen or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .browser_launch import BrowserSetup, EngineName

# What Playwright asks of a page does not reach SharedWorkers, whose requests Chromium refuses all the same.
_CHROMIUM_ACCEPTS_CERTS = "--ignore-certificate-errors"


@dataclass(frozen=True, slots=True)
class WindowSetup:
    """How windows are opened.

    Attributes:
        proxy_url: everything they send goes there, loopback's too; None connects directly.
        accept_insecure_certs: servers whose certificate nobody trusts are shown, and workers speak to them, as behind a
            proxy that looks into HTTPS.
        camera_file: MJPEG that the camera shows (Chromium only).
        extra_args: further command line switches of Chromium and Firefox.
        without_args: switches that Playwright gives and shall not.
        firefox_prefs: further preferences of Firefox.
        is_headed: shown on the screen instead of on none.
        slow_mo_ms: the driver waits so long before each step.
        clears_on_close: the browser is set to delete what sites stored whenever it is closed, and its profile stays so
            (Chromium where the whole browser is there, and Firefox).
    """

    proxy_url: str | None = None
    accept_insecure_certs: bool = False
    camera_file: Path | None = None
    extra_args: tuple[str, ...] = ()
    without_args: tuple[str, ...] = ()
    firefox_prefs: Mapping[str, str | float | bool] = field(default_factory=dict)
    is_headed: bool = False
    slow_mo_ms: float = 0
    clears_on_close: bool = False

    def in_playwright(self, engine: EngineName) -> BrowserSetup:
        """Return how Playwright starts an engine for such windows."""
        accepting = (_CHROMIUM_ACCEPTS_CERTS,) if engine == "chromium" and self.accept_insecure_certs else ()
        return BrowserSetup(
            engine,
            proxy_url=self.proxy_url,
            camera_file=self.camera_file,
            extra_args=(*accepting, *self.extra_args),
            without_args=self.without_args,
            firefox_prefs=self.firefox_prefs,
            is_headed=self.is_headed,
            slow_mo_ms=self.slow_mo_ms,
            clears_on_close=self.clears_on_close,
        )
