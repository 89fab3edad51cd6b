"""Visits an app for the first time in a browser, so that one that cannot be verified is told from one that fails."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from dlt_web.testing.browser_page import BrowserPage, BrowserWindow
from dlt_web.testing.proxy_upstream import is_loopback

from .app_page import AppPage, first_line
from .engine_run import EngineRun
from .errors import CheckFailedError, VerifyError
from .judging import why_unlicensed
from .lts_detour import lts_base
from .own_pages import BLANK_PATH
from .settings import origin_of

_MAX_TROUBLES = 3


def look(run: EngineRun, window: BrowserWindow) -> bytes | None:
    """Visit the app at each of its domains, and return a picture of it at the first one, as PNG.

    Raises:
        VerifyError: it cannot be verified, at one of them at least.
    """
    visit_first(run, window, run.settings.app_url)
    picture = run.screenshot()
    if run.settings.second_url:
        visit_first(run, window, run.settings.second_url)
    return picture


def visit_first(run: EngineRun, window: BrowserWindow, url: str) -> str:
    """Open the app, scan one new barcode, and return the device's UUID.

    Raises:
        VerifyError: its requests are not seen, it has no tracker that can be used, or that has no license.
    """
    before = len(run.requests())
    try:
        page = run.new_tab(window)
        _require_proxied(run, page, url)
        page.goto(url)
        app = _attach(run, page, before)
        device = run.scan_once(app)
        _require_license(run, app, before)
    except CheckFailedError as error:
        raise VerifyError(f"The tracker of {url} cannot be used: {error}") from error
    except VerifyError:
        raise
    except Exception as error:  # as many kinds as there are drivers of browsers
        raise VerifyError(f"{url} cannot be shown: {first_line(error)}") from error
    return device


def _require_proxied(run: EngineRun, page: BrowserPage, url: str) -> None:
    """See that a browser's requests pass the recording proxy, by a page that only the proxy has.

    Before the app is opened: past the proxy its tracker would speak to the app's own license server.

    Raises:
        VerifyError: they do not.
    """
    # Told by a word of its own: how the origin is spelled is the browser's business.
    mark = secrets.token_hex(8)
    page.goto(f"{origin_of(url)}{BLANK_PATH}?{mark}")
    if not any(mark in request.url for request in run.requests()):
        raise VerifyError(
            f"What this browser sends to {origin_of(url)} does not pass the run's recording proxy, so nobody would see "
            "what leaves it: see whether a policy of this machine gives its browsers another proxy, or name another "
            "browser by --browser."
        )


def _attach(run: EngineRun, page: BrowserPage, before: int) -> AppPage:
    """Wait for the app's tracker; where none gets ready, servers that could not be asked may be why."""
    try:
        return run.attach(page)
    except VerifyError as error:
        if not (met := _troubles(run, before)):
            raise
        raise VerifyError(f"{str(error).rstrip('.')}. What could not be asked meanwhile: {met}.") from error


def _troubles(run: EngineRun, before: int) -> str:
    """Say of which servers the pages asked something in vain after so many requests of the check, and why."""
    refused = {
        origin_of(request.url)
        for request in run.requests()[before:]
        if request.method != "CONNECT" and run.proxy.answer_to(request) == "502"
    }
    met = [
        f"{origin}, {why.rstrip('.')}{_repair(run, origin)}"
        for origin, why in run.proxy.troubles().items()
        if origin_of(origin) in refused
    ]
    more = f"; and {len(met) - _MAX_TROUBLES} more" if len(met) > _MAX_TROUBLES else ""
    return "; ".join(met[:_MAX_TROUBLES]) + more


def _repair(run: EngineRun, origin: str) -> str:
    is_forbidden = run.settings.may_ask is False and not is_loopback(urlsplit(origin).hostname or "")
    return " (--outside lets pages ask them)" if is_forbidden else ""


def _require_license(run: EngineRun, app: AppPage, before: int) -> None:
    """See that the tracker has a license, and has it from a server that it asked where it is seen.

    Raises:
        VerifyError: it has none, or nobody saw how it came by it.
    """
    told = app.state()["license"]
    if told["state"] not in ("licensed", "grace"):
        raise VerifyError(why_unlicensed(app.options(), told, run.proxy.troubles()))
    if not any(lts_base(request) is not None for request in run.requests()[before:]):
        raise VerifyError(
            f"The tracker of {app.page.url} has a license, and none of its requests passed the run's recording proxy: "
            "see whether a policy of this machine gives its browsers another proxy."
        )
