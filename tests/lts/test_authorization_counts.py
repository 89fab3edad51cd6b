"""How often a handshake code was granted or refused an authorization, and seats that are more than browsers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dlt_web.lts.records import SlotRange
from dlt_web.lts.store import StoreUnavailableError
from tests.lts.admin_client import Operator
from tests.lts.world import CODE, SHOP, World, code_of, report


def shown(operator: Operator, query: str = "", code: str = CODE) -> Any:
    return operator("GET", f"/usage?handshake={code}{query}").json()["authorizations"]


def test_every_outcome_is_counted_under_its_code(world: World, operator: Operator) -> None:
    world.license(quota=1)
    world.handshake(password="s3cret", origins=(SHOP,))
    world.handshake(code="other")
    assert shown(operator) == {"granted": 0, "refused": {}, "days": []}
    for _ in range(3):
        assert world.authorize(1, sessionPassword="s3cret").status_code == 201
    assert code_of(world.authorize(2, sessionPassword="s3cret"))[1] == "QUOTA_EXHAUSTED"
    assert code_of(world.authorize(1, sessionPassword="wrong"))[1] == "SESSION_PASSWORD_WRONG"
    assert code_of(world.authorize(1))[1] == "SESSION_PASSWORD_WRONG"
    assert code_of(world.authorize(1, sessionPassword="s3cret", origin="https://x.example"))[1] == "ORIGIN_NOT_ALLOWED"
    assert code_of(world.authorize(1, sessionPassword="s3cret", product="tea"))[1] == "NO_MATCHING_ITEM"
    refused = {"NO_MATCHING_ITEM": 1, "ORIGIN_NOT_ALLOWED": 1, "QUOTA_EXHAUSTED": 1, "SESSION_PASSWORD_WRONG": 2}
    assert shown(operator) == {"granted": 3, "refused": refused, "days": []}
    assert shown(operator, code="other") == {"granted": 0, "refused": {}, "days": []}


def test_days_are_told_apart(world: World, operator: Operator) -> None:
    world.license(quota=1)
    world.handshake()
    world.authorize(1)
    world.advance(days=1)
    world.authorize(1)
    world.authorize(2)
    assert shown(operator, "&by=day") == {
        "granted": 2,
        "refused": {"QUOTA_EXHAUSTED": 1},
        "days": [
            {"day": "2026-11-24T00:00:00Z", "granted": 1, "refused": {}},
            {"day": "2026-11-25T00:00:00Z", "granted": 1, "refused": {"QUOTA_EXHAUSTED": 1}},
        ],
    }
    assert shown(operator, "&to=2026-11-25T00:00:00Z") == {"granted": 1, "refused": {}, "days": []}
    assert shown(operator, "&from=2026-11-25T00:00:00Z")["refused"] == {"QUOTA_EXHAUSTED": 1}


def test_codes_that_do_not_exist_leave_no_trace(world: World) -> None:
    world.license()
    world.handshake()
    before = world.store.read(lambda rows: rows.faults()).result()
    assert code_of(world.authorize(code="unknown")) == (404, "HANDSHAKE_CODE_UNKNOWN")
    assert world.store.read(lambda rows: rows.authorizations("unknown", SlotRange())).result() == []
    assert world.store.read(lambda rows: rows.faults()).result() == before == []


def test_a_refusal_that_cannot_be_counted_is_a_refusal_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.license()
    world.handshake(origins=(SHOP,))

    def away(_work: object, tell: Callable[[None, Exception], None], _hint: object = None) -> None:
        tell(None, StoreUnavailableError("The store is away."))

    monkeypatch.setattr(world.store, "submit", away)
    assert code_of(world.authorize(origin="https://x.example")) == (403, "ORIGIN_NOT_ALLOWED")
    assert code_of(world.authorize()) == (503, "STORE_UNAVAILABLE")


def test_reports_count_no_authorization(world: World, operator: Operator) -> None:
    world.license()
    world.handshake()
    world.authorize()
    world.advance(minutes=31)
    assert "token" in world.report(1, [report(1)]).json()
    assert shown(operator)["granted"] == 1


def test_seats_that_are_more_than_browsers_are_shown(world: World, operator: Operator) -> None:
    world.license()
    world.handshake()
    world.authorize(1)
    world.authorize(2, storage="memory")
    world.authorize(3, partitioned=True)
    world.authorize(4, storage="memory", partitioned=True)
    world.report(4, [report(1, lost={"purged": 7, "setBack": 2})], storage="memory", partitioned=True)
    usage = operator("GET", f"/usage?handshake={CODE}").json()
    assert (usage["devices"], usage["memoryDevices"], usage["partitionedDevices"]) == (4, 2, 2)
    assert usage["lost"] == {"purged": 7, "setBack": 2}
    world.advance(days=367)
    usage = operator("GET", f"/usage?handshake={CODE}").json()
    assert (usage["devices"], usage["memoryDevices"], usage["partitionedDevices"]) == (0, 0, 0)
