"""A leaked key of the store is taken back: nothing made with it is believed any more, and no device is lost by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlt_web.auth_token import read_token
from dlt_web.lts.admin_keys import AdminError
from dlt_web.lts.keyring import make_report_token
from dlt_web.lts.records import KeyKind
from dlt_web.lts.store import SqliteStore
from dlt_web.lts.verify import find_faults
from tests.lts.export_world import cli
from tests.lts.test_cli import refused
from tests.lts.world import CODE, World, code_of, outcomes, report, uuid


@pytest.fixture
def leaky(world: World) -> World:
    """A server whose first keys have leaked, with a device that has reported by them."""
    world.license()
    world.handshake()
    world.authorize()
    world.report(1, [report(1, 2)])
    return world


def ids(world: World, kind: KeyKind) -> list[str]:
    return [key.id for key in world.store.read(lambda rows: rows.keys(kind)).result()]


def published(world: World) -> list[str]:
    return [key["kid"] for key in world.call("GET", "/.well-known/jwks.json").json()["keys"]]


def test_a_retired_signing_key_is_published_no_more(leaky: World) -> None:
    (leaked,) = published(leaky)
    leaky.admin.rotate_keys()
    leaky.admin.retire_key(leaked)
    token = read_token(leaky.authorize().json()["token"])
    assert published(leaky) == [token.key_id]
    assert token.key_id != leaked


def test_report_tokens_of_a_retired_key_book_nothing_until_the_device_has_a_new_one(leaky: World) -> None:
    (leaked,) = leaky.store.read(lambda rows: rows.keys("report")).result()
    leaky.admin.rotate_keys()
    leaky.admin.retire_key(leaked.id)
    # A device that was never here, by whoever has the key.
    invented = make_report_token(leaked, CODE, uuid(2))
    assert code_of(leaky.report(2, [report(1, 900)], reportToken=invented)) == (409, "REPORT_TOKEN_STALE")
    assert code_of(leaky.report(1, [report(2, 3)])) == (409, "REPORT_TOKEN_STALE")
    usage = leaky.usage()
    assert (usage.scans, usage.unverified_scans, usage.devices) == (2, 0, 1)
    # As trackers answer it: the same device, seat and stream go on, and what was refused is booked once.
    leaky.authorize()
    assert outcomes(leaky.report(1, [report(2, 3)])) == ["accepted"]
    usage = leaky.usage()
    assert (usage.scans, usage.unverified_scans, usage.devices) == (5, 0, 1)
    assert find_faults(leaky.store) == []


def test_a_device_that_is_refused_a_token_may_report_under_the_new_key(leaky: World) -> None:
    (leaked,) = ids(leaky, "report")
    leaky.admin.rotate_keys()
    leaky.admin.retire_key(leaked)
    leaky.admin.revoke_license("L")
    assert code_of(leaky.authorize()) == (403, "LICENSE_REVOKED")
    assert outcomes(leaky.report(1, [report(2, 3)])) == ["accepted"]
    assert leaky.usage().scans == 5


@pytest.mark.parametrize("kind", ["signing", "report"])
def test_the_key_in_use_is_not_retired(leaky: World, kind: KeyKind) -> None:
    leaky.admin.rotate_keys()
    newest, oldest = ids(leaky, kind)
    with pytest.raises(
        AdminError, match=f"^The key {newest} is in use: make new ones first with keys rotate.$"
    ) as info:
        leaky.admin.retire_key(newest)
    assert info.value.code == "IN_USE"
    leaky.admin.retire_key(oldest)
    with pytest.raises(AdminError, match=f"^There is no key {oldest}") as info:
        leaky.admin.retire_key(oldest)
    assert info.value.code == "NOT_FOUND"
    assert ids(leaky, kind) == [newest]


def test_a_retirement_is_in_the_audit_log_without_the_secret(leaky: World) -> None:
    (leaked,) = leaky.store.read(lambda rows: rows.keys("signing")).result()
    leaky.admin.rotate_keys()
    leaky.admin.retire_key(leaked.id)
    entry = leaky.reads.audit()[-1]
    assert (entry.action, entry.subject, entry.detail) == ("keys.retire", leaked.id, '{"kind": "signing"}')
    assert leaked.secret.hex() not in entry.detail


def test_keys_are_listed_and_retired_at_the_command_line_beside_a_server(tmp_path: Path) -> None:
    path = tmp_path / "lts.db"
    served = World(SqliteStore(str(path)))
    served.license()
    served.handshake()
    served.authorize()
    served.report(1, [report(1, 2)])
    code, keys = cli(path, "keys", "list")
    assert code == 0
    assert [(key["kind"], key["inUse"]) for key in keys] == [("signing", True), ("report", True)]
    assert set(keys[0]) == {"id", "kind", "createdAt", "inUse"}
    code, made = cli(path, "keys", "rotate")
    assert code == 0
    code, listed = cli(path, "keys", "list")
    assert [(key["id"], key["inUse"]) for key in listed] == [
        (made["keyIds"][0], True), (keys[0]["id"], False), (made["keyIds"][1], True), (keys[1]["id"], False),
    ]  # fmt: skip
    for key in keys:
        assert cli(path, "keys", "retire", key["id"]) == (0, {"retired": key["id"], "kind": key["kind"]})
    # The server that goes on meanwhile knows at once.
    assert published(served) == made["keyIds"][:1]
    assert code_of(served.report(1, [report(2, 3)])) == (409, "REPORT_TOKEN_STALE")
    said = f"Error: There is no key {keys[0]['id']}; lts keys list names them."
    assert refused(path, "keys", "retire", keys[0]["id"]) == (1, said)
    served.close()
    served.store.close()
