"""Machines that sleep for hours: slots are the wall clock's, waits and verdicts the monotonic one's (spec §3, §5)."""

import pytest

from dlt_web.messages import TimerFired
from dlt_web.slots import format_slot
from tests.core.fake_lts import accept_reports, grant
from tests.core.fake_shell import START_WALL_MS
from tests.core.reporting_steps import SLOT_MS, A, B, bodies, licensed

NIGHT_MS = 9 * 3_600_000


def fall_asleep(shell, *, does_clock_go_on):
    """The wall clock goes on; a browser's monotonic one does on some systems. No timer fires before the end."""
    shell.clock.wall_ms += NIGHT_MS
    if does_clock_go_on:
        shell.clock.monotonic_ms += NIGHT_MS
        shell.timer_at_ms = None
        shell.feed(TimerFired())


@pytest.mark.parametrize("does_clock_go_on", [True, False], ids=["its clock goes on", "its clock stands still"])
def test_what_was_scanned_before_and_after_is_told_in_the_slot_of_each_and_within_an_interval(does_clock_go_on):
    shell = licensed()
    shell.scan(A)
    fall_asleep(shell, does_clock_go_on=does_clock_go_on)
    shell.scan(B)
    told = {}
    for _second in range(SLOT_MS // 1000 + 20):
        shell.advance(1_000)
        if any(request.url.endswith("/v1/authorizations") for request in shell.sent):
            grant(shell)  # the token's hour was over
        if bodies(shell):
            told |= {report["slot"]: report["counts"] for report in accept_reports(shell)}
    slots = [START_WALL_MS // SLOT_MS, (START_WALL_MS + NIGHT_MS) // SLOT_MS]
    assert told == {format_slot(slots[0]): {"qr_code": 1}, format_slot(slots[1]): {"ean_13": 1}}
    assert shell.state["pending"]["scans"] == 0


def test_what_lies_before_the_camera_all_night_is_known_as_long_as_that_clock_says():
    shell = licensed()
    shell.scan(A)
    fall_asleep(shell, does_clock_go_on=False)
    assert shell.resolved[shell.scan(A)]["scans"] == 0
    fall_asleep(shell, does_clock_go_on=True)
    assert shell.resolved[shell.scan(A)]["scans"] == 1
