"""A barcode's text never leaves the browser, and is never stored in the clear (spec §11)."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from dlt_web.lts.openapi_schemas import SCHEMAS
from dlt_web.testing.browser_page import BrowserWindow
from dlt_web.testing.canaries import Leak, find_leaks
from dlt_web.testing.faults import Fault
from dlt_web.testing.site_data import dump_storage

from ..app_page import AppPage, PageCallError
from ..engine_run import EngineRun
from ..errors import BreachFoundError, LeakFoundError, NotTestedError, expect
from ..lts_detour import AUTHORIZATIONS
from ..outcome import InPart
from ..own_pages import BLANK_PATH
from ..seen import MAX_REQUESTS, leaking_request
from ..settings import origin_of
from .check import check

# A leak may take its time, and come from a worker that outlives its page.
_LATE_S = 1.0
# So long it is watched what a tracker stores that is not ready yet, or whose page is gone.
_EARLY_S = 0.5


def _scan_canaries(run: EngineRun, app: AppPage) -> None:
    """Bring texts in by every way that a scan comes, also where the tracker must refuse."""
    app.scan(run.barcode(), run.barcode())
    app.scan(run.barcode(), source="image")
    as_bytes = run.barcode()
    app.scan({"format": as_bytes["format"], "bytesBase64": base64.b64encode(as_bytes["text"].encode()).decode()})
    for broken in ({"text": run.barcode()["text"]}, {"format": "", "text": run.barcode()["text"]}):
        # An error about a barcode must not carry it away either.
        with suppress(PageCallError):
            app.scan(broken)


def _say(leaks: list[Leak]) -> str:
    """Say what was found where, without the text itself, once for each place."""
    places = sorted({f"{leak.form} in {leak.where}" for leak in leaks})
    more = f" and {len(places) - 5} more" if len(places) > 5 else ""
    return f"A barcode's text was found: {'; '.join(places[:5])}{more}."


def _search(run: EngineRun) -> None:
    """Search all that left the browser since the run began.

    Raises:
        LeakFoundError: a barcode's text is in it.
    """
    sent = {str(request.number): request for request in run.requests(of_check=False)}
    leaks = find_leaks(run.texts, ((number, request.searchable) for number, request in sent.items()))
    if not leaks:
        return
    first: dict[str, Leak] = {}
    for leak in leaks:
        first.setdefault(leak.where, leak)
    shown = tuple(
        leaking_request(sent[number], run.proxy.answer_to(sent[number]), leak, run.settings.hide)
        for number, leak in [*first.items()][:MAX_REQUESTS]
    )
    told = [replace(leak, where=f"{sent[leak.where].method} {sent[leak.where].url}") for leak in leaks]
    raise LeakFoundError(_say(told), shown)


def _requests(run: EngineRun) -> str:
    window = run.isolated()
    app = run.open(window)
    _scan_canaries(run, app)
    app.flush()
    run.note(app.device())
    # What is said at the last moment goes another way: the page's beacon.
    app.scan(run.barcode())
    app.page.goto(origin_of(run.settings.app_url) + BLANK_PATH)
    time.sleep(_LATE_S)
    _search(run)
    if not run.tracker_requests():
        raise NotTestedError("no request of the tracker was seen")
    return (
        f"{len(run.requests(of_check=False))} requests searched for {len(run.texts)} texts, plain, encoded and hashed"
    )


_WATCH = """(name) => {
  const written = [];
  globalThis[Symbol.for(name)] = written;
  addEventListener("storage", ({ key, newValue }) => written.push(key, newValue));
}"""
_WATCHED = "(name) => JSON.stringify(globalThis[Symbol.for(name)])"
_WATCH_NAME = "dlt-web.conformance.written"


class _Beside:
    """A tab of the suite beside the app's, of the same origin: sees what that stores while it starts, and when it left.

    Attributes:
        stored: what was seen, for the search.
    """

    def __init__(self, run: EngineRun, window: BrowserWindow) -> None:
        self._page = run.new_tab(window)
        self._page.goto(origin_of(run.settings.app_url) + BLANK_PATH)
        # Web Storage tells other tabs of each text, also of one that is gone a moment later.
        self._page.evaluate(_WATCH, _WATCH_NAME)
        self.stored: set[bytes] = set()

    def look(self, app: AppPage) -> None:
        """See what is stored now: what all tabs share, and what the app's own keeps for itself."""

        def is_seen() -> bool:
            self.stored.add(dump_storage(self._page))
            self.stored.add(self._page.evaluate(_WATCHED, _WATCH_NAME).encode())
            self.stored.add(dump_storage(app.page))
            return True

        app.ask_until(is_seen)

    def look_for(self, seconds: float, app: AppPage) -> None:
        """Look again and again."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.look(app)


def _scan_before_ready(run: EngineRun, app: AppPage, beside: _Beside) -> bool:
    """Scan as early as a page can, and return whether the tracker was still on its way."""
    with run.broken(Fault.hang()):
        app.page.goto(run.settings.app_url)
        was_early = app.scan_early(run.barcode(), run.barcode(), is_only=run.is_only_tracker)
        beside.look_for(_EARLY_S, app)
    app.wait_ready(is_clicked=True)
    return was_early


def _storage(run: EngineRun) -> InPart | None:
    texts = len(run.texts)
    window = run.isolated()
    beside = _Beside(run, window)
    app = AppPage(run.new_tab(window), run.settings)
    was_early = _scan_before_ready(run, app, beside)
    run.scan_once(app)
    with run.broken(Fault.drop()):
        _scan_canaries(run, app)
        with suppress(PageCallError):
            app.flush()
        beside.look(app)
    app.flush()
    beside.look(app)
    with run.broken(Fault.drop()):
        app.scan(run.barcode())
        app.page.goto(origin_of(run.settings.app_url) + BLANK_PATH)
        beside.look_for(_EARLY_S, app)
    leaks = find_leaks(run.texts[texts:], (("the origin's storage", stored) for stored in beside.stored))
    if leaks:
        raise BreachFoundError(_say(leaks))
    return (
        None if was_early else InPart("what is stored before the tracker is ready: nothing could be scanned so early")
    )


def _members(schema: str) -> set[str]:
    return set(SCHEMAS[schema]["properties"])


def _undocumented(path: str, body: Mapping[str, Any]) -> set[str]:
    """Name the members of a request that the interface does not know.

    Raises:
        CheckFailedError: what stands for its reports are none.
    """
    if path.endswith(AUTHORIZATIONS):
        return set(body) - _members("AuthorizationRequest")
    reports = body.get("reports", [])
    are_reports = isinstance(reports, list) and all(isinstance(report, dict) for report in reports)
    expect(are_reports, "What the tracker sends as `reports` is no list of objects, which the interface wants.")
    return (set(body) - _members("ReportRequest")).union(*(set(report) - _members("UsageReport") for report in reports))


def _request_members(run: EngineRun) -> None:
    run.visit(run.isolated())
    requests = run.tracker_requests(of_check=False)
    if not requests:
        raise NotTestedError("the tracker sent nothing that could be looked at")
    found = sorted({name for request in requests for name in _undocumented(request.path, request.json())})
    if found:
        raise BreachFoundError(f"The tracker sends what the interface does not know: {', '.join(found)}.")


CHECKS = (
    check("privacy.storage", "No barcode's text is stored, plain, encoded or hashed", _storage),
    check("privacy.members", "The tracker sends the documented members and no others", _request_members),
    check("privacy.requests", "No barcode's text leaves the browser, plain, encoded or hashed", _requests),
)
