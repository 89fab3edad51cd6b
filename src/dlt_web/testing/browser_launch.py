"""Starts real Chromium and Firefox the way the tests need them: behind a proxy, on a kept profile, with a camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import BrowserContext, Playwright

EngineName = Literal["chromium", "firefox"]

# In the order of preference; used where no browser of Playwright's own is there.
_SYSTEM_BROWSERS: dict[str, tuple[str, ...]] = {
    "chromium": ("/usr/bin/chromium", "/usr/bin/chromium-headless-shell"),
    "firefox": ("/usr/bin/firefox-esr", "/usr/bin/firefox"),
}
_CHROMIUM_ARGS = (
    # Containers and CI machines run as root, where Chromium's own sandbox cannot start.
    "--no-sandbox",
    # Loopback goes through the proxy as everything else does.
    "--proxy-bypass-list=<-loopback>",
    "--autoplay-policy=no-user-gesture-required",
)
_FIREFOX_PREFS: dict[str, str | float | bool] = {
    # Loopback goes through the proxy as everything else does.
    "network.proxy.allow_hijacking_localhost": True,
    "media.autoplay.default": 0,
    # Nothing of the browser's own shall end up in the record or leave the machine.
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.search.update": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.unified": False,
}


class BrowserMissingError(RuntimeError):
    """No executable of an engine was found; the message says how to install one."""


@dataclass(frozen=True, slots=True)
class BrowserSetup:
    """How to start one engine.

    Attributes:
        engine: ``chromium`` or ``firefox``.
        proxy_url: everything the browser sends goes there; None connects directly.
        camera_file: MJPEG that the camera shows (Chromium only).
        extra_args: further command line switches.
        firefox_prefs: further preferences; other engines ignore them.
    """

    engine: EngineName
    proxy_url: str | None = None
    camera_file: Path | None = None
    extra_args: tuple[str, ...] = ()
    firefox_prefs: Mapping[str, str | float | bool] = field(default_factory=dict)

    def launch_options(self) -> dict[str, Any]:
        """Return keyword arguments for Playwright's ``launch`` and ``launch_persistent_context``.

        Raises:
            BrowserMissingError: the engine is not installed.
            ValueError: a camera was asked of another engine than Chromium.
        """
        executable = find_executable(self.engine)
        options: dict[str, Any] = {"args": [*self.extra_args]}
        if executable is not None:
            options["executable_path"] = str(executable)
        if self.proxy_url is not None:
            options["proxy"] = {"server": self.proxy_url}
        if self.engine == "firefox":
            if self.camera_file is not None:
                raise ValueError("Only Chromium can show a file as its camera.")
            options["firefox_user_prefs"] = {**_FIREFOX_PREFS, **self.firefox_prefs}
            if executable is not None:
                # Any Firefox but Playwright's own build is driven over WebDriver BiDi.
                options["channel"] = "moz-firefox"
            return options
        options["args"] += [*_CHROMIUM_ARGS, *_camera_args(self.camera_file)]
        return options

    def open_profile(self, playwright: Playwright, folder: Path) -> BrowserContext:
        """Start the browser on a profile folder, which it makes when it is missing and keeps when it ends.

        Closing the context ends the browser; opening the folder again is a relaunch.
        """
        browser_type = getattr(playwright, self.engine)
        context: BrowserContext = browser_type.launch_persistent_context(str(folder), **self.launch_options())
        return context


def find_executable(engine: EngineName) -> Path | None:
    """Return the executable of an engine; None means that Playwright has its own.

    Raises:
        BrowserMissingError: there is none.
    """
    for candidate in _SYSTEM_BROWSERS[engine]:
        if Path(candidate).exists():
            return Path(candidate)
    raise BrowserMissingError(f"There is no {engine} here; install one with: dlt-web browsers install")


def _camera_args(camera_file: Path | None) -> tuple[str, ...]:
    if camera_file is None:
        return ()
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera_file}",
    )
