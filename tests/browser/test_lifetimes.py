"""How long a device counts (spec §6), by the server's own clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess

# The time that passes is the server's.
pytestmark = pytest.mark.in_one_engine("chromium")

CODE = plain("qr_code", "LIFETIME")
DAY_S = 24 * 3600


def options_for(lts: LtsProcess, code: str) -> dict[str, Any]:
    return {"handshakeCode": code, "licenseServer": lts.url}


def test_a_concurrent_device_is_active_for_three_minutes_and_gone_after_the_minutes_sweep(
    warm_tab: HarnessPage, clock_lts: LtsProcess
) -> None:
    code = clock_lts.add_code("concurrent_device")
    device = warm_tab.start(options_for(clock_lts, code))
    warm_tab.scan(CODE)
    warm_tab.flush()
    (row,) = clock_lts.devices(code)
    assert (row.device_uuid, row.seated) == (device, True)
    assert row.removal_time is not None
    assert row.removal_time - row.last_seen == timedelta(minutes=3)
    assert clock_lts.usage(code).concurrent_devices == 1
    clock_lts.advance(179)
    assert clock_lts.usage(code).concurrent_devices == 1
    clock_lts.advance(61)
    assert clock_lts.usage(code).concurrent_devices == 0
    assert clock_lts.seated(code) == set()
    # What it scanned stays counted, and the device comes back, as a new seat, with its next authorization.
    assert clock_lts.usage(code).scans == 1
    warm_tab.reload()
    assert warm_tab.start(options_for(clock_lts, code)) == device
    assert clock_lts.usage(code).concurrent_devices == 1


def test_a_report_prolongs_a_concurrent_device(warm_tab: HarnessPage, clock_lts: LtsProcess) -> None:
    code = clock_lts.add_code("concurrent_device")
    warm_tab.start(options_for(clock_lts, code))
    clock_lts.advance(170)
    warm_tab.scan(CODE)
    warm_tab.flush()
    clock_lts.advance(170)
    assert clock_lts.usage(code).concurrent_devices == 1
    clock_lts.advance(70)
    assert clock_lts.usage(code).concurrent_devices == 0


@pytest.mark.parametrize(("lifetime", "days"), [(None, 366), ("90d", 90)], ids=["default", "90-day item"])
def test_a_device_counts_until_its_removal_time(
    warm_tab: HarnessPage, clock_lts: LtsProcess, lifetime: str | None, days: int
) -> None:
    item = clock_lts.add_license("per_device", device_lifetime=lifetime)
    code = clock_lts.add_handshake(item)
    warm_tab.start(options_for(clock_lts, code))
    warm_tab.scan(CODE)
    warm_tab.flush()
    (row,) = clock_lts.devices(code)
    assert row.removal_time is not None
    assert row.removal_time - row.last_seen == timedelta(days=days)
    clock_lts.advance(days * DAY_S - 1)
    assert clock_lts.usage(code).devices == 1
    # The sweep comes every 24 h, so a device may stay that much longer, never less.
    clock_lts.advance(DAY_S + 1)
    assert clock_lts.usage(code).devices == 0
    assert clock_lts.seated(code) == set()
    assert clock_lts.usage(code).scans == 1


def test_each_authorization_prolongs_a_device(warm_tab: HarnessPage, clock_lts: LtsProcess) -> None:
    code = clock_lts.add_code("per_device")
    device = warm_tab.start(options_for(clock_lts, code))
    clock_lts.advance(300 * DAY_S)
    warm_tab.reload()
    assert warm_tab.start(options_for(clock_lts, code)) == device
    clock_lts.advance(300 * DAY_S)
    assert clock_lts.seated(code) == {device}
