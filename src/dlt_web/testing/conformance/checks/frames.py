"""The app in a frame of another site, whose storage browsers part from that of the app's own pages (spec §4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from dlt_web.testing.browser_page import BrowserWindow
from dlt_web.testing.recorded_request import RecordedRequest

from ..app_page import AppPage
from ..engine_run import EngineRun
from ..errors import NotTestedError, expect
from ..own_pages import BLANK_PATH, embedder_of
from ..settings import origin_of
from .check import check

# Playwright switches partitioned storage off in Chromium. Its list of features to disable gives way to a later one.
_CHROMIUM_ARGS = ("--disable-features=Translate,MediaRouter,OptimizationHints",)


_MARK = "dlt-web.conformance"


def _parts_storage(run: EngineRun, window: BrowserWindow) -> bool:
    """Tell whether the browser parts what an origin stores by the site around it, as far as a script can see.

    No where it parts one kind and not another: an app may then well be one device within and without.
    """
    page = run.new_tab(window)
    blank_url = origin_of(run.settings.app_url) + BLANK_PATH
    page.goto(blank_url)
    outside = AppPage(page, run.settings)
    is_kept = outside.store(_MARK)
    page.goto(embedder_of(blank_url))
    is_seen = AppPage(page, run.settings, is_framed=True).has_stored(_MARK)
    page.goto(blank_url)
    outside.unstore(_MARK)
    page.close()
    return is_kept and not is_seen


@dataclass(frozen=True, slots=True)
class _Visit:
    """What a visit of the app in the frame showed.

    Attributes:
        device: UUID that the page named.
        storage: where the page said that it keeps its counts.
        told: bodies of what it sent to its license server.
    """

    device: str
    storage: str
    told: list[Any]


def _in_frame(run: EngineRun, window: BrowserWindow, alone: str) -> _Visit:
    """Visit the app in the frame, after a visit of its own page as the device ``alone``."""
    seen = run.requests()[-1].number
    page = run.new_tab(window)
    page.goto(embedder_of(run.settings.app_url))
    app = run.attach(page, is_framed=True)
    device, storage = run.scan_once(app), str(app.state()["storage"])
    page.close()
    return _Visit(device, storage, list(_told_by(device, run.tracker_requests(), after=seen, alone=alone)))


def _told_by(device: str, requests: Iterable[RecordedRequest], *, after: int, alone: str) -> Iterator[Any]:
    """Yield bodies of what a visit of the frame sent.

    The pages outside may say a last word meanwhile: a worker that outlives its page, or an app whose service worker
    answers for each address of its domain, the suite's own page as well.
    """
    for request in requests:
        is_of_own_page = urlsplit(request.header("Referer") or "").path == BLANK_PATH
        if request.number > after and not is_of_own_page:
            body = request.json()
            if device == alone or body["deviceUuid"] != alone:
                yield body


def _judge_told(visit: _Visit) -> None:
    expect(bool(visit.told), "In a frame of another site the app tells its license server nothing.")
    flagged = all(body.get("partitioned") is True for body in visit.told)
    expect(flagged, "What the app sends from a frame of another site does not say `partitioned: true`.")
    kinds = sorted({str(body.get("storage")) for body in visit.told})
    expect(
        visit.storage != "memory" or kinds == ["memory"],
        f"In the frame nothing is kept, and reports say it is kept in {', '.join(kinds)}.",
    )


def _partition(run: EngineRun) -> str:
    if run.frames_forbidden is not None:
        raise NotTestedError(run.frames_forbidden)
    window = run.isolated(setup=replace(run.setup, extra_args=_CHROMIUM_ARGS) if run.engine == "chromium" else None)
    alone = run.visit(window)
    is_parted = _parts_storage(run, window)
    visits = [_in_frame(run, window, alone) for _ in range(2)]
    first, second = (visit.device for visit in visits)
    run.claim(devices=len({alone, first, second}), scans=3)
    for visit in visits:
        _judge_told(visit)
    expect(
        not is_parted or alone not in (first, second),
        f"The browser parts the frame's storage from that of the app's own pages, and the app is the device {alone} in "
        "both.",
    )
    if visits[0].storage == "memory":
        return "the browser keeps nothing for the frame: each visit is a device, and says so"
    expect(first == second, f"In the frame the app was the device {first}, and at the next visit {second}.")
    return "a device of its own, the same at each visit" if first != alone else "the same device as the app's own pages"


CHECKS = (
    check(
        "frame.partition",
        "In a frame of another site the app says that its storage is parted, and keeps its device there",
        _partition,
        "The devices of a frame are counted as what they are",
    ),
)
