"""kill -9 under load, again and again, on one store: what was acknowledged is there once, the store is in order."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import httpx
import pytest

from tests.long_form import by_form
from tests.lts.server_process import PATIENCE_S, ServerProcess, cli_json, run_cli
from tests.lts.test_server import Sender

ROUNDS = by_form(short=3, long=50)
SENDERS = 8


@pytest.mark.long_form
def test_every_acknowledged_report_is_counted_once_whenever_the_server_dies(tmp_path: Path) -> None:
    store = tmp_path / "lts.db"
    cli_json(store, "license", "add", "--charge-way", "per_device", "--quota", "100", "--id", "L")
    cli_json(store, "handshake", "add", "c", "--license", "L")
    senders = [Sender(number) for number in range(SENDERS)]
    choices = random.Random(1)

    async def load_until_death(server: ServerProcess, goal: int) -> None:
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client:
            for sender in senders:
                await sender.authorize(client)
            running = [asyncio.create_task(sender.send_until_death(client)) for sender in senders]
            goal += sum(sender.acknowledged for sender in senders)
            while sum(sender.acknowledged for sender in senders) < goal:
                await asyncio.wait(running, timeout=0.005)
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            await asyncio.gather(*running)

    async def finish(url: str) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) as client:
            for sender in senders:
                await sender.send_rest(client)

    for _round in range(ROUNDS):
        with ServerProcess(store) as server:
            asyncio.run(load_until_death(server, choices.randrange(1, 120)))
        checked = run_cli(store, "verify")
        assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout
    with ServerProcess(store) as server:
        asyncio.run(finish(server.url))
    usage = cli_json(store, "usage", "--handshake", "c")
    assert (usage["scans"], usage["devices"]) == (sum(sender.scans for sender in senders), SENDERS)
    assert run_cli(store, "verify").returncode == 0
