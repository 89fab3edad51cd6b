"""Administration over HTTP, its audit log, and the truth of the OpenAPI description."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import Any

import httpx
import jsonschema_rs
import pytest
from starlette.routing import Route

from dlt_web.lts.openapi import openapi_document
from dlt_web.slots import format_time
from tests.lts.world import CODE, SHOP, T0_MS, World, code_of, report, uuid


class Operator:
    """Calls the administration interface and holds each answer against the OpenAPI description."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.key = world.admin.add_admin_key("ops")
        self.document = openapi_document()

    def __call__(self, method: str, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        content = None if body is None else json.dumps(body)
        response = self.world.call(method, f"/v1/admin{path}", content=content, headers=headers)
        check_against_description(self.document, method, response)
        return response


def check_against_description(document: Any, method: str, response: httpx.Response) -> None:
    """Refuse an answer whose status or shape the description does not know."""
    path = response.request.url.path
    template = next(t for t in document["paths"] if re.fullmatch(re.sub(r"\{.*?\}", "[^/]+", t), path))
    described = document["paths"][template][method.lower()]["responses"][str(response.status_code)]
    media_type = response.headers["content-type"]
    assert media_type in described["content"]
    schema = described["content"][media_type]["schema"] | {"components": document["components"]}
    jsonschema_rs.Draft202012Validator(schema).validate(response.json())


@pytest.fixture
def operator(world: World) -> Operator:
    return Operator(world)


def test_every_endpoint_needs_a_key(operator: Operator) -> None:
    for route in operator.world.app.routes:
        assert isinstance(route, Route)
        if route.path.startswith("/v1/admin/"):
            path = route.path.replace("{id}", "L").replace("{code:path}", "c").replace("{uuid}", uuid(1))
            strangers = ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {operator.key}"})
            for method, headers in product((route.methods or set()) - {"HEAD"}, strangers):
                response = operator.world.call(method, path, content="{}", headers=headers)
                assert code_of(response) == (401, "ADMIN_KEY_REQUIRED"), route.path
                assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/admin/licenses", {"GET", "HEAD", "POST"}),
        ("/v1/admin/licenses/L", {"GET", "HEAD", "PATCH"}),
        ("/v1/admin/handshakes/a/b", {"GET", "HEAD", "PATCH"}),
        ("/v1/admin/keys/ops", {"DELETE"}),
        ("/v1/admin/devices/release", {"POST"}),
        ("/v1/admin/devices/export", {"GET", "HEAD"}),
        ("/v1/usage-reports", {"POST", "OPTIONS"}),
    ],
)
def test_a_method_that_a_path_lacks_is_told_which_there_are(operator: Operator, path: str, allowed: set[str]) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - allowed:
        response = operator.world.call(method, path)
        assert code_of(response) == (405, "METHOD_NOT_ALLOWED"), method
        assert set(response.headers["allow"].split(", ")) == allowed


def test_a_revoked_key_is_worthless(operator: Operator) -> None:
    assert operator("GET", "/licenses").status_code == 200
    operator.world.admin.revoke_admin_key("ops")
    assert operator("GET", "/licenses").status_code == 401


def test_a_key_that_reads_changes_nothing(operator: Operator) -> None:
    key = operator("POST", "/keys", {"id": "eyes", "scope": "read"}).json()["key"]
    assert operator("GET", "/licenses", key=key).json() == []
    for method, path, body in (
        ("POST", "/licenses", {"chargeWay": "per_device", "quota": 5}),
        ("POST", "/keys", {"id": "more"}),
        ("POST", "/keys/eyes/rotate", None),
        ("DELETE", "/keys/ops", None),
    ):
        assert code_of(operator(method, path, body, key=key)) == (403, "ADMIN_KEY_SCOPE"), path
    assert operator("GET", "/licenses").json() == []


def test_a_rotated_key_is_another_with_the_same_scope(operator: Operator) -> None:
    old = operator("POST", "/keys", {"id": "eyes", "scope": "read"}).json()["key"]
    new = operator("POST", "/keys/eyes/rotate").json()["key"]
    assert operator("GET", "/keys", key=old).status_code == 401
    shown = operator("GET", "/keys", key=new).json()
    assert [(key["id"], key["scope"]) for key in shown] == [("eyes", "read"), ("ops", "manage")]
    assert operator("DELETE", "/keys/eyes").json() == {"revoked": "eyes"}
    assert operator("GET", "/keys", key=new).status_code == 401
    audit = [(entry["action"], entry["subject"]) for entry in operator("GET", "/audit").json()]
    assert audit[-3:] == [("admin-key.add", "eyes"), ("admin-key.rotate", "eyes"), ("admin-key.revoke", "eyes")]
    assert old not in operator("GET", "/audit").text


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/keys", {"id": "ops"}, (409, "ALREADY_EXISTS")),
        ("POST", "/keys", {"id": "a b"}, (422, "REQUEST_INVALID")),
        ("POST", "/keys", {"id": "x", "scope": "all"}, (422, "REQUEST_INVALID")),
        ("POST", "/keys/nobody/rotate", None, (404, "NOT_FOUND")),
        ("DELETE", "/keys/nobody", None, (404, "NOT_FOUND")),
    ],
)
def test_wrong_key_requests_are_refused(operator: Operator, method: str, path: str, body: Any, code: object) -> None:
    assert code_of(operator(method, path, body)) == code


def test_a_store_gets_its_first_key_once(world: World) -> None:
    key = world.admin.add_first_admin_key()
    assert key is not None
    assert world.call("GET", "/v1/admin/keys", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert world.admin.add_first_admin_key() is None
    world.admin.revoke_admin_key("first")
    assert world.admin.add_first_admin_key() is None, "an operator who takes all keys away wants none"


def test_the_key_itself_is_not_kept(operator: Operator) -> None:
    keys = operator.world.store.read(lambda rows: rows.admin_keys()).result()
    assert operator.key not in repr(keys)
    assert operator.key not in keys[0].key_hash


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


# -- the description


def test_the_description_names_every_route_and_no_other(world: World) -> None:
    described = {
        (path, method.upper())
        for path, item in openapi_document()["paths"].items()
        for method in item
        if method != "parameters"
    }
    routed = {
        (route.path.replace(":path", ""), method)
        for route in world.app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routed - described == {("/v1/test/clock", "POST")}
    assert described - routed == set()


def test_what_devices_are_answered_is_as_described(world: World) -> None:
    document = world.call("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    world.license(quota=1)
    world.handshake()
    answers = [
        world.authorize(1),
        world.authorize(2),
        world.authorize(1, code="unknown"),
        world.authorize(1, deviceUuid="x"),
        world.report(1, [report(1), report(2, counts={"BAD": 1})]),
        world.report(1, [report(1), report(1, 5)]),
        world.report(1, storeEpoch=world.report(1).json()["storeEpoch"] + "0"),
    ]
    assert [answer.status_code for answer in answers] == [201, 403, 404, 422, 200, 200, 409]
    for answer in answers:
        check_against_description(document, "POST", answer)
    for path in ("/healthz", "/readyz", "/.well-known/jwks.json"):
        check_against_description(document, "GET", world.call("GET", path))


def test_requests_as_described_are_taken(world: World) -> None:
    world.license()
    world.handshake()
    world.authorize()
    schemas = openapi_document()["components"]
    body = world.report_body(1, [report(1)])
    schema = {"$ref": "#/components/schemas/ReportRequest", "components": schemas}
    jsonschema_rs.Draft202012Validator(schema).validate(body)
    for change in ({"deviceUuid": "x"}, {"reports": [report(0)]}, {"reports": [report(1, counts={"BAD": 1})]}):
        with pytest.raises(jsonschema_rs.ValidationError):
            jsonschema_rs.Draft202012Validator(schema).validate(body | change)
    assert world.clock.now_ms() == T0_MS
