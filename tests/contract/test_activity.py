"""How many devices are active at once: the moments at which every store must not be off by one (lts/activity.py)."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from dlt_web.lts.activity import Run, Step, Subject, by_period, listed_only_ms, runs
from dlt_web.lts.records import Device, Handshake, LicenseItem, SlotRange
from dlt_web.lts.store import SqliteStore, Store, Writing
from dlt_web.lts.store.sqlite_ledger import MAX_VALUES
from dlt_web.lts.verify import find_faults
from dlt_web.slots import SLOT_MS

NOW_ITEM = LicenseItem("now", "p", "concurrent_device", 9, None, None, 180, "refuse-all", 0)
LISTED_ITEM = replace(NOW_ITEM, id="listed", charge_way="per_device", device_lifetime_s=86_400)
CODE_C, CODE_D = Subject("code", "c"), Subject("code", "d")
AT_NOW, AT_LISTED = Subject("item", "now"), Subject("item", "listed")
SLOT = 1_000
T0_MS = SLOT * SLOT_MS


def set_up(rows: Writing) -> None:
    for item in (NOW_ITEM, LISTED_ITEM):
        rows.put_license(item)
    for code in ("c", "d"):
        rows.put_handshake(Handshake(code, ("now", "listed")))


@pytest.fixture
def sold(store: Store) -> Store:
    """A store with two items that two codes share."""
    store.write(set_up).result()
    return store


def see(rows: Writing, name: str, at_ms: int, item: LicenseItem = NOW_ITEM, code: str = "c") -> None:
    before = rows.device(code, name)
    rows.take_seat(item.id, None)
    if before is not None and before.license_id is not None:
        rows.free_seat(before.license_id)
    removal_ms = at_ms + item.device_lifetime_s * 1000
    rows.put_device(Device(code, name, item.id, False, "p", at_ms, at_ms, removal_ms, "indexeddb", False))


def remove(rows: Writing, name: str, at_ms: int) -> None:
    device = rows.device("c", name)
    assert device is not None
    assert device.license_id is not None
    rows.free_seat(device.license_id)
    rows.remove_device("c", name, at_ms)


def peaks(store: Store, of: Subject, now_ms: int, slots: SlotRange | None = None) -> dict[int, int]:
    """Return the peaks by slot, counted from :data:`SLOT`."""
    found = store.read(lambda rows: rows.active_runs(of, slots or SlotRange(), now_ms, 99)).result()
    return {slot - SLOT: run.devices for run in found for slot in range(run.first, run.end)}


def seen(store: Store, *moments: tuple[str, int], item: LicenseItem = NOW_ITEM, code: str = "c") -> None:
    for name, after_ms in moments:
        store.write(lambda rows, name=name, ms=T0_MS + after_ms: see(rows, name, ms, item, code)).result()


@pytest.mark.parametrize("item", [NOW_ITEM, LISTED_ITEM], ids=lambda item: item.charge_way)
@pytest.mark.parametrize(("after_ms", "peak"), [(179_999, 2), (180_000, 1)])
def test_a_device_ends_at_its_very_millisecond_though_no_sweep_came(
    sold: Store, item: LicenseItem, after_ms: int, peak: int
) -> None:
    seen(sold, ("u1", 1_000), ("u2", 1_000 + after_ms), item=item)
    found = peaks(sold, CODE_C, T0_MS + 200_000)
    assert found == {0: 1, 1: peak}
    assert peaks(sold, Subject("item", item.id), T0_MS + 200_000) == found
    assert sold.read(lambda rows: rows.active(CODE_C, T0_MS + 1_000 + after_ms)).result() == peak


def test_a_device_that_ends_as_a_slot_begins_is_not_in_it(sold: Store) -> None:
    seen(sold, ("u1", 0))
    assert peaks(sold, CODE_C, T0_MS + 4 * SLOT_MS) == {0: 1}
    seen(sold, ("u2", SLOT_MS))
    assert peaks(sold, CODE_C, T0_MS + 4 * SLOT_MS) == {0: 1, 1: 1}


def test_a_device_that_is_seen_in_time_never_left(sold: Store) -> None:
    seen(sold, *[("u1", step * 170_000) for step in range(6)])
    assert peaks(sold, CODE_C, T0_MS + 2_000_000) == dict.fromkeys(range(6), 1)


def test_slots_in_which_nothing_happens_carry_on_what_is_active(sold: Store) -> None:
    hour = replace(NOW_ITEM, id="hour", device_lifetime_s=3_600)
    sold.write(lambda rows: rows.put_license(hour)).result()
    seen(sold, ("u1", 5), ("u2", SLOT_MS * 3), item=hour)
    assert peaks(sold, CODE_C, T0_MS + SLOT_MS * 40) == {
        **dict.fromkeys(range(3), 1), **dict.fromkeys(range(3, 21), 2), **dict.fromkeys(range(21, 23), 1),
    }  # fmt: skip
    assert peaks(sold, CODE_C, T0_MS + SLOT_MS * 6) == {**dict.fromkeys(range(3), 1), **dict.fromkeys(range(3, 7), 2)}
    assert peaks(sold, CODE_C, T0_MS + SLOT_MS * 40, SlotRange(SLOT + 20, SLOT + 22)) == {20: 2, 21: 1}
    assert sold.read(
        lambda rows: rows.active_peak(CODE_C, SlotRange(SLOT + 21, SLOT + 30), T0_MS + SLOT_MS * 40)
    ).result() == 1  # fmt: skip


def test_a_code_s_peak_is_not_the_sum_of_its_items_peaks_nor_the_other_way_round(sold: Store) -> None:
    seen(sold, ("u1", 0), ("u2", 0))
    sold.write(lambda rows: remove(rows, "u2", T0_MS + 10)).result()
    seen(sold, ("u3", 20), ("u4", 30), item=LISTED_ITEM)
    seen(sold, ("u5", 40), code="d")
    now_ms = T0_MS + 50
    assert (peaks(sold, AT_NOW, now_ms), peaks(sold, AT_LISTED, now_ms)) == ({0: 2}, {0: 2})
    assert (peaks(sold, CODE_C, now_ms), peaks(sold, CODE_D, now_ms)) == ({0: 3}, {0: 1})


def test_a_device_that_moves_to_another_item_is_one_device_of_its_code(sold: Store) -> None:
    seen(sold, ("u1", 0))
    seen(sold, ("u1", 10), item=LISTED_ITEM)
    seen(sold, ("u2", 20))
    now_ms = T0_MS + 30
    assert (peaks(sold, CODE_C, now_ms), peaks(sold, AT_NOW, now_ms)) == ({0: 2}, {0: 1})
    assert peaks(sold, AT_LISTED, now_ms) == {0: 1}


def test_a_seat_given_back_and_taken_again_in_one_moment_is_one_device(sold: Store) -> None:
    seen(sold, ("u1", 0))
    sold.write(lambda rows: remove(rows, "u1", T0_MS + 5)).result()
    seen(sold, ("u2", 5))
    assert peaks(sold, CODE_C, T0_MS + 9) == {0: 1}
    sold.write(lambda rows: remove(rows, "u2", T0_MS + 9)).result()
    assert sold.read(lambda rows: rows.active(CODE_C, T0_MS + 9)).result() == 0


def test_a_swept_device_counts_as_long_as_it_was_active(sold: Store) -> None:
    seen(sold, ("u1", 0), ("u2", 100_000))
    assert sold.write(lambda rows: rows.remove_due("now", T0_MS + 200_000, 9)).result() == 1
    assert peaks(sold, CODE_C, T0_MS + 200_000) == {0: 2, 1: 1}


def test_another_lifetime_counts_from_then_on(sold: Store) -> None:
    seen(sold, ("u1", 0), ("u2", 170_000))
    sold.write(lambda rows: rows.set_lifetime("now", 60, T0_MS + 175_000)).result()
    seen(sold, ("u3", 176_000), item=replace(NOW_ITEM, device_lifetime_s=60))
    assert peaks(sold, CODE_C, T0_MS + 400_000) == {0: 2, 1: 2}
    sold.write(lambda rows: rows.set_lifetime("now", 3_600, T0_MS + 400_000)).result()
    assert peaks(sold, CODE_C, T0_MS + 400_000) == {0: 2, 1: 2, 2: 3}


def test_unseated_devices_are_never_active(sold: Store) -> None:
    unseated = Device("c", "u1", None, True, None, T0_MS, T0_MS, T0_MS + 10**9, "indexeddb", False)
    sold.write(lambda rows: rows.put_device(unseated)).result()
    assert peaks(sold, CODE_C, T0_MS) == {}


def test_a_clock_that_goes_back_hides_nothing_and_breaks_nothing(sold: Store) -> None:
    seen(sold, ("u1", 4 * SLOT_MS), ("u2", 4 * SLOT_MS))
    seen(sold, ("u3", 0), ("u1", 10), ("u4", 4 * SLOT_MS + 5))
    assert find_faults(sold) == []
    assert peaks(sold, CODE_C, T0_MS)[4] == 2  # u1 went back beyond its end, u3 never came within sight


def test_a_write_that_fails_counts_nothing_and_takes_nothing_from_its_neighbours(sold: Store) -> None:
    def fail(rows: Writing) -> None:
        see(rows, "u9", T0_MS + 1)
        assert rows.device_counts("c").seated == 2  # what was owed so far is written on the way
        raise ValueError("no")

    first = sold.write(lambda rows: see(rows, "u1", T0_MS))
    failed = sold.write(fail)
    last = sold.write(lambda rows: see(rows, "u2", T0_MS + 2, code="d"))
    first.result()
    assert isinstance(failed.exception(), ValueError)
    last.result()
    assert (peaks(sold, CODE_C, T0_MS + 2), peaks(sold, AT_NOW, T0_MS + 2)) == ({0: 1}, {0: 2})
    assert sold.read(lambda rows: rows.seats_of_item("now")).result() == {"c": 1, "d": 1}
    assert find_faults(sold) == []


def test_what_another_process_counts_is_counted_on(tmp_path: Path) -> None:
    one, other = (SqliteStore(str(tmp_path / "lts.db")) for _ in range(2))
    one.write(set_up).result()
    for number, store in enumerate((one, other, one, other, other, one)):
        seen(store, (f"u{number}", number))
    assert peaks(one, CODE_C, T0_MS + 9) == {0: 6}
    assert find_faults(other) == []
    one.close()
    other.close()


def test_many_codes_are_forgotten_between_commits_and_counted_on(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "lts.db"))
    store.write(set_up).result()
    codes = [f"k{number}" for number in range(MAX_VALUES // 2)]

    def everywhere(rows: Writing, name: str) -> None:
        for code in codes:
            see(rows, name, T0_MS, code=code)

    store.write(lambda rows: [rows.put_handshake(Handshake(code, ("now",))) for code in codes]).result()
    for name in ("u1", "u2"):
        store.write(lambda rows, name=name: everywhere(rows, name)).result()
    assert peaks(store, Subject("code", codes[-1]), T0_MS) == {0: 2}
    assert peaks(store, AT_NOW, T0_MS) == {0: 2 * len(codes)}
    assert find_faults(store) == []
    store.close()


# -- arithmetic


@pytest.mark.parametrize(
    ("steps", "carry", "span", "expected"),
    [
        ([], 0, (0, 9), []),
        ([], 3, (2, 9), [Run(2, 9, 3)]),
        ([Step(3, 2, 5)], 0, (0, 9), [Run(3, 4, 5), Run(4, 9, 2)]),
        ([Step(3, 2, 5)], 0, (4, 9), [Run(4, 9, 2)]),
        ([Step(3, 2, 2)], 0, (0, 9), [Run(3, 9, 2)]),
        ([Step(3, -1, 0), Step(4, -2, 0)], 3, (3, 9), [Run(3, 4, 3), Run(4, 5, 2)]),
        ([Step(3, 1, 1), Step(8, 1, 2), Step(9, 5, 7)], 0, (0, 9), [Run(3, 8, 1), Run(8, 9, 2)]),
    ],
)
def test_a_series_is_told_in_as_few_runs_as_can_be(
    steps: list[Step], carry: int, span: tuple[int, int], expected: list[Run]
) -> None:
    assert list(runs(steps, carry, *span)) == expected


def test_the_peak_of_a_period_is_the_largest_of_its_slots() -> None:
    found = [Run(19, 21, 3), Run(21, 22, 7), Run(39, 85, 2)]
    assert list(by_period(found, 20)) == [(0, 3), (20, 7), (40, 2), (60, 2), (80, 2)]
    assert list(by_period(found, 480)) == [(0, 7)]
    assert list(by_period([Run(5, 7, 1)], 1)) == [(5, 1), (6, 1)]
    assert list(by_period([], 20)) == []


def test_a_lifetime_below_three_minutes_is_the_active_time_too() -> None:
    assert listed_only_ms(replace(LISTED_ITEM, device_lifetime_s=60)) == 0
    assert listed_only_ms(replace(LISTED_ITEM, device_lifetime_s=181)) == 1_000
    assert listed_only_ms(replace(NOW_ITEM, device_lifetime_s=86_400)) == 0
