"""The npm package, apps that are built with it, and a browser that visits them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import build_wasm
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.browser_page import BrowserPage, BrowserWindow
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import StaticSite
from tests import built
from tests.chosen import HAS_CHOSEN
from tests.npm.apps import built_apps, deploy
from tests.npm.doc import POLICY, SERVER

bundle, node = built.bundle, built.node

HERE = Path(__file__).parent
# How often a page makes a worker. WebKit's windows run this before their pages, too.
COUNT_WORKERS = """
globalThis.workerCount = 0;
for (const kind of ["SharedWorker", "Worker"]) {
    const Platform = globalThis[kind];
    globalThis[kind] = class extends Platform {
        constructor(...given) {
            super(...given);
            globalThis.workerCount += 1;
        }
    };
}
"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if HERE in item.path.parents and "browser_name" in getattr(item, "fixturenames", ())]
    for item in ours:
        item.add_marker(pytest.mark.browser)
    # What a bundler or a framework does is the same in each; the other engines where they are asked for.
    if not config.stash.get(HAS_CHOSEN, False):
        left_out = [item for item in ours if item.callspec.params["browser_name"] != "chromium"]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def package(bundle: Path) -> Path:
    return build_wasm.build_npm(bundle)


@pytest.fixture(scope="session")
def apps(package: Path) -> Path:
    return built_apps(package)


@pytest.fixture(scope="session")
def installed(apps: Path) -> Path:
    """The package as npm lays it into an app."""
    return apps / "node_modules" / "dlt-web"


@pytest.fixture(scope="session")
def session_lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LtsProcess]:
    with LtsProcess(tmp_path_factory.mktemp("lts"), test_clock=False) as running:
        yield running


@pytest.fixture
def lts(session_lts: LtsProcess, dlt_notes: dict[str, Callable[[], str]]) -> LtsProcess:
    session_lts.mark_log()
    dlt_notes["LTS"] = session_lts.log
    return session_lts


@pytest.fixture
def code(lts: LtsProcess) -> str:
    """A fresh handshake code with room for everything."""
    return lts.add_code()


@pytest.fixture
def serve(apps: Path, tmp_path: Path, lts: LtsProcess, code: str) -> Iterator[Callable[[str], StaticSite]]:
    """Put an app on a server, as it was built, with the test's license server and handshake code."""
    running: list[StaticSite] = []

    def start(name: str) -> StaticSite:
        mounts = deploy(apps / name / "dist", tmp_path / "deployed", code=code, server=lts.url)
        # Pages without a bundler have a script in them, which no policy without a nonce or a hash allows.
        policy = None if name == "no bundler" else POLICY.replace(SERVER, lts.url)
        running.append(StaticSite(mounts, policy=policy).__enter__())
        return running[-1]

    yield start
    for site in running:
        site.__exit__(None, None, None)


@pytest.fixture
def visitor(request: pytest.FixtureRequest, browser_name: EngineName) -> BrowserWindow:
    """A browser window that shares nothing with others."""
    if browser_name == "webkit":
        window = request.getfixturevalue("dlt_windows").open_isolated("webkit")
    else:
        window = request.getfixturevalue("new_context")()
    window.add_init_script(COUNT_WORKERS)
    return window


@pytest.fixture
def tab(visitor: BrowserWindow, dlt_notes: dict[str, Callable[[], str]]) -> BrowserPage:
    page = visitor.new_page()
    lines: list[str] = []
    dlt_notes["Console"] = lambda: "\n".join(lines)
    if hasattr(page, "on"):
        page.on("console", lambda message: lines.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: lines.append(f"uncaught: {error}"))
    return page
