"""The stand-in of the docs' try-out speaks the license server's protocol: both are asked the same, and say the same."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlt_web.auth_token import read_token
from dlt_web.lts.store import open_store
from dlt_web.wire_answers import decode_authorization_answer, decode_problem, decode_report_answer
from tests.lts.world import SHOP, World, report, uuid, world_over
from wasm import npm

HERE = Path(__file__).parent
AUTHORIZE, REPORT, KEYS = "/v1/authorizations", "/v1/usage-reports", "/.well-known/jwks.json"
Answered = tuple[int, dict[str, Any]]


class StandIn:
    """The stand-in in Node, over memory."""

    def __init__(self) -> None:
        command = [npm.find_node(), str(HERE / "ask_stand_in.mjs")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, method: str, path: str, text: str) -> Answered:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"method": method, "path": path, "text": text, "origin": SHOP}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        return answer["status"], answer["body"]

    def close(self) -> None:
        self._process.communicate(timeout=10)


class RealServer:
    """The license server over SQLite, with the stand-in's two handshake codes."""

    def __init__(self, world: World) -> None:
        world.license("try-it", quota=100)
        world.handshake("try-it", code="try-it")
        world.license("used-up", quota=1)
        world.handshake("used-up", code="used-up")
        # Its least quota is one; somebody else has that seat.
        assert world.authorize(99, code="used-up").status_code == 201
        self._world = world

    def ask(self, method: str, path: str, text: str) -> Answered:
        response = self._world.call(method, path, content=text.encode(), headers={"Origin": SHOP})
        return response.status_code, response.json()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[StandIn, RealServer]]:
    stand_in = StandIn()
    with world_over(open_store(f"sqlite:///{tmp_path}/lts.db")) as world:
        yield stand_in, RealServer(world)
    stand_in.close()


def authorization(**fields: Any) -> str:
    return json.dumps({"handshakeCode": "try-it", "deviceUuid": uuid(1)} | fields)


def reports(known: dict[str, Any], *entries: Any, **fields: Any) -> str:
    body = {
        "handshakeCode": "try-it", "deviceUuid": uuid(1), "streamId": uuid(5), "storage": "indexeddb",
        "partitioned": False, "sentAt": "2026-11-24T10:03:01Z", "reports": list(entries),
        "reportToken": known["reportToken"], "storeEpoch": known["storeEpoch"],
    }  # fmt: skip
    return json.dumps({name: value for name, value in (body | fields).items() if value is not ...})


def likeness(answered: Answered) -> Any:
    """What both must say alike: everything but what is random, a time, or a sentence."""
    status, body = answered
    if "code" in body:
        return status, body["code"], body.get("field"), sorted(set(body) & {"reportToken", "storeEpoch"})
    return status, sorted(body), body.get("results"), body.get("last"), body.get("reportIntervalSeconds")


BAD_REQUESTS = {
    "no JSON": "{",
    "no object": "[]",
    "no code": json.dumps({"deviceUuid": uuid(1)}),
    "no device": authorization(deviceUuid="me"),
    "upper-case device": authorization(deviceUuid=uuid(10).upper()),
    "unknown code": authorization(handshakeCode="of-nobody"),
    "a code with a space": authorization(handshakeCode="a b"),
    "quota used up": authorization(handshakeCode="used-up"),
    "an epoch of a number": authorization(storeEpoch=1),
}


@pytest.mark.parametrize("text", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_an_authorization_is_refused_alike(servers: tuple[StandIn, RealServer], text: str) -> None:
    ours, real = (server.ask("POST", AUTHORIZE, text) for server in servers)
    assert ours[0] >= 400
    assert likeness(ours) == likeness(real)
    assert decode_problem(*ours).code == real[1]["code"]


def test_an_authorization_is_granted_alike_and_its_token_says_the_same(servers: tuple[StandIn, RealServer]) -> None:
    ours, real = (server.ask("POST", AUTHORIZE, authorization()) for server in servers)
    assert likeness(ours) == likeness(real)
    answers = [decode_authorization_answer(body) for _, body in (ours, real)]
    tokens = [read_token(answer.token) for answer in answers]
    for name in ("device_uuid", "audience", "item_id", "charge_way", "over_quota", "offline_allowance_s"):
        assert getattr(tokens[0], name) == getattr(tokens[1], name)
    lives = [token.expires_at_s - token.issued_at_s for token in tokens]
    assert lives[0] == lives[1]
    assert [token.issuer for token in tokens] == [f"dlt-lts:{answer.store_epoch.split(':')[0]}" for answer in answers]
    keys = [server.ask("GET", KEYS, "")[1]["keys"] for server in servers]
    assert [sorted(key) for (key,) in keys] == [sorted(keys[1][0])] * 2
    assert [key["kid"] for (key,) in keys] == [token.key_id for token in tokens]


def test_an_authorization_with_another_epoch_is_told_the_present_one_alike(
    servers: tuple[StandIn, RealServer],
) -> None:
    answered = []
    for server in servers:
        epoch = server.ask("POST", AUTHORIZE, authorization())[1]["storeEpoch"]
        other = f"{epoch.split(':')[0]}:7"
        answered.append(likeness(server.ask("POST", AUTHORIZE, authorization(storeEpoch=other))))
        assert server.ask("POST", AUTHORIZE, authorization(storeEpoch="of-another-store:7"))[0] == 201
    assert answered[0] == answered[1]
    assert answered[0][:2] == (409, "STORE_EPOCH_CHANGED")


def no_id(seq: int) -> dict[str, Any]:
    return report(seq) | {"id": None}


ASKED: dict[str, list[tuple[list[Any], dict[str, Any]]]] = {
    "a sign of life": [([], {})],
    "one and the same again": [([report(1)], {}), ([report(1)], {})],
    "grown": [([report(1)], {}), ([report(1, 3, version=2)], {})],
    "shrunk": [([report(1, 3)], {}), ([report(1, 1, version=2)], {})],
    "the same version says other counts": [([report(1, 3)], {}), ([report(1, 4)], {})],
    "moved to another slot": [([report(1)], {}), ([report(1, 2, version=2, slot=1)], {})],
    "after a conflict nothing is booked": [([report(1)], {}), ([report(1, id=uuid(9)), report(2)], {})],
    "one that cannot be booked beside one that can": [([no_id(1), report(2)], {})],
    "none that can be booked": [([no_id(1)], {})],
    "no number": [([{"id": uuid(1)}], {})],
    "a slot that is none": [([report(1, slot=0) | {"slot": "2026-11-24T10:03:01Z"}], {})],
    "counts with a bad name": [([report(1, counts={"QR": 1})], {})],
    "counts that are no number": [([report(1, counts={"qr_code": "1"})], {})],
    "lost scans": [([report(1, lost={"purged": 2})], {})],
    "zeros are as if they were not there": [
        ([report(1, counts={"qr_code": 1, "aztec": 0})], {}),
        ([report(1)], {}),
    ],
    "an unknown code": [([report(1)], {"handshakeCode": "of-nobody"})],
    "no stream": [([report(1)], {"streamId": ...})],
    "no storage": [([report(1)], {"storage": "cloud"})],
    "no time": [([report(1)], {"sentAt": "now"})],
    "no list": [([], {"reports": {}})],
    "no token": [([report(1)], {"reportToken": None})],
    "a bad token": [([report(1)], {"reportToken": "invented"})],
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_reports_are_answered_alike(
    servers: tuple[StandIn, RealServer], asked: list[tuple[list[Any], dict[str, Any]]]
) -> None:
    said = []
    for server in servers:
        known = server.ask("POST", AUTHORIZE, authorization())[1]
        answers = [server.ask("POST", REPORT, reports(known, *entries, **fields)) for entries, fields in asked]
        for status, body in answers:
            decode_report_answer(body) if status == 200 else decode_problem(status, body)
        said.append([likeness(answer) for answer in answers])
    assert said[0] == said[1]


def test_a_restored_store_and_a_lost_key_are_said_alike(servers: tuple[StandIn, RealServer]) -> None:
    said = []
    for server in servers:
        known = server.ask("POST", AUTHORIZE, authorization())[1]
        other_epoch = f"{known['storeEpoch'].split(':')[0]}:7"
        form, key, mac = known["reportToken"].split(".")
        other_key = ("a" if key[0] != "a" else "b") + key[1:]
        wanted = [{"storeEpoch": other_epoch}, {"reportToken": f"{form}.{other_key}.{mac}"}]
        said.append([likeness(server.ask("POST", REPORT, reports(known, report(1), **fields))) for fields in wanted])
    assert said[0] == said[1]
    assert [code for _, code, *_ in said[0]] == ["STORE_EPOCH_CHANGED", "REPORT_TOKEN_STALE"]


@pytest.mark.parametrize(("method", "path"), [("GET", AUTHORIZE), ("POST", KEYS), ("GET", "/v1/admin/none")])
def test_other_addresses_and_methods_are_refused_alike(
    servers: tuple[StandIn, RealServer], method: str, path: str
) -> None:
    ours, real = (server.ask(method, path, "") for server in servers)
    assert (ours[0], ours[1]["code"]) == (real[0], real[1]["code"])


def test_scans_without_a_good_token_are_kept_apart(servers: tuple[StandIn, RealServer]) -> None:
    ours, _ = servers
    known = ours.ask("POST", AUTHORIZE, authorization())[1]
    ours.ask("POST", REPORT, reports(known, report(1, 5), reportToken="invented"))
    ours.ask("POST", REPORT, reports(known, report(1, 2)))
    status, shown = ours.ask("GET", "/v1/stand-in", "")
    assert (status, shown["scans"], shown["unverified"], shown["bySymbology"]) == (200, 2, 5, {"qr_code": 2})
