"""Two operators who change one thing at once: the second is told, and loses nothing that the first one set."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from dlt_web.lts.admin_keys import AdminError
from dlt_web.lts.versions import version_of
from tests.lts.admin_client import Operator, check_against_description
from tests.lts.server_process import cli_json, run_cli
from tests.lts.world import CODE, World, code_of, report


def change(operator: Operator, path: str, body: Any, etag: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {operator.key}", "If-Match": etag}
    response = operator.world.call("PATCH", f"/v1/admin{path}", content=json.dumps(body), headers=headers)
    check_against_description(operator.document, "PATCH", response)
    return response


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        ("/licenses/L", {"quota": 5}, {"gracePercent": 7}),
        (f"/handshakes/{CODE}", {"allowedOrigins": ["https://a.example"]}, {"test": True}),
        (f"/handshakes/{CODE}", {"customer": "ACME"}, {"customer": "Other"}),
        (f"/handshakes/{CODE}", {"sessionPassword": "one"}, {"sessionPassword": "other"}),
    ],
)
def test_of_two_operators_the_second_is_told(operator: Operator, path: str, one: Any, other: Any) -> None:
    operator.world.license()
    operator.world.handshake()
    seen = operator("GET", path)
    assert seen.headers["ETag"] == f'"{seen.json()["version"]}"'
    first = change(operator, path, one, seen.headers["ETag"])
    assert first.status_code == 200
    assert first.headers["ETag"] != seen.headers["ETag"]
    audited = len(operator.world.reads.audit())
    refused = change(operator, path, other, seen.headers["ETag"])
    assert code_of(refused) == (412, "CHANGED_MEANWHILE")
    assert first.json()["version"] in refused.json()["detail"]
    assert operator("GET", path).json() == first.json(), "nothing of it was kept"
    assert len(operator.world.reads.audit()) == audited
    assert change(operator, path, other, first.headers["ETag"]).status_code == 200
    assert change(operator, path, one, "*").status_code == 200
    for etag in ("", "1", 'W/"0123456789abcdef"'):
        assert code_of(change(operator, path, one, etag)) == (422, "REQUEST_INVALID")
    assert operator("PATCH", path, other).status_code == 200, "who names no version changes whatever there is"


def test_what_is_counted_is_no_change_of_an_item(world: World) -> None:
    world.license()
    world.license("S", charge_way="per_scan")
    world.handshake("L", "S")
    before = [version_of(world.reads.license(name)) for name in ("L", "S")]
    world.authorize()
    world.report(1, [report(1, 5)])
    assert [version_of(world.reads.license(name)) for name in ("L", "S")] == before
    assert len(set(before)) == 2
    world.admin.revoke_license("L")
    assert version_of(world.reads.license("L")) != before[0]


def test_of_many_changes_at_once_for_one_version_one_is_made(world: World) -> None:
    world.license(quota=1)
    expected = version_of(world.reads.license("L"))
    outcomes: list[object] = []

    def set_quota(quota: int) -> None:
        try:
            outcomes.append(world.admin.set_license("L", {"quota": quota}, expected=expected).quota)
        except AdminError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=set_quota, args=(quota,)) for quota in range(2, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("CHANGED_MEANWHILE") == 7
    assert world.reads.license("L").quota in outcomes


def test_the_command_line_is_told_too(tmp_path: Path) -> None:
    store = tmp_path / "lts.db"
    item = cli_json(store, "license", "add", "--charge-way", "per_device", "--quota", "5", "--id", "L")
    code = cli_json(store, "handshake", "add", "c", "--license", "L")
    assert cli_json(store, "license", "set", "L", "--quota", "6", "--if-version", item["version"])["quota"] == 6
    assert cli_json(store, "handshake", "set", "c", "--test", "--if-version", code["version"])["test"]
    for words, what in (
        (("license", "set", "L", "--quota", "7", "--if-version", item["version"]), "The license L"),
        (("handshake", "set", "c", "--no-test", "--if-version", code["version"]), "The handshake code c"),
    ):
        result = run_cli(store, *words)
        assert (result.returncode, result.stderr.startswith(f"Error: {what} was changed meanwhile")) == (1, True), (
            result
        )
    assert cli_json(store, "license", "show", "L")["quota"] == 6
