"""Turns what becomes of a check into a cell of the matrix, and what an app's tracker says of itself into a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from .app_page import first_line
from .engine_run import EngineRun
from .errors import CheckFailedError, LeakFoundError, NotTestedError, VerifyError
from .outcome import Cell, InPart, SeenRequest
from .seen import MAX_REQUESTS, seen_request


def cell_of(run: EngineRun, make: Callable[[], str | InPart | None]) -> Cell:
    """Make something and say what came of it; whatever a browser throws is a failure that names it."""
    began = time.monotonic()
    leaks: tuple[SeenRequest, ...] = ()
    try:
        made = make()
    except NotTestedError as error:
        return Cell("not tested", run.settings.hide(str(error)), time.monotonic() - began)
    except (CheckFailedError, VerifyError) as error:
        reason = str(error)
        if isinstance(error, LeakFoundError):
            leaks = error.requests
    except Exception as error:
        reason = f"The check could not be made: {type(error).__name__}: {first_line(error)}"
    else:
        remark, untested = ("", made.untested) if isinstance(made, InPart) else (made or "", "")
        return Cell("passed", remark, time.monotonic() - began, requests=_seen(run), untested=untested)
    return Cell("failed", run.settings.hide(reason), time.monotonic() - began, run.screenshot(), _seen(run), leaks)


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
