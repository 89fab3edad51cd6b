"""Removal times and sweeps under a clock that stands still (spec §6)."""

from __future__ import annotations

import asyncio

import pytest

from dlt_web.lts import sweeps
from dlt_web.lts.app import create_app
from dlt_web.lts.clock import SystemClock
from dlt_web.lts.service import Service
from dlt_web.lts.store import StoreUnavailableError
from dlt_web.lts.sweeps import Sweeper
from dlt_web.slots import format_time
from tests.lts.world import CODE, T0_MS, World, code_of, outcomes, report, uuid


def test_a_concurrent_device_is_active_for_three_minutes(world: World) -> None:
    world.license(charge_way="concurrent_device", quota=1)
    world.handshake()
    world.authorize()
    world.advance(seconds=179)
    assert world.usage().concurrent_devices == 1
    world.advance(seconds=1)
    assert (world.usage().concurrent_devices, world.usage().devices) == (0, 0)
    assert world.reads.devices(CODE) == []


def test_a_concurrent_device_that_reports_stays(world: World) -> None:
    world.license(charge_way="concurrent_device", quota=1)
    world.handshake()
    world.authorize()
    for seq in range(1, 6):
        world.advance(seconds=120)
        world.report(1, [report(seq)])
        assert world.seated() == [1]
    world.advance(minutes=4)
    assert world.seated() == []
    assert world.usage().scans == 5


def test_two_lost_requests_cost_no_concurrent_seat(world: World) -> None:
    world.license(charge_way="concurrent_device", quota=1)
    world.handshake()
    interval_s = world.authorize().json()["reportIntervalSeconds"]
    world.advance(seconds=3 * interval_s - 1)
    world.report(1, [report(1)])
    assert world.seated() == [1]


def test_a_device_is_gone_366_days_after_its_last_sign_of_life(world: World) -> None:
    world.license()
    world.handshake()
    world.authorize()
    world.report(1, [report(1, 3)])
    world.advance(days=365)
    assert world.usage().devices == 1
    world.advance(days=1)
    assert world.usage().devices == 0
    assert world.usage().scans == 3


def test_a_90_day_item_forgets_after_90_days(world: World) -> None:
    world.license(device_lifetime_s=90 * 86_400)
    world.handshake()
    world.authorize()
    world.advance(days=89)
    world.authorize()
    world.advance(days=89)
    assert world.usage().devices == 1
    world.advance(days=1)
    assert world.usage().devices == 0


def test_a_shorter_lifetime_applies_to_the_devices_there_are(world: World) -> None:
    world.license()
    world.handshake()
    world.authorize()
    world.admin.set_license("L", {"device_lifetime_s": 90 * 86_400})
    assert world.reads.devices(CODE)[0].removal_ms == T0_MS + 90 * 86_400_000
    world.advance(days=90)
    assert world.usage().devices == 0


def test_seats_go_in_the_sweep_of_their_day(world: World) -> None:
    world.license(device_lifetime_s=3600)
    world.handshake()
    world.authorize()
    world.advance(seconds=86_399)
    assert world.usage().devices == 1
    world.advance(seconds=1)
    assert world.usage().devices == 0


def test_sweeps_on_the_way_run_in_order_of_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, int]] = []
    sweep = Sweeper.sweep

    async def noted(self: Sweeper, kind: str, now_ms: int) -> int:
        assert world.clock.now_ms() == now_ms
        ran.append((kind, (now_ms - T0_MS) // 60_000))
        return await sweep(self, kind, now_ms)  # type: ignore[arg-type]

    monkeypatch.setattr(Sweeper, "sweep", noted)
    world.license("C", "concurrent_device")
    world.handshake("C")
    world.license("D", device_lifetime_s=86_400)
    world.handshake("D", code="days")
    world.advance(seconds=30)
    world.authorize()
    world.authorize(code="days")
    world.advance(days=2)
    assert ran == [("minute", 4), ("day", 2880)]
    assert world.clock.now_ms() == T0_MS + 30_000 + 2 * 86_400_000


def test_a_sweep_that_was_passed_over_for_want_of_work_is_not_made_up_for(world: World) -> None:
    world.license()
    world.handshake()
    world.authorize()
    world.advance(days=10, seconds=1)
    world.admin.set_license("L", {"device_lifetime_s": 86_400})
    world.advance(seconds=86_398)
    assert world.usage().devices == 1
    world.advance(seconds=1)
    assert world.usage().devices == 0


def test_streams_outlive_the_seat_by_400_days(world: World) -> None:
    world.license(device_lifetime_s=86_400)
    world.handshake()
    world.authorize()
    world.report(1, [report(1, 3)])
    # Each copy that still comes keeps the row that knows it.
    for _ in range(2):
        world.advance(days=399)
        assert outcomes(world.report(1, [report(1, 3)], sentAt=format_time(T0_MS))) == ["duplicate"]
    assert world.usage().scans == 3
    world.advance(days=403)
    assert world.store.read(lambda rows: rows.streams(CODE, uuid(1))).result() == []
    assert world.usage().scans == 3


def test_copies_keep_the_row_of_a_stream_that_no_device_holds(world: World) -> None:
    world.license()
    world.handshake()
    world.report(1, [report(1, 3)], reportToken=None)
    for _ in range(2):
        world.advance(days=399)
        copy = world.report(1, [report(1, 3)], reportToken=None, sentAt=format_time(T0_MS))
        assert outcomes(copy) == ["duplicate"]
    assert world.usage().unverified_scans == 3


def test_a_stream_is_kept_for_as_long_as_its_device_holds_a_seat(world: World) -> None:
    world.license(device_lifetime_s=2_000 * 86_400)
    world.handshake()
    world.authorize()
    world.report(1, [report(1, 3)])
    world.advance(days=900)
    assert outcomes(world.report(1, [report(1, 3)], sentAt=format_time(T0_MS))) == ["duplicate"]
    assert world.usage().scans == 3


def test_an_unseated_device_is_forgotten_too(world: World) -> None:
    world.license(quota=0)
    world.handshake()
    world.authorize()
    world.report(1, [report(1, 3)])
    world.advance(days=365)
    assert world.usage().unseated_devices == 1
    world.advance(days=1)
    assert (world.usage().unseated_devices, world.usage().scans) == (0, 3)


def test_sweeps_free_the_seats_of_a_refuse_all_item(world: World) -> None:
    world.license(charge_way="concurrent_device", quota=2)
    world.handshake()
    world.authorize(1)
    world.authorize(2)
    assert code_of(world.authorize(3)) == (403, "QUOTA_EXHAUSTED")
    world.advance(seconds=100)
    world.report(2, [report(1)])
    assert code_of(world.authorize(2)) == (403, "QUOTA_EXHAUSTED")
    world.advance(seconds=80)
    assert world.authorize(2).status_code == 201


def test_a_server_sweeps_by_itself_each_minute_and_each_day(world: World) -> None:
    world.license("C", "concurrent_device")
    world.license("D", device_lifetime_s=86_400)
    world.handshake("C", code="cc")
    world.handshake("D", code="dd")
    world.authorize(1, code="cc")
    world.authorize(2, code="dd")
    seats: list[tuple[int, int, int]] = []

    async def sleep(_seconds: float) -> None:
        seats.append(((world.clock.now_ms() - T0_MS) // 1000, len(world.seated("cc")), len(world.seated("dd"))))
        if seats[-1][0] > 86_400:
            raise asyncio.CancelledError
        world.clock.move_to(world.clock.now_ms() + (86_100_000 if seats[-1][0] == 240 else 30_000))

    with pytest.raises(asyncio.CancelledError):
        world.run(Sweeper(world.store, world.clock, sleep).run_for_ever())
    assert next(second for second, concurrent, _ in seats if not concurrent) == 180
    assert next(second for second, _, seated in seats if not seated) == 86_400


def test_a_new_store_is_swept_after_a_minute_and_not_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[tuple[str, int]] = []

    async def note(_self: Sweeper, kind: str, now_ms: int) -> int:
        swept.append((kind, (now_ms - T0_MS) // 1000))
        return 0

    async def sleep(_seconds: float) -> None:
        if swept or world.clock.now_ms() > T0_MS + 120_000:
            raise asyncio.CancelledError
        world.clock.move_to(world.clock.now_ms() + 30_000)

    monkeypatch.setattr(Sweeper, "sweep", note)
    with pytest.raises(asyncio.CancelledError):
        world.run(Sweeper(world.store, world.clock, sleep).run_for_ever())
    assert swept == [("minute", 60)]


def test_a_sweep_goes_on_until_nothing_is_due_and_rests_between_chunks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "CHUNK_ROWS", 2)
    world.license("C", "concurrent_device")
    world.handshake("C")
    for device in range(1, 6):
        world.authorize(device)
    rests: list[float] = []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)

    sweeper = Sweeper(world.store, world.clock, sleep, rest=4)
    assert world.run(sweeper.sweep("minute", T0_MS + 179_999)) == 0
    assert world.run(sweeper.sweep("minute", T0_MS + 180_000)) == 5
    assert world.seated() == []
    assert len(rests) == 2
    assert all(seconds > 0 for seconds in rests)


def test_the_application_sweeps_as_long_as_it_lives(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[str] = []

    async def run_for_ever(_self: Sweeper) -> None:
        rounds.append("sweep")
        if len(rounds) == 1:
            raise StoreUnavailableError("away for a moment")
        await asyncio.Event().wait()

    monkeypatch.setattr(Sweeper, "run_for_ever", run_for_ever)
    monkeypatch.setattr("dlt_web.lts.app.RETRY_AFTER_S", 0)
    app = create_app(Service(world.store, SystemClock()))

    async def live() -> None:
        async with app.router.lifespan_context(app):
            while len(rounds) < 2:  # noqa: ASYNC110  (each turn lets the background task go on; nothing is timed)
                await asyncio.sleep(0)

    world.run(live())
    assert rounds == ["sweep", "sweep"]


@pytest.mark.parametrize("body", [{}, [], {"advanceSeconds": -1}, {"advanceSeconds": True}, {"advanceSeconds": 10**12}])
def test_the_test_clock_refuses_nonsense(world: World, body: object) -> None:
    assert code_of(world.call("POST", "/v1/test/clock", json=body)) == (422, "REQUEST_INVALID")


def test_the_test_clock_answers_the_time(world: World) -> None:
    response = world.call("POST", "/v1/test/clock", json={"advanceSeconds": 90})
    assert response.json() == {"now": format_time(T0_MS + 90_000)}
