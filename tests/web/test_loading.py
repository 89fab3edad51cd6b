"""A runtime that cannot start: each way ends in a clear error, in time, and the page goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.static_site import STRICT_POLICY, Site, StaticSite
from tests.bundle_files import called, copy_bundle
from tests.cold_bundle import cold_bundle_of
from tests.page_workers import REFUSE_FIRST_MODULE, stop_python
from wasm.baked.bake import COLD_FILE, COLD_PACKED_FILE, FILE, PACKED_FILE

HERE = Path(__file__).parent
# Where both are damaged or missing, the other runtime starts.
BAKED = (FILE, PACKED_FILE)
PACKED_URLS = f"**/{PACKED_FILE.replace('.', '.*.')}"
CONSTRUCT = """(more) => {
    window.tracker = new Tracker({ handshakeCode: "code", licenseServer: "/lts", ...more });
    window.first = tracker.scan({ format: "qr_code", text: "A" });
}"""


def visit(page: Page, site: Site) -> None:
    page.goto(site.url("/checks/bundle.html"))
    # A function: a bare expression would be evaluated at each look, which the pages' policies forbid.
    page.wait_for_function("() => window.isReady === true")


def load_error(page: Page, site: Site, **options: Any) -> dict[str, Any]:
    """Return the error of a tracker that cannot load, having seen that all its promises give the same."""
    visit(page, site)
    page.evaluate(CONSTRUCT, options)
    return settled_error(page)


def settled_error(page: Page) -> dict[str, Any]:
    outcomes = page.evaluate(
        """() => Promise.all([
            settle(tracker.ready), settle(first), settle(() => tracker.scan([])), settle(() => tracker.flush()),
        ])"""
    )
    errors = [outcome["error"] for outcome in outcomes]
    assert all(error == errors[0] for error in errors)
    assert errors[0]["isOurs"]
    assert page.evaluate("settle(() => tracker.close())") == {"value": None}
    assert page.evaluate("uncaught") == []
    return errors[0]


@pytest.fixture
def damaged_bundle(web_bundle: Path, tmp_path: Path) -> Callable[[bytes | None, *tuple[str, ...]], StaticSite]:
    """Serve the bundle with some files changed, or missing."""

    def damage(content: bytes | None, *names: str) -> StaticSite:
        folder = tmp_path / "bundle"
        copy_bundle(web_bundle, folder)
        for file in [folder / called(web_bundle, name) for name in names]:
            file.unlink()
            if content is not None:
                file.write_bytes(content)
        return StaticSite({"/": folder, "/checks/": HERE})

    return damage


def test_a_source_tree_says_how_to_build(watched_page: Page, source_site: StaticSite) -> None:
    error = load_error(watched_page, source_site.shop_a)
    assert error["code"] == "LOAD_FAILED"
    assert "dlt-web build" in error["message"]


@pytest.mark.parametrize("name", ["manifest.json", "python_stdlib.zip", "pyodide.asm.wasm", "pyodide.mjs"])
def test_a_file_of_another_build_is_named_and_never_run(
    watched_page: Page, damaged_bundle: Callable[[bytes | None, *tuple[str, ...]], StaticSite], name: str
) -> None:
    with damaged_bundle(b"globalThis.hasRun = true;", *BAKED, name) as site:
        error = load_error(watched_page, site.shop_a)
    assert error["code"] == "LOAD_FAILED"
    assert name in error["message"]
    assert "SHA-384" in error["message"]


@pytest.mark.parametrize("name", ["manifest.json", "pyodide.asm.mjs", "worker/main.js"])
def test_a_missing_file_is_named(
    watched_page: Page, damaged_bundle: Callable[[bytes | None, *tuple[str, ...]], StaticSite], name: str
) -> None:
    with damaged_bundle(None, *BAKED, name) as site:
        error = load_error(watched_page, site.shop_a)
    assert error["code"] == "LOAD_FAILED"
    assert f"/{name} answered 404" in error["message"]


@pytest.mark.usefixtures("own_worker")
def test_without_its_second_file_a_tracker_says_so(watched_page: Page, bundle_site: StaticSite) -> None:
    watched_page.route("**/engine*.js", lambda route: route.fulfill(status=404))
    error = load_error(watched_page, bundle_site.shop_a)
    assert error["code"] == "LOAD_FAILED"
    assert "engine.js could not be loaded" in error["message"]


@pytest.mark.every_form
@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"\0asm", "does not match the build's manifest (SHA-384)", id="of another build"),
        pytest.param(None, "answered 404", id="missing"),
    ],
)
def test_without_the_baked_runtime_the_other_one_counts(
    watched_page: Page,
    damaged_bundle: Callable[[bytes | None, *tuple[str, ...]], StaticSite],
    web_bundle: Path,
    content: bytes | None,
    why: str,
) -> None:
    with damaged_bundle(content, *BAKED) as site:
        visit(watched_page, site.shop_a)
        watched_page.evaluate(CONSTRUCT, {})
        assert watched_page.evaluate("settle(first)")["value"]["scans"] == 1
        runtime = watched_page.evaluate("async () => (await tracker.explain()).runtime")
    assert runtime["name"] == "pyodide"
    assert f"/{called(web_bundle, FILE)} {why}" in runtime["why"]


def test_where_the_browser_cannot_run_the_baked_runtime_the_other_one_counts(
    watched_page: Page, bundle_site: StaticSite
) -> None:
    # As a browser that lacks what the module needs says it: the module does not compile.
    watched_page.add_init_script(REFUSE_FIRST_MODULE)
    visit(watched_page, bundle_site.shop_a)
    watched_page.evaluate(CONSTRUCT, {})
    assert watched_page.evaluate("settle(first)")["value"]["scans"] == 1
    runtime = watched_page.evaluate("async () => (await tracker.explain()).runtime")
    assert runtime == {"name": "pyodide", "why": "no such instruction"}


def files_fetched(page: Page, site: Site) -> list[str]:
    """Name the files of the baked runtime that a page fetches until it has counted.

    Without the part that is fetched ahead, five seconds after the start.
    """
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    visit(page, site)
    page.evaluate(CONSTRUCT, {})
    assert page.evaluate("settle(first)")["value"]["scans"] == 1
    assert page.evaluate("async () => (await tracker.explain()).runtime") == {"name": "baked", "why": None}
    return [name for name in asked if name.startswith("python.")]


@pytest.mark.usefixtures("own_worker")
def test_a_host_that_compresses_sends_the_module(watched_page: Page, web_bundle: Path) -> None:
    with StaticSite({"/": web_bundle, "/checks/": HERE}, policy=STRICT_POLICY, is_compressed=True) as site:
        assert files_fetched(watched_page, site.shop_a) == [called(web_bundle, FILE)]


@pytest.mark.usefixtures("own_worker")
def test_a_host_that_does_not_sends_it_packed(watched_page: Page, bundle_site: StaticSite, web_bundle: Path) -> None:
    assert files_fetched(watched_page, bundle_site.shop_a) == [called(web_bundle, PACKED_FILE)]


@pytest.mark.usefixtures("own_worker")
def test_a_page_that_stays_fetches_ahead_what_it_may_need_without_a_network(
    watched_page: Page, bundle_site: StaticSite
) -> None:
    visit(watched_page, bundle_site.shop_a)
    with watched_page.expect_request(f"**/{COLD_PACKED_FILE.replace('.', '.*.')}"):
        watched_page.evaluate(CONSTRUCT, {})
        assert watched_page.evaluate("settle(first)")["value"]["scans"] == 1


@pytest.mark.usefixtures("own_worker")
def test_a_host_that_unpacks_by_itself_what_is_packed_sends_the_module(
    watched_page: Page, damaged_bundle: Callable[[bytes | None, *tuple[str, ...]], StaticSite], web_bundle: Path
) -> None:
    with damaged_bundle(b"unpacked", PACKED_FILE) as site:
        assert files_fetched(watched_page, site.shop_a)[-1] == called(web_bundle, FILE)


@pytest.fixture(scope="module")
def cold_bundle(web_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose Python fetches its second file in the middle of the first call."""
    return cold_bundle_of(web_bundle, tmp_path_factory)


def scanned_with(page: Page, bundle: Path, policy: str | None = STRICT_POLICY) -> dict[str, Any]:
    """Scan once at the very start and once after that, and tell which runtime counted."""
    with StaticSite({"/": bundle, "/checks/": HERE}, policy=policy) as site:
        visit(page, site.shop_a)
        # Longer than the slow runtime takes to start.
        page.evaluate(CONSTRUCT, {"duplicateForgetTime": 180_000})
        assert page.evaluate("settle(first)")["value"]["scans"] == 1
        again = 'settle(() => tracker.scan([{ format: "qr_code", text: "A" }, { format: "qr_code", text: "B" }]))'
        assert page.evaluate(again)["value"]["scans"] == 1
        runtime = page.evaluate("async () => (await tracker.explain()).runtime")
        assert page.evaluate("() => tracker.pending.scans") == 2
    return runtime


@pytest.mark.parametrize("is_shared", [True, False], ids=["SharedWorker", "own worker"])
def test_a_second_file_is_fetched_in_the_middle_of_a_call(
    watched_page: Page, cold_bundle: Path, request: pytest.FixtureRequest, is_shared: bool
) -> None:
    if not is_shared:
        request.getfixturevalue("own_worker")
    assert scanned_with(watched_page, cold_bundle) == {"name": "baked", "why": None}


@pytest.mark.parametrize("is_shared", [True, False], ids=["SharedWorker", "own worker"])
@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"\0asm", "does not match the build's manifest (SHA-256)", id="of another build"),
        pytest.param(None, "answered 404", id="missing"),
    ],
)
def test_without_the_second_file_the_other_runtime_counts_what_was_said(
    watched_page: Page,
    cold_bundle: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    content: bytes | None,
    why: str,
    is_shared: bool,
) -> None:
    if not is_shared:
        request.getfixturevalue("own_worker")
    folder = tmp_path / "bundle"
    copy_bundle(cold_bundle, folder)
    (folder / COLD_FILE).unlink()
    if content is not None:
        (folder / COLD_FILE).write_bytes(content)
    runtime = scanned_with(watched_page, folder)
    assert runtime["name"] == "pyodide"
    assert f"/{COLD_FILE} {why}" in runtime["why"]


@pytest.mark.parametrize("after", [1, 70, 170, 260])
def test_where_python_stops_in_the_middle_of_a_call_the_other_runtime_counts_what_was_said(
    watched_page: Page, web_bundle: Path, after: int
) -> None:
    watched_page.add_init_script(stop_python(after))
    runtime = scanned_with(watched_page, web_bundle, policy=None)  # which forbids scripts of the test's
    assert runtime["name"] == "pyodide"
    assert runtime["why"].startswith("Python stopped in the middle of a call (RangeError: Maximum call stack")


@pytest.mark.usefixtures("own_worker")
def test_a_start_without_a_network_waits_for_it(watched_page: Page, bundle_site: StaticSite) -> None:
    watched_page.add_init_script("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false });")
    watched_page.route("**/manifest.json", lambda route: route.abort("internetdisconnected"))
    visit(watched_page, bundle_site.shop_a)
    watched_page.evaluate(CONSTRUCT, {})
    failed = "async () => (await tracker.explain()).failure?.message ?? null"
    message = wait_until(lambda: watched_page.evaluate(failed), what="the start to fail")
    assert "manifest.json could not be fetched" in message
    assert "tried again" in message
    watched_page.unroute("**/manifest.json")
    watched_page.evaluate("() => { window.dispatchEvent(new Event('online')); }")
    assert watched_page.evaluate("settle(first)")["value"]["scans"] == 1


@pytest.mark.usefixtures("own_worker")
def test_without_a_network_in_the_middle_of_a_call_what_was_said_waits_for_it(
    watched_page: Page, cold_bundle: Path
) -> None:
    needed = [f"**/{name.replace('.', '*.')}" for name in (COLD_FILE, "pyodide.mjs")]
    for url in needed:
        watched_page.route(url, lambda route: route.abort("internetdisconnected"))
    with StaticSite({"/": cold_bundle, "/checks/": HERE}, policy=STRICT_POLICY) as site:
        visit(watched_page, site.shop_a)
        watched_page.evaluate(CONSTRUCT, {"duplicateForgetTime": 180_000})
        failed = "async () => (await tracker.explain()).failure?.message ?? null"
        message = wait_until(lambda: watched_page.evaluate(failed), what="Python to be lost")
        assert "could not be fetched" in message
        assert "tried again" in message
        both = '[{ format: "qr_code", text: "A" }, { format: "qr_code", text: "B" }]'
        watched_page.evaluate(f"() => {{ window.second = tracker.scan({both}); }}")
        for url in needed:
            watched_page.unroute(url)
        watched_page.evaluate("() => { window.dispatchEvent(new Event('online')); }")
        scans = [watched_page.evaluate(f"settle({name})")["value"]["scans"] for name in ("first", "second")]
        assert scans == [1, 1]
        assert watched_page.evaluate("() => tracker.pending.scans") == 2
        assert watched_page.evaluate(failed) is None


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        pytest.param(STRICT_POLICY.replace("'wasm-unsafe-eval'", ""), "wasm-unsafe-eval", id="no WebAssembly"),
        pytest.param(STRICT_POLICY.replace("worker-src 'self'", "worker-src 'none'"), "worker-src", id="no worker"),
    ],
)
def test_a_policy_that_forbids_the_runtime_is_named(
    watched_page: Page, web_bundle: Path, policy: str, named: str
) -> None:
    with StaticSite({"/": web_bundle, "/checks/": HERE}, policy=policy) as site:
        error = load_error(watched_page, site.shop_a)
    assert error["code"] == "LOAD_FAILED"
    assert named in error["message"]


def test_a_folder_on_another_origin_is_a_clear_error(watched_page: Page, bundle_site: StaticSite) -> None:
    error = load_error(watched_page, bundle_site.shop_a, assetBase=bundle_site.shop_b.url("/"))
    assert error["code"] == "LOAD_FAILED"
    assert "assetBase" in error["message"]


def test_a_file_that_the_cache_kept_from_the_build_before_is_fetched_anew(
    watched_page: Page, damaged_bundle: Callable[[bytes | None, *tuple[str, ...]], StaticSite], web_bundle: Path
) -> None:
    # The site lets browsers keep its files for ten minutes, as many do.
    with damaged_bundle(b"{}", "manifest.json") as site:
        visit(watched_page, site.shop_a)
        assert watched_page.evaluate("fetch('/manifest.json').then((answer) => answer.text())") == "{}"
        (site.find("/manifest.json") or Path()).write_bytes((web_bundle / "manifest.json").read_bytes())
        watched_page.evaluate(CONSTRUCT, {})
        assert watched_page.evaluate("settle(first)")["value"]["scans"] == 1


@pytest.mark.usefixtures("own_worker")
def test_a_load_that_never_ends_is_given_up_after_a_minute(watched_page: Page, bundle_site: StaticSite) -> None:
    watched_page.clock.install()
    watched_page.route(PACKED_URLS, lambda route: None)
    visit(watched_page, bundle_site.shop_a)
    with watched_page.expect_request(PACKED_URLS):
        watched_page.evaluate(CONSTRUCT, {})
    watched_page.clock.fast_forward(59_000)
    assert watched_page.evaluate("Promise.race([first.catch((error) => error.code), Promise.resolve('waits')])") == (
        "waits"
    )
    watched_page.clock.fast_forward(2_000)
    error = settled_error(watched_page)
    assert error["code"] == "LOAD_TIMEOUT"
    assert "60 s" in error["message"]


@pytest.mark.usefixtures("own_worker")
def test_a_new_tracker_starts_anew_after_a_failed_load(watched_page: Page, bundle_site: StaticSite) -> None:
    watched_page.route("**/manifest.json", lambda route: route.fulfill(status=503, body="deploying"))
    error = load_error(watched_page, bundle_site.shop_a)
    assert "answered 503" in error["message"]
    watched_page.unroute("**/manifest.json")
    watched_page.evaluate(CONSTRUCT, {})
    assert watched_page.evaluate("settle(first)")["value"]["scans"] == 1


@pytest.mark.parametrize(("kind", "hears"), [("SharedWorker", "nothing that it can read"), ("Worker", "a module")])
def test_what_a_page_compiles_it_can_hand_to_no_worker_that_pages_share(
    page: Page, tmp_path: Path, kind: str, hears: str
) -> None:
    """Where one could be handed over, the page might compile the runtime before the worker has started."""
    (tmp_path / "page.html").write_text("<!doctype html><title>compiles</title>")
    (tmp_path / "worker.js").write_text(
        """const listen = (port) => {
            port.onmessage = ({ data }) => port.postMessage(data instanceof WebAssembly.Module ? "a module" : data);
            port.onmessageerror = () => port.postMessage("nothing that it can read");
        };
        "onconnect" in self ? (self.onconnect = ({ ports: [port] }) => listen(port)) : listen(self);"""
    )
    with StaticSite({"/": tmp_path}) as site:
        page.goto(site.shop_a.url("/page.html"))
        heard = page.evaluate(
            """async (kind) => {
                const worker = new globalThis[kind]("worker.js");
                const port = worker.port ?? worker;
                const heard = new Promise((resolve) => { port.onmessage = ({ data }) => resolve(data); });
                port.postMessage(await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)));
                return heard;
            }""",
            kind,
        )
    assert heard == hears
