"""What every store must list page by page (dlt_web.lts.store.protocol_pages), and sums of whole days."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import product
from typing import Any

import pytest

from dlt_web.lts.devices import DeviceFilter, DeviceKey
from dlt_web.lts.records import SLOTS_IN_DAY, AuditEntry, Handshake, LicenseItem, SlotRange
from dlt_web.lts.store import Reading, SqliteStore, Store, Writing
from dlt_web.lts.store.protocol_pages import DevicePage
from tests.contract.test_views import device

CODE_OF_EACH = ("aa1", "aa2", "ab3", "b04", "b05")
# Around the edges of three days, and far from them.
SLOTS = (0, 1, 479, 480, 481, 959, 960, 961, 1439, 1440, 1441, 5_000)


@pytest.fixture
def listed(store: Store) -> Store:
    def fill(rows: Writing) -> None:
        rows.put_license(LicenseItem("A", "p", "per_device", 9, None, None, 60, "refuse-all", 0))
        for name in CODE_OF_EACH:
            rows.put_device(device("c", name, "A", friendly_name=f"Till {name}"))
        rows.put_device(device("d", "aa9", is_unseated=True))
        for kind, name in (("gap", "aa2"), ("gap", "b04"), ("clone", "b04"), ("gap", "gone")):
            rows.note_oddity("c", name, kind, 5)  # type: ignore[arg-type]
        rows.note_oddity("d", "aa9", "gap", 5)

    store.write(fill).result()
    return store


def look(rows: Reading, **asked: Any) -> DevicePage:
    return rows.look_through_devices(**asked)


def walked(store: Store, wanted: DeviceFilter, limit: int, max_looks: int) -> tuple[list[str], int]:
    """Return all that is found from page to page, and how many pages there were."""
    found: list[str] = []
    after: DeviceKey | None = None
    for pages in range(1, 99):
        page = store.read(partial(look, wanted=wanted, after=after, limit=limit, max_looks=max_looks)).result()
        assert len(page.rows) <= limit
        found += [one.device_uuid for one in page.rows]
        after = page.next_key
        if after is None:
            return found, pages
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize(("limit", "max_looks"), [*product((1, 2, 5, 6, 9), repeat=2)])
def test_pages_come_to_all_there_is_however_few_are_looked_at(listed: Store, limit: int, max_looks: int) -> None:
    assert walked(listed, DeviceFilter(), limit, max_looks)[0] == [*CODE_OF_EACH, "aa9"]
    assert walked(listed, DeviceFilter("c"), limit, max_looks)[0] == [*CODE_OF_EACH]
    assert walked(listed, DeviceFilter("c", search="TILL A"), limit, max_looks)[0] == ["aa1", "aa2", "ab3"]
    assert walked(listed, DeviceFilter("c", uuid_prefix="b0"), limit, max_looks)[0] == ["b04", "b05"]
    assert walked(listed, DeviceFilter(is_unseated=True), limit, max_looks)[0] == ["aa9"]
    assert walked(listed, DeviceFilter("e"), limit, max_looks) == ([], 1)


def test_a_page_looks_at_no_more_than_it_may(listed: Store) -> None:
    assert walked(listed, DeviceFilter("c", search="nobody"), 9, 2) == ([], 3)
    assert walked(listed, DeviceFilter("c", search="nobody"), 9, 5) == ([], 1)
    # What a UUID begins with is no matter of looking.
    assert walked(listed, DeviceFilter("c", uuid_prefix="b05"), 9, 1) == (["b05"], 1)


def test_odd_devices_are_found_without_a_look_at_the_others(listed: Store) -> None:
    def odd(code: str, kind: str, after: DeviceKey | None = None, limit: int = 9) -> list[str]:
        found = listed.read(lambda rows: rows.odd_devices(code, kind, after, limit)).result()  # type: ignore[arg-type]
        return [one.device_uuid for one in found]

    assert odd("c", "gap") == ["aa2", "b04"]
    assert odd("c", "gap", limit=1) == ["aa2"]
    assert odd("c", "gap", ("c", "aa2")) == ["b04"]
    assert odd("c", "gap", ("b", "zz")) == ["aa2", "b04"]
    assert odd("c", "gap", ("d", "aa")) == []
    assert odd("c", "clone") == ["b04"]
    assert listed.read(lambda rows: rows.count_odd_devices("c")).result() == {"clone": 1, "gap": 2}
    assert listed.read(lambda rows: rows.count_odd_devices("e")).result() == {}


def test_devices_are_counted_up_to_a_number_of_looks(listed: Store) -> None:
    number = len(CODE_OF_EACH)
    for max_looks, found in ((number + 1, number), (number, number), (number - 1, number - 1), (1, 1)):
        assert listed.read(lambda rows, looks=max_looks: rows.count_listed_devices("c", looks)).result() == found  # type: ignore[misc]
    assert listed.read(lambda rows: rows.count_listed_devices("e", 9)).result() == 0


def test_codes_and_items_are_found_by_their_names_in_any_case(store: Store) -> None:
    def fill(rows: Writing) -> None:
        for name in ("A", "B", "b2"):
            rows.put_license(LicenseItem(name, "p", "per_device", 3, None, None, 60, "refuse-all", 0))
        for code in ("c1", "C2", "ä3"):
            rows.put_handshake(Handshake(code, ("B", "A")))

    store.write(fill).result()

    def codes(search: str | None, after: str | None = None, limit: int = 9) -> list[str]:
        return [one.code for one in store.read(lambda rows: rows.find_handshakes(search, after, limit)).result()]

    def items(search: str | None, after: str | None = None, limit: int = 9) -> list[str]:
        return [one.id for one in store.read(lambda rows: rows.find_licenses(search, after, limit)).result()]

    assert (codes(None), codes("c"), codes("Ä".casefold()), codes("%")) == (
        ["C2", "c1", "ä3"],
        ["C2", "c1"],
        ["ä3"],
        [],
    )
    assert (codes(None, "C2", 1), codes(None, "ä3")) == (["c1"], [])
    assert (items(None), items("b"), items(None, "A", 1)) == (["A", "B", "b2"], ["B", "b2"], ["B"])
    assert store.read(lambda rows: rows.find_handshakes(None, None, 1)).result()[0].license_ids == ("B", "A")


def test_the_newest_audit_entries_come_first(store: Store) -> None:
    def fill(rows: Writing) -> None:
        for number in range(3):
            rows.add_audit(AuditEntry(number, "a", "x", str(number), "{}"))

    store.write(fill).result()

    def subjects(before: int | None, limit: int = 9) -> list[str]:
        return [entry.subject for entry in store.read(lambda rows: rows.audit_before(before, limit)).result()]

    assert (subjects(None), subjects(None, 1), subjects(3), subjects(1)) == (["2", "1", "0"], ["2"], ["1", "0"], [])


@pytest.mark.parametrize("period_slots", [None, 1, 20, SLOTS_IN_DAY])
def test_sums_of_whole_days_are_those_of_their_slots(store: Store, period_slots: int | None) -> None:
    def fill(rows: Writing) -> None:
        for slot in SLOTS:
            rows.add_usage("c", slot, {"qr_code": 1, "ean_13": slot % 7 + 1}, {}, is_verified=True)
            rows.add_usage("c", slot, {"qr_code": 100}, {}, is_verified=False)

    store.write(fill).result()
    store.write(lambda rows: rows.add_usage("c", 480, {"qr_code": 5}, {}, is_verified=True)).result()
    for first, end in product((0, 1, 480, 481, 960), (2, 480, 481, 961, 1440, 1441, 9_999, SlotRange().end)):
        wanted: Counter[tuple[int, str]] = Counter()
        for slot in (one for one in SLOTS if first <= one < end):
            period = slot - slot % period_slots if period_slots else 0
            wanted[period, "qr_code"] += 1 + 5 * (slot == 480)
            wanted[period, "ean_13"] += slot % 7 + 1
        asked = SlotRange(first, end)
        rows = store.read(
            lambda rows, asked=asked: rows.usage("c", is_verified=True, slots=asked, period_slots=period_slots)
        ).result()
        assert [((row.slot, row.symbology), row.scans) for row in rows] == sorted(wanted.items()), (first, end)
        made = store.read(lambda rows, asked=asked: rows.scans_made("c", asked)).result()
        assert made == sum(wanted.values())


def test_charges_of_whole_days_are_those_of_their_slots(store: Store) -> None:
    def fill(rows: Writing) -> None:
        for name in ("A", "B"):
            rows.put_license(LicenseItem(name, "p", "per_scan", 9, None, None, 60, "refuse-all", 0))
        for slot in SLOTS:
            rows.charge("c", "A", slot, 1)
            rows.charge("c", "B", slot, slot % 7 + 1)
            rows.charge("d", "A", slot, 100)

    store.write(fill).result()
    for first, end in product((0, 1, 480, 481, 960), (2, 480, 481, 961, 1440, 1441, SlotRange().end)):
        within = [slot for slot in SLOTS if first <= slot < end]
        wanted = {"A": len(within), "B": sum(slot % 7 + 1 for slot in within)} if within else {}
        asked = SlotRange(first, end)
        assert store.read(lambda rows, asked=asked: rows.charges_of_code("c", asked)).result() == wanted, (first, end)


def test_what_was_undone_is_in_no_day(store: Store) -> None:
    def fail(rows: Writing) -> None:
        rows.add_usage("c", 480, {"qr_code": 5}, {}, is_verified=True)
        raise ValueError

    store.write(lambda rows: rows.add_usage("c", 481, {"qr_code": 1}, {}, is_verified=True)).result()
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        store.write(fail).result()
    rows = store.read(lambda rows: rows.usage("c", is_verified=True, slots=SlotRange(), period_slots=None)).result()
    assert [row.scans for row in rows] == [1]
    if isinstance(store, SqliteStore):
        assert not [fault for fault in store.read(lambda rows: rows.faults()).result() if "of day" in fault]
