"""Who is one device and who is two (spec §4)."""

from __future__ import annotations

import time

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.browser_page import BrowserWindow

from ..app_page import first_line
from ..engine_run import EngineRun
from ..errors import CountingError, NotTestedError, expect
from ..first_look import visit_first
from ..own_pages import BLANK_PATH
from ..settings import origin_of
from .check import check

_TABS = 3
# So long a page that goes may still speak, and a server needs for what it says.
_LAST_WORD_S, _LAST_WORD_ANSWER_S = 1.0, 10.0


def _reload(run: EngineRun) -> None:
    app = run.open(run.isolated())
    first = run.scan_once(app)
    app.reload()
    second = run.scan_once(app)
    run.claim(devices=1, scans=2)
    expect(first == second, f"Before the reload the page was the device {first}, after it {second}.")


def _second_tab(run: EngineRun) -> None:
    window = run.isolated()
    first, second = (run.scan_once(run.open(window)) for _ in range(2))
    run.claim(devices=1, scans=2)
    expect(first == second, f"The first tab is the device {first}, the second one {second}.")


def _tabs_at_once(run: EngineRun) -> None:
    window = run.isolated()
    tabs = [run.new_tab(window) for _ in range(_TABS)]
    for tab in tabs:
        # Says only that it shall navigate; waiting for one page would line them up.
        tab.evaluate("(url) => { setTimeout(() => { location.href = url; }, 0); }", run.settings.app_url)
    for tab in tabs:
        tab.wait_for_selector("html", state="attached", timeout=run.settings.tracker_wait_s * 1000)
    devices = {run.scan_once(run.attach(tab)) for tab in tabs}
    run.claim(devices=1, scans=_TABS)
    expect(len(devices) == 1, f"{_TABS} tabs that were opened at once are {len(devices)} devices.")


def _relaunch(run: EngineRun) -> None:
    folder = run.new_folder()
    window = run.profile(folder)
    first = run.visit(window)
    run.close(window)
    second = run.visit(run.profile(folder))
    run.claim(devices=1, scans=2)
    expect(first == second, f"Before the relaunch the browser was the device {first}, after it {second}.")


def _profiles(run: EngineRun) -> None:
    devices = [run.visit(run.profile(run.new_folder())) for _ in range(2)]
    run.claim(devices=2, scans=2)
    expect(devices[0] != devices[1], f"Two profiles are one device, {devices[0]}.")


def _private(run: EngineRun) -> None:
    private = [run.private(), run.private()]
    if run.engine == "firefox":
        _require_private_browsing(run, private[0])
    devices = [run.visit(window) for window in (run.profile(run.new_folder()), *private)]
    run.claim(devices=3, scans=3)
    expect(len(set(devices)) == 3, f"A profile and two private windows are {len(set(devices))} device(s), not 3.")


# Firefox's private browsing lets no page have a folder for files.
_HAS_FOLDER = """() => isSecureContext
  ? navigator.storage.getDirectory().then(() => true, ({ name }) => name !== "SecurityError") : null"""


def _require_private_browsing(run: EngineRun, window: BrowserWindow) -> None:
    """See that a window of Firefox is private: on a fresh profile it would be another device in any case.

    Raises:
        NotTestedError: it is not.
    """
    page = run.new_tab(window)
    page.goto(origin_of(run.settings.app_url) + BLANK_PATH)
    if page.evaluate(_HAS_FOLDER) is True:
        raise NotTestedError("this Firefox opens no private window: see whether a policy of this machine forbids it")
    page.close()


def _browsers(run: EngineRun) -> str:
    if not run.others:
        raise NotTestedError("this machine has no other browser; install one with: dlt-web browsers install")
    other, there = _first_other(run)
    here = run.visit(run.isolated())
    run.claim(devices=2, scans=2)
    expect(here != there, f"{run.engine} and {other} are one device, {here}.")
    return f"beside {other}"


def _first_other(run: EngineRun) -> tuple[EngineName, str]:
    """Return the first other browser in which the app can be verified, and the device that it is there.

    Raises:
        NotTestedError: there is none; what becomes of the app elsewhere is no fault of this browser.
        CountingError: the server that counts cannot be asked any more.
    """
    why = []
    for other in run.others:
        try:
            return other, visit_first(run, run.isolated(other), run.settings.app_url)
        except CountingError:
            raise
        except Exception as error:  # as many kinds as there are drivers of browsers
            why.append(f"{other}: {first_line(error).rstrip('.')}")
            # What was counted for that browser, its last word too, is no part of the check.
            run.end()
            time.sleep(_LAST_WORD_S)
            run.proxy.settle(_LAST_WORD_ANSWER_S)
            run.begin()
    if run.counted is not None:
        # Without it the app gets its license nowhere.
        run.counted.require()
    raise NotTestedError(f"the app can be used in no other browser of this machine: {'; '.join(why)}")


def _domains(run: EngineRun) -> None:
    if run.settings.second_url is None:
        raise NotTestedError("no second domain was named: give --second-url")
    window = run.isolated()
    devices = [run.visit(window, url) for url in (run.settings.app_url, run.settings.second_url)]
    run.claim(devices=2, scans=2)
    expect(devices[0] != devices[1], f"Two domains are one device, {devices[0]}.")


CHECKS = (
    check(
        "device.reload",
        "After a reload the page is the same device",
        _reload,
        "A reload is counted as one device",
    ),
    check(
        "device.second-tab",
        "A second tab is the same device",
        _second_tab,
        "Two tabs are counted as one device",
    ),
    check(
        "device.tabs-at-once",
        "Tabs that are opened at once on a fresh profile are one device",
        _tabs_at_once,
        "Tabs opened at once are counted as one device",
    ),
    check(
        "device.relaunch",
        "The browser, started again on its profile, is the same device",
        _relaunch,
        "A relaunch is counted as one device",
    ),
    check(
        "device.profiles",
        "Another profile is another device",
        _profiles,
        "Two profiles are counted as two devices",
    ),
    check(
        "device.private-window",
        "Each private window is another device",
        _private,
        "A profile and two private windows are counted as three devices",
    ),
    check(
        "device.browsers",
        "Another browser is another device",
        _browsers,
        "Two browsers are counted as two devices",
    ),
    check(
        "device.domains",
        "Another domain is another device",
        _domains,
        "Two domains are counted as two devices",
    ),
)
