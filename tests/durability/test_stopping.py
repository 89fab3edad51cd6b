"""SIGTERM under load: each request is answered or refused, and what was answered is in the file."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from tests.long_form import by_form
from tests.lts.server_process import PATIENCE_S, ServerProcess, cli_json, run_cli
from tests.lts.test_server import authorization, named, request, slot_at

DEVICES = by_form(short=60, long=200)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "lts.db"
    cli_json(path, "license", "add", "--charge-way", "per_device", "--quota", str(DEVICES), "--id", "L")
    cli_json(path, "handshake", "add", "c", "--license", "L")
    return path


class Crowd:
    """Devices that each send report after report, each once only, until the server is gone."""

    def __init__(self, url: str) -> None:
        limits = httpx.Limits(max_connections=DEVICES, max_keepalive_connections=DEVICES)
        self.client = httpx.AsyncClient(base_url=url, limits=limits, timeout=PATIENCE_S)
        self.answers: list[dict[str, Any]] = []
        self.acknowledged: list[int] = [0] * DEVICES
        self.sent: list[int] = [0] * DEVICES

    async def authorize(self) -> None:
        bodies = [authorization(named(f"d{number}")) for number in range(DEVICES)]
        responses = await asyncio.gather(*(self.client.post("/v1/authorizations", json=body) for body in bodies))
        self.answers = [response.json() for response in responses]

    async def report_until_refused(self, number: int) -> None:
        """Send reports of one scan, each after the answer to the one before."""
        while True:
            seq = self.sent[number] = self.sent[number] + 1
            answer = self.answers[number]
            report = {"id": named(f"{number} {seq}"), "seq": seq, "version": 1, "slot": slot_at(answer["serverTime"])}
            body = request(
                named(f"d{number}"), named(f"s{number}"), answer, [report | {"counts": {"qr_code": 1}, "lost": {}}]
            )
            try:
                response = await self.client.post("/v1/usage-reports", json=body)
            except httpx.TransportError:
                return  # refused: the tracker keeps it and sends it again
            assert response.status_code == 200, response.text
            assert [result["outcome"] for result in response.json()["results"]] == ["accepted"]
            self.acknowledged[number] = seq

    async def load_until_stopped(self, server: ServerProcess, answers: int) -> int:
        """Return the exit code of a server that is told to stop while every device waits for an answer."""
        await self.authorize()
        running = [asyncio.create_task(self.report_until_refused(number)) for number in range(DEVICES)]
        while sum(self.acknowledged) < answers:
            await asyncio.wait(running, timeout=0.005)
        code = await asyncio.to_thread(server.stop, signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(*running), 60)
        await self.client.aclose()
        return code


def booked(store: Path) -> list[int]:
    """Return each device's last booked report number, as the file has it."""
    database = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)
    rows = dict(database.execute("SELECT device_uuid, seq FROM stream").fetchall())
    database.close()
    return [rows.get(named(f"d{number}"), 0) for number in range(DEVICES)]


@pytest.mark.long_form
@pytest.mark.parametrize("answers", [1, by_form(short=200, long=700)])
def test_a_stop_answers_or_refuses_each_report_and_keeps_every_answered_one(store: Path, answers: int) -> None:
    with ServerProcess(store) as server:
        crowd = Crowd(server.url)
        assert asyncio.run(crowd.load_until_stopped(server, answers)) == 0
    assert not store.with_name("lts.db-wal").exists(), "the store was closed, so the log is in the file"
    for number, (acknowledged, last) in enumerate(zip(crowd.acknowledged, booked(store), strict=True)):
        # At most the one that was under way is booked without its answer having come back.
        assert acknowledged <= last <= crowd.sent[number] <= acknowledged + 1
    assert sum(crowd.acknowledged) >= answers
    assert cli_json(store, "usage", "--handshake", "c")["scans"] == sum(booked(store))
    assert run_cli(store, "verify").returncode == 0
    assert "error" not in server.log()


def test_a_server_told_to_stop_turns_new_clients_away_before_it_goes(store: Path) -> None:
    with ServerProcess(store, "--drain-seconds", "3600") as server, server.client() as client:
        assert client.get("/readyz").status_code == 200
        server.signal(signal.SIGTERM)
        while (unready := client.get("/readyz")).status_code == 200:
            pass
        assert (unready.status_code, unready.json()["code"]) == (503, "SERVER_STOPPING")
        assert int(unready.headers["retry-after"]) > 0
        assert client.get("/healthz").status_code == 200
        assert "dlt_lts_ready 0.0" in client.get("/metrics").text
        answer = client.post("/v1/authorizations", json=authorization(named("late"))).json()
        body = request(named("late"), named("stream"), answer, [])
        assert client.post("/v1/usage-reports", json=body).status_code == 200
        assert server.stop(signal.SIGTERM) == 0, "the second signal ends the drain time"
    assert all(json.loads(line)["status"] == 503 for line in server.log().splitlines()[1:])


def test_the_drain_time_ends_by_itself(store: Path) -> None:
    with ServerProcess(store, "--drain-seconds", "1") as server:
        assert server.stop(signal.SIGINT) == 0
