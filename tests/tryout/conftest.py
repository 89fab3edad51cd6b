"""The try-out on a server of static files that knows nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

import build_wasm
from tests.plain_server import PlainServer, serving
from wasm.tryout import build_tryout


@pytest.fixture(scope="session")
def tryout_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The try-out within a site, below two folders, as documentation has it."""
    site = tmp_path_factory.mktemp("site")
    return build_tryout(site / "docs" / "try", build_wasm.build())


@pytest.fixture
def plain_server(tryout_folder: Path) -> Iterator[PlainServer]:
    with serving(tryout_folder.parents[1]) as server:
        yield server


@pytest.fixture
def tryout(
    context: BrowserContext, plain_server: PlainServer, dlt_notes: dict[str, Callable[[], str]]
) -> Iterator[Page]:
    """The page, open and licensed, with the sample video stopped; it may not complain."""
    said: list[str] = []
    complaints: list[str] = []
    dlt_notes["Console"] = lambda: "\n".join([*said, *plain_server.asked])
    context.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    page.goto(f"{plain_server.url}/docs/try/")
    page.get_by_role("button", name="Files", exact=True).click()
    page.locator("#drop").wait_for()
    page.locator("#license-pill", has_text="Licensed").wait_for(timeout=40_000)
    yield page
    assert complaints == []
