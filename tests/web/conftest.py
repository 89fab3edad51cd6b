"""Fixtures of the JavaScript checks that need a browser: the source tree of ``web/`` and the built bundle, served."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from dlt_web.testing.static_site import StaticSite
from tests.page_workers import OWN_WORKERS

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and "browser_name" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def web_bundle() -> Path:
    """The built bundle; ``make build`` leaves it at dist/web."""
    folder = Path(os.environ.get("DLT_WEB_BUNDLE", CHECKOUT / "dist" / "web"))
    if not (folder / "dlt-web.js").is_file():
        pytest.fail(f"The web bundle is not built: {folder}/dlt-web.js is missing. Run: dlt-web build --out {folder}")
    return folder


@pytest.fixture(scope="session")
def source_site() -> Iterator[StaticSite]:
    """The source tree, where there is no Python, with these checks at /checks/."""
    with StaticSite({"/": CHECKOUT / "web", "/checks/": HERE}) as running:
        yield running


@pytest.fixture(scope="session")
def bundle_site(web_bundle: Path) -> Iterator[StaticSite]:
    """The built bundle, with these checks at /checks/."""
    with StaticSite({"/": web_bundle, "/checks/": HERE}) as running:
        yield running


@pytest.fixture
def own_worker(page: Page) -> None:
    """Have the page start a worker of its own, as browsers without SharedWorker do.

    Also for tests that hold a file of the runtime back: of a SharedWorker's requests no page knows.
    """
    page.add_init_script(OWN_WORKERS)


@pytest.fixture
def watched_page(page: Page, dlt_notes: dict[str, Callable[[], str]]) -> Page:
    """The test's page, with its console printed when the test fails."""
    lines: list[str] = []
    dlt_notes["Console"] = lambda: "\n".join(lines)
    page.on("console", lambda message: lines.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: lines.append(f"uncaught: {error}"))
    return page
