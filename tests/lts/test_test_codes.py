"""Codes marked ``--test``: shown apart from the others at each item, and never billed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.lts.admin_client import Operator
from tests.lts.server_process import cli_json
from tests.lts.world import CODE, World, report

TEST = "200001-test"


def usage(operator: Operator, license_id: str, query: str = "") -> Any:
    return operator("GET", f"/usage?license={license_id}{query}").json()


def test_seats_of_a_test_code_are_shown_apart_and_not_billed(world: World, operator: Operator) -> None:
    world.license("A", quota=2, on_exhausted="allow")
    world.handshake("A")
    world.handshake("A", code=TEST, is_test=True)
    for device, code in ((1, CODE), (2, CODE), (1, TEST), (2, TEST), (3, TEST)):
        world.authorize(device, code=code)
    found = usage(operator, "A")
    assert (found["used"], found["overage"], found["devices"]) == (5, 3, 5)
    assert found["billed"] == {"used": 2, "overage": 0, "devices": 2, "scans": 0}
    assert [(share["handshakeCode"], share["devices"], share["test"]) for share in found["handshakeCodes"]] == [
        (CODE, 2, False),
        (TEST, 3, True),
    ]
    world.authorize(3)
    assert usage(operator, "A")["billed"] == {"used": 3, "overage": 1, "devices": 3, "scans": 0}


def test_scans_of_a_test_code_are_shown_apart_and_not_billed(world: World, operator: Operator) -> None:
    world.license("A", "per_scan", quota=10)
    world.handshake("A")
    world.handshake("A", code=TEST, is_test=True)
    world.authorize(1)
    world.authorize(1, code=TEST)
    world.report(1, [report(1, 4, slot=-1), report(2, 3)])
    world.report(1, [report(1, 9, slot=-1)], code=TEST)
    found = usage(operator, "A")
    assert (found["used"], found["overage"], found["scans"]) == (16, 6, 16)
    assert found["billed"] == {"used": 7, "overage": 0, "devices": 1, "scans": 7}
    late = usage(operator, "A", "&from=2026-11-24T10:03:00Z")
    assert (late["scans"], late["billed"]["scans"], late["billed"]["used"]) == (3, 3, 7)


def test_a_code_may_become_one_and_cease_to_be_one(world: World, operator: Operator) -> None:
    world.license("A")
    world.handshake("A")
    world.authorize(1)
    for is_test, billed in ((True, 0), (False, 1)):
        assert operator("PATCH", f"/handshakes/{CODE}", {"test": is_test}).json()["test"] is is_test
        assert usage(operator, "A")["billed"]["devices"] == billed
        assert usage(operator, "A")["devices"] == 1


def test_the_command_line_shows_the_same(tmp_path: Path) -> None:
    store = tmp_path / "lts.db"
    cli_json(store, "license", "add", "--charge-way", "per_device", "--quota", "5", "--id", "L")
    cli_json(store, "handshake", "add", "t", "--license", "L", "--test")
    found = cli_json(store, "usage", "--license", "L")
    assert [(share["handshakeCode"], share["test"]) for share in found["handshakeCodes"]] == [("t", True)]
    assert found["billed"] == {"used": 0, "overage": 0, "devices": 0, "scans": 0}
