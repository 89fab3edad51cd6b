"""What every store must note of devices for the license advisor (dlt_web.lts.store.protocol_advice)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from dlt_web.lts.clock import DAY_MS
from dlt_web.lts.device_days import (
    EXACT_LEVELS,
    LIFETIMES_DAYS,
    Arrivals,
    DayChange,
    DeviceDay,
    level_at,
    levels,
    rounded_level,
    sign_of_life,
)
from dlt_web.lts.records import SLOTS_IN_DAY, Device, Handshake, LicenseItem, SlotRange
from dlt_web.lts.store import MemoryStore, SqliteStore, Store, Writing
from dlt_web.lts.verify import find_faults

ITEM = LicenseItem("A", "p", "per_scan", 999, None, None, 86_400, "refuse-all", 0)
NOW_ITEM = replace(ITEM, id="N", charge_way="concurrent_device", device_lifetime_s=180)
DAY_0 = 20_000


def set_up(rows: Writing) -> None:
    for item in (ITEM, NOW_ITEM):
        rows.put_license(item)
    for code in ("c", "d"):
        rows.put_handshake(Handshake(code, ("A", "N")))


@pytest.fixture
def sold(store: Store) -> Store:
    store.write(set_up).result()
    return store


def see(rows: Writing, name: str, at_ms: int, *, code: str = "c", item: LicenseItem | None = NOW_ITEM) -> None:
    """Let a device give a sign of life at an item, or (None) unseated; it never scans."""
    before = rows.device(code, name)
    if before is not None and before.license_id is not None:
        rows.free_seat(before.license_id)
    if item is not None:
        rows.take_seat(item.id, None)
    removal_ms = at_ms + (ITEM if item is None else item).device_lifetime_s * 1000
    seat = None if item is None else item.id
    rows.put_device(Device(code, name, seat, item is None, "p", at_ms, at_ms, removal_ms, "indexeddb", False))


def seen(store: Store, *signs: tuple[str, float], code: str = "c") -> None:
    """Let devices give signs of life, in days after :data:`DAY_0`."""
    for name, day in signs:
        at_ms = int((DAY_0 + day) * DAY_MS)
        store.write(lambda rows, name=name, ms=at_ms: see(rows, name, ms, code=code)).result()


def days(store: Store, lifetime_days: int, today: int, code: str = "c") -> list[tuple[int, int, int]]:
    found = store.read(lambda rows: rows.device_days(code, lifetime_days, DAY_0 + today)).result()
    return [(one.day - DAY_0, one.joined, one.left) for one in found]


def arrived(store: Store, first: int = 0, end: int = 9, code: str = "c") -> dict[int, int]:
    slots = SlotRange((DAY_0 + first) * SLOTS_IN_DAY, (DAY_0 + end) * SLOTS_IN_DAY)
    found = store.read(lambda rows: rows.arrivals(code, slots)).result()
    return {one.devices: one.arrivals for one in found}


def test_a_device_joins_with_its_first_sign_and_leaves_its_lifetime_after_its_last(sold: Store) -> None:
    seen(sold, ("u1", 0.5), ("u1", 0.6), ("u2", 1), ("u1", 3), code="c")
    seen(sold, ("u1", 2), code="d")
    assert days(sold, 90, 5) == [(0, 1, 0), (1, 1, 0)]
    assert days(sold, 90, 91) == [(0, 1, 0), (1, 1, 0), (91, 0, 1)]
    assert days(sold, 90, 400) == [(0, 1, 0), (1, 1, 0), (91, 0, 1), (93, 0, 1)]
    assert days(sold, 366, 400) == [(0, 1, 0), (1, 1, 0), (367, 0, 1), (369, 0, 1)]
    assert days(sold, 90, 5, "d") == [(2, 1, 0)]


@pytest.mark.parametrize(
    ("after_days", "at_90", "at_366"),
    [
        (90, [(0, 1, 0)], [(0, 1, 0)]),
        (90.999, [(0, 1, 0)], [(0, 1, 0)]),
        (91, [(0, 1, 0), (90, 0, 1), (91, 1, 0)], [(0, 1, 0)]),
        (366, [(0, 1, 0), (90, 0, 1), (366, 1, 0)], [(0, 1, 0)]),
        (367, [(0, 1, 0), (90, 0, 1), (367, 1, 0)], [(0, 1, 0), (366, 0, 1), (367, 1, 0)]),
    ],
)
def test_a_device_that_comes_back_after_its_lifetime_joins_anew(
    sold: Store, after_days: float, at_90: list[tuple[int, int, int]], at_366: list[tuple[int, int, int]]
) -> None:
    seen(sold, ("u1", 0), ("u1", after_days))
    assert (days(sold, 90, int(after_days)), days(sold, 366, int(after_days))) == (at_90, at_366)


@pytest.mark.parametrize("way", ["released", "swept"])
def test_a_device_that_never_scanned_is_known_again_after_its_seat_is_gone(sold: Store, way: str) -> None:
    seen(sold, ("u1", 0))
    at_ms = DAY_0 * DAY_MS + 200_000
    if way == "swept":
        assert sold.write(lambda rows: rows.remove_due("N", at_ms, 9)).result() == 1
    else:
        sold.write(lambda rows: [rows.free_seat("N"), rows.remove_device("c", "u1", at_ms)]).result()
    assert sold.read(lambda rows: rows.device("c", "u1")).result() is None
    seen(sold, ("u1", 0.5), ("u1", 5))
    assert days(sold, 90, 6) == [(0, 1, 0)]
    assert days(sold, 90, 95) == [(0, 1, 0), (95, 0, 1)]


def test_scans_of_every_symbology_add_up_but_for_unverified_ones(sold: Store) -> None:
    for code, slot, is_verified, scans in (("c", 5, True, 1), ("c", 6, True, 2), ("c", 6, False, 4), ("d", 6, True, 8)):
        counts = {"qr_code": scans, "ean_13": 10 * scans}
        sold.write(
            lambda rows, row=(code, slot, counts, is_verified): rows.add_usage(*row[:3], {}, is_verified=row[3])
        ).result()
    for span, total in ((SlotRange(), 33), (SlotRange(0, 6), 11), (SlotRange(6, 7), 22), (SlotRange(7), 0)):
        assert sold.read(lambda rows, span=span: rows.scans_made("c", span)).result() == total


def test_unseated_devices_are_devices_too(sold: Store) -> None:
    sold.write(lambda rows: see(rows, "u1", DAY_0 * DAY_MS, item=None)).result()
    assert days(sold, 90, 1) == [(0, 1, 0)]
    assert arrived(sold) == {}


def test_a_clock_that_goes_back_over_midnight_makes_no_second_device(sold: Store) -> None:
    seen(sold, ("u1", 1.0), ("u1", 0.999))
    assert days(sold, 90, 2) == [(1, 1, 0)]
    assert days(sold, 90, 90) == [(1, 1, 0), (90, 0, 1)]
    assert find_faults(sold) == []


def test_a_device_arrives_as_the_so_many_th_one(sold: Store) -> None:
    minute = 1 / 1440
    seen(sold, ("u9", 0), code="d")
    seen(sold, ("u1", 0), ("u2", minute), ("u1", 2 * minute), ("u3", 2 * minute), ("u2", 10 * minute), ("u1", 1))
    assert arrived(sold) == {1: 3, 2: 1, 3: 1}
    assert arrived(sold, 1) == {1: 1}
    assert arrived(sold, code="d") == {1: 1}
    assert sold.read(lambda rows: rows.arrivals("c", SlotRange(DAY_0 * SLOTS_IN_DAY + 1))).result() == [Arrivals(1, 1)]


def test_a_device_that_moves_to_another_item_does_not_arrive_again(sold: Store) -> None:
    seen(sold, ("u1", 0))
    sold.write(lambda rows: see(rows, "u1", DAY_0 * DAY_MS + 1_000, item=ITEM)).result()
    assert arrived(sold) == {1: 1}


def test_both_stores_tell_the_same_whatever_happens(tmp_path: Path) -> None:
    draw = random.Random(3)
    stores: list[Store] = [MemoryStore(), SqliteStore(str(tmp_path / "lts.db"))]
    for store in stores:
        store.write(set_up).result()
    at_ms = DAY_0 * DAY_MS
    for _step in range(250):
        at_ms += draw.choice((1_000, 60_000, 200_000, 3_600_000, 9 * DAY_MS, 50 * DAY_MS))
        names = [(f"u{draw.randrange(12)}", draw.choice((ITEM, NOW_ITEM, NOW_ITEM, None))) for _ in range(3)]
        is_failing, is_swept = draw.random() < 0.1, draw.random() < 0.3

        def work(
            rows: Writing,
            names: list[tuple[str, LicenseItem | None]] = names,
            at_ms: int = at_ms,
            is_swept: bool = is_swept,
            is_failing: bool = is_failing,
        ) -> None:
            for place in ("A", "N", None) if is_swept else ():
                rows.remove_due(place, at_ms, 99)
            for number, (name, item) in enumerate(names):
                see(rows, name, at_ms + number, item=item)
            if is_failing:
                raise ValueError("no")

        for store in stores:
            assert isinstance(store.write(work).exception(), ValueError) == is_failing
    check_that_both_tell_the_same(*stores, today=at_ms // DAY_MS - DAY_0)
    assert find_faults(stores[1]) == []
    stores[1].close()


def check_that_both_tell_the_same(one: Store, other: Store, today: int) -> None:
    for lifetime in LIFETIMES_DAYS:
        for until in (today, today + 500):
            assert days(one, lifetime, until) == days(other, lifetime, until)
    exact, kept = arrived(one, 0, 99_999), arrived(other, 0, 99_999)
    assert sum(exact.values()) == sum(kept.values())
    assert max(exact) == max(kept)
    for level in range(1, 13):  # never fewer devices than there were
        assert sum(n for at, n in kept.items() if at > level) >= sum(n for at, n in exact.items() if at > level)


def test_what_never_scanned_is_forgotten_in_the_end(sold: Store) -> None:
    seen(sold, ("u1", 0), ("u2", 1))
    for place in ("N",):
        sold.write(lambda rows, place=place: rows.remove_due(place, (DAY_0 + 2) * DAY_MS, 9)).result()
    sold.write(lambda rows: rows.forget_devices((DAY_0 + 1) * DAY_MS, 9)).result()
    seen(sold, ("u1", 401))
    assert days(sold, 366, 401) == [(0, 1, 0), (1, 1, 0), (366, 0, 1), (367, 0, 1), (401, 1, 0)]


def test_devices_that_no_day_knows_are_a_fault(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "lts.db"))
    store.write(set_up).result()
    seen(store, ("u1", 0))
    store._connection.execute("UPDATE device_day SET devices = 0")
    assert find_faults(store) == [
        f"Handshake code c: 1 of its devices were last seen on day {DAY_0} since the epoch, but its days say only 0."
    ]
    store.close()


# -- arithmetic


def test_numbers_are_rounded_up_by_less_than_one_in_a_hundred() -> None:
    previous = 0
    for level in [*range(1, 5_000), 10**6 + 1, 10**9 + 7]:
        rounded = rounded_level(level)
        assert level <= rounded < level * 1.01
        assert rounded == level or level > EXACT_LEVELS
        assert previous <= rounded
        assert rounded_level(rounded) == rounded
        previous = rounded


def test_a_first_sign_is_one_more_device_of_any_lifetime() -> None:
    assert list(sign_of_life(None, 5 * DAY_MS)) == [(5, DayChange(1, 1, 0, 1, 0))]
    assert list(sign_of_life(5 * DAY_MS, 5 * DAY_MS + 9)) == []
    assert DayChange(1, 2, 3, 4, 5).plus(DayChange(1, 1, 1, 1, 1)) == DayChange(2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("first", "end", "expected"),
    [
        (0, 99, [(3, 0, 2), (7, 2, 4)]),
        (3, 8, [(3, 0, 2), (7, 2, 4)]),
        (4, 99, [(4, 0, 2), (7, 2, 4)]),
        (7, 8, [(7, 0, 6)]),
        (8, 9, [(8, 0, 6)]),
        (9, 12, [(9, 0, 6)]),
        (11, 12, [(11, 0, 5)]),
        (0, 3, []),
    ],
)
def test_who_is_there_as_a_time_begins_joins_with_it(
    first: int, end: int, expected: list[tuple[int, int, int]]
) -> None:
    found = [DeviceDay(3, 2, 0), DeviceDay(7, 4, 0), DeviceDay(10, 0, 1)]
    assert list(levels(found, first, end)) == expected
    assert (level_at(found, 3), level_at(found, 4), level_at(found, 11)) == (0, 2, 5)
