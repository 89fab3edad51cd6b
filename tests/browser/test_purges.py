"""The harness's ways to purge, proven on plain pages: each deletes what it says, and nothing beside it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, ClassVar, get_args

import pytest
from playwright.sync_api import BrowserContext, Page

from dlt_web.testing.browser_page import BrowserWindow
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.fixture_types import Purge
from dlt_web.testing.profiles import BrowserProfile
from dlt_web.testing.site_data import PURGE_WAYS, PurgeWay, dump_storage
from dlt_web.testing.static_site import Site, StaticSite
from dlt_web.testing.webkit.context import WebKitPage

# The tools that all other tests here use in the other engine, too.
pytestmark = pytest.mark.in_one_engine("chromium")

STORE = """(name) => new Promise((resolve, reject) => {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore("s").put(new Uint8Array([1, 2]), "KEY-IN-STORE");
  request.onsuccess = () => { request.result.close(); resolve(); };
  request.onerror = () => reject(request.error);
})"""


@pytest.mark.parametrize("way", get_args(PurgeWay))
def test_each_way_of_purging_empties_indexed_db(
    browser_profile: BrowserProfile, site: StaticSite, way: PurgeWay, purge: Purge
) -> None:
    pages = [browser_profile.new_page() for _ in site]
    for page, shop in zip(pages, site, strict=True):
        page.goto(shop.url("/nothing-here"))
        page.evaluate(STORE, "plain")
        assert b"KEY-IN-STORE" in dump_storage(page)
    if way not in purge.ways(pages[0]):
        with pytest.raises(ValueError, match=f"This page cannot be purged by {way}; its window can by clear-site-data"):
            purge(pages[0], way)
        return
    page = purge(pages[0], way)
    assert b"KEY-IN-STORE" not in dump_storage(page)
    if way in ("deleted-profile", "cleared-on-close"):
        # All sites' data is gone, and what is stored from now on stays.
        page.evaluate(STORE, "plain")
        browser_profile.relaunch()
        page = browser_profile.new_page()
        page.goto(site.shop_a.url("/nothing-here"))
        assert b"KEY-IN-STORE" in dump_storage(page)
    else:
        assert b"KEY-IN-STORE" in dump_storage(pages[1])


# Names a device at its first start, and says at each that it runs: from a worker, as the tracker does; and where it is
# shown.
SHELL = """<!doctype html><title>app</title><script>
  localStorage.device ??= String(Math.random());
  new SharedWorker("/shared.js", localStorage.device);
  fetch("/shown" + location.pathname, { keepalive: true });
</script>"""
SHARED_WORKER = "fetch('/runs/' + name);"
FILES = {"/": ("text/html", SHELL), "/shared.js": ("text/javascript", SHARED_WORKER)}
SHELL_WORKER = f"""addEventListener("fetch", (event) => {{
  const files = {json.dumps(FILES)};
  const file = files[event.request.mode === "navigate" ? "/" : new URL(event.request.url).pathname];
  if (file) event.respondWith(new Response(file[1], {{ headers: {{ "Content-Type": file[0] }} }}));
}});"""
WITH_WORKER = """async () => {
  await navigator.serviceWorker.register("/worker.js");
  await navigator.serviceWorker.ready;
}"""


class AppEverywhere(BaseHTTPRequestHandler):
    """A server that answers for each address with the same app, as those of single pages do."""

    runs: ClassVar[list[str]] = []
    shown: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        if self.path.startswith("/runs/"):
            self.runs.append(self.path.removeprefix("/runs/"))
        if self.path.startswith("/shown/"):
            self.shown.append(self.path.removeprefix("/shown"))
        files = {**FILES, "/worker.js": ("text/javascript", SHELL_WORKER)}
        kind, text = files.get(self.path, FILES["/"])
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture
def app_everywhere() -> Iterator[str]:
    AppEverywhere.runs.clear()
    AppEverywhere.shown.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), AppEverywhere) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://app.localhost:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("answers", ["its server", "its service worker"])
def test_a_browser_that_is_closed_to_clear_runs_no_app_once_more_as_the_device_that_goes(
    browser_profile: BrowserProfile, app_everywhere: str, purge: Purge, answers: str
) -> None:
    page = browser_profile.new_page()
    page.goto(app_everywhere)
    if "cleared-on-close" not in purge.ways(page):
        pytest.skip("this browser cannot be set so")
    if answers == "its service worker":
        page.evaluate(WITH_WORKER)
    wait_until(lambda: len(AppEverywhere.runs) == 1, what="the app to run")
    purge(page, "cleared-on-close")
    wait_until(lambda: len(set(AppEverywhere.runs)) == 2, what="the app to run as another device")
    assert len(AppEverywhere.runs) == 2


@pytest.mark.parametrize("is_open", [True, False], ids=["a page is open", "no page is open"])
@pytest.mark.parametrize("answers", ["its server", "its service worker"])
@pytest.mark.parametrize("way", ["delete-database", "cdp"])
def test_a_purge_from_a_page_of_the_site_opens_no_app_once_more(
    browser_profile: BrowserProfile, app_everywhere: str, purge: Purge, way: PurgeWay, answers: str, is_open: bool
) -> None:
    page = browser_profile.new_page()
    if (
        browser_profile.engine != "chromium"
        and not is_open
        and (answers == "its service worker" or isinstance(page, WebKitPage))
    ):
        pytest.skip("this engine has no page of the app's domain that is not the app")
    page.goto(app_everywhere)
    if way not in purge.ways(page):
        pytest.skip("this browser has no such tools")
    if answers == "its service worker":
        page.evaluate(WITH_WORKER)
    page.evaluate(STORE, "plain")
    if is_open:
        assert purge(page, way) is page
    else:
        page.close()
        PURGE_WAYS[way](page.context, Site(app_everywhere.rstrip("/")))
    after = browser_profile.new_page()
    after.goto(f"{app_everywhere}after")
    assert after.evaluate("indexedDB.databases()") == []
    wait_until(lambda: "/after" in AppEverywhere.shown, what="the app to be shown")
    assert AppEverywhere.shown == ["/", "/after"]


class DeafToolsWindow:
    """A window whose developer tools clear no site's data and call it done, as Chromium's at times do."""

    def __init__(self, window: BrowserWindow) -> None:
        self._window = window

    def __getattr__(self, name: str) -> Any:
        return getattr(self._window, name)

    def new_cdp_session(self, page: Page) -> Any:
        session = self._window.new_cdp_session(page)  # type: ignore[union-attr]

        def send(method: str, params: dict[str, str]) -> Any:
            return {} if method == "Storage.clearDataForOrigin" else session.send(method, params)

        return SimpleNamespace(send=send, detach=session.detach)


@pytest.mark.untestable_in("firefox", "webkit", why="only Chromium has the devtools protocol")
@pytest.mark.parametrize("is_shown", [True, False], ids=["a page is open", "no page is open"])
def test_databases_that_the_developer_tools_leave_are_deleted_one_by_one(
    browser_profile: BrowserProfile, shop: Site, is_shown: bool
) -> None:
    window = browser_profile.open()
    page = window.new_page()
    page.goto(shop.url("/nothing-here"))
    page.evaluate(STORE, "plain")
    if not is_shown:
        page.close()
    PURGE_WAYS["cdp"](DeafToolsWindow(window), shop)
    after = window.new_page()
    after.goto(shop.url("/nothing-here"))
    assert after.evaluate("indexedDB.databases()") == []


UNANSWERED_ONCE = """(() => {
  const { databases } = IDBFactory.prototype;
  IDBFactory.prototype.databases = function () {
    IDBFactory.prototype.databases = databases;
    return new Promise(() => {});
  };
})();"""


@pytest.mark.untestable_in("firefox", "webkit", why="only Chromium has the devtools protocol")
def test_a_question_that_chromium_leaves_unanswered_while_it_clears_is_asked_again(
    browser_profile: BrowserProfile, shop: Site
) -> None:
    window = browser_profile.open()
    window.add_init_script(UNANSWERED_ONCE)
    page = window.new_page()
    page.goto(shop.url("/nothing-here"))
    PURGE_WAYS["cdp"](window, shop)
    assert page.evaluate("indexedDB.databases()") == []


def test_a_private_window_has_no_profile_to_delete_and_there_is_no_other_way(
    visitor: BrowserContext, shop: Site, purge: Purge
) -> None:
    page = visitor.new_page()
    page.goto(shop.url("/nothing-here"))
    assert ("deleted-profile" in purge.ways(page)) is False
    with pytest.raises(ValueError, match="There is no way 'by hand' to purge; there are clear-site-data, "):
        purge(page, "by hand")  # type: ignore[arg-type]
