"""The ways in which a person, an app or a browser deletes a site's data, and a look at what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from .browser_page import BrowserPage, BrowserWindow
from .deadline import wait_until
from .site_server import PURGED_TEXT
from .static_site import Site
from .webkit.context import WebKitContext

PurgeWay = Literal[
    "clear-site-data", "delete-database", "cdp", "webkit-data-manager", "cleared-on-close", "deleted-profile"
]


class PurgeError(Exception):
    """A site's data could not be deleted in the way that was asked for; the message says what can be done."""


def purge_by_header(context: BrowserWindow, site: Site) -> None:
    """Let the site itself order the deletion (``Clear-Site-Data: "storage"``).

    Raises:
        PurgeError: nobody at the site's address for it gave the order.
    """
    page = context.new_page()
    page.goto(site.purge)
    answer = page.evaluate("document.body?.textContent ?? ''")
    page.close()
    if answer != PURGED_TEXT:
        raise PurgeError(
            f"{site.purge} did not order the deletion: let the fixture recording_proxy, or domains with the app behind "
            f"it, answer there, or purge in another way, such as delete-database."
        )


# A script that deletes every IndexedDB database of its page's origin.
DELETE_DATABASES = """async () => {
  for (const { name } of await indexedDB.databases()) {
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = resolve;
      request.onerror = () => reject(request.error);
    });
  }
}"""


def purge_by_deleting_databases(context: BrowserWindow, site: Site) -> None:
    """Delete every IndexedDB database of the origin from a page of it, as a script of the app may do."""
    with page_of(context, site) as page:
        page.evaluate(DELETE_DATABASES)


@contextmanager
def page_of(context: BrowserWindow, site: Site) -> Iterator[BrowserPage]:
    """Give a page of an origin on which a script can run: one that is open, or for a while one without the app.

    The app may be behind each address of its domain, and is not to be opened once more as the device that goes. So the
    page is answered by no server, and in Chromium by no service worker either, past which nothing leads in others.
    WebKitGTK answers no page itself: there it is one that the site does not have.
    """
    open_pages = [page for page in context.pages if page.url.startswith(f"{site.origin}/")]
    if open_pages:
        yield open_pages[0]
        return
    page = context.new_page()
    try:
        if isinstance(page, Page):
            _answer_blank(page)
        page.goto(site.url("/no-such-page"))
        yield page
    finally:
        page.close()


def _answer_blank(page: Page) -> None:
    """Let a tab show an empty page at each address."""
    page.route("**", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
    with suppress(PlaywrightError):  # only Chromium has the devtools protocol
        tools = page.context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.send("Network.setBypassServiceWorker", {"bypass": True})


# Goes with all that the origin has stored.
_MARK = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("goes-with-the-rest");
  opening.onupgradeneeded = () => opening.result.createObjectStore("nothing");
  opening.onsuccess = () => { opening.result.close(); resolve(); };
  opening.onerror = () => reject(opening.error);
})"""
# A question that comes while Chromium clears it may leave for ever unanswered; two seconds are long for an answer. What
# is not known to be gone is taken for something that is there.
_IS_MARKED = """() => Promise.race([
  indexedDB.databases().then((all) => all.some(({ name }) => name === "goes-with-the-rest")),
  new Promise((resolve) => setTimeout(resolve, 2000, true)),
])"""


def purge_by_devtools(context: BrowserContext, site: Site) -> None:
    """Clear the origin as the developer tools do (Chromium only).

    Raises:
        DeadlineMissedError: Chromium goes on leaving the data where it is.
    """
    with page_of(context, site) as shown:
        shown.evaluate(_MARK)
        tools = context.new_cdp_session(cast("Page", shown))

        def is_purged() -> bool:
            tools.send("Storage.clearDataForOrigin", {"origin": site.origin, "storageTypes": "all"})
            if shown.evaluate(_IS_MARKED):
                # What a page opened while its site was purged Chromium 156 at times keeps where no later order to clear
                # the site's data looks, and calls it done. There is a button for each database, too.
                key = {"storageKey": f"{site.origin}/"}
                for name in tools.send("IndexedDB.requestDatabaseNames", key)["databaseNames"]:
                    tools.send("IndexedDB.deleteDatabase", {**key, "databaseName": name})
            return not shown.evaluate(_IS_MARKED)

        wait_until(is_purged, what=f"the data of {site.origin} to be gone, as the developer tools were told")
        tools.detach()


def purge_by_data_manager(context: WebKitContext, site: Site) -> None:
    """Delete the data of the origin's host, at each of its ports, as WebKitGTK's settings do (WebKitGTK only)."""
    context.purge(urlsplit(site.origin).hostname or "")


PURGE_WAYS: dict[PurgeWay, Callable[[Any, Site], None]] = {
    "clear-site-data": purge_by_header,
    "delete-database": purge_by_deleting_databases,
    "cdp": purge_by_devtools,
    "webkit-data-manager": purge_by_data_manager,
}

_DUMP_SCRIPT = (Path(__file__).parent / "page" / "dump.js").read_text().rstrip().removesuffix(";")


def read_storage(page: BrowserPage) -> dict[str, Any]:
    """Return all that the page's origin has stored.

    Members are ``indexedDB`` (database → object store → pairs of key and value), ``localStorage``, ``sessionStorage``,
    ``cookie`` and ``caches``; bytes are ``{"$bytes": text}``.
    """
    stored: dict[str, Any] = json.loads(page.evaluate(_DUMP_SCRIPT))
    return stored


def dump_storage(page: BrowserPage) -> bytes:
    """Return all that the page's origin has stored, as text in UTF-8 and, for bytes, as they are.

    Databases, Web Storage, cookies that scripts may read, caches, private files, and what the tab itself keeps. A file,
    a blob or a cached answer that is longer than 1 MB, or comes after 16 MB of others, is named by its size alone.

    Every text of every record is there once as JSON writes it and once unescaped, so a search for a value finds it.
    """
    text: str = page.evaluate(_DUMP_SCRIPT)
    pieces: list[str] = []
    _collect(json.loads(text), pieces)
    return "\n".join([text, *pieces]).encode("utf-8", "surrogatepass") + b"\n" + _as_latin1(pieces)


def _collect(value: object, pieces: list[str]) -> None:
    if isinstance(value, str):
        pieces.append(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            pieces.append(str(key))
            _collect(inner, pieces)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, pieces)


def _as_latin1(pieces: list[str]) -> bytes:
    """Return the texts that stand for bytes, as those bytes, so that raw digests are found too."""
    return b"\n".join(piece.encode("latin-1", "replace") for piece in pieces)
