"""Random histories over HTTP, with lost messages, old copies, crashes, restores and years, against a plain model."""

from __future__ import annotations

import copy
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dlt_web.lts.admin_keys import AdminError
from dlt_web.lts.backup import back_up, restore
from dlt_web.lts.reads import known_license
from dlt_web.lts.store import Reading, SqliteStore
from dlt_web.lts.usage_reads import Span, code_usage
from dlt_web.lts.verify import find_faults
from dlt_web.slots import SLOT_MS, format_time, parse_time
from tests.durability.rules_model import Model
from tests.durability.seats_model import Item
from tests.long_form import by_form
from tests.lts.world import SHOP, T0_MS, World, uuid

pytestmark = pytest.mark.long_form

CODES = ("devices", "all", "shared", "allow", "now", "scans")
DEVICES = st.integers(1, 4)
CODE = st.sampled_from(CODES)
SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86_400
STEPS_S = (SECOND, 59 * SECOND, 2 * MINUTE, 3 * MINUTE, 31 * MINUTE, HOUR, 25 * HOUR, 40 * DAY, 366 * DAY)
LONG_STEPS_S = (*STEPS_S, 800 * DAY)

ITEMS = (
    Item("D1", "per_device", 1),
    Item("D2", "per_device", 2, grace=50),
    Item("R", "per_device", 2, "refuse-all"),
    Item("B", "per_device", 1, "refuse-all", grace=100),
    Item("W", "per_device", 1, "allow"),
    Item("C", "concurrent_device", 2),
    Item("S1", "per_scan", 5, "refuse-all", grace=50),
    Item("S2", "per_scan", 6, "refuse-all", grace=20),
)
OF_CODES = {
    "devices": ["D1", "D2"],
    "all": ["R"],
    "shared": ["R", "B"],
    "allow": ["W"],
    "now": ["C"],
    "scans": ["S1", "S2"],
}
# The operator buys no more than that, and takes no more back: histories shall be about devices.
MOST_ITEMS, MOST_REVOKED = 12, 2
WAYS = st.sampled_from(["per_device", "concurrent_device", "per_scan"])
POLICIES = st.sampled_from(["refuse-all", "refuse-new", "allow"])
PLACES = st.integers(0, 10_000)


class Client:
    """One device's reports, tokens and what it knows of the store."""

    def __init__(self) -> None:
        self.reports: list[dict[str, Any]] = []
        self.epoch: str | None = None


class RulesOverTime(RuleBasedStateMachine):
    """Every event in every order; after each the server knows what the model knows."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="dlt-rules-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        self.places = 0
        self.path = self.folder / "lts.db"
        self.store = SqliteStore(str(self.path))
        self.world = World(self.store)
        self.model = Model({}, {}, start_ms=T0_MS)
        self.clients = {(code, number): Client() for code in CODES for number in range(1, 5)}
        self.copies: list[tuple[str, int, dict[str, Any], int]] = []
        self.backup: Model | None = None
        self.epoch_number = 1

    @initialize()
    def the_operator_sets_up(self) -> None:
        for item in copy.deepcopy(ITEMS):
            self._buy(item)
        for code, names in OF_CODES.items():
            self.world.handshake(*names, code=code)
            self.model.set_items(code, list(names))
        self.world.advance(seconds=0)

    # -- requests

    @rule(code=CODE, numbers=st.lists(DEVICES, min_size=1, max_size=4))
    def authorize(self, code: str, numbers: list[int]) -> None:
        """Let devices ask one after another: quotas fill, refuse and bind while little else happens."""
        for number in numbers:
            self._authorize(code, number)

    def _authorize(self, code: str, number: int) -> None:
        client = self.clients[code, number]
        response = self.world.authorize(number, code=code, storeEpoch=client.epoch)
        body = response.json()
        if self._is_other_epoch(client.epoch):
            assert (response.status_code, body["code"]) == (409, "STORE_EPOCH_CHANGED")
        else:
            found = "granted" if response.status_code == 201 else body["code"]
            assert found == self.model.authorize((code, number), self.now_ms)
        client.epoch = body["storeEpoch"]

    @rule(code=CODE, number=DEVICES, scans=st.integers(0, 3), is_new=st.booleans())
    def scan(self, code: str, number: int, scans: int, is_new: bool) -> None:
        reports = self.clients[code, number].reports
        if not reports or is_new:
            seq = len(reports) + 1
            slot = format_time(self.now_ms // SLOT_MS * SLOT_MS)
            reports.append({"id": uuid(seq, "4bad"), "seq": seq, "version": 0, "slot": slot, "counts": {"qr_code": 0}})
        last = reports[-1]
        reports[-1] = last | {"version": last["version"] + 1, "counts": {"qr_code": last["counts"]["qr_code"] + scans}}

    @rule(code=CODE, number=DEVICES, count=st.integers(0, 4), is_sent=st.booleans())
    def report(self, code: str, number: int, count: int, is_sent: bool) -> None:
        """Send the newest reports, some or all again; a request that is lost may arrive later as an old copy."""
        client = self.clients[code, number]
        if (code, number) not in self.world.tokens:
            return
        reports = [report | {"lost": {}} for report in client.reports[len(client.reports) - count :]]
        body = self.world.report_body(number, reports, code=code) | {"storeEpoch": client.epoch}
        self.copies.append((code, number, copy.deepcopy(body), self.now_ms))
        if is_sent:
            self._send(code, number, body, self.now_ms)

    @precondition(lambda self: self.copies)
    @rule(place=PLACES)
    def an_old_copy_arrives(self, place: int) -> None:
        self._send(*self.copies[place % len(self.copies)])

    @rule(code=CODE, number=DEVICES)
    def a_clone_reports(self, code: str, number: int) -> None:
        client = self.clients[code, number]
        if client.reports and (code, number) in self.world.tokens:
            other = client.reports[-1] | {"id": uuid(number, "4c10"), "lost": {}}
            body = self.world.report_body(number, [other, other], code=code) | {"storeEpoch": client.epoch}
            self._send(code, number, body, self.now_ms)

    def _send(self, code: str, number: int, body: dict[str, Any], sent_ms: int) -> None:
        response = self.world.call("POST", "/v1/usage-reports", json=body, headers={"Origin": SHOP})
        answer = response.json()
        if self._is_other_epoch(body["storeEpoch"]):
            assert (response.status_code, answer["code"]) == (409, "STORE_EPOCH_CHANGED")
            return
        assert response.status_code == 200, answer
        found = [result.get("code") or result["outcome"] for result in answer["results"]]
        reports = [report | {"slot": parse_time(report["slot"]) // SLOT_MS} for report in body["reports"]]
        assert found == self.model.report((code, number), reports, sent_ms, self.now_ms)

    # -- the operator

    @rule(code=CODE, number=DEVICES)
    def the_operator_releases_a_device(self, code: str, number: int) -> None:
        if self.model.release((code, number)):
            self.world.admin.release_device(code, uuid(number))
        else:
            with pytest.raises(AdminError):
                self.world.admin.release_device(code, uuid(number))

    @rule(place=PLACES, quota=st.integers(0, 5), grace=st.sampled_from([0, 50, 100]), policy=POLICIES)
    def the_operator_changes_an_item(self, place: int, quota: int, grace: int, policy: str) -> None:
        item = self._pick(place)
        if item.way == "per_scan":
            quota, policy = 3 * quota, "refuse-all" if policy == "refuse-new" else policy
        self.model.set_item(item.name, quota, grace, policy)
        changes = {"quota": quota, "grace_percent": grace, "on_exhausted": policy}
        self.world.admin.set_license(item.name, changes)

    @precondition(lambda self: len(self.model.items) < MOST_ITEMS)
    @rule(code=CODE, way=WAYS, quota=st.integers(0, 3), grace=st.sampled_from([0, 100]), policy=POLICIES)
    def the_operator_adds_an_item(self, code: str, way: str, quota: int, grace: int, policy: str) -> None:
        policy = "refuse-all" if (way, policy) == ("per_scan", "refuse-new") else policy
        item = Item(f"N{len(self.model.items)}", way, quota, policy, grace)
        self._buy(item)
        self._give(code, [*self.model.codes[code], item.name])

    @rule(code=CODE, places=st.lists(PLACES, min_size=1, max_size=3))
    def the_operator_gives_a_code_other_items(self, code: str, places: list[int]) -> None:
        self._give(code, list(dict.fromkeys(self._pick(place).name for place in places)))

    @precondition(lambda self: sum(item.revoked_ms is not None for item in self.model.items.values()) < MOST_REVOKED)
    @rule(place=PLACES)
    def the_operator_takes_an_item_back(self, place: int) -> None:
        item = self._pick(place)
        self.world.admin.revoke_license(item.name)
        item.revoked_ms = self.now_ms if item.revoked_ms is None else item.revoked_ms

    def _pick(self, place: int) -> Item:
        return list(self.model.items.values())[place % len(self.model.items)]

    def _buy(self, item: Item) -> None:
        self.world.license(item.name, item.way, item.quota, on_exhausted=item.policy, grace_percent=item.grace)
        self.model.items[item.name] = item

    def _give(self, code: str, names: list[str]) -> None:
        self.world.admin.set_handshake(code, {"license_ids": tuple(names)})
        self.model.set_items(code, names)

    # -- time and trouble

    @rule(seconds=st.sampled_from(by_form(short=STEPS_S, long=LONG_STEPS_S)))
    def time_passes(self, seconds: int) -> None:
        self.world.advance(seconds=seconds)
        self.model.advance(self.now_ms)

    @rule()
    def the_server_restarts(self) -> None:
        self.store.close()
        self._open(self.path)

    @rule()
    def the_server_dies(self) -> None:
        """Go on with the files as a killed process leaves them, its write-ahead log included."""
        self.places += 1
        left = self.folder / f"lts-{self.places}.db"
        for suffix in ("", "-wal"):
            if Path(f"{self.path}{suffix}").exists():
                shutil.copy(f"{self.path}{suffix}", f"{left}{suffix}")
        self.store.close()
        self._open(left)

    @rule()
    def a_backup_is_taken(self) -> None:
        (self.folder / "backup.db").unlink(missing_ok=True)
        back_up(str(self.path), str(self.folder / "backup.db"))
        self.backup = copy.deepcopy(self.model)
        self.backup_epoch = self.epoch_number

    @precondition(lambda self: self.backup is not None)
    @rule()
    def the_backup_is_restored(self) -> None:
        self.store.close()
        done = restore(str(self.folder / "backup.db"), str(self.path), self.world.clock, "test", is_verified=True)
        self.epoch_number = max(self.backup_epoch + 1, self.epoch_number + 1, self.now_ms // 1000)
        assert done.store_epoch.endswith(f":{self.epoch_number}")
        self.model = copy.deepcopy(self.backup)  # type: ignore[assignment]
        self._open(self.path)

    # -- what must hold

    @invariant()
    def the_server_knows_what_the_model_knows(self) -> None:
        self.store.read(self._compare).result()

    def _compare(self, rows: Reading) -> None:
        for code in self.model.codes:
            known = {
                number: (device.seat, device.is_unseated, device.removal_ms, device.scans, device.is_cloned)
                for (owner, number), device in self.model.devices.items()
                if owner == code
            }
            if rows.handshake(code) is None:  # before the operator has set up
                return
            found = {
                int(d.device_uuid[-12:], 16): (d.license_id, d.is_unseated, d.removal_ms, d.scans, d.is_cloned)
                for d in rows.devices(code)
            }
            assert found == known, code
            assert code_usage(rows, code, Span(), self.now_ms).scans == self.model.usage.get(code, 0)
        for item in self.model.items.values():
            sold = known_license(rows, item.name)
            assert (sold.seats, sold.scans) == (item.seats, item.scans), item

    def teardown(self) -> None:
        assert find_faults(self.store) == []
        self.world.close()
        self.store.close()
        shutil.rmtree(self.folder)

    @property
    def now_ms(self) -> int:
        return self.world.clock.now_ms()

    def _is_other_epoch(self, known: str | None) -> bool:
        return known is not None and int(known.rpartition(":")[2]) != self.epoch_number

    def _open(self, path: Path) -> None:
        before = self.world
        self.path = path
        self.store = SqliteStore(str(path))
        self.world = World(self.store, before.clock.now_ms())
        self.world.tokens = before.tokens
        before.run(before.client.aclose())
        before._runner.close()


RulesOverTime.TestCase.settings = settings(
    max_examples=by_form(short=15, long=2000), stateful_step_count=by_form(short=40, long=60), deadline=None
)
TestRulesOverTime = RulesOverTime.TestCase
