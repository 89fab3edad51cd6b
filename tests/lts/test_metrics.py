"""What ``/metrics`` tells an operator, and what it keeps to itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dlt_web.lts.app import Readiness, create_app
from dlt_web.lts.clock import SystemClock
from dlt_web.lts.service import Service
from dlt_web.lts.store import SqliteStore, StoreUnavailableError
from dlt_web.lts.sweeps import Sweeper
from tests.lts.world import CODE, T0_MS, World, report, uuid, world_over


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_over(SqliteStore(str(tmp_path / "lts.db"))) as world:
        yield world


class Scrape:
    """One answer of ``/metrics``; names are without the prefix."""

    def __init__(self, world: World) -> None:
        self.text = world.call("GET", "/metrics").text
        self.samples = [s for family in text_string_to_metric_families(self.text) for s in family.samples]

    def __call__(self, name: str, **labels: str) -> float:
        found = [s.value for s in self.samples if s.name == f"dlt_lts_{name}" and s.labels == labels]
        assert len(found) == 1, (name, labels)
        return found[0]


def test_requests_are_counted_by_outcome(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    world.authorize(1)
    world.authorize(2)
    world.report(1, [report(1), report(1), report(2, counts={"BAD": 1}), report(1, 9)])
    world.report(1, code="unknown")
    world.report(1, storage=7)
    world.call("POST", "/v1/usage-reports", content=b"no JSON")
    world.call("POST", "/v1/usage-reports", content=b" " * 2_000_000)
    scrape = Scrape(world)
    assert scrape("authorizations_total", outcome="granted") == 1
    assert scrape("authorizations_total", outcome="QUOTA_EXHAUSTED") == 1
    for outcome in ("accepted", "duplicate", "REPORT_INVALID", "REPORT_CONFLICT"):
        assert scrape("reports_total", outcome=outcome) == 1
    assert scrape("report_requests_total", outcome="answered") == 1
    assert scrape("report_requests_total", outcome="HANDSHAKE_CODE_UNKNOWN") == 1
    assert scrape("report_requests_total", outcome="REQUEST_INVALID") == 2
    assert scrape("report_requests_total", outcome="PAYLOAD_TOO_LARGE") == 1
    assert scrape("request_seconds_count", endpoint="usage-reports") == 5
    assert scrape("request_seconds_count", endpoint="authorizations") == 2


def test_defects_and_a_store_that_is_away_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.license()
    world.handshake()
    world.authorize()
    assert Scrape(world)("store_up") == 1

    def away(*_given: object) -> Any:
        raise StoreUnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "submit", away)
        patch.setattr(world.store, "read", away)
        world.report(1, [report(1)])
        assert Scrape(world)("store_up") == 0
    with monkeypatch.context() as patch:
        patch.setattr(world.store, "submit", lambda _work, _tell: 1 // 0)
        assert world.report(1, [report(1)]).status_code == 500
    scrape = Scrape(world)
    assert scrape("report_requests_total", outcome="STORE_UNAVAILABLE") == 1
    assert scrape("report_requests_total", outcome="INTERNAL") == 1
    assert scrape("store_up") == 1


def test_commits_are_measured_with_the_writes_they_hold(world: World) -> None:
    world.license()
    world.handshake()
    before = Scrape(world)
    world.authorize()
    for seq in range(1, 4):
        world.report(1, [report(seq)])
    after = Scrape(world)
    assert after("commit_writes_sum") - before("commit_writes_sum") == 4
    assert after("commit_writes_count") - before("commit_writes_count") == 4
    assert after("commit_seconds_count") == after("commit_writes_count")
    assert after("waiting_writes") == 0


def test_seats_are_added_up_by_charge_way(world: World) -> None:
    world.license("A", quota=1)
    world.license("B", quota=5)
    world.license("C", "concurrent_device", quota=2)
    world.license("S", "per_scan", quota=3)
    world.license("gone")
    world.admin.revoke_license("gone")
    world.handshake("A", "B")
    world.handshake("C", code="cc")
    world.handshake("S", code="ss")
    for device in (1, 2, 3):
        world.authorize(device)
    world.authorize(1, code="cc")
    world.authorize(1, code="ss")
    world.report(1, [report(1, 4)], code="ss")
    scrape = Scrape(world)
    found = {
        way: tuple(scrape(name, charge_way=way) for name in ("license_items", "used_up_license_items", "seats"))
        for way in ("per_device", "concurrent_device", "per_scan")
    }
    assert found == {"per_device": (2, 1, 3), "concurrent_device": (1, 0, 1), "per_scan": (1, 1, 1)}


def test_sweeps_are_measured_by_kind(world: World) -> None:
    world.license("C", "concurrent_device")
    world.license("D", device_lifetime_s=3_600)
    world.handshake("C", code="cc")
    world.handshake("D", code="dd")
    for device in (1, 2):
        world.authorize(device, code="cc")
    world.authorize(1, code="dd")
    world.advance(days=1)
    scrape = Scrape(world)
    assert scrape("swept_devices_total", sweep="minute") == 2
    assert scrape("swept_devices_total", sweep="day") == 1
    assert scrape("sweep_seconds_count", sweep="day") == 1


def test_a_failed_sweep_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    has_failed: list[str] = []

    async def run_for_ever(_self: Sweeper) -> None:
        if has_failed:
            await asyncio.Event().wait()
        has_failed.append("once")
        raise StoreUnavailableError("away for a moment")

    monkeypatch.setattr(Sweeper, "run_for_ever", run_for_ever)
    app = create_app(Service(world.store, SystemClock()))

    async def live() -> None:
        async with app.router.lifespan_context(app):
            while not has_failed:  # noqa: ASYNC110  (each turn lets the background task go on; nothing is timed)
                await asyncio.sleep(0)
            await asyncio.sleep(0)

    world.run(live())
    world.client._transport.app = app  # type: ignore[attr-defined]
    assert Scrape(world)("failed_sweeps_total") == 1


def test_the_epoch_and_the_readiness_are_shown(world: World) -> None:
    readiness = Readiness()
    world.client._transport.app = create_app(world.service, readiness=readiness)  # type: ignore[attr-defined]
    store, _, number = world.store.read(lambda rows: rows.info("store_epoch")).result().rpartition(":")
    scrape = Scrape(world)
    assert (scrape("store_epoch", store=store), scrape("ready")) == (int(number), 1)
    readiness.is_draining = True
    assert Scrape(world)("ready") == 0
    assert world.call("GET", "/readyz").json()["code"] == "SERVER_STOPPING"


def test_no_number_names_a_device_a_code_or_an_item(world: World) -> None:
    """Whoever reaches the server reads them, and what a client makes up must not grow their list."""
    world.license("secret-item")
    world.handshake("secret-item", password="secret-word")
    world.authorize(sessionPassword="secret-word", deviceFriendlyName="secret-name")
    world.authorize(sessionPassword="wrong")
    world.report(1, [report(1, counts={"secret_symbology": 1}, lost={"secretReason": 1})])
    size = len(Scrape(world).samples)
    for number in range(20):
        world.authorize(code=f"made-up-{number}", product=f"p{number}")
        world.report(1, [report(number, counts={f"s{number}": 1})], sessionPassword=f"x{number}")
        world.call("GET", f"/made-up-{number}")
    scrape = Scrape(world)
    assert len(scrape.samples) <= size + 6, "a few outcomes more, and nothing of twenty kinds"
    for secret in ("secret", "made-up", CODE, uuid(1), world.tokens[CODE, 1]):
        assert secret not in scrape.text
    assert world.clock.now_ms() == T0_MS
