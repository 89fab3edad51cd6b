"""The real server under uvicorn, on a real file: histories, races, and sudden death."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from dlt_web.lts.server import GC_NEW_OBJECTS
from dlt_web.slots import SLOT_MS, format_time, parse_time
from tests.lts.server_process import PATIENCE_S, ServerProcess, cli_json, run_cli

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "reports.json").read_text())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store file with one device license of 100 seats, used by the code ``c``."""
    path = tmp_path / "lts.db"
    cli_json(path, "license", "add", "--charge-way", "per_device", "--quota", "100", "--id", "L")
    cli_json(path, "handshake", "add", "c", "--license", "L")
    return path


def named(symbol: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, symbol))


def authorization(device: str) -> dict[str, Any]:
    return {"handshakeCode": "c", "deviceUuid": device}


def request(device: str, stream: str, answer: dict[str, Any], reports: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "handshakeCode": "c",
        "deviceUuid": device,
        "streamId": stream,
        "reportToken": answer["reportToken"],
        "storeEpoch": answer["storeEpoch"],
        "storage": "indexeddb",
        "partitioned": False,
        "sentAt": answer["serverTime"],
        "reports": reports,
    }


def slot_at(server_time: str, offset: int = 0) -> str:
    return format_time((parse_time(server_time) // SLOT_MS + offset) * SLOT_MS)


def seats(store: Path) -> tuple[int, int]:
    """Return the seat counter and the rows that it stands for."""
    database = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)
    (counter,) = database.execute("SELECT seats FROM license_item").fetchone()
    (rows,) = database.execute("SELECT count(*) FROM device WHERE license_id = 'L'").fetchone()
    database.close()
    return counter, rows


def test_the_shared_histories_over_a_real_connection(store: Path) -> None:
    with ServerProcess(store) as server, server.client() as client:
        for number, vector in enumerate(VECTORS):
            code, device = f"v{number}", named(f"device {number}")
            cli_before = client.post("/v1/authorizations", json=authorization(device))
            assert cli_before.status_code == 201, cli_before.text
            answer = cli_before.json()
            outcomes = []
            for entry in vector["requests"]:
                reports = [
                    {
                        "id": named(r["id"]),
                        "seq": r["seq"],
                        "version": r["version"],
                        "slot": slot_at(answer["serverTime"], r["slotIndex"] - 40),
                        "counts": r["counts"],
                        "lost": {},
                    }
                    for r in entry["reports"]
                ]
                body = request(device, named(code + entry["stream"]), answer, reports)
                response = client.post("/v1/usage-reports", json=body)
                assert response.status_code == 200, response.text
                outcomes.append([result["outcome"] for result in response.json()["results"]])
            assert outcomes == vector["outcomes"], vector["name"]
        usage = cli_json(store, "usage", "--handshake", "c")
    assert usage["scans"] == sum(vector["scans"] for vector in VECTORS)
    assert usage["devices"] == len(VECTORS)
    assert seats(store) == (len(VECTORS), len(VECTORS))


def test_400_racing_admissions_take_100_seats(store: Path) -> None:
    async def race(url: str) -> Counter[int]:
        limits = httpx.Limits(max_connections=40)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=PATIENCE_S) as client:
            calls = [client.post("/v1/authorizations", json=authorization(named(f"d{n}"))) for n in range(400)]
            return Counter(answer.status_code for answer in await asyncio.gather(*calls))

    with ServerProcess(store) as server:
        assert asyncio.run(race(server.url)) == {201: 100, 403: 300}
    assert seats(store) == (100, 100)


def test_two_servers_on_one_store_take_100_seats(store: Path) -> None:
    async def race(urls: list[str]) -> Counter[int]:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=20), timeout=PATIENCE_S) as client:
            calls = [
                client.post(f"{urls[n % 2]}/v1/authorizations", json=authorization(named(f"d{n}"))) for n in range(160)
            ]
            return Counter(answer.status_code for answer in await asyncio.gather(*calls))

    with ServerProcess(store) as main, ServerProcess(store) as standby:
        assert asyncio.run(race([main.url, standby.url])) == {201: 100, 403: 60}
    assert seats(store) == (100, 100)


class Sender:
    """One device that keeps reporting and remembers what was acknowledged."""

    def __init__(self, number: int) -> None:
        self.device = named(f"sender {number}")
        self.stream = named(f"stream {number}")
        self.answer: dict[str, Any] = {}
        self.reports: list[dict[str, Any]] = []
        self.acknowledged = 0

    async def authorize(self, client: httpx.AsyncClient) -> None:
        self.answer = (await client.post("/v1/authorizations", json=authorization(self.device))).json()

    def scan(self) -> None:
        seq = len(self.reports) + 1
        slot = slot_at(self.answer["serverTime"], -(seq % 7))
        self.reports.append({"id": named(f"{self.device} {seq}"), "seq": seq, "version": 1, "slot": slot})
        self.reports[-1] |= {"counts": {"qr_code": seq % 5 + 1}, "lost": {}}

    async def send(self, client: httpx.AsyncClient) -> None:
        """Send all that is not acknowledged, oldest first."""
        pending = self.reports[self.acknowledged :][:50]
        body = request(self.device, self.stream, self.answer, pending)
        response = await client.post("/v1/usage-reports", json=body)
        assert response.status_code == 200, response.text
        assert all(result["outcome"] in {"accepted", "duplicate"} for result in response.json()["results"])
        self.acknowledged += len(pending)

    async def send_until_death(self, client: httpx.AsyncClient) -> None:
        try:
            while True:
                self.scan()
                await self.send(client)
        except httpx.TransportError:
            return

    async def send_rest(self, client: httpx.AsyncClient) -> None:
        while self.acknowledged < len(self.reports):
            await self.send(client)

    @property
    def scans(self) -> int:
        return sum(report["counts"]["qr_code"] for report in self.reports)

    @property
    def acknowledged_scans(self) -> int:
        return sum(report["counts"]["qr_code"] for report in self.reports[: self.acknowledged])


def test_sudden_death_loses_no_acknowledged_report_and_counts_none_twice(store: Path) -> None:
    senders = [Sender(number) for number in range(12)]

    async def load_until_death(server: ServerProcess) -> None:
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client:
            for sender in senders:
                await sender.authorize(client)
            running = [asyncio.create_task(sender.send_until_death(client)) for sender in senders]
            goal = sum(sender.acknowledged for sender in senders) + 120
            while sum(sender.acknowledged for sender in senders) < goal:
                await asyncio.wait(running, timeout=0.01)
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            await asyncio.gather(*running)

    async def finish(url: str) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) as client:
            for sender in senders:
                await sender.send_rest(client)

    for _round in range(2):
        with ServerProcess(store) as server:
            asyncio.run(load_until_death(server))
        booked = cli_json(store, "usage", "--handshake", "c")["scans"]
        assert booked >= sum(sender.acknowledged_scans for sender in senders)
    with ServerProcess(store) as server:
        asyncio.run(finish(server.url))
    usage = cli_json(store, "usage", "--handshake", "c")
    assert usage["scans"] == sum(sender.scans for sender in senders)
    assert usage["devices"] == len(senders)
    assert seats(store) == (len(senders), len(senders))


# -- the process


def test_the_test_clock_moves_over_http_and_is_said_loudly(store: Path) -> None:
    cli_json(store, "license", "add", "--charge-way", "concurrent_device", "--quota", "1", "--id", "C")
    cli_json(store, "handshake", "add", "cc", "--license", "C")
    with ServerProcess(store, "--test-clock") as server, server.client() as client:
        device = {"handshakeCode": "cc", "deviceUuid": named("one")}
        granted = client.post("/v1/authorizations", json=device).json()
        assert cli_json(store, "usage", "--handshake", "cc")["concurrentDevices"] == 1
        moved = client.post("/v1/test/clock", json={"advanceSeconds": 180}).json()
        assert parse_time(moved["now"]) - parse_time(granted["serverTime"]) == 180_000
        assert cli_json(store, "usage", "--handshake", "cc")["concurrentDevices"] == 0
    assert "TEST CLOCK" in server.log()


def test_the_test_clock_stays_off_addresses_that_others_reach(tmp_path: Path) -> None:
    result = run_cli(tmp_path / "lts.db", "serve", "--test-clock", "--host", "0.0.0.0", "--port", "0")
    assert result.returncode == 2
    assert "loopback" in result.stderr


def test_without_a_test_clock_there_is_no_such_path(store: Path) -> None:
    with ServerProcess(store) as server, server.client() as client:
        response = client.post("/v1/test/clock", json={"advanceSeconds": 1})
    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")


def test_a_body_of_10_mb_gets_its_answer_and_the_server_goes_on(store: Path) -> None:
    with ServerProcess(store) as server, server.client() as client:
        for _ in range(3):
            response = client.post("/v1/usage-reports", content=b"x" * 10_000_000)
            assert (response.status_code, response.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
        assert client.get("/healthz").status_code == 200
        assert client.post("/v1/usage-reports", content=b"[" * 5_000).status_code == 400
    first, *lines = server.log().splitlines()
    assert first.startswith("The administration key 'first'")
    assert [(json.loads(line)["status"], json.loads(line)["level"]) for line in lines] == [(413, "info")] * 3 + [
        (400, "info")
    ]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_server_stops_in_good_order(store: Path, how: signal.Signals) -> None:
    with ServerProcess(store) as server, server.client() as client:
        client.get("/healthz")
        assert server.stop(how) == 0
    (only,) = server.log().splitlines()
    assert only.startswith("The administration key 'first'")


def test_a_port_in_use_is_one_sentence(store: Path) -> None:
    with ServerProcess(store) as server:
        port = server.url.rpartition(":")[2]
        result = run_cli(store, "serve", "--port", port)
    assert result.returncode == 1
    assert "Cannot listen on 127.0.0.1" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_server_that_answers_is_seldom_visited_by_the_garbage_collector() -> None:
    program = """
import gc, socket
from dlt_web.lts import server

async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": f"{gc.get_threshold()[0]} {gc.get_freeze_count()}".encode()})

with socket.create_server(("127.0.0.1", 0)) as listener:
    server.run(app, listener)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("LTS ready at ").strip()
        threshold, frozen = httpx.get(url, timeout=PATIENCE_S).text.split()
        process.terminate()
    assert int(threshold) == GC_NEW_OBJECTS
    assert int(frozen) > 10_000, "what the process is made of"
