"""Devices by page, by search, as exports, and released in bulk."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from dlt_web.errors import OptionError
from dlt_web.lts import admin_devices, devices, page_reads
from dlt_web.lts.devices import DeviceFilter
from tests.lts.admin_client import Operator
from tests.lts.world import CODE, T0_MS, World, code_of, report, uuid


@pytest.fixture
def shop(world: World) -> World:
    """Ten devices of one code and one of another; odd ones in memory, the last three seen an hour later."""
    world.license(quota=11)
    world.handshake()
    world.handshake(code="other/code")
    for number in range(1, 11):
        if number == 8:
            world.advance(minutes=60)
        storage = "memory" if number % 2 else "indexeddb"
        world.authorize(number, deviceFriendlyName=f"Till {number}", storage=storage)
    world.authorize(11, code="other/code")
    return world


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [int(row["deviceUuid"][-12:], 16) for row in rows]


def test_a_list_is_read_page_by_page(shop: World, operator: Operator) -> None:
    path, listed, pages = "/devices?limit=4", [], 0
    while path:
        response = operator("GET", path)
        listed += numbers(response.json())
        pages += 1
        path = response.links.get("next", {}).get("url", "").removeprefix("/v1/admin")
    assert (listed, pages) == (list(range(1, 12)), 3)
    assert numbers(operator("GET", f"/devices?handshake={CODE}&limit=3&after={CODE}/{uuid(9)}").json()) == [10]


def test_a_page_that_is_full_names_the_next_with_the_same_conditions(shop: World, operator: Operator) -> None:
    first = operator("GET", f"/devices?handshake={CODE}&search=till%201&limit=1")
    assert numbers(first.json()) == [1]
    second = operator("GET", first.links["next"]["url"].removeprefix("/v1/admin"))
    assert numbers(second.json()) == [10]
    assert operator("GET", second.links["next"]["url"].removeprefix("/v1/admin")).json() == []


def test_search_knows_uuids_by_their_beginning_and_names_by_any_part(shop: World, operator: Operator) -> None:
    assert numbers(operator("GET", f"/devices?search={uuid(3).upper()}").json()) == [3]
    assert numbers(operator("GET", f"/devices?handshake={CODE}&search=ILL%207").json()) == [7]
    assert operator("GET", f"/devices?search={uuid(3)[4:]}").json() == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "after=nothing", "after=/", "search=", f"search={'x' * 121}"]
)
def test_a_list_asked_for_wrongly_is_refused(operator: Operator, query: str) -> None:
    assert code_of(operator("GET", f"/devices?{query}")) == (422, "REQUEST_INVALID")


@pytest.mark.parametrize("other", ["looks=y", "search=Till", "license=L", "unseated=true", "uuid=0"])
def test_what_is_noted_of_devices_is_not_searched_in(shop: World, operator: Operator, other: str) -> None:
    assert operator("GET", f"/devices?handshake={CODE}&oddity=gap").json() == []
    refused = operator("GET", f"/devices?handshake={CODE}&oddity=gap&{other}")
    assert code_of(refused) == (422, "REQUEST_INVALID")
    assert f"{other.partition('=')[0]}: cannot be asked for together with oddity" in refused.text


def export(operator: Operator, query: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {operator.key}"}
    return operator.world.call("GET", f"/v1/admin/devices/export?{query}", headers=headers)


def test_an_export_holds_every_device_whatever_the_page(
    shop: World, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = operator("GET", "/devices").json()
    monkeypatch.setattr("dlt_web.lts.reads.MAX_PAGE_ROWS", 1_000)
    for page_rows in (1_000, 3):
        pages = list(_pages(shop, page_rows))
        assert [len(page) for page in pages] == ([11] if page_rows == 1_000 else [3, 3, 3, 2])
    lines = export(operator, "")
    assert lines.headers["content-type"] == "application/jsonl"
    assert [json.loads(line) for line in lines.text.splitlines()] == listed
    table = export(operator, f"format=csv&handshake={CODE}")
    assert table.headers["content-type"] == "text/csv"
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert numbers(rows) == list(range(1, 11))
    assert list(rows[0]) == list(listed[0])
    assert (rows[0]["friendlyName"], rows[0]["seated"], rows[0]["unseated"]) == ("Till 1", "true", "false")


def _pages(world: World, rows: int) -> Any:
    after = None
    while page := world.reads.device_page(DeviceFilter(), after, rows):
        yield page
        after = devices.key_of(page[-1])


def test_an_export_of_many_pages_has_no_cap(world: World, operator: Operator) -> None:
    world.license(quota=10_000)
    world.handshake()
    world.authorize()

    def fill(rows: Any) -> None:

        one = rows.device(CODE, uuid(1))
        for number in range(2, 2_502):
            assert rows.take_seat("L", 100)
            rows.put_device(replace(one, device_uuid=uuid(number)))

    world.store.write(fill).result()
    assert [len(page) for page in world.reads.device_pages(DeviceFilter())] == [1_000, 1_000, 501]
    lines = export(operator, f"handshake={CODE}").text.splitlines()
    assert numbers([json.loads(line) for line in lines]) == list(range(1, 2_502))
    assert len(operator("GET", "/devices").json()) == 1_000
    assert world.admin.release_devices(DeviceFilter(storage="indexeddb")) == 2_501
    assert world.used() == (0, 0)


def test_a_name_never_becomes_a_formula_of_a_spreadsheet(world: World, operator: Operator) -> None:
    world.license()
    world.handshake()
    world.authorize(deviceFriendlyName='=HYPERLINK("https://x.example";"a,b")')
    (row,) = csv.DictReader(io.StringIO(export(operator, "format=csv").text))
    assert row["friendlyName"] == '\'=HYPERLINK("https://x.example";"a,b")'


def test_an_export_of_nothing_is_empty_and_a_wrong_one_refused(operator: Operator) -> None:
    assert export(operator, "").text == ""
    assert export(operator, "format=csv").text.startswith("handshakeCode,deviceUuid,")
    assert code_of(export(operator, "format=xml")) == (422, "REQUEST_INVALID")
    assert code_of(export(operator, "handshake=nothing")) == (404, "NOT_FOUND")
    assert code_of(export(operator, "license=nothing")) == (404, "NOT_FOUND")


def test_a_bulk_release_frees_what_meets_every_condition(
    shop: World, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_devices, "CHUNK_DEVICES", 2)
    shop.report(1, [report(1, 5)], storage="memory", sentAt="2026-11-24T11:03:00Z")
    body = {"handshakeCode": CODE, "storage": "memory", "lastSeenBefore": "2026-11-24T10:30:00Z", "license": "L"}
    audited = len(operator("GET", "/audit").json())
    assert operator("POST", "/devices/release", body | {"dryRun": True}).json() == {"devices": 3, "dryRun": True}
    assert len(operator("GET", "/audit").json()) == audited
    assert shop.used()[0] == 11
    assert operator("POST", "/devices/release", body).json() == {"devices": 3, "dryRun": False}
    assert shop.seated() == [1, 2, 4, 6, 8, 9, 10]
    assert shop.used()[0] == 8
    entries = operator("GET", "/audit").json()[audited:]
    assert [(entry["actor"], entry["action"], entry["subject"]) for entry in entries] == [
        ("admin-key:ops", "devices.release", CODE)
    ] * 2
    assert [released for entry in entries for released in entry["detail"]["released"]] == [
        [CODE, uuid(number), "L"] for number in (3, 5, 7)
    ]
    assert entries[0]["detail"]["conditions"]["storage"] == "memory"
    assert operator("POST", "/devices/release", body).json() == {"devices": 0, "dryRun": False}


def test_a_bulk_release_takes_marks_of_unseated_devices_away(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    world.authorize(1)
    world.authorize(2)
    world.report(2, [report(1)])
    assert world.usage().unseated_devices == 1
    assert world.admin.release_devices(DeviceFilter(is_unseated=True)) == 1
    assert (world.usage().unseated_devices, world.usage().devices) == (0, 1)
    assert [device.scans for device in world.reads.devices(CODE)] == [0, 1], "scans stay explained"
    assert world.admin.release_devices(DeviceFilter(is_unseated=True)) == 0


def test_a_device_seen_between_finding_and_releasing_stays(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    find = shop.reads.device_page

    class SeenMeanwhile:
        def __init__(self, _store: object) -> None:
            pass

        def device_page(self, *asked: Any) -> Any:
            page = find(*asked)
            shop.authorize(2)
            return page

    monkeypatch.setattr(admin_devices, "Reads", SeenMeanwhile)
    wanted = DeviceFilter(CODE, last_seen_before_ms=T0_MS + 60_000)
    assert shop.admin.release_devices(wanted) == 6
    assert shop.seated() == [2, 8, 9, 10]


@pytest.mark.parametrize("wanted", [DeviceFilter(), DeviceFilter(CODE), DeviceFilter(CODE, is_counted=True)])
def test_a_bulk_release_without_a_condition_is_refused(shop: World, wanted: DeviceFilter) -> None:
    for is_dry_run in (True, False):
        with pytest.raises(OptionError, match="at least one condition"):
            shop.admin.release_devices(wanted, is_dry_run=is_dry_run)
    assert shop.used()[0] == 11


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "REQUEST_INVALID")),
        ({"handshakeCode": CODE}, (422, "REQUEST_INVALID")),
        ({"unseatet": True}, (422, "REQUEST_INVALID")),
        ({"storage": "paper"}, (422, "REQUEST_INVALID")),
        ({"lastSeenBefore": "now"}, (422, "REQUEST_INVALID")),
        ({"license": "nothing"}, (404, "NOT_FOUND")),
        ({"handshakeCode": "nothing", "unseated": True}, (404, "NOT_FOUND")),
    ],
    ids=str,
)
def test_a_bulk_release_asked_for_wrongly_releases_nothing(
    shop: World, operator: Operator, body: Any, expected: tuple[int, str]
) -> None:
    assert code_of(operator("POST", "/devices/release", body)) == expected
    assert shop.used()[0] == 11


def test_a_key_that_reads_exports_but_releases_nothing(shop: World, operator: Operator) -> None:
    operator.key = operator("POST", "/keys", {"id": "eyes", "scope": "read"}).json()["key"]
    assert export(operator, "").status_code == 200
    assert code_of(operator("POST", "/devices/release", {"license": "L"})) == (403, "ADMIN_KEY_SCOPE")
    assert shop.used()[0] == 11


def test_the_lengths_of_the_lists_are_told_without_reading_them(
    shop: World, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lengths() -> Any:
        return operator("GET", f"/devices/count?handshake={CODE}").json()

    def listed(query: str = "") -> int:
        return len(operator("GET", f"/devices?handshake={CODE}{query}").json())

    for device in (2, 3):
        shop.report(device, [report(4, 1)])
    shop.report(3, [report(4, 2)])
    # It is listed for its scans.
    shop.admin.release_device(CODE, uuid(2))
    before = lengths()
    assert before == {
        "devices": shop.reads.usage(CODE).devices,
        "unseatedDevices": listed("&unseated=true"),
        "devicesWithGaps": listed("&oddity=gap"),
        "clonedDevices": listed("&oddity=clone"),
        "listedDevices": listed(),
    }
    assert list(before.values()) == [9, 0, 2, 1, 10]
    monkeypatch.setattr(page_reads, "MAX_LOOKS", before["listedDevices"])
    assert lengths() == before
    monkeypatch.setattr(page_reads, "MAX_LOOKS", before["listedDevices"] - 1)
    assert lengths() == before | {"listedDevices": None}
    assert code_of(operator("GET", "/devices/count?handshake=x")) == (404, "NOT_FOUND")
