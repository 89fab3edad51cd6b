"""Usage divided by time comes page by page: whatever lies between two pages, nothing is left out or told twice."""

from __future__ import annotations

from collections import Counter

import pytest

from dlt_web.lts.activity import Subject
from dlt_web.lts.records import SlotRange
from dlt_web.lts.store import Writing
from dlt_web.lts.usage_exports import read_usage, usage_as_csv
from dlt_web.lts.usage_reads import PAGE_PERIODS, PAGE_SLOTS, PERIOD_SLOTS, By, Span
from dlt_web.slots import SLOT_MS
from tests.lts.world import CODE, SLOT_0, World

OF_CODE, OF_ITEM = Subject("code", CODE), Subject("item", "L")
EDGES = (0, 1, PAGE_PERIODS - 1, PAGE_PERIODS, PAGE_SLOTS - 1, PAGE_SLOTS, PAGE_SLOTS + 1, 30 * PAGE_SLOTS)


def fill(world: World, first: int) -> None:
    world.license()
    world.handshake()

    def work(rows: Writing) -> None:
        for slot in EDGES:
            for number in range(3):
                rows.add_usage(CODE, first + slot + number, {"qr_code": 1, "ean_13": 2}, {}, is_verified=True)
                rows.charge(CODE, "L", first + slot + number, 3)

    world.store.write(work).result()


@pytest.mark.parametrize("first", [1, 480 * 20_000, 480 * 20_000 + 479])
@pytest.mark.parametrize("by", ["slot", "hour", "day"])
def test_pages_come_to_all_there_is(world: World, first: int, by: By) -> None:
    fill(world, first)
    width = PERIOD_SLOTS[by]
    wanted: Counter[int] = Counter()
    for slot in EDGES:
        for number in range(3):
            wanted[(first + slot + number) // width * width] += 3
    for of in (OF_CODE, OF_ITEM):
        found = [(period.start_ms // SLOT_MS, sum(period.scans.values())) for period in world.reads.scans(of, Span(by))]
        assert found == sorted(wanted.items()), of


@pytest.mark.parametrize("of", [OF_CODE, OF_ITEM])
def test_a_range_cuts_the_first_and_the_last_period(world: World, of: Subject) -> None:
    fill(world, 480)
    span = Span("day", from_ms=481 * SLOT_MS, to_ms=(480 + PAGE_SLOTS + 1) * SLOT_MS)
    found = [(period.start_ms // SLOT_MS, sum(period.scans.values())) for period in world.reads.scans(of, span)]
    cut = SlotRange(481, 480 + PAGE_SLOTS + 1)
    wanted: Counter[int] = Counter()
    for edge in EDGES:
        for number in range(3):
            slot = 480 + edge + number
            if cut.first <= slot < cut.end:
                wanted[slot // 480 * 480] += 3
    assert found == sorted(wanted.items())


def test_a_long_list_of_peaks_is_read_on_from_where_its_page_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dlt_web.lts.usage_reads.PAGE_RUNS", 1)
    world.license(charge_way="concurrent_device")
    world.handshake()
    for devices in (1, 2, 0, 1):
        for device in range(devices):
            world.authorize(device)
        world.advance(minutes=6)
    read = read_usage(world.reads, CODE, None, Span("slot"))
    found = [((peak.start_ms - SLOT_0 * SLOT_MS) // SLOT_MS, peak.devices) for peak in read.peaks]
    assert found == [(0, 1), (2, 2), (6, 1)]
    assert read.view.peak_concurrent_devices == 2
    assert [peak.devices for peak in world.reads.peaks(OF_CODE, Span("hour"), world.clock.now_ms())] == [2]


def test_what_is_reported_while_usage_is_written_out_waits_for_nothing(world: World) -> None:
    fill(world, SLOT_0 - 40 * PAGE_SLOTS)
    pieces = world.reads.scans(OF_CODE, Span("slot"))
    next(pieces)
    world.store.write(
        lambda rows: rows.add_usage(CODE, SLOT_0, {"late": 1}, {}, is_verified=True)
    ).result()  # fmt: skip
    *_, last = pieces
    assert last.scans == {"late": 1}
    assert "late" in "".join(usage_as_csv(read_usage(world.reads, CODE, None, Span("day"))))
