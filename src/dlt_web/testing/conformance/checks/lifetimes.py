"""How long a device counts (spec §6), by the clock of the suite's own server."""

from __future__ import annotations

import time
from collections.abc import Callable

from dlt_web.model import ChargeWay
from dlt_web.testing.deadline import DeadlineMissedError, wait_until

from ..counting import OwnLts
from ..engine_run import EngineRun
from ..errors import CheckFailedError, NotTestedError, expect
from .check import check

_DAY_S = 24 * 3600
# A seat is kept until its time is over, to the second, and is free after the next sweep; there is one each day, and for
# concurrent devices one each minute (spec §6).
_DEVICE_S, _DEVICE_SWEEP_S = 366 * _DAY_S, _DAY_S
_CONCURRENT_S, _CONCURRENT_SWEEP_S = 180, 60
# So long a page that is closed, or does nothing, is watched for signs of life.
_IDLE_S = 1.0


def _fresh_server(run: EngineRun, charge_way: ChargeWay) -> OwnLts:
    """Lead the tracker's requests to a server that nobody else uses until the check's windows are closed.

    As long as a page or its worker lives, it may give signs of life, which must not count elsewhere.
    """
    if run.own_lts is None:
        raise NotTestedError("time cannot be moved at the app's own server: give --own-lts")
    return run.trace.after_windows.enter_context(run.own_lts.another(f"lifetime-{charge_way}", charge_way))


def _expect_no_seat(server: OwnLts, otherwise: str) -> None:
    """See that nobody holds a seat, and that nobody takes one who has no business to."""
    time.sleep(_IDLE_S)
    expect(server.seated(()) == set(), otherwise)


def _await_seats(server: OwnLts, expected: set[str], otherwise: str) -> None:
    """Wait for what was sent to arrive and for sweeps to be done."""
    try:
        wait_until(lambda: server.seated(()) == expected, what="the seats", timeout_s=5)
    except DeadlineMissedError as error:
        raise CheckFailedError(otherwise) from error


def _device(run: EngineRun) -> None:
    server = _fresh_server(run, "per_device")
    window = run.isolated()
    device = run.visit(window)
    server.process.advance(300 * _DAY_S)
    again = run.visit(window)
    expect(device == again, f"At a later visit the device {device} is {again}.")
    time.sleep(_IDLE_S)  # a page that goes may give a last sign of life
    server.process.advance(_DEVICE_S - 1)
    _await_seats(server, {device}, "The device is gone before the 366 days after its last visit are over.")
    server.process.advance(_DEVICE_SWEEP_S + 1)
    _expect_no_seat(server, "367 days after its last visit, and after a sweep, the device is still counted.")
    run.visit(window)
    _await_seats(server, {device}, "A device whose time was over does not count again at its next visit.")


def _concurrent(run: EngineRun) -> None:
    server = _fresh_server(run, "concurrent_device")
    window = run.isolated()
    app = run.open(window)
    device = run.scan_once(app)
    server.process.advance(170)
    run.scan_once(app)
    app.page.close()
    time.sleep(_IDLE_S)  # a page that goes may give a last sign of life
    server.process.advance(_CONCURRENT_S - 1)
    _await_seats(server, {device}, "A concurrent device is gone before the 3 minutes after its last report are over.")
    server.process.advance(_CONCURRENT_SWEEP_S + 1)
    _expect_no_seat(server, "Four minutes after its last sign of life, and after a sweep, the device is still active.")
    again = run.visit(window)
    expect(device == again, f"At a later visit the device {device} is {again}.")
    _await_seats(server, {device}, "A concurrent device that was gone is not active again at its next visit.")


_RUNS: tuple[tuple[str, str, Callable[[EngineRun], None]], ...] = (
    ("lifetime.device", "A device counts for 366 days after its last visit, and again when it comes back", _device),
    ("lifetime.concurrent", "A concurrent device counts for 3 minutes after its last sign of life", _concurrent),
)
CHECKS = tuple(check(row_id, title, run) for row_id, title, run in _RUNS)
