"""Takes the network away from pages, all they have of it: workers, beacons and what they believe themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext

from .browser_page import BrowserPage
from .recording_proxy import RecordingProxy


class Offline:
    """``with offline(page): …``; as long as it lasts, nothing behind the recording proxy reaches anybody.

    Connections are refused, also those of SharedWorkers and beacons, which a browser's own switch leaves alone; in
    Chromium and Firefox ``navigator.onLine`` is false for the given pages' windows, and their ``offline`` and
    ``online`` events come. WebKitGTK has no such switch: there the pages notice by their failing requests alone.
    """

    def __init__(self, proxy: RecordingProxy) -> None:
        """Break the network that goes through a proxy."""
        self._proxy = proxy

    @contextmanager
    def __call__(self, *pages: BrowserPage) -> Iterator[None]:
        """Take the network away, and give it back at the end.

        Args:
            pages: those that shall know; the network is gone for all.
        """
        contexts = [page.context for page in pages if isinstance(page.context, BrowserContext)]
        self._proxy.refuse()
        try:
            for context in contexts:
                context.set_offline(True)
            yield
        finally:
            self._proxy.heal()
            for context in contexts:
                context.set_offline(False)
