"""A customer's own key: it sees and releases the devices of its codes, some in a term, and nothing of anybody else."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest

from dlt_web.errors import OptionError
from dlt_web.lts.admin_keys import AdminError
from dlt_web.lts.self_service import SelfService
from tests.lts.admin_client import Operator, check_against_description
from tests.lts.world import CODE, code_of, report, uuid

ACME, OTHER = "ACME", "Other"
THEIRS = "200001-theirs"
HOUR_S = 3_600


class Customer:
    """Calls the customers' interface with a key, and holds each answer against its description."""

    def __init__(self, operator: Operator, customer: str, name: str = "acme") -> None:
        self.world, self.document = operator.world, operator.document
        self.key = operator("POST", "/keys", {"id": name, "scope": "customer", "customer": customer}).json()["key"]

    def __call__(self, method: str, path: str, key: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self.key}"}
        response = self.world.call(method, f"/v1/customer{path}", headers=headers)
        check_against_description(self.document, method, response)
        return response

    def devices(self, code: str = CODE, query: str = "") -> list[int]:
        found = self("GET", f"/devices?handshake={code}{query}").json()
        return [int(device["deviceUuid"][-12:], 16) for device in found]

    def release(self, device: int, code: str = CODE) -> httpx.Response:
        return self("POST", f"/devices/{uuid(device)}/release?handshake={code}")


@pytest.fixture
def acme(operator: Operator) -> Customer:
    """A customer whose code has three devices and two releases an hour, beside another customer."""
    world = operator.world
    world.license(quota=9)
    releases = {"release_limit": 2, "release_term_s": HOUR_S}
    world.handshake(customer=ACME, **releases)
    world.handshake(code=THEIRS, customer=OTHER, **releases)
    for device in (1, 2, 3):
        world.authorize(device, deviceFriendlyName=f"Till {device}")
    world.authorize(4, code=THEIRS)
    return Customer(operator, ACME)


def test_a_customer_sees_the_devices_that_count_under_its_code(acme: Customer) -> None:
    assert acme.devices() == [1, 2, 3]
    assert acme.devices(query=f"&search={uuid(2).upper()}") == [2]
    assert acme.devices(query=f"&search={uuid(2)[:9]}") == [1, 2, 3]
    assert acme.devices(query="&search=1") == []
    for text in ("till%202", "", uuid(2) + "0"):
        assert code_of(acme("GET", f"/devices?handshake={CODE}&search={text}")) == (422, "REQUEST_INVALID")
    first = acme("GET", f"/devices?handshake={CODE}&limit=2")
    assert first.json()[0] == {
        "handshakeCode": CODE,
        "deviceUuid": uuid(1),
        "friendlyName": "Till 1",
        "firstSeen": "2026-11-24T10:03:00Z",
        "lastSeen": "2026-11-24T10:03:00Z",
        "removalTime": "2027-11-25T10:03:00Z",
        "storage": "indexeddb",
        "seated": True,
    }
    rest = acme("GET", first.links["next"]["url"].removeprefix("/v1/customer"))
    assert [device["deviceUuid"] for device in rest.json()] == [uuid(3)]
    assert "next" not in rest.links
    acme.world.report(1, [report(1)])
    acme.world.admin.release_device(CODE, uuid(1))
    assert acme.devices() == [2, 3]


def test_so_many_devices_are_released_in_any_term(acme: Customer) -> None:
    assert acme("GET", "/codes").json() == [
        {"handshakeCode": CODE, "limit": 2, "termSeconds": HOUR_S, "left": 2, "nextAt": None}
    ]
    first = acme.release(1)
    assert first.json() == {
        "released": uuid(1),
        "handshakeCode": CODE,
        "limit": 2,
        "termSeconds": HOUR_S,
        "left": 1,
        "nextAt": None,
    }
    acme.world.advance(minutes=10)
    assert acme.release(2).json()["nextAt"] == "2026-11-24T11:03:00Z"
    refused = acme.release(3)
    assert code_of(refused) == (409, "RELEASE_LIMIT_REACHED")
    assert refused.json()["detail"] == (
        f"2 devices of {CODE} may be released in 1 hour, and so many were: the next one may be at 2026-11-24T11:03:00Z."
    )
    assert acme.devices() == [3]
    acme.world.advance(seconds=50 * 60 - 1)
    assert code_of(acme.release(3)) == (409, "RELEASE_LIMIT_REACHED")
    acme.world.advance(seconds=1)
    assert acme.release(3).json()["left"] == 0
    assert acme("GET", "/codes").json()[0]["nextAt"] == "2026-11-24T11:13:00Z"
    assert acme.world.used()[0] == 1


def test_a_device_released_twice_in_a_moment_counts_twice(acme: Customer) -> None:
    for _time in range(2):
        assert acme.release(1).status_code == 200
        acme.world.authorize(1)
    assert code_of(acme.release(1)) == (409, "RELEASE_LIMIT_REACHED")


def test_a_limit_that_is_lowered_waits_until_fewer_are_left(acme: Customer, operator: Operator) -> None:
    acme.release(1)
    acme.world.advance(minutes=10)
    acme.release(2)
    operator("PATCH", f"/handshakes/{CODE}", {"customerReleases": {"limit": 1, "termSeconds": HOUR_S}})
    assert acme("GET", "/codes").json()[0] == {
        "handshakeCode": CODE,
        "limit": 1,
        "termSeconds": HOUR_S,
        "left": 0,
        "nextAt": "2026-11-24T11:13:00Z",
    }


def test_a_device_without_a_seat_costs_no_release(acme: Customer) -> None:
    assert acme.release(1).status_code == 200
    for device in (1, 9):
        assert code_of(acme.release(device)) == (404, "NOT_FOUND")
    assert acme("GET", "/codes").json()[0]["left"] == 1


def test_another_s_code_is_as_one_that_there_is_not(acme: Customer) -> None:
    unknown = [acme.release(4, "none"), acme("GET", "/devices?handshake=none")]
    theirs = [acme.release(4, THEIRS), acme("GET", f"/devices?handshake={THEIRS}")]
    for one, other in zip(unknown, theirs, strict=True):
        assert code_of(one) == code_of(other) == (404, "NOT_FOUND")
        assert other.json()["detail"].replace(THEIRS, "none") == one.json()["detail"]
    assert [one["handshakeCode"] for one in acme("GET", "/codes").json()] == [CODE]
    assert acme.world.seated(THEIRS) == [4]
    # A page that goes on from another's device begins there in the order of keys, and has one's own only.
    assert acme.devices(query=f"&after={THEIRS}/{uuid(4)}") == []
    assert code_of(acme("GET", "/devices")) == (422, "REQUEST_INVALID")


@pytest.mark.parametrize("change", [{"customer": OTHER}, {"customer": None}, {"release_limit": None}])
def test_a_code_that_is_gone_or_closed_to_customers_is_as_one_that_there_is_not(
    acme: Customer, change: dict[str, Any]
) -> None:
    acme.world.admin.set_handshake(CODE, change)
    assert acme("GET", "/codes").json() == []
    assert code_of(acme.release(1)) == (404, "NOT_FOUND")
    assert code_of(acme("GET", f"/devices?handshake={CODE}")) == (404, "NOT_FOUND")
    assert acme.world.seated() == [1, 2, 3]


def test_a_new_customer_of_a_code_has_releases_of_its_own(acme: Customer, operator: Operator) -> None:
    acme.release(1)
    acme.release(2)
    acme.world.admin.set_handshake(CODE, {"customer": OTHER})
    other = Customer(operator, OTHER, "other")
    assert [(one["handshakeCode"], one["left"]) for one in other("GET", "/codes").json()] == [(CODE, 2), (THEIRS, 2)]
    assert other.devices() == [3]


def test_what_was_before_a_code_changed_hands_is_not_for_its_new_customer(acme: Customer, operator: Operator) -> None:
    acme.world.advance(days=1)
    acme.world.admin.set_handshake(CODE, {"customer": OTHER})
    other = Customer(operator, OTHER, "other")
    hidden = dict.fromkeys(("friendlyName", "firstSeen", "lastSeen", "removalTime", "storage"))
    listed = other("GET", f"/devices?handshake={CODE}").json()
    assert listed == [
        {"handshakeCode": CODE, "deviceUuid": uuid(device), "seated": True} | hidden for device in (1, 2, 3)
    ]
    acme.world.authorize(2, deviceFriendlyName="Desk 2")
    acme.world.authorize(5, deviceFriendlyName="Desk 5")
    listed = other("GET", f"/devices?handshake={CODE}").json()
    assert [(one["friendlyName"], one["firstSeen"]) for one in listed] == [
        (None, None), ("Desk 2", None), (None, None), ("Desk 5", "2026-11-25T10:03:00Z"),
    ]  # fmt: skip
    assert [one["lastSeen"] for one in listed[1::2]] == ["2026-11-25T10:03:00Z"] * 2
    assert other.release(1).status_code == 200
    # Who has it back after another one begins anew, too.
    acme.world.advance(days=1)
    acme.world.admin.set_handshake(CODE, {"customer": ACME})
    assert {one["friendlyName"] for one in acme("GET", f"/devices?handshake={CODE}").json()} == {None}


def test_a_customer_s_key_is_no_key_of_administration_nor_the_other_way_round(
    acme: Customer, operator: Operator
) -> None:
    for method, path, body in (
        ("GET", "/licenses", None),
        ("GET", "/devices", None),
        ("GET", "/devices/export", None),
        ("GET", f"/usage?handshake={CODE}", None),
        ("GET", "/statements", None),
        ("GET", "/audit", None),
        ("GET", "/keys", None),
        ("POST", "/keys", {"id": "more"}),
        ("POST", "/devices/release", {"license": "L"}),
        ("POST", f"/devices/{uuid(1)}/release?handshake={CODE}", None),
        ("DELETE", "/keys/ops", None),
    ):
        assert code_of(operator(method, path, body, key=acme.key)) == (403, "ADMIN_KEY_SCOPE"), path
    eyes = operator("POST", "/keys", {"id": "eyes", "scope": "read"}).json()["key"]
    for key in (operator.key, eyes):
        assert code_of(acme("GET", "/codes", key=key)) == (403, "ADMIN_KEY_SCOPE")
    for key in ("wrong", "dlt_customer_"):
        assert code_of(acme("GET", "/codes", key=key)) == (401, "ADMIN_KEY_REQUIRED")
    assert acme.world.seated() == [1, 2, 3]


def test_every_administrative_endpoint_refuses_a_customer_s_key(acme: Customer) -> None:
    headers = {"Authorization": f"Bearer {acme.key}"}
    for route in acme.world.app.routes:
        path = getattr(route, "path", "")
        if path.startswith("/v1/admin/"):
            path = path.replace("{id}", "L").replace("{code:path}", CODE).replace("{uuid}", uuid(1))
            for method in getattr(route, "methods", set()) - {"HEAD"}:
                answer = acme.world.call(method, path, content="{}", headers=headers)
                assert code_of(answer) == (403, "ADMIN_KEY_SCOPE"), (method, path)


def test_a_release_is_audited_under_the_customer_s_key(acme: Customer) -> None:
    acme.release(2)
    entry = acme.world.reads.audit()[-1]
    assert (entry.actor, entry.action, entry.subject) == ("customer-key:acme", "device.release", f"{CODE} {uuid(2)}")
    assert json.loads(entry.detail) == {"customer": ACME, "licenseId": "L"}


def test_a_key_keeps_its_customer_and_ends_with_its_revocation(acme: Customer, operator: Operator) -> None:
    assert operator("GET", "/keys").json()[0] == operator("GET", "/keys").json()[0] | {
        "id": "acme",
        "scope": "customer",
        "customer": ACME,
    }
    old, acme.key = acme.key, operator("POST", "/keys/acme/rotate").json()["key"]
    assert code_of(acme("GET", "/codes", key=old)) == (401, "ADMIN_KEY_REQUIRED")
    assert acme.devices() == [1, 2, 3]
    operator("DELETE", "/keys/acme")
    assert code_of(acme("GET", "/codes")) == (401, "ADMIN_KEY_REQUIRED")


def test_of_two_releases_at_once_each_limit_and_each_seat_is_used_once(acme: Customer) -> None:
    world = acme.world
    hands = SelfService(world.store, world.clock, "customer-key:acme")
    results: list[str] = []

    def release(device: int) -> None:
        try:
            hands.release_own(ACME, CODE, uuid(device))
            results.append("released")
        except AdminError as error:
            results.append(error.code)

    threads = [threading.Thread(target=release, args=(device,)) for device in (1, 1, 1, 2, 2, 3, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("released") == 2
    assert len(world.seated()) == 1
    assert world.used()[0] == 2  # the one that is left, and the other customer's


@pytest.mark.parametrize(("scope", "customer"), [("customer", None), ("read", ACME), ("manage", ACME)])
def test_scope_and_customer_go_together(operator: Operator, scope: str, customer: str | None) -> None:
    with pytest.raises(OptionError, match="names its customer"):
        operator.world.admin.add_admin_key("k", scope, customer)  # type: ignore[arg-type]
    body = {"id": "k", "scope": scope, "customer": customer}
    assert code_of(operator("POST", "/keys", body)) == (422, "REQUEST_INVALID")


@pytest.mark.parametrize(("limit", "term_s"), [(0, 60), (-1, 60), (1_000_001, 60), (1, 0), (1, 10**9)])
def test_a_limit_out_of_range_is_refused(operator: Operator, limit: int, term_s: int) -> None:
    operator.world.license()
    operator.world.handshake()
    body = {"customerReleases": {"limit": limit, "termSeconds": term_s}}
    assert code_of(operator("PATCH", f"/handshakes/{CODE}", body)) == (422, "REQUEST_INVALID")
    assert operator("GET", f"/handshakes/{CODE}").json()["customerReleases"] is None
