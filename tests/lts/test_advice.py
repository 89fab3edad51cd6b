"""The license advisor against simulations whose true answer is known, and against servers with the quota it advises."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dlt_web.errors import OptionError
from dlt_web.lts.admin_keys import AdminError
from dlt_web.lts.advice import Advice, Way
from dlt_web.lts.advice_views import advice_json, advice_rows
from dlt_web.lts.billing_records import FOLLOWED_FROM
from dlt_web.lts.clock import DAY_MS
from dlt_web.lts.store import MemoryStore, SqliteStore
from dlt_web.slots import SLOT_MS, format_time, parse_time
from tests.lts.admin_client import Operator
from tests.lts.server_process import cli_json, run_cli
from tests.lts.world import CODE, EXHAUSTED, SLOT_0, World, code_of, report, world_over

HOUR_MS = 3_600_000
# A day begins: 2026-11-25T00:00:00Z.
DAY_0_MS = parse_time("2026-11-25T00:00:00Z")


@dataclass(frozen=True)
class Sign:
    """A device's sign of life: it authorizes at the start of a visit, and reports some scans after that."""

    at_ms: int
    device: int
    is_start: bool
    scans: int


class Player:
    """Plays signs of life at a real server."""

    def __init__(self, world: World, lifetime_ms: int) -> None:
        self.world = world
        self._lifetime_ms = lifetime_ms
        self._seqs: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self.refused_joins = 0

    def play(self, signs: Sequence[Sign]) -> None:
        away: set[int] = set()
        for sign in signs:
            self.go_to(sign.at_ms)
            is_join = sign.at_ms - self._last.get(sign.device, -(2**60)) > self._lifetime_ms
            self._last[sign.device] = sign.at_ms
            if sign.is_start:
                answer = self.world.authorize(sign.device)
                if answer.status_code == 201:
                    away.discard(sign.device)
                else:
                    assert code_of(answer) == EXHAUSTED
                    away.add(sign.device)
                    self.refused_joins += is_join
            elif sign.device not in away:
                seq = self._seqs[sign.device] = self._seqs.get(sign.device, 0) + 1
                slot = sign.at_ms // SLOT_MS - SLOT_0
                self.world.report(sign.device, [report(seq, sign.scans, slot=slot)])

    def go_to(self, at_ms: int) -> None:
        """Move the clock on; sweeps run on the way, as whole seconds allow."""
        seconds = (at_ms - self.world.clock.now_ms()) // 1000
        if seconds >= 3_600:
            self.world.advance(seconds=seconds)
        self.world.clock.move_to(at_ms)


def true_levels(signs: Sequence[Sign], lifetime_ms: int) -> Iterator[tuple[int, int]]:
    """Yield (wall ms, devices there) at each moment at which a device joins, by each device's every sign."""
    last: dict[int, int] = {}
    for sign in signs:
        is_join = sign.at_ms - last.get(sign.device, -(2**60)) >= lifetime_ms
        last[sign.device] = sign.at_ms
        if is_join:
            yield sign.at_ms, sum(sign.at_ms - seen_ms < lifetime_ms for seen_ms in last.values())


def way(advice: Advice, name: str) -> Way:
    return next(one for one in advice.ways if one.name == name)


def refused_with(quota: int, charge_way: Any, lifetime_ms: int, signs: Sequence[Sign]) -> int:
    """Count the devices that a server with a quota refuses as they join."""
    with world_over(MemoryStore()) as world:
        lifetime_s = lifetime_ms // 1000
        world.license("L", charge_way, quota=quota, on_exhausted="refuse-new", device_lifetime_s=lifetime_s)
        world.handshake()
        player = Player(world, lifetime_ms)
        player.play(signs)
        return player.refused_joins


# -- months of visits: devices by 366 and 90 days


def visits(draw: random.Random) -> list[Sign]:
    """Let devices come on days of their own; each visit begins at 8 and ends at 18 o'clock, some without a scan.

    So who leaves does so after who joins on that day, and whole days say exactly what moments would.
    """
    signs = []
    for device in range(1, 29):
        day = draw.randrange(0, 300)
        never_scans = device % 7 == 0
        while day < 600:
            for hour, is_start in ((8, True), (18, False)):
                at_ms = DAY_0_MS + day * DAY_MS + hour * HOUR_MS + device
                if is_start or not never_scans:
                    signs.append(Sign(at_ms, device, is_start, draw.randrange(1, 50)))
            day += draw.choice((1, 5, 30, 60, 89, 91, 120, 200, 380))
    return sorted(signs, key=lambda sign: sign.at_ms)


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, list[Sign]]]:
    """A server whose code is charged per scan, with seats that end after 30 days, after two years of visits."""
    signs = visits(random.Random(5))
    with world_over(SqliteStore(str(tmp_path_factory.mktemp("visits") / "lts.db"))) as world:
        world.license("L", "per_scan", quota=10**9, device_lifetime_s=30 * 86_400)
        world.handshake()
        player = Player(world, 30 * DAY_MS)
        player.play(signs)
        player.go_to(DAY_0_MS + 620 * DAY_MS)
        yield world, signs


@pytest.mark.long_form(cases=1)
@pytest.mark.parametrize("days", [366, 90])
def test_devices_of_any_lifetime_are_those_that_the_simulation_had(
    visited: tuple[World, list[Sign]], days: int
) -> None:
    world, signs = visited
    found = way(world.reads.advice(CODE, DAY_0_MS), f"device-{days}")
    truth = list(true_levels(signs, days * DAY_MS))
    now_ms = world.clock.now_ms()
    last = {sign.device: sign.at_ms for sign in signs}
    assert found.counted == max(level for _, level in truth)
    assert found.asked == len(truth)
    assert found.at_end == sum(now_ms // DAY_MS - seen // DAY_MS < days for seen in last.values())
    assert (found.quotas[0].quota, found.quotas[0].refused) == (found.counted, 0)


@pytest.mark.parametrize("days", [366, 90])
@pytest.mark.parametrize(("first", "end"), [(100, 200), (400, 401), (450, 600)])
def test_devices_of_a_part_of_the_time_are_those_that_were_there_in_it(
    visited: tuple[World, list[Sign]], days: int, first: int, end: int
) -> None:
    world, signs = visited
    asked = DAY_0_MS + first * DAY_MS, DAY_0_MS + end * DAY_MS
    found = way(world.reads.advice(CODE, *asked), f"device-{days}")
    before = {sign.device: sign.at_ms for sign in signs if sign.at_ms < asked[0]}
    there = sum(asked[0] - seen_ms < days * DAY_MS for seen_ms in before.values())
    within = [level for at_ms, level in true_levels(signs, days * DAY_MS) if asked[0] <= at_ms < asked[1]]
    assert found.counted == max([there, *within])
    assert found.asked == there + len(within)


@pytest.mark.long_form(cases=1)
@pytest.mark.parametrize("days", [366, 90])
def test_a_server_with_the_advised_quota_refuses_no_more_than_was_said(
    visited: tuple[World, list[Sign]], days: int
) -> None:
    world, signs = visited
    rates = (Fraction(0), Fraction(1, 20), Fraction(1, 5))
    found = way(world.reads.advice(CODE, DAY_0_MS, None, rates), f"device-{days}")
    lifetime_ms = days * DAY_MS
    for needed in found.quotas:
        refused = refused_with(needed.quota, "per_device", lifetime_ms, signs)
        assert refused <= needed.refused <= needed.refusal_rate * found.asked
    assert refused_with(found.counted - 1, "per_device", lifetime_ms, signs) > 0
    assert found.quotas[0].quota >= found.quotas[1].quota > found.quotas[2].quota


def test_scans_are_those_that_were_made(visited: tuple[World, list[Sign]]) -> None:
    world, signs = visited
    made = sum(sign.scans for sign in signs if not sign.is_start)
    found = way(world.reads.advice(CODE, DAY_0_MS), "scan")
    assert (found.counted, found.asked, found.at_end) == (made, made, None)
    assert [(one.quota, one.refused) for one in found.quotas] == [
        (made - refused, refused) for refused in (0, made // 1000, made // 100, made // 20)
    ]
    part = world.reads.advice(CODE, DAY_0_MS + 10 * DAY_MS, DAY_0_MS + 20 * DAY_MS)
    expected = sum(s.scans for s in signs if not s.is_start and 10 <= (s.at_ms - DAY_0_MS) // DAY_MS < 20)
    assert way(part, "scan").counted == expected
    assert (part.from_ms, part.to_ms) == (DAY_0_MS + 10 * DAY_MS, DAY_0_MS + 20 * DAY_MS)


# -- days of sessions: concurrent devices


def sessions(draw: random.Random) -> list[Sign]:
    """Let devices scan for some minutes now and then, more of them around noon; a sign of life each minute."""
    signs = []
    for device in range(1, 41):
        at_ms = DAY_0_MS + int(draw.gauss(12, 1) * HOUR_MS)
        for _session in range(draw.randrange(1, 5)):
            for step in range(draw.randrange(1, 7)):
                signs.append(Sign(at_ms + step * 60_000 + device, device, step == 0, 1))
            at_ms += draw.choice((7 * 60_000 + 180_000, HOUR_MS, 5 * HOUR_MS, DAY_MS))
    return sorted(signs, key=lambda sign: sign.at_ms)


def test_concurrent_devices_of_a_code_that_is_charged_per_scan(tmp_path: Path) -> None:
    signs = sessions(random.Random(11))
    with world_over(SqliteStore(str(tmp_path / "lts.db"))) as world:
        world.license("L", "per_scan", quota=10**9)
        world.handshake()
        Player(world, 180_000).play(signs)
        rates = (Fraction(0), Fraction(1, 20), Fraction(1, 4))
        advice = world.reads.advice(CODE, DAY_0_MS, None, rates)
    found = way(advice, "concurrent-device")
    truth = [level for _, level in true_levels(signs, 180_000)]
    assert (found.counted, found.asked) == (max(truth), len(truth))
    assert found.quotas[0].quota == found.counted
    for needed in found.quotas:
        # Of those that were active as one more came, some may have ended in that slot already: never too few are said.
        assert sum(level > needed.quota for level in truth) <= needed.refused <= needed.refusal_rate * found.asked
        assert refused_with(needed.quota, "concurrent_device", 180_000, signs) <= needed.refused
    assert refused_with(found.counted - 1, "concurrent_device", 180_000, signs) > 0
    assert found.quotas[0].quota > found.quotas[1].quota > found.quotas[2].quota
    assert any("report every three minutes" in sentence for sentence in advice.unknown)


# -- what it says of what it cannot know, and how it is asked


def test_what_cannot_be_known_is_said(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    world.authorize(1, storage="memory")
    world.authorize(2)
    world.report(2, [report(1)])
    said = " ".join(world.reads.advice(CODE).unknown)
    assert "1 authorizations were refused in this time" in said
    assert "1 devices report without a seat" in said
    assert "1 devices cannot keep their UUID" in said
    assert "followed from" not in said
    world.store.write(lambda rows: rows.put_info(FOLLOWED_FROM, str(world.clock.now_ms()))).result()
    assert world.reads.advice(CODE).unknown[0].startswith("Devices are followed from 2026-11-24T10:03:00Z on")
    later = world.clock.now_ms() + DAY_MS
    world.advance(days=1)
    assert "followed from" not in " ".join(world.reads.advice(CODE, later).unknown)


def test_a_code_that_is_charged_by_concurrent_devices_alone_has_an_exact_peak(world: World) -> None:
    world.license(charge_way="concurrent_device", quota=5)
    world.handshake()
    for device in (1, 2):
        world.authorize(device)
    advice = world.reads.advice(CODE)
    assert "three minutes" not in " ".join(advice.unknown)
    assert advice.charge_ways == ("concurrent_device",)
    found = way(advice, "concurrent-device")
    assert (found.counted, found.at_end, found.asked) == (2, 2, 2)
    assert (
        way(world.reads.advice(CODE, DAY_0_MS - 30 * DAY_MS, DAY_0_MS - 9 * DAY_MS), "concurrent-device").at_end is None
    )


def test_a_code_that_was_never_used_needs_nothing(world: World) -> None:
    world.license()
    world.handshake()
    advice = world.reads.advice(CODE)
    assert {(one.counted, one.asked) for one in advice.ways} == {(0, 0)}
    assert {needed.quota for one in advice.ways for needed in one.quotas} == {0}
    assert (advice.from_ms, advice.to_ms) == (DAY_0_MS - DAY_MS, DAY_0_MS)


def test_the_usual_time_begins_with_the_first_use_and_has_366_days_at_most(world: World) -> None:
    world.license()
    world.handshake()
    world.advance(days=10)
    world.authorize(1)
    world.advance(days=5)
    assert format_time(world.reads.advice(CODE).from_ms) == "2026-12-04T00:00:00Z"
    world.report(1, [report(1, slot=0)])
    assert format_time(world.reads.advice(CODE).from_ms) == "2026-11-24T00:00:00Z"
    world.advance(days=400)
    advice = world.reads.advice(CODE)
    assert advice.to_ms - advice.from_ms == 366 * DAY_MS
    assert way(advice, "device-366").counted == 1


@pytest.mark.parametrize(
    ("from_ms", "to_ms"), [(DAY_0_MS, DAY_0_MS), (DAY_0_MS + DAY_MS, None), (DAY_0_MS - DAY_MS, DAY_0_MS - 2 * DAY_MS)]
)
def test_days_that_do_not_begin_before_they_end_are_refused(world: World, from_ms: int, to_ms: int | None) -> None:
    world.license()
    world.handshake()
    with pytest.raises(OptionError, match="begin before they end, up to today"):
        world.reads.advice(CODE, from_ms, to_ms)


def test_what_is_asked_wrongly_is_refused(world: World) -> None:
    world.license()
    world.handshake()
    with pytest.raises(AdminError, match="There is no handshake code x"):
        world.reads.advice("x")
    for rates in ((Fraction(1),), (Fraction(-1, 2),), (Fraction(0),) * 21):
        with pytest.raises(OptionError, match="Refusal rates are at most 20"):
            world.reads.advice(CODE, None, None, rates)


def test_advice_over_http_has_no_prices(world: World, operator: Operator) -> None:
    world.license()
    world.handshake()
    world.authorize(1)
    found = operator(
        "GET", f"/advice?handshake={CODE}&refusalPercent=0&refusalPercent=2.5&from=2026-11-20T00:00:00Z"
    ).json()
    assert (found["from"], found["to"], found["chargeWays"]) == (
        "2026-11-20T00:00:00Z",
        "2026-11-25T00:00:00Z",
        ["per_device"],
    )
    assert found["ways"][1] == {
        "name": "device-366",
        "chargeWay": "per_device",
        "deviceLifetimeDays": 366,
        "counted": 1,
        "atEnd": 1,
        "asked": 1,
        "quotas": [
            {"refusalPercent": 0, "quota": 1, "refused": 0},
            {"refusalPercent": 2.5, "quota": 1, "refused": 0},
        ],
    }
    eyes = operator("POST", "/keys", {"id": "eyes", "scope": "read"}).json()["key"]
    assert operator("GET", f"/advice?handshake={CODE}", key=eyes).status_code == 200
    assert code_of(operator("GET", "/advice?handshake=x")) == (404, "NOT_FOUND")
    for query in ("", f"handshake={CODE}&refusalPercent=100", f"handshake={CODE}&refusalPercent=x",
                  f"handshake={CODE}&refusalPercent=NaN", f"handshake={CODE}&from=2030-01-01T00:00:00Z"):  # fmt: skip
        assert code_of(operator("GET", f"/advice?{query}")) == (422, "REQUEST_INVALID"), query


def test_advice_by_command_line_lays_prices_beside_the_numbers(tmp_path: Path) -> None:
    store = tmp_path / "lts.db"
    cli_json(store, "license", "add", "--charge-way", "per_scan", "--quota", "5", "--id", "L")
    cli_json(store, "handshake", "add", "c", "--license", "L")
    plain = cli_json(store, "advise", "--handshake", "c")
    assert [one["name"] for one in plain["ways"]] == ["scan", "device-366", "device-90", "concurrent-device"]
    assert "cost" not in plain["ways"][0]
    prices = ("--price", "scan=0.002", "--price", "device-90=12.50")
    priced = cli_json(store, "advise", "--handshake", "c", *prices)
    assert [one.get("price") for one in priced["ways"]] == ["0.002", None, "12.50", None]
    shown = run_cli(store, "advise", "--handshake", "c", *prices, "--refusal-rate", "0.5%").stdout
    assert "quota at 0.5 %" in shown
    assert "cost" in shown
    assert "- Seats that people released" in shown
    for words, start in (
        (("--price", "scans=1"), "Error: Invalid value for '--price': 'scans=1' is no price such as scan=0.002"),
        (("--price", "scan=-1"), "Error: Invalid value for '--price'"),
        (("--price", "scan=1e3"), "Error: Invalid value for '--price'"),
        (("--price", "scan=1", "--price", "scan=2"), "Error: Give one price for each way."),
        (("--refusal-rate", "100"), "Error: Invalid value for '--refusal-rate': '100' is no part from 0"),
        (("--from", "2999-01-01"), "Error: Advice is asked for days that begin before they end"),
    ):
        result = run_cli(store, "advise", "--handshake", "c", *words)
        assert (result.returncode, result.stderr.splitlines()[-1].startswith(start)) == (2, True), result


def test_costs_are_what_was_counted_times_the_price(world: World) -> None:
    world.license("L", "per_scan", quota=10**9)
    world.handshake()
    for device in (1, 2, 3):
        world.authorize(device)
        world.report(device, [report(1, 1_000)])
    advice = world.reads.advice(CODE)
    prices = {"scan": Decimal("0.002"), "device-366": Decimal("1.5"), "device-90": Decimal(4)}
    found = advice_json(advice, prices)["ways"]
    assert [(one.get("cost"), one.get("leastCost")) for one in found] == [
        ("6.000", False),
        ("4.5", True),
        ("12", False),
        (None, None),
    ]
    assert [row["cost"] for row in advice_rows(advice, prices)] == ["6.000", "4.5 least", "12", None]
    one_price = advice_json(advice, {"scan": Decimal("0.002")})["ways"][0]
    assert (one_price["cost"], one_price["leastCost"]) == ("6.000", False)
