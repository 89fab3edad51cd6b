"""Random histories against a real server: requests lost, repeated, reordered; the store set back to older backups.

A device follows spec §5 in its plainest form: reports grow until their slot ends, everything unacknowledged is sent
oldest first, an answer of another epoch acknowledges nothing, a changed epoch makes everything unacknowledged again.
After every history the server has counted exactly what was scanned.
"""

from __future__ import annotations

import copy
import random
from typing import Any

import httpx
import pytest

from dlt_web.lts.identity import STORE_EPOCH
from dlt_web.lts.store import MemoryStore
from tests.long_form import by_form
from tests.lts.world import World, report

STEPS = 250


class Device:
    """One device database; what it sends are copies."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.reports: list[dict[str, Any]] = []
        self.acknowledged: dict[int, int] = {}
        self.epoch: str | None = None
        self.slot = -200

    def scan(self, scans: int) -> None:
        latest = self.reports[-1] if self.reports else None
        if latest and latest["slot"] == report(1, slot=self.slot)["slot"]:
            latest["counts"] = {"qr_code": latest["counts"]["qr_code"] + scans}
            latest["version"] += 1
        else:
            self.reports.append(report(len(self.reports) + 1, scans, slot=self.slot))

    def pending(self, limit: int) -> list[dict[str, Any]]:
        waiting = [r for r in self.reports if self.acknowledged.get(r["seq"], 0) < r["version"]]
        return copy.deepcopy(waiting[:limit])

    def take(self, response: httpx.Response) -> None:
        answer = response.json()
        if response.status_code == 409:
            assert answer["code"] == "STORE_EPOCH_CHANGED"
            if self.epoch != answer["storeEpoch"]:
                self.epoch = answer["storeEpoch"]
                self.acknowledged.clear()
        elif self.epoch in (None, answer["storeEpoch"]):
            self.epoch = answer["storeEpoch"]
            for result in answer["results"]:
                assert result["outcome"] in {"accepted", "duplicate"}
                known = self.acknowledged.get(result["seq"], 0)
                self.acknowledged[result["seq"]] = max(known, result["version"])


class Restorable:
    """Backs a store up and sets it back, raising its epoch as a restore does."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._backups: list[Any] = []
        self._restores = 1

    def back_up(self) -> None:
        self._backups.append(self._store._tables)

    def restore(self, rng: random.Random) -> None:
        if self._backups:
            self._restores += 1
            self._store._tables = rng.choice(self._backups)
            store_id = (self._store.read(lambda rows: rows.info(STORE_EPOCH)).result() or "").partition(":")[0]
            self._store.write(lambda rows: rows.put_info(STORE_EPOCH, f"{store_id}:{self._restores}")).result()


class History:
    """What may happen between one device and the server, each a method; all but ``scan`` may find nothing to do."""

    def __init__(self, world: World, store: MemoryStore, rng: random.Random) -> None:
        self._world, self._rng = world, rng
        self.device, self.vault, self.scanned = Device(rng), Restorable(store), 0
        self.wire: list[tuple[str | None, list[dict[str, Any]]]] = []
        self._answers: list[httpx.Response] = []

    def scan(self) -> None:
        scans = self._rng.randint(1, 3)
        self.scanned += scans
        self.device.scan(scans)

    def let_time_pass_or_jump_back(self) -> None:
        self.device.slot += 1 if self._rng.random() < 0.9 else -2

    def send(self) -> None:
        self.wire.append((self.device.epoch, self.device.pending(self._rng.choice([1, 2, 5, 100]))))

    def repeat(self) -> None:
        if self.wire:
            self.wire.append(self._rng.choice(self.wire))

    def deliver_or_lose(self) -> None:
        if self.wire:
            request = self.wire.pop(self._rng.randrange(len(self.wire)))
            if self._rng.random() < 0.8:
                response = self.deliver(*request)
                if self._rng.random() < 0.7:
                    self._answers.append(response)

    def take_an_answer(self) -> None:
        if self._answers:
            self.device.take(self._answers.pop(self._rng.randrange(len(self._answers))))

    def restore(self) -> None:
        if self._rng.random() < 0.5:
            self.vault.restore(self._rng)

    def deliver(self, epoch: str | None, reports: list[dict[str, Any]]) -> httpx.Response:
        return self._world.report(1, reports, storeEpoch=epoch)

    def settle(self) -> None:
        """Send until all is acknowledged; a few requests a report are plenty."""
        for _ in range(4 * STEPS):
            if not self.device.pending(1):
                return
            self.device.take(self.deliver(self.device.epoch, self.device.pending(3)))
        raise AssertionError("the server acknowledges nothing any more")


@pytest.mark.long_form
@pytest.mark.parametrize("seed", range(by_form(short=4, long=120)))
def test_a_bad_network_and_restored_backups_end_exact(seed: int) -> None:
    rng, store = random.Random(seed), MemoryStore()
    world = World(store)
    world.license(charge_way="per_scan", quota=10**6)
    world.handshake()
    world.authorize()
    history = History(world, store, rng)
    events = {
        history.scan: 35,
        history.let_time_pass_or_jump_back: 10,
        history.send: 20,
        history.repeat: 7,
        history.deliver_or_lose: 20,
        history.take_an_answer: 5,
        history.vault.back_up: 1,
        history.restore: 2,
    }
    for event in rng.choices(list(events), list(events.values()), k=STEPS):
        event()
    history.settle()
    for request in history.wire:
        history.deliver(*request)
    history.device.take(history.deliver(history.device.epoch, []))
    history.settle()
    assert world.usage().scans == history.scanned
    assert world.used() == (1, history.scanned)
    world.close()
