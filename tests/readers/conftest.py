"""The page with the real readers: npm packages of exact versions, bundled as an app would bundle them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from dlt_web.testing.static_site import StaticSite
from wasm import npm, workshop

HERE = Path(__file__).parent
READ_TIMEOUT_MS = 120_000
# The readers' own WebAssembly, as the page asks for it.
WASM_FILES = {
    "zxing-1": "zxing-wasm-1",
    "zxing-2": "zxing-wasm-2",
    "zxing-3": "zxing-wasm",
    "barcode-detector": "barcode-detector/node_modules/zxing-wasm",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and "page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def recorded() -> dict[str, Any]:
    """Results of readers that cannot be had without a license, as their documentation describes them."""
    found: dict[str, Any] = json.loads((HERE / "recorded.json").read_text())
    return found


@pytest.fixture(scope="session")
def installed_readers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    node = npm.find_node()
    npm.install_npm_packages(node, print)
    esbuild = str(npm.npm_package("esbuild") / "bin" / "esbuild")
    options = ["--bundle", "--format=esm", "--target=es2022", "--platform=browser", "--log-level=error"]
    # zbar-wasm has its WebAssembly in the script; quagga2's other entry is for Node.
    options += ["--conditions=zbar-inlined", "--alias:@ericblade/quagga2=@ericblade/quagga2/dist/quagga.min.js"]
    workshop.run([node, esbuild, str(HERE / "installed.js"), *options, f"--outfile={folder / 'installed.js'}"])
    for name, package in WASM_FILES.items():
        shutil.copy(npm.npm_package(package) / "dist" / "reader" / "zxing_reader.wasm", folder / f"{name}.wasm")
    return folder


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder that is served at /pictures/."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="session")
def readers_site(installed_readers: Path, pictures: Path) -> Iterator[StaticSite]:
    bundle = workshop.ROOT / "dist" / "web"
    if not (bundle / "dlt-web.js").is_file():
        pytest.fail("The web bundle is not built: run `make build`.")
    with StaticSite({"/": bundle, "/readers/": HERE, "/installed/": installed_readers, "/pictures/": pictures}) as site:
        yield site


@pytest.fixture
def readers_page(page: Page, readers_site: StaticSite, dlt_notes: dict[str, Callable[[], str]]) -> Page:
    """A page with a tracker and every reader, ready to read."""
    lines: list[str] = []
    dlt_notes["Console"] = lambda: "\n".join(lines)
    # @zxing/library warns of each decoder that finds nothing.
    page.on("console", lambda said: "MultiFormatReader" in said.text or lines.append(f"{said.type}: {said.text[:500]}"))
    page.on("pageerror", lambda error: lines.append(f"uncaught: {error}"))
    page.set_default_timeout(READ_TIMEOUT_MS)
    page.goto(readers_site.shop_a.url("/readers/readers.html"))
    page.wait_for_function("() => window.isReady === true")
    return page
