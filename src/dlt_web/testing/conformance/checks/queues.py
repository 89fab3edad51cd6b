"""What is counted is not lost and not counted twice, whatever becomes of the network (spec §5)."""

from __future__ import annotations

from dlt_web.testing.faults import Fault

from ..app_page import AppPage, PageCallError
from ..engine_run import EngineRun
from .check import check


def _flush(app: AppPage) -> None:
    """Offer what waits; a tracker may well say that nobody took it."""
    try:
        app.flush()
    except PageCallError:
        return


def _offline(run: EngineRun) -> None:
    run.require_count()
    app = run.open(run.isolated())
    run.scan_once(app)
    with run.broken(Fault.drop()):
        for _ in range(2):
            app.scan(run.barcode())
            _flush(app)
    app.scan(run.barcode())
    app.flush()
    run.claim(devices=1, scans=4)
    run.judge_count()


def _lost_answer(run: EngineRun) -> None:
    run.require_count()
    app = run.open(run.isolated())
    run.scan_once(app)
    with run.broken(Fault.lose_answer()):
        app.scan(run.barcode())
        _flush(app)
    app.scan(run.barcode())
    app.flush()
    run.claim(devices=1, scans=3)
    run.judge_count()


def _closed_tab(run: EngineRun) -> None:
    run.require_count()
    folder = run.new_folder()
    window = run.profile(folder)
    app = run.open(window)
    run.scan_once(app)
    with run.broken(Fault.drop()):
        app.scan(run.barcode())
        _flush(app)
        app.page.close()
        run.close(window)
    run.visit(run.profile(folder))
    run.claim(devices=1, scans=3)
    run.judge_count()


CHECKS = (
    check("queue.offline", "What is scanned without a network is counted once it is back", _offline),
    check("queue.lost-answer", "What was reported is counted once, also where the answer is lost", _lost_answer),
    check("queue.closed-browser", "What waits when the browser is closed is counted at its next start", _closed_tab),
)
