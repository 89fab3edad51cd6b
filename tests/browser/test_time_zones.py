"""Slots are UTC whatever the time zone of the browser (spec §2)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.static_site import Site
from tests.page_workers import WORKERS

REPORTS = "/v1/usage-reports"
# Half an hour off, and its clocks jump by half an hour.
ZONE = "Australia/Lord_Howe"
# The page's clock, which each scan's slot is taken from, stands where a test puts it; the worker's goes on.
MOVABLE_CLOCK = """
const { now } = Date;
globalThis.standAt = (ms) => { Date.now = ms === null ? now : () => ms; };
"""
HIDE = """() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def proxy(own_proxy: RecordingProxy) -> RecordingProxy:
    return own_proxy


def last_jump_back() -> datetime:
    """Return when the zone's clocks last went back: on the first Sunday of April, at 2:00 of its summer, 15:00 UTC."""
    now = datetime.now(UTC)
    for year in (now.year, now.year - 1):
        first = datetime(year, 4, 1, 15, tzinfo=UTC)
        jump = first + timedelta(days=(6 - first.weekday()) % 7 - 1)
        if jump < now:
            return jump
    raise AssertionError("unreachable")


@pytest.mark.in_one_engine("firefox")
def test_the_hour_that_a_clock_shows_twice_is_two_slots_and_every_time_is_said_in_utc(
    new_context: Callable[..., BrowserContext],
    shop: Site,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    proxy: RecordingProxy,
) -> None:
    context = new_context(timezone_id=ZONE, proxy={"server": proxy.url})
    context.add_init_script(MOVABLE_CLOCK + WORKERS["own"])
    tab = HarnessPage.open(context, shop)
    tab.start(options)
    jump = last_jump_back()
    # 1:46 and 1:46 on the wall.
    moments = [jump - timedelta(minutes=14), jump + timedelta(minutes=16)]
    shown = []
    for number, moment in enumerate(moments):
        ms = int(moment.timestamp() * 1000)
        tab.page.evaluate("(ms) => standAt(ms)", ms)
        tab.scan(plain("qr_code", f"ZONE-{number}"))
        shown.append(tab.page.evaluate("(ms) => new Date(ms).toTimeString().slice(0, 14)", ms))
    tab.page.evaluate("standAt(null)")
    tab.flush()
    assert shown == ["01:46:00 GMT+1", "01:46:00 GMT+1"]
    rows = lts.cli("usage", "--handshake", code, "--by", "slot")["rows"]
    slots = [moment - timedelta(minutes=moment.minute % 3) for moment in moments]
    assert [datetime.fromisoformat(row["start"]) for row in rows] == slots
    # What the worker and what the page itself send.
    tab.scan(plain("qr_code", "ZONE-NOW"))
    tab.hear_out()
    proxy.forget()
    tab.page.evaluate(HIDE)
    tab.flush()
    sent = wait_until(
        lambda: len(requests := proxy.requests(path=REPORTS, method="POST")) >= 2 and requests, what="both to be sent"
    )
    bodies = [json.loads(request.body) for request in sent]
    for text in [body["sentAt"] for body in bodies] + [bodies[-1]["reports"][-1]["slot"]]:
        assert text.endswith("Z")
        assert abs(datetime.now(UTC) - datetime.fromisoformat(text)) < timedelta(minutes=4)
    assert lts.usage(code).scans == 3
