"""Turns what becomes of a check into a cell of the matrix, and what an app's tracker says of itself into a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from .app_page import first_line
from .engine_run import EngineRun
from .errors import (
    BreachFoundError,
    CheckFailedError,
    CountingError,
    LeakFoundError,
    NotTestedError,
    VerifyError,
    unmade_by,
)
from .lts_detour import repeats
from .outcome import Cell, InPart, SeenRequest
from .seen import MAX_REQUESTS, seen_request
from .settings import origin_of


def cell_of(run: EngineRun, make: Callable[[], str | InPart | None]) -> Cell:
    """Make something and say what came of it.

    It fails where it says that the app breaks a rule. Whatever else ends it, such as a browser that died or a full
    disk, is no fault of the app, and neither is what a server did not count that has gone.
    """
    began = time.monotonic()
    try:
        try:
            made = make()
        except NotTestedError as error:
            return Cell("not tested", run.settings.hide(str(error)), time.monotonic() - began)
        except (CheckFailedError, VerifyError) as error:
            seconds, picture = time.monotonic() - began, run.screenshot()
            _require_fit(run, error)
            leaks = error.requests if isinstance(error, LeakFoundError) else ()
            return Cell("failed", run.settings.hide(str(error)), seconds, picture, _seen(run), leaks)
    except Exception as error:
        return Cell("not tested", run.settings.hide(unmade_by(error)), time.monotonic() - began, is_unmade=True)
    remark, untested = ("", made.untested) if isinstance(made, InPart) else (made or "", "")
    return Cell("passed", remark, time.monotonic() - began, requests=_seen(run), untested=untested)


def _require_fit(run: EngineRun, error: CheckFailedError | VerifyError) -> None:
    """See that what a failed check needed is still there.

    Raises:
        CountingError: the server that counts cannot be asked any more, or could not do what the tracker asked.
        VerifyError: the app's page cannot be fetched any more, or a browser has gone.
    """
    if isinstance(error, BreachFoundError):
        return
    _require_browsers(run)
    if isinstance(error, CountingError):
        raise error
    if run.counted is not None:
        run.counted.require()
    if run.own_lts is not None and (status := _own_error(run)):
        raise CountingError(f"The suite's own license server answered {status} to a request of the tracker.")
    for url in filter(None, (run.settings.app_url, run.settings.second_url)):
        if why := _why_unreached(run, url):
            raise VerifyError(f"{url} cannot be reached any more: {why}")


def _require_browsers(run: EngineRun) -> None:
    """See that the check's windows still do what they are told; whoever waited for the app in one may not have heard.

    Raises:
        VerifyError: one does not.
    """
    for window in run.trace.windows:
        try:
            window.new_page().close()
        except Exception as error:  # as many kinds as there are drivers of browsers
            raise VerifyError(f"a browser has gone: {first_line(error)}") from error


def _own_error(run: EngineRun) -> str | None:
    """Return the status by which the suite's own server said that it cannot work, as on a full disk; None if never.

    What it could do when it was asked once more excuses nothing.
    """
    asked = [(request, run.proxy.answer_to(request)) for request in run.tracker_requests()]
    for place, (request, answer) in enumerate(asked):
        # Of what the check harmed by itself, the fault is named before the status.
        if answer.isdigit() and int(answer) >= 500:
            later = (again for again, then in asked[place + 1 :] if then.isdigit() and int(then) < 300)
            if not any(repeats(again, request) for again in later):
                return answer
    return None


def _why_unreached(run: EngineRun, url: str) -> str | None:
    """Say why a page of the app could not be fetched when the check last asked for it; None where it could.

    Of tabs that were opened at once, it is said of each that shows so still.
    """
    wanted = origin_of(url), urlsplit(url).path or "/"
    asked = [
        request
        for request in run.requests()
        # A page's WebSocket, such as a development server's, may well have the page's own path.
        if (request.method, origin_of(request.url), request.path or "/") == ("GET", *wanted)
        and request.header("Upgrade") is None
    ]
    # An answer of that status by the app itself is the app's.
    met = [run.proxy.trouble_of(request) for request in asked]
    if met and met[-1] is not None:
        return met[-1]
    troubles = {trouble.strip() for trouble in met if trouble is not None}
    return next((shown for shown in _shown(run) if shown in troubles), None) if troubles else None


def _shown(run: EngineRun) -> Iterator[str]:
    """Yield what the check's open tabs show, which is the proxy's sentence where it could not ask the app's server."""
    for page in (page for window in run.trace.windows for page in window.pages):
        with suppress(Exception):  # one that has gone shows nothing
            yield str(page.evaluate("document.body?.textContent ?? ''")).strip()


def why_unlicensed(options: Mapping[str, object], told: Mapping[str, object], troubles: Mapping[str, str]) -> str:
    """Say why the tracker has no license.

    Args:
        options: of the tracker.
        told: its license.
        troubles: why servers could not be asked, by origin.
    """
    servers = options.get("licenseServer")
    named = ", ".join(map(str, servers)) if isinstance(servers, list) else str(servers)
    met = "; ".join(f"{origin}: {why}" for origin, why in troubles.items() if origin in named)
    said = f"{told.get('code')}: {told.get('message')}" if told.get("code") else "it gave no reason"
    return f"The tracker has no license from {named} (state {told['state']}): {met or said}".rstrip(". ") + "."


def _seen(run: EngineRun) -> tuple[SeenRequest, ...]:
    return tuple(
        seen_request(request, run.proxy.answer_to(request)) for request in run.tracker_requests()[-MAX_REQUESTS:]
    )
