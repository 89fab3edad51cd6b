"""A license server with something to see: a month of scans, full items, devices with trouble, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlt_web.lts.records import SLOTS_IN_DAY
from dlt_web.lts.store import SqliteStore, Writing
from dlt_web.slots import slot_of
from tests.lts.world import SLOT_0, World, uuid
from tests.lts.world import report as report_of

RETAIL, EVENTS, DEPOT = "200001-retail", "200002-events", "200003-depot"
# What each symbology has of a day's scans, and of which days of the week; the last ones are "others".
SYMBOLOGIES = {"ean_13": 900, "code_128": 500, "qr_code": 300, "data_matrix": 130, "upc_a": 50, "pdf417": 30}
WEEK = (100, 96, 104, 110, 90, 44, 12)


@dataclass(frozen=True)
class Keys:
    """Administration keys of the store, by what they may do."""

    manage: str
    other: str
    read: str
    customer: str


def fill(path: Path, now_ms: int) -> Keys:
    """Make a store as it stands at a wall time."""
    store = SqliteStore(str(path))
    world = World(store, now_ms)
    try:
        world.license("A-1042", quota=20, valid_until_ms=now_ms + 122 * 86_400_000)
        world.license("A-1057", quota=50, valid_until_ms=now_ms + 122 * 86_400_000)
        # Longer than usual, so that its devices are there as long as the tests take.
        world.license("A-1071", "concurrent_device", quota=10, on_exhausted="refuse-new", device_lifetime_s=86_400)
        world.license("A-1063", "per_scan", quota=100_000, on_exhausted="allow", grace_percent=10)
        world.handshake("A-1042", "A-1057", code=RETAIL, customer="ACME Retail")
        world.handshake("A-1071", code=EVENTS)
        world.handshake("A-1063", code=DEPOT, is_test=True)
        _use(world)
        store.write(lambda rows: _month(rows, now_ms)).result()
        return Keys(
            world.admin.add_admin_key("ops-key-1"),
            world.admin.add_admin_key("ops-key-2"),
            world.admin.add_admin_key("eyes", "read"),
            world.admin.add_admin_key("acme", "customer", "ACME Retail"),
        )
    finally:
        world.close()
        store.close()


def _use(world: World) -> None:
    def report(seq: int, scans: int, **more: Any) -> dict[str, Any]:
        return report_of(seq, scans, slot=slot_of(world.clock.now_ms()) - SLOT_0, **more)

    for device in range(1, 25):
        name = None if device % 4 == 0 else f"Till {device:02}"
        storage = "memory" if device == 7 else "indexeddb"
        world.authorize(device, code=RETAIL, deviceFriendlyName=name, storage=storage)
        world.report(device, [report(1, device)], code=RETAIL, storage=storage, partitioned=device == 9)
    for device in range(31, 39):
        world.authorize(device, code=EVENTS)
    world.authorize(51, code=DEPOT)
    world.report(51, [report(1, 4_190)], code=DEPOT)
    # A copied profile: another report under a number that is taken. A gap: numbers that never came.
    world.report(3, [report(1, 9, id=uuid(77, "4bad"))], code=RETAIL)
    world.report(5, [report(9, 2)], code=RETAIL)
    world.report(99, [report(1, 3)], code=RETAIL, reportToken=None)
    world.report(6, [report(2, 1, lost={"purged": 4})], code=RETAIL)


def _month(rows: Writing, now_ms: int) -> None:
    for days in range(30):
        for name, count in SYMBOLOGIES.items():
            slot = slot_of(now_ms) - days * SLOTS_IN_DAY
            rows.add_usage(RETAIL, slot, {name: count * WEEK[days % 7] // 100}, {}, is_verified=True)
