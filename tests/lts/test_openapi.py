"""The truth of the OpenAPI description."""

from __future__ import annotations

import jsonschema_rs
import pytest
from starlette.routing import Route

from dlt_web.lts.openapi import openapi_document
from tests.lts.admin_client import check_against_description
from tests.lts.world import T0_MS, World, report


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
    page = {("/", "GET"), ("/dashboard/{name}", "GET")}
    assert routed - described == {("/v1/test/clock", "POST")} | page
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
