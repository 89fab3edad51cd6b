"""Administration over HTTP, and its audit log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dlt_web.slots import format_time
from tests.lts.admin_client import Operator
from tests.lts.world import CODE, SHOP, T0_MS, code_of, report, uuid


def test_a_license_lives_through_its_changes(operator: Operator) -> None:
    added = operator("POST", "/licenses", {"chargeWay": "per_device", "quota": 5, "id": "A", "gracePercent": 10})
    assert added.status_code == 201
    assert added.json()["deviceLifetimeSeconds"] == 366 * 86_400
    changes = {"quota": 7, "validUntil": "2027-01-01T00:00:00Z", "deviceLifetimeSeconds": 86_400}
    changed = operator("PATCH", "/licenses/A", changes).json()
    assert (changed["quota"], changed["validUntil"], changed["gracePercent"]) == (7, "2027-01-01T00:00:00Z", 10)
    assert operator("PATCH", "/licenses/A", {"validUntil": None}).json()["validUntil"] is None
    assert operator("POST", "/licenses/A/revoke").json()["revoked"] is True
    assert operator("GET", "/licenses/A").json() == operator("GET", "/licenses").json()[0]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"chargeWay": "per_device"},
        {"chargeWay": "per_week", "quota": 1},
        {"chargeWay": "per_device", "quota": -1},
        {"chargeWay": "per_device", "quota": 10**13},
        {"chargeWay": "per_device", "quota": "1"},
        {"chargeWay": "per_device", "quota": 1, "id": "no spaces"},
        {"chargeWay": "per_device", "quota": 1, "product": ""},
        {"chargeWay": "per_device", "quota": 1, "gracePercent": 2_000},
        {"chargeWay": "per_device", "quota": 1, "deviceLifetimeSeconds": 0},
        {"chargeWay": "per_device", "quota": 1, "validFrom": "yesterday"},
        {
            "chargeWay": "per_device",
            "quota": 1,
            "validFrom": "2027-01-01T00:00:00Z",
            "validUntil": "2026-01-01T00:00:00Z",
        },
        {"chargeWay": "per_scan", "quota": 1, "onExhausted": "refuse-new"},
        {"chargeWay": "per_device", "quota": 1, "qouta": 2},
    ],
    ids=lambda body: json.dumps(body)[:50],
)
def test_bad_license_settings_are_refused(operator: Operator, body: Any) -> None:
    assert code_of(operator("POST", "/licenses", body)) == (422, "REQUEST_INVALID")
    assert operator("GET", "/licenses").json() == []


def test_the_charge_way_of_a_license_in_use_stays(operator: Operator) -> None:
    world = operator.world
    world.license()
    world.handshake()
    changed = operator("PATCH", "/licenses/L", {"chargeWay": "concurrent_device"}).json()
    assert (changed["chargeWay"], changed["deviceLifetimeSeconds"]) == ("concurrent_device", 180)
    world.authorize()
    assert code_of(operator("PATCH", "/licenses/L", {"chargeWay": "per_scan"})) == (409, "IN_USE")


def test_a_handshake_code_lives_through_its_changes(operator: Operator) -> None:
    operator.world.license("A")
    operator.world.license("B")
    body = {"handshakeCode": CODE, "licenses": ["B", "A"], "allowedOrigins": [SHOP], "sessionPassword": "s3cret"}
    added = operator("POST", "/handshakes", body)
    assert added.status_code == 201
    assert added.json() == {
        "id": CODE,
        "handshakeCode": CODE,
        "licenses": ["B", "A"],
        "allowedOrigins": [SHOP],
        "allowNonBrowser": False,
        "hasSessionPassword": True,
        "test": False,
        "customer": None,
        "customerReleases": None,
        "version": added.headers["ETag"].strip('"'),
    }
    assert code_of(operator("POST", "/handshakes", body)) == (409, "ALREADY_EXISTS")
    changed = operator("PATCH", f"/handshakes/{CODE}", {"sessionPassword": None, "test": True}).json()
    assert (changed["hasSessionPassword"], changed["test"], changed["licenses"]) == (False, True, ["B", "A"])
    assert operator("GET", f"/handshakes/{CODE}").json() == operator("GET", "/handshakes").json()[0]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"handshakeCode": "a b", "licenses": ["L"]}, (422, "REQUEST_INVALID")),
        ({"handshakeCode": "c", "licenses": []}, (422, "REQUEST_INVALID")),
        ({"handshakeCode": "c"}, (422, "REQUEST_INVALID")),
        ({"licenses": ["L"]}, (422, "REQUEST_INVALID")),
        ({"handshakeCode": "c", "licenses": ["L", "L"]}, (422, "REQUEST_INVALID")),
        ({"handshakeCode": "c", "licenses": ["M"]}, (404, "NOT_FOUND")),
        ({"handshakeCode": "c", "licenses": ["L"], "allowedOrigins": ["shop.example"]}, (422, "REQUEST_INVALID")),
        ({"handshakeCode": "c", "licenses": ["L"], "allowedOrigins": [SHOP + "/"]}, (422, "REQUEST_INVALID")),
        (
            {"handshakeCode": "c", "licenses": ["L"], "allowedOrigins": ["https://Shop.example"]},
            (422, "REQUEST_INVALID"),
        ),
        (
            {"handshakeCode": "c", "licenses": ["L"], "allowedOrigins": [SHOP], "allowNonBrowser": True},
            (422, "REQUEST_INVALID"),
        ),
        ({"handshakeCode": "c", "licenses": ["L"], "sessionPassword": "x" * 2_000}, (422, "REQUEST_INVALID")),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_bad_handshake_settings_are_refused(operator: Operator, body: Any, expected: tuple[int, str]) -> None:
    operator.world.license()
    assert code_of(operator("POST", "/handshakes", body)) == expected
    assert operator("GET", "/handshakes").json() == []


def test_a_code_with_a_slash_can_be_reached(operator: Operator) -> None:
    operator.world.license()
    assert operator("POST", "/handshakes", {"handshakeCode": "shop/1?x", "licenses": ["L"]}).status_code == 201
    response = operator.world.call(
        "GET", "/v1/admin/handshakes/shop%2F1%3Fx", headers={"Authorization": f"Bearer {operator.key}"}
    )
    assert response.json()["handshakeCode"] == "shop/1?x"


def test_devices_are_listed_exported_and_released(operator: Operator) -> None:
    world = operator.world
    world.license("A", quota=1)
    world.license("B")
    world.handshake("A", "B")
    world.handshake("B", code="other")
    for device in (1, 2):
        world.authorize(device, deviceFriendlyName=f"Till {device}")
    world.authorize(1, code="other")
    listed = operator("GET", f"/devices?handshake={CODE}").json()
    assert [(row["friendlyName"], row["licenseId"], row["seated"]) for row in listed] == [
        ("Till 1", "A", True),
        ("Till 2", "B", True),
    ]
    assert len(operator("GET", f"/devices?handshake={CODE}&license=B").json()) == 1
    assert len(operator("GET", "/devices").json()) == 3
    path = f"/devices/{uuid(1)}/release?handshake={CODE}"
    assert operator("POST", path).json() == {"released": uuid(1)}
    assert code_of(operator("POST", path)) == (404, "NOT_FOUND")
    assert code_of(operator("POST", f"/devices/{uuid(1)}/release")) == (422, "REQUEST_INVALID")
    assert len(operator("GET", f"/devices?handshake={CODE}").json()) == 1
    assert code_of(operator("GET", "/devices?handshake=unknown")) == (404, "NOT_FOUND")


def test_a_device_shows_what_was_odd_about_its_reports(operator: Operator) -> None:
    world = operator.world
    world.license()
    world.handshake()
    world.authorize()
    world.report(1, [report(3), report(4, slot=-500_000)])
    world.report(1, [report(5, slot=-4)], sentAt=format_time(T0_MS - 600_000))
    world.report(9, [report(1)], reportToken=None)
    shown = operator("GET", f"/devices/{uuid(1)}?handshake={CODE}").json()
    assert shown["scans"] == 3
    (stream,) = shown["streams"]
    assert (stream["lastSeq"], stream["missingReports"]) == (5, 2)
    assert (stream["shiftedReports"], stream["clampedReports"]) == (1, 1)
    assert code_of(operator("GET", f"/devices/{uuid(9)}?handshake={CODE}")) == (404, "NOT_FOUND")
    assert code_of(operator("GET", f"/devices/{uuid(1)}")) == (422, "REQUEST_INVALID")


def test_usage_by_period_and_range(operator: Operator) -> None:
    world = operator.world
    world.license()
    world.handshake()
    world.authorize()
    world.report(1, [report(1, 2, slot=-30), report(2, 3, slot=-1), report(3, 4, slot=0)])
    for by, periods in {"total": 0, "slot": 3, "hour": 2, "day": 1}.items():
        usage = operator("GET", f"/usage?handshake={CODE}&by={by}").json()
        assert usage["scans"] == 9
        assert sum(row["scans"] for row in usage["rows"]) == (9 if periods else 0)
        assert len(usage["rows"]) == periods
    ranged = operator("GET", f"/usage?handshake={CODE}&from=2026-11-24T10:00:00Z&to=2026-11-24T10:03:00Z").json()
    assert ranged["scans"] == 3
    for query in ("", f"handshake={CODE}&by=week", f"handshake={CODE}&from=now"):
        assert code_of(operator("GET", f"/usage?{query}")) == (422, "REQUEST_INVALID")
    assert code_of(operator("GET", "/usage?handshake=unknown")) == (404, "NOT_FOUND")


def test_every_change_is_audited_with_its_actor_and_without_secrets(operator: Operator) -> None:
    operator("POST", "/licenses", {"chargeWay": "per_device", "quota": 5, "id": "A"})
    operator("POST", "/handshakes", {"handshakeCode": "c", "licenses": ["A"], "sessionPassword": "s3cret"})
    operator("PATCH", "/handshakes/c", {"sessionPassword": "an0ther"})
    operator.world.authorize(1, code="c", sessionPassword="an0ther")
    operator("POST", f"/devices/{uuid(1)}/release?handshake=c")
    operator("POST", "/licenses/A/revoke")
    operator.world.admin.rotate_keys()
    entries = operator("GET", "/audit").json()
    assert [(entry["actor"], entry["action"], entry["subject"]) for entry in entries][:6] == [
        ("test", "admin-key.add", "ops"),
        ("admin-key:ops", "license.add", "A"),
        ("admin-key:ops", "handshake.add", "c"),
        ("admin-key:ops", "handshake.set", "c"),
        ("admin-key:ops", "device.release", f"c {uuid(1)}"),
        ("admin-key:ops", "license.revoke", "A"),
    ]
    assert [entry["action"] for entry in entries][6:] == ["keys.rotate"] * 2
    assert [entry["number"] for entry in entries] == list(range(1, 9))
    text = json.dumps(entries)
    assert all(secret not in text for secret in ("s3cret", "an0ther", "scrypt", operator.key))
    assert [entry["number"] for entry in operator("GET", "/audit?after=6").json()] == [7, 8]
    assert code_of(operator("GET", "/audit?after=x")) == (422, "REQUEST_INVALID")


def test_a_refused_change_is_not_audited(operator: Operator) -> None:
    before = operator("GET", "/audit").json()
    operator("POST", "/handshakes", {"handshakeCode": "c", "licenses": ["nothing"]})
    operator("PATCH", "/licenses/nothing", {"quota": 1})
    assert operator("GET", "/audit").json() == before
