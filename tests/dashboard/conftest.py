"""Fixtures of the dashboard's browser tests: one server, and for each engine one page that is signed in."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from dlt_web.testing.deadline import wait_until
from tests.dashboard.desk_world import Keys, fill
from tests.listener import Listener, Notes
from tests.lts.server_process import ServerProcess


class Office:
    """A license server with something to see, and the keys to it."""

    def __init__(self, store: Path, server: ServerProcess, keys: Keys) -> None:
        self.store = store
        self.server = server
        self.url = server.url
        self.keys = keys
        self._client = server.client()  # one for all calls: each reads every certificate of the machine first

    def close(self) -> None:
        """Let go of the server."""
        self._client.close()

    def call(self, method: str, path: str, body: object = None, key: str | None = None) -> object:
        """Do something as another operator, whose key is ``other``."""
        headers = {"Authorization": f"Bearer {key or self.keys.other}"}
        answer = self._client.request(method, f"/v1/admin{path}", json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    store = tmp_path_factory.mktemp("office") / "lts.db"
    # In a thread of its own: the browsers' event loop runs in this one already.
    with ThreadPoolExecutor(1) as threads:
        keys = threads.submit(fill, store, time.time_ns() // 1_000_000).result()
    with ServerProcess(store) as server, contextlib.closing(Office(store, server, keys)) as running:
        yield running


@pytest.fixture(scope="module")
def shared_listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def shared_tab(browser: Browser, office: Office, shared_listener: Listener) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    shared_listener.attach(context)
    page = context.new_page()
    page.goto(office.url)
    sign_in(page, office.keys.manage)
    yield page
    context.close()


@pytest.fixture
def tab(shared_tab: Page, shared_listener: Listener, dlt_notes: Notes) -> Iterator[Page]:
    """The page that a file of tests shares: 1280 pixels wide, light, signed in with the key that may change things."""
    with shared_listener.noted(dlt_notes):
        shared_tab.set_viewport_size({"width": 1280, "height": 900})
        yield shared_tab
        for _open in range(3):
            shared_tab.keyboard.press("Escape")


@pytest.fixture
def visitor(context: BrowserContext, dlt_notes: Notes) -> Iterator[BrowserContext]:
    """A browser that was never here."""
    listener = Listener()
    listener.attach(context)
    with listener.noted(dlt_notes):
        yield context


def sign_in(page: Page, key: str) -> None:
    """Type a key and press Enter."""
    page.get_by_label("Admin key").fill(key)
    page.keyboard.press("Enter")
    expect(page.locator("#updated")).to_contain_text("Updated")


def go(page: Page, name: str) -> None:
    """Open a page of the dashboard by its link, and wait until it is read."""
    page.locator(f'[data-page="{name}"]').click()
    expect(page.locator(f'[data-page="{name}"]')).to_have_attribute("aria-current", "page")
    expect(page.locator("main .waiting")).to_have_count(0)


def come_back(page: Page) -> None:
    """Come back from another tab: everything is read at once, and a test need not wait for the next time."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def look_until(page: Page, place: Locator, text: str) -> None:
    """Look again and again until a place says something."""

    def says() -> bool:
        come_back(page)
        return text in place.inner_text()

    wait_until(says, what=f"the page to say {text!r}")


def type_over(page: Page, field: Locator, text: str) -> None:
    """Type in the place of what a field holds, as people do; Firefox's driver only adds to what a number field has."""
    field.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)
