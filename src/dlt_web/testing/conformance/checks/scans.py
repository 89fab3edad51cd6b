"""What is a scan (spec §3), by the tracker's own options; the rule itself is the core's."""

from __future__ import annotations

from typing import Any, cast

from dlt_web import DuplicateFilter
from dlt_web.testing.conformance.app_page import AppPage
from dlt_web.testing.conformance.counting import SYMBOLOGIES

from ..engine_run import EngineRun
from ..errors import expect
from .check import check

Barcodes = list[dict[str, str]]


def _key(barcode: dict[str, str]) -> tuple[str, str]:
    return barcode["format"], barcode["text"]


def _rule(app: AppPage) -> tuple[DuplicateFilter, int, str]:
    """Return what judges as the tracker should, with its forget time in ms and its mode."""
    options = app.options()
    forget_ms, mode = int(options.get("duplicateForgetTime", 3000)), str(options.get("duplicateMode", "sliding"))
    return DuplicateFilter(forget_time_ms=forget_ms, mode=cast("Any", mode)), forget_ms, mode


def _frame(run: EngineRun) -> None:
    app = run.open(run.isolated())
    one, other = run.barcode(), run.barcode()
    twin = {**one, "format": SYMBOLOGIES[1]}
    verdict = app.scan(one, one, twin, other)
    app.flush()
    run.note(app.device())
    run.claim(devices=1, scans=3)
    expect(
        verdict.duplicates == (False, True, False, False) and verdict.scans == 3,
        "Of a barcode, the same again, its text in another symbology, and another one, 3 are scans; the tracker said "
        f"{verdict.scans}, with these for duplicates: {list(verdict.duplicates)}.",
    )


def _window(run: EngineRun) -> str:
    app = run.open(run.isolated())
    rule, forget_ms, mode = _rule(app)
    barcode = run.barcode()
    start_ms = app.now_ms()
    # Twice just inside the window, which must slide with them or not; then at its very end, where it is new again.
    steps = [0, 0.95 * forget_ms, 1.9 * forget_ms, 2.9 * forget_ms, 3.9 * forget_ms, 3.9 * forget_ms + 1]
    expected, found = [], []
    for step_ms in steps:
        (is_new,) = rule.frame([_key(barcode)], at_ms=start_ms + step_ms)
        expected.append(is_new)
        found.append(not app.scan(barcode, time=start_ms + step_ms).duplicates[0])
    app.flush()
    run.note(app.device())
    run.claim(devices=1, scans=sum(expected))
    expect(
        expected == found,
        f"A barcode seen at {', '.join(f'{step:g}' for step in steps)} ms counts ({mode}, {forget_ms} ms) as "
        f"{expected}; the tracker said {found}.",
    )
    return f"{mode}, {forget_ms} ms"


def _image(run: EngineRun) -> None:
    app = run.open(run.isolated())
    barcode = run.barcode()
    verdicts = [app.scan(barcode, barcode, source="image") for _ in range(2)]
    app.flush()
    run.note(app.device())
    run.claim(devices=1, scans=2)
    found = [list(verdict.duplicates) for verdict in verdicts]
    expect(
        found == [[False, True]] * 2,
        f"A still image knows no earlier one: a barcode twice in each of two is 2 scans; the tracker's "
        f"duplicates: {found}.",
    )


def _streams(run: EngineRun) -> None:
    app = run.open(run.isolated())
    _, _, mode = _rule(app)
    barcode = run.barcode()
    verdicts = [app.scan(barcode, stream=stream) for stream in ("camera 1", "camera 2")]
    app.flush()
    run.note(app.device())
    run.claim(devices=1, scans=2)
    scans = [verdict.scans for verdict in verdicts]
    expect(scans == [1, 1], f"A barcode before two cameras is a scan of each ({mode}); the tracker said {scans}.")


CHECKS = (
    check(
        "scan.frame",
        "In one frame equal barcodes are one scan, and one text in two symbologies is two",
        _frame,
        "A frame's scans are counted",
    ),
    check(
        "scan.window",
        "A barcode counts anew when it was forgotten, by the tracker's own mode and time",
        _window,
        "A window's scans are counted",
    ),
    check("scan.image", "A still image knows no earlier one", _image, "Still images are counted"),
    check("scan.streams", "Each video stream has a memory of its own", _streams, "Two streams' scans are counted"),
)
