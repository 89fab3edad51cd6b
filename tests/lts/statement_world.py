"""What tests of statements do: shops of one customer, the months around the world's beginning, and freezing them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dlt_web.errors import DltError
from dlt_web.slots import SLOT_MS, parse_time
from tests.lts.world import CODE, SLOT_0, World

ACME = "ACME"
BERLIN = "Europe/Berlin"
NOVEMBER, DECEMBER, JANUARY = "2026-11", "2026-12", "2027-01"
# Counted from slot 0 of the world, 2026-11-24T10:03Z: the last slot of November in Berlin, the last one in UTC.
LAST_IN_BERLIN, LAST_IN_UTC = (
    parse_time(end) // SLOT_MS - SLOT_0 - 1 for end in ("2026-11-30T23:00:00Z", "2026-12-01T00:00:00Z")
)


def shop(world: World, *, code: str = CODE, customer: str | None = ACME, **more: Any) -> None:
    """Add a code with a per-scan item of its own and a device."""
    item = world.license(f"L-{re.sub(r'[^a-z0-9-]', '', code)}", "per_scan", quota=1_000)
    world.handshake(item, code=code, customer=customer, **more)
    world.authorize(1, code=code)


def go_to(world: World, text: str) -> None:
    """Move the clock on, and sweep on the way."""
    seconds = (parse_time(text) - world.clock.now_ms()) // 1000
    assert world.call("POST", "/v1/test/clock", json={"advanceSeconds": seconds}).status_code == 200


def freeze(world: World, month: str, zone: str | None = BERLIN, customer: str = ACME, **more: Any) -> Any:
    return json.loads(world.admin.freeze_statement(customer, month, zone, **more).json)


def lines(said: Any, section: str) -> list[tuple[str, int]]:
    return [(line["handshakeCode"], line["scans"]) for line in said[section]]


def refusal(world: World, month: str, zone: str | None = BERLIN, customer: str = ACME) -> tuple[str, str]:
    with pytest.raises(DltError) as caught:
        world.admin.freeze_statement(customer, month, zone)
    return caught.value.code, caught.value.message
