"""Starts real Chromium and Firefox the way the tests need them: behind a proxy, on a kept profile, with a camera."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Playwright

from dlt_web.browsers import ENGINES, FoundBrowser, find_browser

from .clearing import CLEARING_FIREFOX, set_clearing, why_no_clearing

EngineName = Literal["chromium", "firefox", "webkit"]

_CHROMIUM_ARGS = (
    # Containers and CI machines run as root, where Chromium's own sandbox cannot start.
    "--no-sandbox",
    # Loopback goes through the proxy as everything else does.
    "--proxy-bypass-list=<-loopback>",
    # Nothing of the browser's own shall end up in the record.
    "--disable-component-update",
    "--disable-background-networking",
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
# Without it a release of Firefox asks for its own settings all the same, whatever the preference above says.
_FIREFOX_ENVIRONMENT = {"MOZ_REMOTE_SETTINGS_DEVTOOLS": "1"}
# A page's WebRTC sends datagrams past any proxy unless that is forbidden. The switch had another name before.
_CHROMIUM_BY_PROXY = tuple(
    f"--{name}=disable_non_proxied_udp" for name in ("webrtc-ip-handling-policy", "force-webrtc-ip-handling-policy")
)
_FIREFOX_BY_PROXY: dict[str, str | float | bool] = {"media.peerconnection.ice.proxy_only": True}


class BrowserMissingError(RuntimeError):
    """An engine is not installed; the message says how to install it."""


def require_browser(engine: str, *, is_headed: bool = False) -> FoundBrowser:
    """Return the browser of an engine.

    Args:
        engine: one of :data:`dlt_web.browsers.ENGINES`.
        is_headed: it must be able to show itself on a screen.

    Raises:
        ValueError: there is no such engine.
        BrowserMissingError: it is not installed; says what installs it.
    """
    if engine not in ENGINES:
        raise ValueError(f"There is no engine {engine!r}; there are {', '.join(ENGINES)}.")
    browser = find_browser(engine, is_headed=is_headed)
    if browser is None:
        which, option = ("that can show itself on a screen ", "--headed ") if is_headed else ("", "")
        raise BrowserMissingError(
            f"There is no {engine} {which}on this machine; install it with: dlt-web browsers install {option}{engine}"
        )
    return browser


@dataclass(frozen=True, slots=True)
class BrowserSetup:
    """How to start one engine.

    Attributes:
        engine: ``chromium``, ``firefox``, or ``webkit`` where Playwright's own build of it is there.
        proxy_url: everything the browser sends goes there; None connects directly.
        camera_file: MJPEG that the camera shows (Chromium only).
        extra_args: further command line switches.
        without_args: switches that Playwright gives and shall not (Chromium only).
        firefox_prefs: further preferences; other engines ignore them.
        is_headed: shown on the screen instead of on none.
        slow_mo_ms: Playwright waits so long before each step.
        clears_on_close: set to delete what sites stored whenever it is closed (not WebKit).
    """

    engine: EngineName
    proxy_url: str | None = None
    camera_file: Path | None = None
    extra_args: tuple[str, ...] = ()
    without_args: tuple[str, ...] = ()
    firefox_prefs: Mapping[str, str | float | bool] = field(default_factory=dict)
    is_headed: bool = False
    slow_mo_ms: float = 0
    clears_on_close: bool = False

    def launch_options(self) -> dict[str, Any]:
        """Return keyword arguments for Playwright's ``launch`` and ``launch_persistent_context``.

        Raises:
            BrowserMissingError: the engine is not installed.
            ValueError: a camera was asked of another engine than Chromium, the engine is not Playwright's to start, or
                no browser of it can be set to delete sites' data when it is closed.
        """
        options: dict[str, Any] = {**self._executable(), "args": [*self.extra_args]}
        if self.is_headed:
            options["headless"] = False
        if self.slow_mo_ms:
            options["slow_mo"] = self.slow_mo_ms
        if self.proxy_url is not None:
            options["proxy"] = {"server": self.proxy_url}
        if self.camera_file is not None and self.engine != "chromium":
            raise ValueError("Only Chromium can show a file as its camera.")
        if self.engine == "firefox":
            options["env"] = {**os.environ, **_FIREFOX_ENVIRONMENT}
            options["firefox_user_prefs"] = {
                **_FIREFOX_PREFS,
                **_firefox_by_proxy(self.proxy_url),
                **(CLEARING_FIREFOX if self.clears_on_close else {}),
                **self.firefox_prefs,
            }
        if self.engine == "chromium":
            by_proxy_args = () if self.proxy_url is None else _CHROMIUM_BY_PROXY
            options["args"] += [*_CHROMIUM_ARGS, *by_proxy_args, *_camera_args(self.camera_file)]
            if self.without_args:
                options["ignore_default_args"] = list(self.without_args)
        return options

    def _executable(self) -> dict[str, Any]:
        """Return which browser is started, as Playwright's options name it."""
        if self.clears_on_close and (why_not := why_no_clearing(self.engine)) is not None:
            raise ValueError(f"This browser cannot be set so: {why_not}.")
        # Without a screen, too: only the whole Chromium has settings. Playwright calls its own by this channel.
        is_whole = self.clears_on_close and self.engine == "chromium"
        found = require_browser(self.engine, is_headed=self.is_headed or is_whole)
        return found.launch_options() or ({"channel": "chromium"} if is_whole else {})

    def launch(self, playwright: Playwright) -> Browser:
        """Start the browser without a profile; each of its contexts has storage of its own (:mod:`.windows`)."""
        browser: Browser = getattr(playwright, self.engine).launch(**self.launch_options())
        return browser

    def open_profile(self, playwright: Playwright, folder: Path, **context_options: Any) -> BrowserContext:
        """Start the browser on a profile folder, which it makes when it is missing and keeps when it ends.

        Closing the context ends the browser; opening the folder again is a relaunch.
        """
        if self.clears_on_close and self.engine == "chromium":
            set_clearing(folder)
        browser_type = getattr(playwright, self.engine)
        context: BrowserContext = browser_type.launch_persistent_context(
            str(folder), **self.launch_options(), **context_options
        )
        return context


def _firefox_by_proxy(proxy_url: str | None) -> dict[str, str | float | bool]:
    """Return preferences by which all goes to a proxy.

    Playwright names it to Firefox for plain HTTP only; HTTPS and WebSockets would go past it, and nobody would know.
    """
    if proxy_url is None:
        return {}
    proxy = urlsplit(proxy_url)
    tls: dict[str, str | float | bool] = {
        "network.proxy.ssl": proxy.hostname or "",
        "network.proxy.ssl_port": proxy.port or 80,
    }
    return {**_FIREFOX_BY_PROXY, **tls}


def _camera_args(camera_file: Path | None) -> tuple[str, ...]:
    if camera_file is None:
        return ()
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera_file}",
    )
