"""What a visitor does on the demo page and sees there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Route, expect

from dlt_web.testing.deadline import DeadlineMissedError, wait_until
from tests.page_workers import OWN_WORKERS

from .demo_process import DemoProcess

PER_DEVICE, CONCURRENT, PER_SCAN = "200001-demo", "200002-demo", "200003-demo"
# The runtime starts in about three seconds on an idle machine; test machines are seldom idle.
START_TIMEOUT_MS = 40_000
USUAL_FORGET_TIME_MS = 3000
IS_PAUSED = "() => document.getElementById('video').paused"
IS_PLAYING = "() => !document.getElementById('video').paused"


def rest(page: Page) -> None:
    """Stops the sample video: a picture that nobody looks at takes more than a core from what is tested."""
    # By its name, which it has once it does something: an earlier click would be lost, and the video would play.
    page.get_by_role("button", name="Files", exact=True).click()
    page.locator("#drop").wait_for()


def settle(page: Page, picture: Path, text: str) -> None:
    """Waits until all that the page has read is judged, shown and reported; the page rests, as after :func:`rest`.

    Nothing on the page says that a frame is still being judged, and "Nothing" pends until it is. But the tracker judges
    in order: once one more picture has its verdict, so has everything before it.

    Args:
        page: rests, licensed, with a reader that reads one picture alone.
        picture: of one barcode, chosen as a file.
        text: the barcode's text, which the newest result shows of no other picture.
    """
    page.locator("#files").set_input_files(picture)
    expect(page.locator("#rows .text").first).to_have_text(text, timeout=START_TIMEOUT_MS)
    rest(page)
    # In one step: the button goes as soon as the page has sent by itself what waited.
    page.get_by_role("button", name="Send now").evaluate_all("found => found.forEach((one) => one.click())")
    expect(page.locator("#facts > div", has_text="Pending")).to_contain_text("Nothing")


@contextmanager
def held_back(context: BrowserContext, pattern: str) -> Iterator[None]:
    """Holds back what pages ask for, until the end.

    Of a SharedWorker's requests no page, and so no route, knows: the pages have workers of their own.
    """
    held: list[Route] = []
    is_holding = True

    def hold(route: Route) -> None:
        if is_holding:
            held.append(route)
        else:
            route.continue_()

    context.add_init_script(OWN_WORKERS)
    context.route(pattern, hold)
    yield
    is_holding = False
    for route in held:
        route.continue_()  # a request that is held for ever keeps Firefox from closing


def choose_reader(page: Page, reader: str) -> None:
    """Chooses a barcode reader by its value in the menu, and waits until it reads."""
    page.locator("#reader").select_option(reader)
    page.locator("#reader:not([aria-busy])").wait_for(timeout=START_TIMEOUT_MS)
    assert page.locator("#reader").input_value() == reader


def remember(page: Page, forget_time_ms: int = 180_000) -> None:
    """Chooses how long a barcode is remembered; by default longer than a busy machine may take for anything."""
    menu = page.get_by_label("Forgets after")
    if menu.input_value() != str(forget_time_ms):
        menu.select_option(str(forget_time_ms))


def show_much(page: Page) -> None:
    """Has the sample's picture and results on the page, and then stand still.

    What was read is remembered longer than anybody looks at it: else its rows change after three seconds, and fade away
    after ten more.
    """
    remember(page)
    page.get_by_role("button", name="Sample video").click()
    page.locator(".stamp.duplicate").first.wait_for()
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function(IS_PAUSED)


def wait_for_state(page: Page, word: str = "Licensed") -> None:
    """Waits until the license pill says so."""
    page.locator("#license-pill", has_text=word).wait_for(timeout=START_TIMEOUT_MS)


def uuid_of(page: Page) -> str:
    """The device UUID that the page shows."""
    return page.locator("#uuid").inner_text()


def counted_by(page: Page) -> int:
    """How many scans the page says were counted."""
    match = re.match(r"([\d,]+) counted", page.locator("#tally").inner_text())
    assert match
    return int(match[1].replace(",", ""))


def wait_for_count(page: Page, count: int) -> None:
    """Waits until the page says that so many were counted, or more."""
    page.wait_for_function(
        "count => parseInt(document.getElementById('tally').textContent.replace(',', '')) >= count",
        arg=count,
        timeout=60_000,
    )


def send_all(page: Page, demo: DemoProcess, code: str, before: int, shown_before: int = 0) -> int:
    """Presses the button until the license server has counted all that the page says was counted.

    Args:
        page: shows no picture any more that could bring further scans.
        demo: the demo that the page is of.
        code: the page's handshake code.
        before: what had been counted there when the page had shown ``shown_before``.
        shown_before: counted, as the page said.

    Returns:
        Scans that were added.
    """

    counted, shown = -1, -2

    def arrived() -> bool:
        nonlocal counted, shown
        # Not a click of Playwright's: the button goes away as soon as nothing is pending.
        page.evaluate("document.querySelector('#facts button:not([hidden])')?.click()")
        counted, shown = demo.usage(code).scans - before, counted_by(page) - shown_before
        return counted == shown

    try:
        wait_until(arrived, what="the license server has counted what the page says")
    except DeadlineMissedError as error:
        error.add_note(f"Counted: {counted}, shown: {shown}. {page.locator('#facts').inner_text()}")
        raise
    return shown
