"""The app in a frame of another site, whose storage browsers part from that of the app's own pages (spec §4)."""

from __future__ import annotations

from dataclasses import replace

from dlt_web.testing.browser_page import BrowserWindow

from ..engine_run import EngineRun
from ..errors import NotTestedError, expect
from ..own_pages import embedder_of
from .check import check

# Playwright switches partitioned storage off in Chromium. Its list of features to disable gives way to a later one.
_CHROMIUM_ARGS = ("--disable-features=Translate,MediaRouter,OptimizationHints",)


def _in_frame(run: EngineRun, window: BrowserWindow) -> tuple[str, str]:
    """Visit the app in the frame once and return the device and where it keeps its counts."""
    page = run.new_tab(window)
    page.goto(embedder_of(run.settings.app_url))
    app = run.attach(page, is_framed=True)
    found = run.scan_once(app), str(app.state()["storage"])
    page.close()
    return found


def _partition(run: EngineRun) -> str:
    if run.frames_forbidden is not None:
        raise NotTestedError(run.frames_forbidden)
    window = run.private(setup=replace(run.setup, extra_args=_CHROMIUM_ARGS) if run.engine == "chromium" else None)
    alone = run.visit(window)
    seen = run.requests()[-1].number
    (first, storage), (second, _) = (_in_frame(run, window) for _ in range(2))
    run.claim(devices=len({alone, first, second}), scans=3)
    told = [request.json() for request in run.tracker_requests() if request.number > seen]
    flagged = all(body.get("partitioned") is True for body in told)
    expect(flagged, "What the app sends from a frame of another site does not say `partitioned: true`.")
    if storage == "memory":
        kinds = {body.get("storage") for body in told}
        expect(
            kinds == {"memory"},
            f"In the frame nothing is kept, and reports say it is kept in {sorted(map(str, kinds))}.",
        )
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
