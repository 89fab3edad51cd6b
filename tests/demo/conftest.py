"""Fixtures of the demo's browser tests: each test has a demo of its own, on ports and a store of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self, cast

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from dlt_web.lts.admin import Administration
from dlt_web.lts.clock import SystemClock
from dlt_web.lts.reads import Reads, UsageView
from dlt_web.lts.records import Device
from dlt_web.lts.store import open_store
from dlt_web.testing.browser_launch import BrowserSetup, EngineName
from dlt_web.testing.deadline import wait_until

# The command as it is installed, found wherever the package is.
COMMAND = [sys.executable, "-c", "from dlt_web.cli import main; main()", "demo"]
# Where the page has to be built first, that takes its time.
START_TIMEOUT_S = 120.0


class DemoProcess:
    """``dlt-web demo`` as a process of its own, with what it says on stdout."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        """Starts it and waits until it answers."""
        self._process = subprocess.Popen(
            [*COMMAND, "--port", "0", "--lts-port", "0", "--no-browser"],
            env={**os.environ, "XDG_DATA_HOME": str(self._data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        wait_until(
            lambda: self._said("Ctrl-C ends it") or self._process.poll() is not None,
            what="the demo to answer",
            timeout_s=START_TIMEOUT_S,
        )
        assert self._said("Ctrl-C ends it"), self.log()
        self.store = open_store(f"sqlite:///{self._find('Counts kept in +(.+)')}")
        self.reads = Reads(self.store)
        self.admin = Administration(self.store, SystemClock(), actor="test")
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it as a person does, and expects it to end well."""
        self.store.close()
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(timeout=20)
        self._reader.join()
        assert code == 0, self.log()

    @property
    def shop_a(self) -> str:
        """Origin of the page."""
        return self._find(r"Demo page +(\S+)")

    @property
    def shop_b(self) -> str:
        """Origin of the other domain."""
        return self._find(r"Other domain +(\S+)")

    @property
    def license_server(self) -> str:
        """Origin of the license server."""
        return self._find(r"License server +(\S+)")

    def usage(self, code: str = "200001-demo") -> UsageView:
        """What the license server has counted, read from its database."""
        return self.reads.usage(code)

    def devices(self, code: str = "200001-demo") -> list[Device]:
        """Devices that hold a seat."""
        return [device for device in self.reads.devices(code) if device.license_id is not None]

    def log(self) -> str:
        """All that it said."""
        return "".join(self._lines)

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._lines.extend(iter(self._process.stdout.readline, ""))

    def _said(self, words: str) -> bool:
        return any(words in line for line in self._lines)

    def _find(self, pattern: str) -> str:
        match = re.search(pattern, self.log())
        assert match, self.log()
        return match[1]


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
