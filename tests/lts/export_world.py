"""A store in which everything was used, and its export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from dlt_web.lts.alert_courier import Courier
from dlt_web.lts.alert_watch import Watch
from dlt_web.lts.cli import lts
from dlt_web.lts.clock import DAY_MS
from dlt_web.lts.devices import DeviceFilter
from dlt_web.lts.self_service import SelfService
from dlt_web.lts.store import SqliteStore
from tests.lts.webhook_receiver import HERE, Receiver
from tests.lts.world import CODE, World, report, uuid, world_over


def a_busy_year(world: World) -> None:
    """Use everything that there is."""
    world.license(quota=3, on_exhausted="allow", valid_until_ms=world.clock.now_ms() + 400 * DAY_MS)
    world.license("N", "concurrent_device", quota=2, on_exhausted="refuse-new", grace_percent=50)
    world.license("S", "per_scan", quota=10, on_exhausted="allow", device_lifetime_s=90 * 86_400)
    world.license("gone")
    world.admin.revoke_license("gone")
    world.handshake(origins=("https://shop.example",), customer="ACME", release_limit=1, release_term_s=60)
    world.handshake("N", code="now", password="secret")
    world.handshake("S", "L", code="scans", is_test=True)
    world.license("full", quota=0)
    world.handshake("full", code="full")
    world.authorize(code="full")
    seq = 0
    for day in range(0, 120, 10):
        for device in range(1, 5):
            world.authorize(device, deviceFriendlyName="=Till „1“", storage="memory" if device == 2 else "indexeddb")
            world.authorize(device, code="now", sessionPassword="secret" if device < 4 else "wrong")
            world.authorize(device, code="scans")
            for code in (CODE, "now", "scans"):
                counts = {"qr_code": device, "ean_13": 1}
                slot = report(seq + 1, slot=day * 480, counts=counts, lost={"purged": 1} if device == 3 else {})
                world.report(device, [slot], code=code)
        world.report(9, [report(seq + 1, 70, slot=day * 480)], reportToken=None)
        seq += 2  # every second number never comes
        world.advance(days=10)
    world.report(1, [report(seq - 1, 500, slot=120 * 480)])
    world.authorize(8)
    SelfService(world.store, world.clock, "customer-key:portal").release_own("ACME", CODE, uuid(8))
    world.admin.book_credit(CODE, "scans", 3, "Stuck", month="2026-11")
    world.admin.freeze_statement("ACME", "2026-12", "Europe/Berlin")
    world.admin.release_devices(DeviceFilter(CODE, storage="memory"))
    world.admin.release_device(CODE, uuid(1))
    world.admin.forget_device(uuid(4))
    world.admin.rotate_keys()
    world.admin.add_admin_key("reader", "read")
    world.admin.add_admin_key("portal", "customer", "ACME")
    world.admin.set_alerts({"unverified_percent": 20, "networks": HERE}, {"S": (50, 200)})
    with Receiver(204, 500) as receiver:
        world.admin.add_webhook("hook", receiver.url)
        for alert in Watch(world.store, world.clock).check():
            for delivery in world.store.read(lambda rows, n=alert.number: rows.deliveries(n)).result():  # type: ignore[misc]
                Courier(world.store, world.clock).deliver(delivery)
    world.admin.rotate_webhook("hook")
    world.report(1, [report(seq + 1, 3, slot=120 * 480)])


def make_export(folder: Path) -> None:
    """Leave a store, ``lts.db``, its export with CSV, ``export``, its devices' tokens, and an operator's key."""
    with world_over(SqliteStore(str(folder / "lts.db"))) as world:
        a_busy_year(world)
        (folder / "key.txt").write_text(world.admin.add_admin_key("ops"))
        (folder / "tokens.json").write_text(json.dumps([[*key, token] for key, token in world.tokens.items()]))
    code, done = cli(folder / "lts.db", "export", "--all", str(folder / "export"), "--csv")
    assert code == 0, done


def cli(path: Path, *words: str) -> tuple[int, Any]:
    result = CliRunner().invoke(lts, [*words, "--json"], env={"DLT_WEB_STORE": f"sqlite:///{path}"})
    return result.exit_code, json.loads(result.stdout) if result.exit_code == 0 else result.output


def manifest_of(export: Path) -> Any:
    return json.loads((export / "manifest.json").read_text())
