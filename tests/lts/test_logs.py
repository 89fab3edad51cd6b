"""The log of a real server that was asked everything: JSON lines that name each request, and no secret."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import httpx

from dlt_web.slots import format_time
from dlt_web.testing.deadline import wait_until
from tests.lts.server_process import ServerProcess, cli_json
from tests.lts.test_server import named, request, slot_at

PASSWORD = "canary-password"


def test_no_secret_is_logged_whatever_is_asked(tmp_path: Path) -> None:
    store = tmp_path / "lts.db"
    cli_json(store, "license", "add", "--charge-way", "per_device", "--quota", "1", "--id", "L")
    cli_json(store, "handshake", "add", "c", "--license", "L", "--session-password-stdin", stdin=f"{PASSWORD}\n")
    asking = {"handshakeCode": "c", "deviceUuid": named("one"), "sessionPassword": PASSWORD}
    with ServerProcess(store, "--access-log") as server, server.client() as client:
        first_key = server.log().splitlines()[0].rpartition(" ")[2]
        answer = client.post("/v1/authorizations", json=asking | {"deviceFriendlyName": "canary-name"}).json()
        secrets = [PASSWORD, "canary", answer["token"], answer["reportToken"]]
        made = use_keys(client, cli_json(store, "admin-key", "add", "ops"))
        secrets += made
        ask_wrongly(client, asking, answer)
    # Not before it has stopped: a request's line is written after its answer.
    log = server.log()
    lines = [json.loads(line) for line in log.splitlines() if not line.startswith("The administration key")]
    lines = [line for line in lines if line["event"] != "alert"]  # this machine's disk may be nearly full
    assert len(lines) > 15
    assert all(
        {"event", "level", "timestamp", "request_id", "method", "path", "status"} <= line.keys() for line in lines
    )
    assert len({line["request_id"] for line in lines}) == len(lines)
    for secret in secrets:
        assert not any(secret in json.dumps(line) for line in lines), secret
    assert first_key.startswith("dlt_admin_")
    assert log.count(first_key) == 1, "shown once, and in no line of the log itself"


def test_an_alert_is_a_line_that_says_which_level_was_reached(tmp_path: Path) -> None:
    store = tmp_path / "lts.db"
    soon = format_time(time.time_ns() // 1_000_000 + 3_600_000)
    cli_json(store, "license", "add", "--charge-way", "per_device", "--quota", "1", "--id", "L", "--valid-until", soon)
    with ServerProcess(store) as server:
        wait_until(lambda: "license.expiry" in server.log(), what="the first check for alerts", timeout_s=20)
    lines = [json.loads(line) for line in server.log().splitlines() if '"event": "alert"' in line]
    (line,) = [line for line in lines if line["kind"] == "license.expiry"]
    assert (line["level"], line["subject"], line["reached"], line["alert"]) == ("warning", "L", 1, line["alert"])


def test_what_is_no_http_at_all_is_a_line_of_json_too(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "lts.db") as server:
        url = httpx.URL(server.url)
        with socket.create_connection((url.host, url.port or 0)) as connection:
            connection.sendall(b"canary\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    lines = [json.loads(line) for line in server.log().splitlines() if not line.startswith("The administration key")]
    (line,) = lines
    assert line.keys() == {"event", "level", "timestamp", "logger"}
    assert (line["level"], line["logger"]) == ("warning", "uvicorn.error")


def use_keys(client: httpx.Client, added: Any) -> list[str]:
    """Manage something with a key, rotate it, and return every secret that was shown."""
    headers = {"Authorization": f"Bearer {added['key']}"}
    change = {"sessionPassword": "canary-changed"}
    assert client.patch("/v1/admin/handshakes/c", json=change, headers=headers).status_code == 200
    assert (
        client.patch("/v1/admin/handshakes/c", json={"sessionPassword": PASSWORD}, headers=headers).status_code == 200
    )
    rotated = client.post("/v1/admin/keys/ops/rotate", headers=headers).json()["key"]
    assert client.get("/v1/admin/licenses", headers=headers).status_code == 401
    return [added["key"], rotated]


def ask_wrongly(client: httpx.Client, asking: dict[str, Any], answer: dict[str, Any]) -> None:
    """Be refused in every way that a body, a query or a header with a secret can be refused."""
    report = {"id": named("r"), "seq": 1, "version": 1, "slot": slot_at(answer["serverTime"]), "counts": {"canary": 1}}
    body = request(named("one"), named("s"), answer, [report | {"lost": {}}])
    assert client.post("/v1/usage-reports", json=body).status_code == 200
    assert client.post("/v1/usage-reports", json=body | {"storage": "canary"}).status_code == 422
    assert client.post("/v1/usage-reports", json=body | {"storeEpoch": answer["storeEpoch"] + "0"}).status_code == 409
    assert client.post("/v1/authorizations", json=asking | {"sessionPassword": "canary-wrong"}).status_code == 403
    assert client.post("/v1/authorizations", json=asking | {"deviceUuid": named("two")}).status_code == 403
    assert client.post("/v1/authorizations", json=asking | {"sessionPassword": ["canary"]}).status_code == 422
    assert client.post("/v1/authorizations", content=b'{"sessionPassword": "canary').status_code == 400
    assert client.post("/v1/authorizations", content=b"canary" * 400_000).status_code == 413
    assert client.get("/v1/admin/licenses", headers={"Authorization": "Bearer canary"}).status_code == 401
    assert client.get("/v1/admin/devices", params={"search": "canary"}).status_code == 401
    assert client.get("/healthz", params={"token": "canary"}, headers={"Cookie": "canary=1"}).status_code == 200
