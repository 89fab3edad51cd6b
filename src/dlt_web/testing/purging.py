"""Purges a site's data in every way that a user can, from the page that is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import get_args
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext

from .browser_page import BrowserPage
from .clearing import clearing_undone, why_no_clearing
from .faults import Answer, Fault
from .profiles import BrowserProfile
from .recording_proxy import RecordingProxy
from .site_data import PURGE_WAYS, PurgeWay, page_of
from .site_server import PURGE_PATH, PURGED_TEXT
from .static_site import Site
from .webkit.context import WebKitContext
from .windows import BrowserWindows, OpenWindow


class Purge:
    """Deletes what the origin of a page has stored: ``purge(page)``."""

    def __init__(self, windows: BrowserWindows, *, proxy: RecordingProxy | None = None) -> None:
        """Purge in windows.

        Args:
            windows: know which of them have profiles that can be deleted.
            proxy: what the pages are behind; it answers for apps that have no address that orders the deletion.
        """
        self._windows = windows
        self._proxy = proxy

    def ways(self, page: BrowserPage) -> tuple[PurgeWay, ...]:
        """Return the ways that there are for a page, in its engine and its kind of window."""
        ways: list[PurgeWay] = ["clear-site-data", "delete-database"]
        if isinstance(page.context, WebKitContext):
            ways.append("webkit-data-manager")
        elif self._engine_of(page) == "chromium":
            ways.append("cdp")
        opened = self._windows.find(page.context)
        if opened is not None and opened.profile is not None:
            if why_no_clearing(opened.engine) is None:
                ways.append("cleared-on-close")
            ways.append("deleted-profile")
        return tuple(ways)

    def __call__(self, page: BrowserPage, way: PurgeWay = "clear-site-data") -> BrowserPage:
        """Delete the data of the origin that a page shows, while it runs.

        Args:
            page: shows the origin; it is not reloaded.
            way: one of :meth:`ways`. ``deleted-profile`` ends the browser, deletes its profile's folder and starts it
                again; ``cleared-on-close`` ends it by the setting that deletes all sites' data then, and starts it
                again as it was set before.

        Returns:
            The page to go on with: the same one, or after a way that ends the browser a new one that shows the same
            address.

        Raises:
            ValueError: there is no such way, or not for this page.
            PurgeError: nobody gave the order of ``clear-site-data``.
        """
        if way not in get_args(PurgeWay):
            raise ValueError(f"There is no way {way!r} to purge; there are {', '.join(get_args(PurgeWay))}.")
        if way not in self.ways(page):
            raise ValueError(f"This page cannot be purged by {way}; its window can by {', '.join(self.ways(page))}.")
        if way in ("deleted-profile", "cleared-on-close"):
            return self._relaunch(page, _delete if way == "deleted-profile" else _close_clearing)
        site = Site(_origin_of(page))
        if way == "clear-site-data" and self._proxy is not None:
            self._proxy.inject(_order_to_purge(), path=PURGE_PATH, method="GET", times=1)
        PURGE_WAYS[way](page.context, site)
        return page

    def _engine_of(self, page: BrowserPage) -> str | None:
        opened = self._windows.find(page.context)
        if opened is not None:
            return opened.engine
        # A window of somebody else's, such as pytest-playwright's, is a context of a browser.
        browser = page.context.browser if isinstance(page.context, BrowserContext) else None
        return None if browser is None else browser.browser_type.name

    def _relaunch(self, page: BrowserPage, purge: Callable[[BrowserWindows, OpenWindow, Site], None]) -> BrowserPage:
        """End the browser, purge what it had, start it again, and return a page that shows the same address."""
        opened = self._windows.find(page.context)
        assert opened is not None
        assert opened.profile is not None
        url, site = page.url, Site(_origin_of(page))
        page.context.close()
        purge(self._windows, opened, site)
        profile = BrowserProfile(self._windows, opened.engine, opened.profile, setup=opened.setup)
        fresh = profile.new_page()
        fresh.goto(url)
        return fresh


def _delete(windows: BrowserWindows, closed: OpenWindow, _site: Site) -> None:
    assert closed.profile is not None
    BrowserProfile(windows, closed.engine, closed.profile).delete()


def _close_clearing(windows: BrowserWindows, closed: OpenWindow, site: Site) -> None:
    assert closed.profile is not None
    with clearing_undone(closed.profile):
        window = windows.open(closed.engine, closed.profile, setup=replace(closed.setup, clears_on_close=True))
        try:
            if closed.engine == "chromium":
                # Chromium 156 deletes those databases that were looked at since its start, and no older ones.
                with page_of(window, site) as page:
                    page.evaluate("indexedDB.databases()")
        finally:
            window.close()


def _order_to_purge() -> Fault:
    headers = (("Content-Type", "text/plain"), ("Clear-Site-Data", '"storage"'), ("Cache-Control", "no-store"))
    answer = Answer(200, headers, PURGED_TEXT.encode())
    return Fault("purge", delivers=False, replaces_answer=True, answer=answer)


def _origin_of(page: BrowserPage) -> str:
    parts = urlsplit(page.url)
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"Only a page of a site has data to purge; this one shows {page.url}.")
    return f"{parts.scheme}://{parts.netloc}"
