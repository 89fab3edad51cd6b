"""The fixtures. Nothing of what they need is imported before a test asks for one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dlt_web.testing.plugin import IS_TLS_OURS, IS_USED, NOTES, WITH_OUR_TLS, Notes, asked_for
from dlt_web.testing.plugin.browsers import (
    NO_PLAYWRIGHT_WEBKIT,
    launch_args,
    need_browser,
    open_windows,
)

if TYPE_CHECKING:
    from dlt_web.testing import fixture_types as types
    from dlt_web.testing.browser_launch import EngineName
    from dlt_web.testing.webkit.screen import VirtualScreen

_PROXY: pytest.StashKey[types.RecordingProxy] = pytest.StashKey()


def _session_proxy(config: pytest.Config) -> types.RecordingProxy:
    if _PROXY not in config.stash:
        from dlt_web.testing.recording_proxy import RecordingProxy

        proxy = config.stash[_PROXY] = RecordingProxy().__enter__()
        config.add_cleanup(lambda: proxy.__exit__(None, None, None))
    return config.stash[_PROXY]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the contexts of pytest-playwright go the way that the test's other fixtures need, and no other test's.

    Where ``--missing-browser skip`` says so, no test begins whose browser is missing.
    """
    engine = getattr(getattr(item, "callspec", None), "params", {}).get("browser_name")
    if engine and item.config.getoption("--missing-browser") == "skip":
        need_browser(item.config, engine)
    names = asked_for(item)
    ours: dict[str, Any] = {}
    if "recording_proxy" in names:
        ours["proxy"] = {"server": _session_proxy(item.config).url}
    if names & WITH_OUR_TLS:
        ours["ignore_https_errors"] = True
    if ours:
        marker = item.get_closest_marker("browser_context_args")
        theirs = marker.kwargs if marker is not None else {}
        item.add_marker(pytest.mark.browser_context_args(**{**ours, **theirs}), append=False)


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
    browser_name: EngineName,
    connect_options: dict[str, Any] | None,
    pytestconfig: pytest.Config,
) -> dict[str, Any]:
    """Start the system's browser where Playwright has none of its own; with what our fixtures need where one is used.

    A test for a page of Playwright's in a WebKit that Playwright cannot drive is skipped.
    """
    from dlt_web.browsers import find_browser

    chosen = {"channel", "executable_path"} & set(browser_type_launch_args)
    if connect_options or chosen:
        return browser_type_launch_args
    is_used = pytestconfig.stash.get(IS_USED, False)
    if not is_used and find_browser(browser_name, is_headed=pytestconfig.getoption("--headed")) is None:
        return browser_type_launch_args  # theirs to say which one it is, in a fixture upon this one, or to miss
    found = need_browser(pytestconfig, browser_name)
    if not found.is_for_playwright:
        pytest.skip(NO_PLAYWRIGHT_WEBKIT)
    is_tls_ours = pytestconfig.stash.get(IS_TLS_OURS, False)
    return launch_args(browser_name, browser_type_launch_args, is_used=is_used, is_tls_ours=is_tls_ours)


@pytest.fixture
def dlt_notes(request: pytest.FixtureRequest) -> Notes:
    """Title -> text that is printed when this test fails (server logs, console, traffic)."""
    notes: Notes = request.node.stash.setdefault(NOTES, {})
    return notes


@pytest.fixture(scope="session")
def dlt_session_proxy(pytestconfig: pytest.Config) -> types.RecordingProxy:
    """The network of the session."""
    return _session_proxy(pytestconfig)


@pytest.fixture
def recording_proxy(dlt_session_proxy: types.RecordingProxy, dlt_notes: Notes) -> Iterator[types.RecordingProxy]:
    """The network of this test: nothing recorded yet, nothing broken; healed afterwards."""
    dlt_session_proxy.heal()
    dlt_session_proxy.forget()
    dlt_notes["Traffic"] = dlt_session_proxy.journal
    yield dlt_session_proxy
    dlt_session_proxy.allow_outside(False)
    dlt_session_proxy.heal()


@pytest.fixture
def offline(recording_proxy: types.RecordingProxy) -> types.Offline:
    """Take the network away from all pages of this test, as long as its ``with`` lasts."""
    from dlt_web.testing.offline import Offline

    return Offline(recording_proxy)


@pytest.fixture
def dlt_start_lts(tmp_path: Path, dlt_notes: Notes) -> Iterator[Callable[..., types.Lts]]:
    """Start license tracking servers of this test's own; they end with it."""
    from dlt_web.testing.lts_process import LtsProcess

    started: list[LtsProcess] = []

    def start(*, test_clock: bool = True) -> types.Lts:
        folder = tmp_path / f"lts-{len(started)}"
        folder.mkdir()
        server = LtsProcess(folder, test_clock=test_clock)
        started.append(server)
        dlt_notes[f"LTS {len(started)}"] = server.log
        server.start()
        return server

    yield start
    for server in started:
        server.end()


@pytest.fixture
def lts(dlt_start_lts: Callable[..., types.Lts]) -> types.Lts:
    """A license tracking server of this test's own, whose time stands still until the test moves it."""
    return dlt_start_lts()


@pytest.fixture(scope="session")
def dlt_bundle() -> Path:
    """The web bundle that belongs to the installed package: shipped in a wheel, built in a checkout."""
    from dlt_web.bundle import BundleError, ensure_bundle

    try:
        return ensure_bundle()
    except BundleError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def domains(dlt_bundle: Path, request: pytest.FixtureRequest) -> Iterator[types.Domains]:
    """Two real domains, and more on demand, which serve the tracker at ``/dlt-web/`` and what the test mounts."""
    from dlt_web.testing.static_site import StaticSite

    with StaticSite({"/dlt-web/": dlt_bundle}) as running:
        if "recording_proxy" in request.fixturenames:
            running.trust(request.getfixturevalue("recording_proxy").trust)
        yield running


@pytest.fixture(scope="session")
def dlt_screen() -> Iterator[VirtualScreen]:
    """Where WebKitGTK shows its windows when nobody looks on."""
    from dlt_web.testing.webkit.screen import VirtualScreen

    with VirtualScreen() as running:
        yield running


@pytest.fixture(scope="session")
def dlt_firefox_startup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of what each Firefox has of the first one, so that it starts sooner."""
    return tmp_path_factory.mktemp("firefox-startup")


@pytest.fixture
def dlt_windows(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, dlt_notes: Notes
) -> Iterator[types.BrowserWindows]:
    """Opens windows of any engine, as ``--headed``, ``--slowmo``, ``--tracing`` and ``--screenshot`` want them."""
    proxy = request.getfixturevalue("recording_proxy") if "recording_proxy" in request.fixturenames else None
    folder = tmp_path_factory.mktemp("windows")
    with open_windows(request, folder, proxy_url=proxy and proxy.url, notes=dlt_notes) as windows:
        yield windows


@pytest.fixture
def browser_profile(
    dlt_windows: types.BrowserWindows, browser_name: EngineName, pytestconfig: pytest.Config, tmp_path: Path
) -> types.BrowserProfile:
    """A fresh profile in the engine under test; its browser starts when a page is asked for."""
    from dlt_web.testing.profiles import BrowserProfile

    need_browser(pytestconfig, browser_name)
    return BrowserProfile(dlt_windows, browser_name, tmp_path / "browser-profile")


@pytest.fixture
def kill_browser(dlt_windows: types.BrowserWindows) -> types.KillBrowser:
    """End the whole browser of a page, a window or a profile at once (SIGKILL)."""
    from dlt_web.testing.profiles import BrowserProfile

    def kill(of: types.BrowserPage | types.BrowserWindow | types.BrowserProfile, /) -> None:
        window: Any = of.open() if isinstance(of, BrowserProfile) else getattr(of, "context", of)
        if dlt_windows.find(window) is None:
            raise ValueError(
                "kill_browser ends a whole browser, and this window shares one with other tests, or is closed: "
                "open a page of the fixture browser_profile."
            )
        dlt_windows.kill(window)

    return kill


@pytest.fixture
def device_of() -> types.DeviceOf:
    """Return the device UUID under which a page counts."""
    from dlt_web.testing.device_read import device_of

    return device_of


@pytest.fixture
def purge(dlt_windows: types.BrowserWindows, request: pytest.FixtureRequest) -> types.Purge:
    """Delete what a page's origin has stored, in every way that a user can."""
    from dlt_web.testing.purging import Purge

    is_recorded = "recording_proxy" in request.fixturenames
    return Purge(dlt_windows, proxy=request.getfixturevalue("recording_proxy") if is_recorded else None)


@pytest.fixture
def barcode_image(tmp_path: Path) -> types.BarcodeImage:
    """Draw barcodes, each given as ``(symbology, text)``, and return the picture's path."""
    from dlt_web.testing.barcode_media import printed, save_picture

    numbers = itertools.count(1)

    def draw(*barcodes: types.PrintedBarcode | tuple[str, str], scale: int = 4, suffix: str = ".png") -> Path:
        path = tmp_path / f"barcodes-{next(numbers)}{suffix}"
        return save_picture(path, *(printed(barcode) for barcode in barcodes), scale=scale)

    return draw


@pytest.fixture
def barcode_video(tmp_path: Path) -> types.BarcodeVideoOf:
    """Make a video of barcodes, each given as ``(symbology, text)``, or of shots."""
    from dlt_web.testing.barcode_media import BarcodeVideo, Shot, printed

    numbers = itertools.count(1)

    def make(*shots: types.Shot | types.PrintedBarcode | tuple[str, str], seconds: float = 0.6) -> types.BarcodeVideo:
        shown = [shot if isinstance(shot, Shot) else Shot((printed(shot),), seconds) for shot in shots]
        return BarcodeVideo(tmp_path, f"barcodes-{next(numbers)}", shown)

    return make


@pytest.fixture
def camera(
    dlt_windows: types.BrowserWindows, browser_name: EngineName, pytestconfig: pytest.Config, tmp_path: Path
) -> types.Camera:
    """Open windows whose camera shows a video over and over."""
    from dlt_web.testing.camera import open_with_camera

    need_browser(pytestconfig, browser_name)

    def show(video: types.BarcodeVideo | Path, /, *, profile: Path | None = None) -> types.BrowserWindow:
        return open_with_camera(dlt_windows, browser_name, video, folder=tmp_path, profile=profile)

    return show
