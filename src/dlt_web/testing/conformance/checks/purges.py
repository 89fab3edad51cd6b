"""Purged site data is another device, by whichever way it was purged (spec §4)."""

from __future__ import annotations

import shutil
from dataclasses import replace

from dlt_web.testing.browser_page import BrowserWindow
from dlt_web.testing.clearing import why_no_clearing
from dlt_web.testing.site_data import DELETE_DATABASES, PURGE_WAYS
from dlt_web.testing.static_site import Site
from dlt_web.testing.webkit.context import WebKitContext

from ..app_page import AppPage
from ..engine_run import EngineRun
from ..errors import NotTestedError, expect
from ..own_pages import BLANK_PATH, PURGE_PATH
from ..settings import origin_of
from .check import check

_MARK = "dlt-web.conformance"


def _by_header(run: EngineRun, window: BrowserWindow) -> None:
    page = run.new_tab(window)
    page.goto(origin_of(run.settings.app_url) + PURGE_PATH)
    page.close()


def _by_script(run: EngineRun, window: BrowserWindow) -> None:
    page = run.new_tab(window)
    page.goto(origin_of(run.settings.app_url) + BLANK_PATH)
    page.evaluate(DELETE_DATABASES)
    page.close()


def _by_browser(run: EngineRun, window: BrowserWindow) -> None:
    """Clear the data as the browser's own tools do.

    Raises:
        NotTestedError: nothing can reach those tools.
    """
    site = Site(origin_of(run.settings.app_url))
    if isinstance(window, WebKitContext):
        PURGE_WAYS["webkit-data-manager"](window, site)
    elif run.engine == "chromium":
        PURGE_WAYS["cdp"](window, site)
    else:
        raise NotTestedError("no test reaches this browser's own tools for clearing data")


def _require_secure(app: AppPage) -> None:
    """Look whether browsers obey the header here.

    Raises:
        NotTestedError: they do not.
    """
    if not app.page.evaluate("() => isSecureContext"):
        raise NotTestedError("browsers obey Clear-Site-Data on https: and on this machine's own names only")


def _judge(run: EngineRun, old: str, new: str) -> None:
    run.claim(devices=2, scans=2)
    expect(old != new, f"After the purge the page still is the device {old}.")


def _header(run: EngineRun) -> None:
    window = run.isolated()
    app = run.open(window)
    _require_secure(app)
    old = run.scan_once(app)
    app.page.close()
    _by_header(run, window)
    _judge(run, old, run.visit(window))


def _script(run: EngineRun) -> None:
    window = run.isolated()
    old = run.visit(window)
    _by_script(run, window)
    _judge(run, old, run.visit(window))


def _browser(run: EngineRun) -> None:
    window = run.isolated()
    old = run.visit(window)
    _by_browser(run, window)
    _judge(run, old, run.visit(window))


def _profile_folder(run: EngineRun) -> None:
    folder = run.new_folder()
    window = run.profile(folder)
    old = run.visit(window)
    run.close(window)
    shutil.rmtree(folder)
    _judge(run, old, run.visit(run.profile(folder)))


def _leave_mark(run: EngineRun, window: BrowserWindow) -> None:
    """Store a mark where the app stores its device.

    Raises:
        NotTestedError: nothing is kept there.
    """
    blank = _blank_page(run, window)
    if not blank.store(_MARK):
        raise NotTestedError("this browser stores nothing for sites that it could delete when it is closed")
    blank.page.close()


def _require_no_mark(run: EngineRun, window: BrowserWindow) -> None:
    """Look whether the mark is gone: before the app is opened, which else would be judged for what the browser left.

    Raises:
        NotTestedError: it is still there.
    """
    blank = _blank_page(run, window)
    if blank.has_stored(_MARK):
        raise NotTestedError("this browser did not delete what sites stored when it was closed")
    blank.page.close()


def _blank_page(run: EngineRun, window: BrowserWindow) -> AppPage:
    page = run.new_tab(window)
    page.goto(origin_of(run.settings.app_url) + BLANK_PATH)
    return AppPage(page, run.settings)


def _on_close(run: EngineRun) -> None:
    if (why_not := why_no_clearing(run.engine)) is not None:
        raise NotTestedError(why_not)
    setup, folder = replace(run.setup, clears_on_close=True), run.new_folder()
    window = run.profile(folder, setup)
    old = run.visit(window)
    _leave_mark(run, window)
    run.close(window)
    window = run.profile(folder, setup)
    _require_no_mark(run, window)
    _judge(run, old, run.visit(window))


def _under_page(run: EngineRun) -> None:
    window = run.isolated()
    app = run.open(window)
    _require_secure(app)
    old = run.scan_once(app)
    # Not flushed: this one is on disk, is purged there, and must be sent from memory under the old device.
    app.scan(run.barcode())
    _by_header(run, window)
    app.scan(run.barcode())
    run.claim(devices=2, scans=4)
    new = run.note(app.wait_other_device(old))
    run.scan_once(app)
    app.reload()
    expect(app.device() == new, f"After the purge the page was the device {new}, and after a reload another one.")


CHECKS = (
    check(
        "purge.header",
        "Site data that the site itself purges (Clear-Site-Data) makes another device",
        _header,
        "A purge by Clear-Site-Data is counted as a second device",
    ),
    check(
        "purge.script",
        "Databases that a script deletes make another device",
        _script,
        "Deleted databases are counted as a second device",
    ),
    check(
        "purge.browser",
        "Site data that the browser's own tools clear makes another device",
        _browser,
        "Data cleared by the browser's own tools is counted as a second device",
    ),
    check(
        "purge.profile",
        "A deleted profile makes another device",
        _profile_folder,
        "A deleted profile is counted as a second device",
    ),
    check(
        "purge.on-close",
        "Site data that the browser deletes whenever it is closed makes another device",
        _on_close,
        "Data deleted as the browser was closed is counted as a second device",
    ),
    check(
        "purge.open-page",
        "A page that is open while its data is purged becomes another device",
        _under_page,
        "A purge under an open page loses no scan",
    ),
)
