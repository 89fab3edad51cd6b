"""Who may call the administration interface: keys, their scopes, the first one, and methods that there are."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from starlette.routing import Route

from dlt_web.lts import rate_limit
from tests.lts.admin_client import Operator
from tests.lts.world import World, code_of, uuid


def test_every_endpoint_needs_a_key(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit.Buckets, "take", lambda *_words: 0)
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
