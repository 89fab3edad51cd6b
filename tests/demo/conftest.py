"""Fixtures of the demo's browser tests: each test has a demo of its own, on ports and a store of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from dlt_web.testing.browser_launch import BrowserSetup, EngineName

from .demo_process import DemoProcess


@pytest.fixture
def demo(tmp_path: Path, failure_notes: dict[str, Callable[[], str]]) -> Iterator[DemoProcess]:
    """A running demo."""
    with DemoProcess(tmp_path / "data") as running:
        failure_notes["Demo"] = running.log
        yield running


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_name: str) -> dict[str, Any]:
    """How to start the engine under test."""
    return BrowserSetup(cast(EngineName, browser_name)).launch_options()


@pytest.fixture
def visitor(context: BrowserContext, failure_notes: dict[str, Callable[[], str]]) -> Iterator[BrowserContext]:
    """A browser context in which the page never complains: no uncaught error, nothing that its policy blocks."""
    console: list[str] = []
    complaints: list[str] = []
    failure_notes["Console"] = lambda: "\n".join(console)

    def hear(message: ConsoleMessage) -> None:
        console.append(f"{message.type}: {message.text}")
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            complaints.append(message.text)

    context.on("console", hear)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    assert complaints == []


@pytest.fixture
def open_page(visitor: BrowserContext, demo: DemoProcess) -> Callable[..., Page]:
    """Opens the demo page in a new tab."""

    def open_(query: str = "", *, site: str | None = None, until: str = "Licensed") -> Page:
        page = visitor.new_page()
        page.goto(f"{site or demo.shop_a}/{query}")
        if until:
            page.locator("#license-pill", has_text=until).wait_for(timeout=40_000)
        return page

    return open_
