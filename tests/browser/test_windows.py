"""One contract of windows and tabs, kept in every engine and by whoever drives it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from PIL import Image
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Playwright

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.browser_page import BrowserPage, BrowserWindow
from dlt_web.testing.processes import await_end, kill_process_tree
from dlt_web.testing.profiles import BrowserProfile
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.static_site import Site
from dlt_web.testing.webkit.context import WebKitContext
from dlt_web.testing.webkit.session import WebKitError
from dlt_web.testing.window_setup import WindowSetup
from dlt_web.testing.windows import BrowserWindows
from tests.harness.test_counting import behind_a_proxy

# Each test of the other engine opens such windows.
pytestmark = pytest.mark.in_one_engine("chromium")

PAGE = """<!doctype html><title>Contract</title><h1>Counter</h1>
<button id="plus" onclick="count.textContent = Number(count.textContent) + 1">plus</button><output id="count">0</output>
<input type="file" multiple onchange="chosen.textContent = [...this.files].map((one) => one.name).join()">
<output id="chosen">nothing yet</output><p id="late" hidden>late</p>
<style>body { background: rgb(10, 200, 30); margin: 0 }</style>"""
SOON = """<p id="soon">soon</p><button id="shown" hidden onclick="soon.textContent = 'clicked'">click</button>"""
FILE_INPUT = '<input type="file" id="files">'
STORE = "(value) => { localStorage.kept = value; }"
STORED = "localStorage.kept ?? null"


@pytest.fixture(scope="module")
def windows(
    request: pytest.FixtureRequest, dlt_session_proxy: RecordingProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserWindows]:
    def playwright() -> Playwright:
        running: Playwright = request.getfixturevalue("playwright")
        return running

    folder, setup = tmp_path_factory.mktemp("windows"), WindowSetup(proxy_url=dlt_session_proxy.url)
    with BrowserWindows(folder, playwright=playwright, setup=setup) as opened:
        yield opened


@pytest.fixture
def address(media: Path, shop: Site) -> str:
    (media / "contract.html").write_text(PAGE)
    return shop.url("/media/contract.html")


@pytest.fixture
def page(
    windows: BrowserWindows, browser_name: EngineName, address: str, proxy: RecordingProxy
) -> Iterator[BrowserPage]:
    window = windows.open_isolated(browser_name)
    shown = window.new_page()
    shown.goto(address)
    yield shown
    window.close()


def test_it_shows_an_address_through_the_proxy(page: BrowserPage, address: str, proxy: RecordingProxy) -> None:
    assert page.url == address
    assert page.inner_text("h1") == "Counter"
    assert [request.url for request in proxy.requests(path="/media/contract.html")] == [address]


@pytest.mark.parametrize(
    ("expression", "argument", "value"),
    [
        ("1 + 1", None, 2),
        ("document.title", None, "Contract"),
        ("() => [1.5, 'é', true, null]", None, [1.5, "é", True, None]),
        ("({ a, b }) => a + b", {"a": 1, "b": 2}, 3),
        ("async (ms) => { await new Promise((done) => setTimeout(done, ms)); return 'waited'; }", 20, "waited"),
        ("() => undefined", None, None),
    ],
)
def test_an_expression_or_function_gives_its_value(
    page: BrowserPage, expression: str, argument: object, value: object
) -> None:
    assert page.evaluate(expression, argument) == value


def test_a_script_that_throws_says_what_it_threw(page: BrowserPage) -> None:
    for script in ("() => { throw new TypeError('on purpose'); }", "async () => { throw new Error('on purpose'); }"):
        with pytest.raises(Exception, match="on purpose"):
            page.evaluate(script)


def test_a_click_and_chosen_files_reach_the_page(page: BrowserPage, tmp_path: Path) -> None:
    page.click("#plus")
    page.click("#plus")
    assert page.inner_text("#count") == "2"
    files = [tmp_path / name for name in ("one.txt", "two.txt")]
    for file in files:
        file.write_text("content")
    page.set_input_files("input", files)
    assert page.inner_text("#chosen") == "one.txt,two.txt"
    page.set_input_files("input", files[0])
    assert page.inner_text("#chosen") == "one.txt"


def test_it_waits_until_an_element_is_shown(page: BrowserPage) -> None:
    page.evaluate("() => { setTimeout(() => { document.querySelector('#late').hidden = false; }, 100); }")
    page.wait_for_selector("#late", state="visible", timeout=30_000)
    with pytest.raises(Exception, match="never"):
        page.wait_for_selector("#never", state="attached", timeout=200)


def test_each_step_waits_for_its_element(page: BrowserPage, tmp_path: Path) -> None:
    file = tmp_path / "late.txt"
    file.write_text("content")
    page.evaluate(
        "(html) => { setTimeout(() => { document.body.insertAdjacentHTML('beforeend', html); }, 300); }", SOON
    )
    assert page.inner_text("#soon") == "soon"
    page.evaluate("() => { setTimeout(() => { document.querySelector('#shown').hidden = false; }, 300); }")
    page.click("#shown")
    assert page.inner_text("#soon") == "clicked"
    page.evaluate("(html) => { setTimeout(() => { document.body.innerHTML = html; }, 300); }", FILE_INPUT)
    page.set_input_files("#files", file)
    assert page.evaluate("document.querySelector('#files').files[0].name") == "late.txt"


def test_a_reload_loads_the_page_anew(page: BrowserPage, address: str) -> None:
    page.click("#plus")
    page.reload()
    assert page.url == address
    assert page.inner_text("#count") == "0"


def test_a_picture_shows_the_page(page: BrowserPage, tmp_path: Path) -> None:
    page.screenshot(path=tmp_path / "shot.png")
    with Image.open(tmp_path / "shot.png") as shot:
        assert shot.format == "PNG"
        assert shot.convert("RGB").getpixel((shot.width - 30, shot.height // 2)) == (10, 200, 30)


def test_tabs_of_a_window_share_its_storage_and_close_alone(page: BrowserPage, address: str) -> None:
    second = page.context.new_page()
    second.goto(address)
    page.evaluate(STORE, "shared")
    assert second.evaluate(STORED) == "shared"
    assert {id(one) for one in (page, second)} <= {id(one) for one in page.context.pages}
    second.close()
    assert (second.is_closed(), page.is_closed()) == (True, False)
    assert page.inner_text("h1") == "Counter"


def test_a_script_runs_before_the_pages_own(windows: BrowserWindows, browser_name: EngineName, address: str) -> None:
    window = windows.open(browser_name)
    window.add_init_script("globalThis.first = 'set';")
    page = window.new_page()
    page.goto(address)
    assert page.evaluate("globalThis.first") == "set"
    if isinstance(window, WebKitContext):
        with pytest.raises(WebKitError, match=r"only before its first tab: add them to a new window\.$"):
            window.add_init_script("globalThis.second = 'set';")


def stored_at(window: BrowserWindow, address: str) -> object:
    page = window.new_page()
    page.goto(address)
    return page.evaluate(STORED)


def test_a_profile_is_kept_over_a_relaunch_and_shares_nothing(
    windows: BrowserWindows, browser_name: EngineName, address: str, tmp_path: Path
) -> None:
    window = windows.open(browser_name, tmp_path / "kept")
    page = window.new_page()
    page.goto(address)
    page.evaluate(STORE, "kept")
    window.close()
    others = [windows.open(browser_name, tmp_path / "kept"), windows.open(browser_name)]
    assert [stored_at(other, address) for other in others] == ["kept", None]
    for other in others:
        other.close()


def test_a_killed_browser_is_gone_and_its_profile_opens_again(
    windows: BrowserWindows, browser_name: EngineName, address: str, tmp_path: Path
) -> None:
    profile = BrowserProfile(windows, browser_name, tmp_path / "killed")
    page = profile.new_page()
    page.goto(address)
    assert page.inner_text("h1") == "Counter"
    profile.kill()
    assert not profile.is_running
    assert processes_on(profile.folder) == []
    assert stored_at(profile.open(), address) is None
    profile.delete()
    assert not profile.folder.exists()
    with pytest.raises(ValueError, match=r"^No browser runs on the profile .*killed: open it first\.$"):
        profile.kill()


@pytest.mark.untestable_in("chromium", "firefox", why="Playwright speaks to these without a driver")
@pytest.mark.parametrize("is_dead", [False, True], ids=["killed", "dead and closed"])
def test_a_driver_that_does_not_answer_holds_nobody_who_ends_its_browser(
    windows: BrowserWindows, browser_name: EngineName, address: str, tmp_path: Path, is_dead: bool
) -> None:
    before = {*drivers()}
    window = windows.open(browser_name, tmp_path / "stuck")
    assert stored_at(window, address) is None
    [driver] = {*drivers()} - before
    family = [driver, *driver.children(recursive=True)]
    driver.suspend()
    begin_s = time.monotonic()
    if is_dead:
        kill_process_tree(driver.children()[0])
        window.close()
    else:
        windows.kill(window)
    assert await_end(family, 0) == []
    # It would be asked for two minutes.
    assert time.monotonic() - begin_s < 60


def drivers() -> list[psutil.Process]:
    """Return what drives WebKit for this process."""
    return [one for one in psutil.Process().children() if one.name() == "WebKitWebDriver"]


def processes_on(folder: Path) -> list[psutil.Process]:
    """Return the processes of this machine that name a folder, or hold a file in it open."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = [*process.cmdline(), *(file.path for file in process.open_files())]
            if any(str(folder) in word for word in words):
                found.append(process)
    return found


def test_isolated_and_private_windows_share_nothing_and_keep_nothing(
    page: BrowserPage, windows: BrowserWindows, browser_name: EngineName, address: str
) -> None:
    page.evaluate(STORE, "isolated")
    others = [windows.open_isolated(browser_name), *(windows.open(browser_name, is_private=True) for _ in range(2))]
    for other in others:
        assert stored_at(other, address) is None
        other.pages[-1].evaluate(STORE, "private")
    opened = [one for one in windows.all_open if one.window in others]
    assert [one.profile for one in opened] == [None, None, None]
    for other in others:
        other.close()
    assert not any(one.browser_folder.exists() for one in opened if one.browser_folder is not None)


def test_a_window_is_killed_that_has_a_browser_of_its_own_and_no_other(
    page: BrowserPage, windows: BrowserWindows, browser_name: EngineName, address: str
) -> None:
    private = windows.open(browser_name, is_private=True)
    assert stored_at(private, address) is None
    opened = windows.find(private)
    assert opened is not None
    if browser_name == "chromium":
        for window in (page.context, private):
            with pytest.raises(ValueError, match=r"^This window shares its browser with others: kill one on a profile"):
                windows.kill(window)
        return
    windows.kill(private)
    assert windows.find(private) is None
    if browser_name == "firefox":
        assert opened.browser_folder is not None
        assert not opened.browser_folder.exists()
        assert processes_on(opened.browser_folder) == []


@pytest.mark.untestable_in("webkit", why="each window of WebKitGTK has a browser of its own")
def test_a_shared_browser_that_died_takes_no_later_window_with_it(
    request: pytest.FixtureRequest, browser_name: EngineName, tmp_path: Path
) -> None:
    playwright: Playwright = request.getfixturevalue("playwright")
    others = set(psutil.Process().children(recursive=True))
    with BrowserWindows(tmp_path, playwright=playwright) as windows:
        first = windows.open_isolated(browser_name)
        for process in set(psutil.Process().children(recursive=True)) - others:
            kill_process_tree(process)
        with pytest.raises(PlaywrightError):
            first.new_page()
        assert windows.open_isolated(browser_name).new_page().evaluate("6 * 7") == 42


def test_a_proxy_of_the_machine_stands_between_no_driver_and_its_browser(
    windows: BrowserWindows, browser_name: EngineName, address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    behind_a_proxy(monkeypatch)
    window = windows.open(browser_name, tmp_path / "behind")
    assert stored_at(window, address) is None
    window.close()


PROGRAM = """
import json, sys
from pathlib import Path
from dlt_web.testing.windows import BrowserWindows

engine, folder, address = sys.argv[1:]
with BrowserWindows(Path(folder)) as windows:
    page = windows.open_isolated(engine).new_page()
    page.goto(address)
    print(json.dumps(page.evaluate("document.title")))
"""


def test_a_plain_program_opens_windows_too(browser_name: EngineName, address: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, browser_name, str(tmp_path), address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == "Contract"


def test_what_cannot_be_opened_is_said_in_a_sentence(tmp_path: Path) -> None:
    with BrowserWindows(tmp_path) as windows:
        with pytest.raises(ValueError, match=r"^There is no engine 'opera'; there are chromium, firefox, webkit\.$"):
            windows.open("opera")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"^A private window has no profile, but .*kept was named\.$"):
            windows.open("chromium", tmp_path / "kept", is_private=True)
        for engine in ("firefox", "webkit"):
            with pytest.raises(ValueError, match=r"^Only Chromium can show a file as its camera\.$"):
                windows.open(engine, setup=WindowSetup(camera_file=tmp_path / "camera.mjpeg"))  # type: ignore[arg-type]


def test_an_engine_that_is_not_there_is_said_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    for engine in ("chromium", "firefox", "webkit"):
        with BrowserWindows(tmp_path) as windows, pytest.raises(RuntimeError) as caught:
            windows.open(engine)  # type: ignore[arg-type]
        sentence = f"There is no {engine} on this machine; install it with: dlt-web browsers install {engine}"
        assert str(caught.value) == sentence
