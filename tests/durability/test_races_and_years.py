"""Crowds at one quota, and a year of a thousand devices under a clock that the test turns."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from dlt_web.lts.store import SqliteStore, Store
from dlt_web.lts.verify import find_faults
from dlt_web.model import AuthorizationAnswer, AuthorizationRequest, ReportAnswer
from dlt_web.slots import SLOT_MS, format_time
from dlt_web.wire import decode_authorization_request, decode_report_request
from tests.long_form import by_form
from tests.lts.world import CODE, T0_MS, World, report, uuid

ROUNDS = by_form(short=2, long=200)
HOURS = by_form(short=2, long=24)
DAY_S = 86_400


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore(str(tmp_path / "lts.db"))


def asking(number: int, code: str = CODE) -> AuthorizationRequest:
    return decode_authorization_request({"handshakeCode": code, "deviceUuid": uuid(number)})


@pytest.mark.long_form
def test_400_racing_admissions_take_100_seats_in_every_round(store: Store) -> None:
    world = World(store)
    for turn in range(ROUNDS):
        name = f"c{turn}"
        world.license(name, quota=100, on_exhausted=("refuse-all", "refuse-new")[turn % 2])
        world.handshake(name, code=name)

        async def race(code: str = name) -> Counter[bool]:
            answers = await asyncio.gather(*(world.service.authorize(asking(n, code), None) for n in range(400)))
            return Counter(isinstance(answer, AuthorizationAnswer) for answer in answers)

        assert world.run(race()) == {True: 100, False: 300}
        assert world.used(name) == (100, 0)
        assert len(world.reads.devices(name)) == 100
    assert find_faults(store) == []
    world.close()
    store.close()


class Fleet:
    """A thousand devices that report on their own days, and what must be known of each."""

    def __init__(self, world: World, size: int) -> None:
        self.world = world
        self.size = size
        self.seqs: Counter[int] = Counter()
        self.tokens: dict[int, str] = {}
        self.seen_ms: dict[int, int] = {}
        self.scans = 0

    async def report(self, numbers: range | list[int]) -> None:
        """Let devices authorize if they never did, and report one scan each."""
        new = [number for number in numbers if number not in self.tokens]
        for number, answer in zip(
            new, await asyncio.gather(*(self.world.service.authorize(asking(n), None) for n in new)), strict=True
        ):
            assert isinstance(answer, AuthorizationAnswer)
            self.tokens[number] = answer.report_token
        answers = await asyncio.gather(*(self._send(number) for number in numbers))
        assert all(isinstance(a, ReportAnswer) and a.results[0].outcome == "accepted" for a in answers)
        self.scans += len(numbers)

    async def _send(self, number: int) -> object:
        self.seqs[number] += 1
        self.seen_ms[number] = self.world.clock.now_ms()
        slot = format_time(self.world.clock.now_ms() // SLOT_MS * SLOT_MS)
        self.world.tokens[CODE, number] = self.tokens[number]
        body = self.world.report_body(number, [report(self.seqs[number]) | {"slot": slot}])
        return await self.world.service.report(decode_report_request(body), None)

    def alive(self, life_s: int) -> set[int]:
        """Return the devices whose time has not come."""
        return {n for n, seen in self.seen_ms.items() if seen + life_s * 1000 > self.world.clock.now_ms()}


def test_a_year_of_a_thousand_devices_is_exact_at_every_daily_sweep(store: Store) -> None:
    """Each device reports every (number mod 97 + 8) days until its own last day; then it leaves after 366 days."""
    world = World(store)
    world.license(quota=1000)
    world.handshake()
    fleet = Fleet(world, 1000)
    gone = 0
    for day in range(366 + 120):
        due = [n for n in range(fleet.size) if day < n % 120 + 1 and day % (n % 97 + 8) == 0]
        if due:
            world.run(fleet.report(due))
        world.advance(days=1)
        alive = fleet.alive(366 * DAY_S)
        assert world.used() == (len(alive), 0), day
        if len(alive) != fleet.size - gone:
            gone = fleet.size - len(alive)
            assert set(world.seated()) == alive, day
    assert gone == fleet.size
    assert world.usage().scans == fleet.scans > 1_500
    assert find_faults(store) == []
    world.close()
    store.close()


@pytest.mark.long_form
def test_hours_of_concurrent_devices_are_exact_at_every_minute(store: Store) -> None:
    world = World(store)
    world.license(charge_way="concurrent_device", quota=100)
    world.handshake()
    fleet = Fleet(world, 60)
    most = 0
    for minute in range(HOURS * 60):
        due = [n for n in range(fleet.size) if minute % (2 * n + 1) == 0 and (minute + n) % 7 < 4]
        if due:
            world.run(fleet.report(due))
        world.advance(minutes=1)
        alive = fleet.alive(180)
        most = max(most, len(alive))
        assert (world.clock.now_ms() - T0_MS) % 60_000 == 0
        assert set(world.seated()) == alive, minute
    assert most > 30
    assert world.usage().scans == fleet.scans
    world.close()
    store.close()
