"""How alerts come to webhooks from the real server, killed and stopped in the middle."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import httpx

from dlt_web.lts import alert_courier
from dlt_web.lts.admin import Administration, LicenseSettings
from dlt_web.lts.clock import SystemClock
from dlt_web.lts.records import Handshake
from dlt_web.lts.store import open_store
from tests.lts.server_process import ServerProcess, run_cli
from tests.lts.test_alert_delivery import until
from tests.lts.webhook_receiver import HERE, Receiver
from tests.lts.world import CODE, uuid


def prepare(path: Path, url: str) -> tuple[str, dict[str, str]]:
    """Let the one item's alerts go to a webhook; return the webhook's secret, and headers with an operator's key."""
    store = open_store(f"sqlite:///{path}")
    admin = Administration(store, SystemClock(), "test")
    admin.add_license(LicenseSettings("per_device", 1, id="L"))
    admin.add_handshake(Handshake(CODE, ("L",)))
    admin.set_alerts({"percents": (100,), "disk_percents": (99,), "networks": HERE})
    _, secret = admin.add_webhook("hook", url)
    key = admin.add_admin_key("ops")
    store.close()
    return secret, {"Authorization": f"Bearer {key}"}


def authorize(client: httpx.Client) -> int:
    body = {"handshakeCode": CODE, "deviceUuid": uuid(1)}
    return client.post("/v1/authorizations", json=body).status_code


def test_a_server_killed_in_the_middle_of_an_attempt_delivers_after_its_next_start(tmp_path: Path) -> None:
    """By the real processes; the lease of the lost attempt is over by a test clock that is moved."""
    store = tmp_path / "lts.db"
    with Receiver() as receiver:
        receiver.answers = [receiver.hang, 500]
        secret, headers = prepare(store, receiver.url)
        with ServerProcess(store, "--test-clock") as server, server.client() as client:
            assert authorize(client) == 201
            assert client.post("/v1/test/clock", json={"advanceSeconds": 0}).status_code == 200
            receiver.wait_for(1)
            server.stop(signal.SIGKILL)
        with ServerProcess(store, "--test-clock") as server, server.client() as client:

            def get(what: str) -> Any:
                return client.get(f"/v1/admin/alerts{what}", headers=headers).json()

            for count in (2, 3):
                assert client.post("/v1/test/clock", json={"advanceSeconds": 600}).status_code == 200
                messages = receiver.wait_for(count)
                until(lambda count=count: len(get("/deliveries")) == count - 1)  # type: ignore[misc]
            log = get("/deliveries")
            (alert,) = get("")
            metrics = client.get("/metrics").text
        assert len({message.id for message in messages}) == 1
        assert len(messages) == 3
        for message in messages:
            assert message.headers["webhook-signature"] == message.signatures(secret)
    assert alert["deliveries"] == [{"webhook": "hook", "state": "delivered", "attempts": 2, "nextAt": None}]
    for outcome in ("delivered", "failed"):
        assert f'dlt_lts_webhook_attempts_total{{outcome="{outcome}"}} 1.0' in metrics
    assert [row["outcome"] for row in log] == ["answered 204", "answered 500"]
    assert run_cli(store, "verify").returncode == 0


def test_a_server_with_a_receiver_that_hangs_answers_and_stops_at_once(tmp_path: Path) -> None:
    store = tmp_path / "lts.db"
    with Receiver() as receiver:
        receiver.answers = [receiver.hang]
        secret, headers = prepare(store, receiver.url)
        with ServerProcess(store) as server, server.client() as client:
            assert client.post("/v1/admin/alerts/test", json={}, headers=headers).status_code == 200
            receiver.wait_for(1)
            started_s = time.monotonic()
            assert authorize(client) == 201
            assert client.get("/v1/admin/alerts", headers=headers).status_code == 200
            assert server.stop(signal.SIGTERM) == 0
            assert time.monotonic() - started_s < alert_courier.DEADLINE_S / 2
    log = server.log()
    assert "canary-path" not in log
    assert secret not in log
    assert all(json.loads(line) for line in log.splitlines() if line.startswith("{"))
