"""Fixtures of the demo's browser tests.

A demo of its own costs a test two seconds and each start of the page four. So most tests meet one demo, and those that
need neither a new device nor an untouched page share one open page, ``tab``, in a state that is the same for each.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from dlt_web.testing.barcode_media import PrintedBarcode, save_picture
from tests.listener import Listener, Notes

from .demo_process import DemoProcess
from .visit import PER_SCAN, USUAL_FORGET_TIME_MS, choose_reader, remember, rest, settle, wait_for_state


@pytest.fixture(scope="session")
def session_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with DemoProcess(tmp_path_factory.mktemp("demo")) as running:
        # Each test that opens the page is another device; the demo's own quota of five would end after a few of them.
        running.admin.set_license("demo-per-device", {"quota": 1000})
        yield running


@pytest.fixture
def demo(session_demo: DemoProcess, dlt_notes: Notes) -> DemoProcess:
    """A running demo, shared: what is counted there before a test is not this test's."""
    dlt_notes["Demo"] = session_demo.log
    return session_demo


@pytest.fixture
def own_demo(tmp_path: Path, dlt_notes: Notes) -> Iterator[DemoProcess]:
    """A demo that has counted nothing yet, with the quotas that everybody meets."""
    with DemoProcess(tmp_path / "data") as running:
        dlt_notes["Demo"] = running.log
        yield running


@pytest.fixture
def listener(dlt_notes: Notes) -> Iterator[Listener]:
    """Hears the pages of a test, which may not complain: no uncaught error, nothing that their policy blocks."""
    heard = Listener()
    with heard.noted(dlt_notes):
        yield heard


@pytest.fixture
def visitor(context: BrowserContext, listener: Listener) -> BrowserContext:
    """A browser context, hence a device, of this test alone."""
    listener.attach(context)
    return context


@pytest.fixture(scope="module")
def shared_listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def shared_tab(browser: Browser, session_demo: DemoProcess, shared_listener: Listener) -> Iterator[Page]:
    """The page that a file of tests has open: longer, and what it says would be in other tests' records."""
    context = browser.new_context()
    shared_listener.attach(context)
    page = context.new_page()
    page.goto(f"{session_demo.shop_a}/?code={PER_SCAN}")
    rest(page)
    wait_for_state(page)
    yield page
    context.close()


@pytest.fixture(scope="session")
def settled() -> Iterator[int]:
    """Numbers of pictures, so that no two show the same barcode."""
    return itertools.count(1)


@pytest.fixture
def tab(
    shared_tab: Page, shared_listener: Listener, dlt_notes: Notes, tmp_path: Path, settled: Iterator[int]
) -> Iterator[Page]:
    """The shared page: zxing-wasm, charged per scan, 1280 pixels wide, waiting for files, nothing left to report."""
    with shared_listener.noted(dlt_notes):
        shared_tab.bring_to_front()
        shared_tab.set_viewport_size({"width": 1280, "height": 900})
        rest(shared_tab)
        choose_reader(shared_tab, "zxing-wasm")
        shared_tab.locator("input[value=per_scan]").check()
        remember(shared_tab, USUAL_FORGET_TIME_MS)
        wait_for_state(shared_tab)
        text = f"SETTLED-{next(settled)}"
        settle(shared_tab, save_picture(tmp_path / "settled.png", PrintedBarcode("code_128", text)), text)
        yield shared_tab
