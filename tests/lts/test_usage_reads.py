"""Usage of a handshake code and of a license item, in exact numbers, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from dlt_web.lts.cli import lts
from dlt_web.lts.store import SqliteStore
from tests.lts.admin_client import Operator
from tests.lts.world import CODE, World, code_of, report

OTHER = "other"


def sell(world: World) -> None:
    """One code scans 5 and 4, an hour and a half apart, and another 3; of 10 bought scans item A takes 10, B the rest.

    Item A is full after 5 + 4 + 1; of the other code's three scans two are B's, which has one to give.
    """
    world.license("A", "per_scan", quota=10)
    world.license("B", "per_scan", quota=1)
    world.handshake("A", "B")
    world.handshake("A", "B", code=OTHER)
    world.authorize(1)
    world.authorize(2, code=OTHER)
    world.report(1, [report(1, 5, slot=-30), report(2, counts={"ean_13": 4}, slot=0)])
    world.report(2, [report(1, 3, slot=0)], code=OTHER)


def test_an_item_shows_what_each_code_took_of_it(world: World, operator: Operator) -> None:
    sell(world)
    usage = operator("GET", "/usage?license=A").json()
    assert usage == {
        "licenseId": "A",
        "chargeWay": "per_scan",
        "quota": 10,
        "used": 10,
        "overage": 0,
        "devices": 2,
        "concurrentDevices": 2,
        "peakConcurrentDevices": 2,
        "scans": 10,
        "handshakeCodes": [
            {"handshakeCode": CODE, "devices": 1, "scans": 9, "test": False},
            {"handshakeCode": OTHER, "devices": 1, "scans": 1, "test": False},
        ],
        "billed": {"used": 10, "overage": 0, "devices": 2, "scans": 10},
        "rows": [],
        "peaks": [],
    }
    last = operator("GET", "/usage?license=B&by=slot").json()
    assert (last["used"], last["overage"], last["scans"], last["devices"]) == (2, 1, 2, 0)
    assert [row["byHandshakeCode"] for row in last["rows"]] == [{OTHER: 2}]


@pytest.mark.parametrize(("by", "scans"), [("slot", [5, 5]), ("hour", [5, 5]), ("day", [10]), ("total", [])])
def test_an_item_s_charges_are_divided_by_time(world: World, operator: Operator, by: str, scans: list[int]) -> None:
    sell(world)
    rows = operator("GET", f"/usage?license=A&by={by}").json()["rows"]
    assert [row["scans"] for row in rows] == scans
    assert [sum(row["byHandshakeCode"].values()) for row in rows] == scans


def test_an_item_s_range_leaves_out_what_begins_before_or_after(world: World, operator: Operator) -> None:
    sell(world)
    early = operator("GET", "/usage?license=A&to=2026-11-24T10:03:00Z&by=hour").json()
    late = operator("GET", "/usage?license=A&from=2026-11-24T10:03:00Z").json()
    assert (early["scans"], late["scans"], late["used"]) == (5, 5, 10)
    assert [share["scans"] for share in late["handshakeCodes"]] == [4, 1]


def test_a_code_shows_its_part_of_each_item_and_their_overage(world: World, operator: Operator) -> None:
    sell(world)
    usage = operator("GET", f"/usage?handshake={OTHER}").json()
    assert usage["items"] == [
        {"licenseId": "A", "devices": 1, "scans": 1, "overage": 0},
        {"licenseId": "B", "devices": 0, "scans": 2, "overage": 1},
    ]
    assert usage["scans"] == sum(item["scans"] for item in usage["items"])


def test_seats_are_split_by_code_and_overage_of_seats_is_shown(world: World, operator: Operator) -> None:
    world.license("A", quota=1, on_exhausted="allow")
    world.handshake("A")
    world.handshake("A", code=OTHER)
    for device, code in ((1, CODE), (2, CODE), (3, OTHER)):
        world.authorize(device, code=code)
    usage = operator("GET", "/usage?license=A").json()
    assert (usage["used"], usage["overage"], usage["devices"], usage["scans"]) == (3, 2, 3, 0)
    assert [share["devices"] for share in usage["handshakeCodes"]] == [2, 1]
    assert operator("GET", f"/usage?handshake={CODE}").json()["items"][0]["overage"] == 2


def test_a_code_that_no_longer_uses_an_item_still_shows_what_it_took(world: World, operator: Operator) -> None:
    sell(world)
    world.admin.set_handshake(OTHER, {"license_ids": ("B",)})
    shares = operator("GET", "/usage?license=A").json()["handshakeCodes"]
    assert [share["scans"] for share in shares] == [9, 1]
    items = operator("GET", f"/usage?handshake={OTHER}").json()["items"]
    assert [(item["licenseId"], item["scans"]) for item in items] == [("B", 2), ("A", 1)]


def table(operator: Operator, query: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {operator.key}"}
    return operator.world.call("GET", f"/v1/admin/usage?{query}", headers=headers)


SLOT_THEN = ("2026-11-24T08:33:00Z", "2026-11-24T08:36:00Z")
SLOT_NOW = ("2026-11-24T10:03:00Z", "2026-11-24T10:06:00Z")


def csv_lines(text: str) -> list[tuple[str, ...]]:
    header, *lines = csv.reader(io.StringIO(text))
    assert header == ["start", "end", "measure", "name", "count"]
    return [tuple(line) for line in lines]


def test_csv_divided_by_time_has_a_line_for_each_number(world: World, operator: Operator) -> None:
    sell(world)
    answer = table(operator, f"handshake={CODE}&format=csv&by=slot")
    assert answer.headers["content-type"] == "text/csv"
    assert csv_lines(answer.text) == [
        (*SLOT_THEN, "scans", "qr_code", "5"),
        (*SLOT_NOW, "scans", "ean_13", "4"),
        (*SLOT_NOW, "peakConcurrentDevices", "", "1"),
    ]
    day = ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z")
    assert csv_lines(table(operator, f"handshake={CODE}&format=csv&by=day").text) == [
        (*day, "scans", "ean_13", "4"),
        (*day, "scans", "qr_code", "5"),
        (*day, "peakConcurrentDevices", "", "1"),
        (*day, "authorizations", "GRANTED", "1"),
    ]
    assert csv_lines(table(operator, "license=A&format=csv&by=day&to=2026-01-01T00:00:00Z").text) == []


def test_csv_of_sums_also_says_what_stands_now(world: World, operator: Operator) -> None:
    sell(world)
    asked, now = ("2026-11-24T00:00:00Z", ""), ("2026-11-24T10:03:00Z",) * 2
    assert csv_lines(table(operator, "license=A&format=csv&from=2026-11-24T00:00:00Z").text) == [
        (*asked, "scans", CODE, "9"),
        (*asked, "scans", OTHER, "1"),
        (*asked, "peakConcurrentDevices", "", "2"),
        (*now, "devices", CODE, "1"),
        (*now, "devices", OTHER, "1"),
        (*now, "concurrentDevices", "", "2"),
        (*now, "used", "", "10"),
        (*now, "overage", "", "0"),
    ]
    world.report(2, [report(2, 1, lost={"purged": 7})], code=OTHER)
    world.authorize(3, code=OTHER, storage="memory", partitioned=True)
    everything = ("", "")
    assert csv_lines(table(operator, f"handshake={OTHER}&format=csv").text) == [
        (*everything, "scans", "qr_code", "4"),
        (*everything, "unverifiedScans", "", "0"),
        (*everything, "lost", "purged", "7"),
        (*everything, "chargedScans", "A", "1"),
        (*everything, "chargedScans", "B", "3"),
        (*everything, "authorizations", "GRANTED", "1"),
        (*everything, "authorizations", "QUOTA_EXHAUSTED", "1"),
        (*everything, "peakConcurrentDevices", "", "1"),
        (*now, "devices", "", "1"),
        (*now, "concurrentDevices", "", "1"),
        (*now, "unseatedDevices", "", "0"),
        (*now, "memoryDevices", "", "0"),
        (*now, "partitionedDevices", "", "0"),
        (*now, "itemDevices", "A", "1"),
        (*now, "itemDevices", "B", "0"),
        (*now, "overage", "A", "0"),
        (*now, "overage", "B", "2"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (422, "REQUEST_INVALID")),
        (f"handshake={CODE}&license=A", (422, "REQUEST_INVALID")),
        ("license=A&by=week", (422, "REQUEST_INVALID")),
        ("license=A&format=xml", (422, "REQUEST_INVALID")),
        ("license=A&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", (422, "REQUEST_INVALID")),
        ("license=nothing", (404, "NOT_FOUND")),
    ],
)
def test_usage_asked_for_wrongly_is_refused(
    world: World, operator: Operator, query: str, expected: tuple[int, str]
) -> None:
    sell(world)
    assert code_of(operator("GET", f"/usage?{query}")) == expected


def test_the_command_line_shows_the_same(tmp_path: Path) -> None:
    path = tmp_path / "lts.db"
    store = SqliteStore(str(path))
    world = World(store)
    sell(world)
    operator = Operator(world)
    world.advance(seconds=0)  # the store remembers that its server's clock stands still
    over_http: Any = operator("GET", "/usage?license=A&by=hour").json()
    world.close()
    store.close()

    def run(words: str) -> str:
        result = CliRunner().invoke(lts, words.split(), env={"DLT_WEB_STORE": f"sqlite:///{path}"})
        assert result.exit_code == 0, result.output
        return result.stdout

    assert httpx.Response(200, text=run("usage --license A --by hour --json")).json() == over_http
    assert csv_lines(run(f"usage --handshake {CODE} --csv"))[:2] == [
        ("", "", "scans", "ean_13", "4"),
        ("", "", "scans", "qr_code", "5"),
    ]
    printed = run(f"usage --handshake {CODE} --by slot").splitlines()
    assert printed[-3:] == [
        "2026-11-24T08:33:00Z  5 scans: qr_code 5",
        "2026-11-24T10:03:00Z  4 scans: ean_13 4",
        "2026-11-24T10:03:00Z  at most 1 concurrent devices",
    ]
    assert "overage" in run("usage --license B")
