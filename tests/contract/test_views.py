"""What every store must show (dlt_web.lts.store.protocol_views)."""

from __future__ import annotations

import pytest

from dlt_web.lts.devices import DeviceFilter, DeviceKey
from dlt_web.lts.records import AuthorizationRow, ChargeRow, Device, Handshake, LicenseItem, SlotRange
from dlt_web.lts.store import Reading, Store, Writing


def device(code: str, name: str, license_id: str | None = None, **more: object) -> Device:
    fields: dict[str, object] = {"is_unseated": False, "product": None, "first_seen_ms": 1, "last_seen_ms": 2}
    fields |= {"storage": "indexeddb", "is_partitioned": False, "removal_ms": 9} | more
    return Device(code, name, license_id, **fields)  # type: ignore[arg-type]


@pytest.fixture
def shown(store: Store) -> Store:
    def fill(rows: Writing) -> None:
        for item in ("A", "B"):
            rows.put_license(LicenseItem(item, "p", "per_device", 3, None, None, 60, "refuse-all", 0))
        rows.put_device(device("d", "aa1", "A", last_seen_ms=5))
        rows.put_device(device("c", "bb1", "B", friendly_name="Größe 100%", storage="memory", last_seen_ms=6))
        rows.put_device(device("c", "ab2", "A", friendly_name="till_1"))
        rows.put_device(device("c", "aa3", is_unseated=True, friendly_name="Tillman"))
        rows.put_device(device("c", "aa4", storage="memory"))

    store.write(fill).result()
    return store


def found(store: Store, wanted: DeviceFilter, after: DeviceKey | None = None, limit: int = 9) -> list[str]:
    devices = store.read(lambda rows: rows.find_devices(wanted, after, limit)).result()
    return [f"{one.handshake_code}/{one.device_uuid}" for one in devices]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (DeviceFilter(), "c/aa3 c/aa4 c/ab2 c/bb1 d/aa1"),
        (DeviceFilter("c"), "c/aa3 c/aa4 c/ab2 c/bb1"),
        (DeviceFilter("e"), ""),
        (DeviceFilter(license_id="A"), "c/ab2 d/aa1"),
        (DeviceFilter("c", "A"), "c/ab2"),
        (DeviceFilter(search="AA"), "c/aa3 c/aa4 d/aa1"),
        (DeviceFilter(search="a3"), ""),
        (DeviceFilter(search="tILL"), "c/aa3 c/ab2"),
        (DeviceFilter(search="GRÖSSE"), "c/bb1"),
        (DeviceFilter(search="0%"), "c/bb1"),
        (DeviceFilter(search="l_"), "c/ab2"),
        (DeviceFilter(search="%"), "c/bb1"),
        (DeviceFilter(uuid_prefix="aa"), "c/aa3 c/aa4 d/aa1"),
        (DeviceFilter("c", uuid_prefix="a", is_counted=True), "c/aa3 c/ab2"),
        (DeviceFilter("c", uuid_prefix="aa3"), "c/aa3"),
        (DeviceFilter(uuid_prefix="b2"), ""),
        (DeviceFilter(last_seen_before_ms=6), "c/aa3 c/aa4 c/ab2 d/aa1"),
        (DeviceFilter(last_seen_before_ms=0), ""),
        (DeviceFilter(storage="memory"), "c/aa4 c/bb1"),
        (DeviceFilter(is_unseated=True), "c/aa3"),
        (DeviceFilter(is_counted=True), "c/aa3 c/ab2 c/bb1 d/aa1"),
        (DeviceFilter("c", storage="memory", is_counted=True, search="bb", last_seen_before_ms=7), "c/bb1"),
    ],
)
def test_a_filter_finds_and_counts_what_meets_every_condition(
    shown: Store, wanted: DeviceFilter, expected: str
) -> None:
    assert found(shown, wanted) == expected.split()
    assert shown.read(lambda rows: rows.count_devices(wanted)).result() == len(expected.split())


@pytest.mark.parametrize(
    "wanted", [DeviceFilter(), DeviceFilter("c"), DeviceFilter(search="a"), DeviceFilter("c", "A")]
)
@pytest.mark.parametrize("limit", [1, 2, 9])
def test_pages_go_on_from_a_key_and_come_to_all(shown: Store, wanted: DeviceFilter, limit: int) -> None:
    listed: list[str] = []
    after: DeviceKey | None = None
    while page := found(shown, wanted, after, limit):
        assert len(page) <= limit
        listed += page
        code, _, name = page[-1].partition("/")
        after = (code, name)
    assert listed == found(shown, wanted)
    assert found(shown, DeviceFilter(), ("c", "b")) == ["c/bb1", "d/aa1"]
    assert found(shown, DeviceFilter("c"), ("d", "")) == []
    assert found(shown, DeviceFilter("d"), ("c", "zz")) == ["d/aa1"]


def test_seats_and_charges_are_split_between_codes_and_items(shown: Store) -> None:
    def charge(rows: Writing) -> None:
        for code in ("c", "d"):
            rows.put_handshake(Handshake(code, ("A", "B")))
        for code, item, slot, scans in (("c", "A", 19, 1), ("c", "A", 20, 2), ("c", "B", 20, 4), ("d", "A", 25, 8)):
            rows.charge(code, item, slot, scans)

    shown.write(charge).result()

    def look(rows: Reading) -> None:
        assert rows.seats_of_code("c") == {"A": 1, "B": 1}
        assert rows.seats_of_code("e") == {}
        assert rows.seats_of_item("A") == {"c": 1, "d": 1}
        assert rows.charges_of_code("c", SlotRange()) == {"A": 3, "B": 4}
        assert rows.charges_of_code("c", SlotRange(19, 20)) == {"A": 1}
        assert rows.charges("A", SlotRange(), None) == [ChargeRow(0, "c", 3), ChargeRow(0, "d", 8)]
        assert rows.charges("A", SlotRange(), 20) == [
            ChargeRow(0, "c", 1),
            ChargeRow(20, "c", 2),
            ChargeRow(20, "d", 8),
        ]
        assert rows.charges("A", SlotRange(20, 25), 1) == [ChargeRow(20, "c", 2)]
        assert rows.charges("B", SlotRange(21), 1) == []

    shown.read(look).result()


def test_authorizations_are_counted_by_day_and_outcome(store: Store) -> None:
    def count(rows: Writing) -> None:
        for day, outcome in ((7, "GRANTED"), (7, "GRANTED"), (7, "B"), (8, "GRANTED")):
            rows.count_authorization("c", day, outcome)
        rows.count_authorization("d", 7, "GRANTED")

    store.write(count).result()

    def look(rows: Reading) -> None:
        first = [AuthorizationRow(7, "B", 1), AuthorizationRow(7, "GRANTED", 2)]
        last = AuthorizationRow(8, "GRANTED", 1)
        assert rows.authorizations("c", SlotRange()) == [*first, last]
        assert rows.authorizations("c", SlotRange(7 * 480, 8 * 480)) == first
        assert rows.authorizations("c", SlotRange(7 * 480 + 1, 8 * 480 + 1)) == [last]
        assert rows.authorizations("e", SlotRange()) == []

    store.read(look).result()
