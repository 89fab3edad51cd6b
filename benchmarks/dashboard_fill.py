"""A store with many devices and a year of usage, as the dashboard is to show it, written straight into the tables."""

from __future__ import annotations

import json
from pathlib import Path

import apsw

from benchmarks.lts_fill import CODE, fill
from dlt_web.lts.admin import Administration, LicenseSettings
from dlt_web.lts.clock import SystemClock
from dlt_web.lts.records import SLOTS_IN_DAY, AuditEntry, Handshake
from dlt_web.lts.store import Writing, open_store
from dlt_web.slots import slot_of

SCANS_CODE, SCANS_ITEM = "bench-scans", "scans"
SYMBOLOGIES = ("ean_13", "code_128", "qr_code", "data_matrix", "upc_a", "pdf417")
DAYS = 366
# What an operator with many customers has beside them.
OTHER_CODES, CHANGES, ALERTS, ODD_DEVICES, UNSEATED = 2_000, 20_000, 5_000, 3_000, 500

SLOTS = "WITH RECURSIVE slot (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM slot WHERE n + 1 < :end)"
# Every slot of the year, each symbology, verified; of one in a hundred unverified scans, too.
FILL_USAGE = f"{SLOTS} INSERT INTO usage SELECT :code, n, 1, :name, 1 + n % :size FROM slot"
FILL_UNVERIFIED = f"{SLOTS} INSERT INTO usage SELECT :code, n, 0, 'qr_code', 1 FROM slot WHERE n % 100 = 0"
FILL_LOST = f"{SLOTS} INSERT INTO lost SELECT :code, n, 1, 'purged', 1 FROM slot WHERE n % 50 = 0"
FILL_CHARGES = f"{SLOTS} INSERT INTO charge SELECT :code, :item, n, 40 FROM slot"
# Devices come and go in every slot.
FILL_CODE_ACTIVITY = f"{SLOTS} INSERT INTO code_activity SELECT :code, n, 0, 0, 20 + n % 480 FROM slot"
FILL_ITEM_ACTIVITY = f"{SLOTS} INSERT INTO item_activity SELECT :item, n, 0, 0, 20 + n % 480 FROM slot"
FILL_ARRIVALS = f"""
{SLOTS} INSERT INTO arrival_count SELECT :code, :day + n / 100, n % 100 * 5 + 1, 7 FROM slot
"""
FILL_AUTHORIZATIONS = f"""
{SLOTS} INSERT INTO authorization_count SELECT :code, n, 'GRANTED', 20000 FROM slot
UNION ALL SELECT :code, n, 'QUOTA_EXHAUSTED', 30 FROM slot
"""
FILL_ALERTS = f"""
{SLOTS} INSERT INTO alert (id, at_ms, kind, subject, level, detail)
SELECT 'msg_' || n, :now - n * 60000, 'license.threshold', :item, 75, :detail FROM slot
"""
# One in five still waits, for a receiver that is away: it is part of what the list's version is made of.
FILL_DELIVERIES = """
INSERT INTO delivery
SELECT number, 'ops', iif(number % 5, 'delivered', 'waiting'), 1, iif(number % 5, 0, :later) FROM alert
"""
# Each code has something open, of three kinds.
FILL_OPEN = """
INSERT INTO alert_state SELECT kind, code, levels, :now - length(code) FROM handshake, (
    SELECT 'device.gap' AS kind, '[1]' AS levels UNION ALL SELECT 'device.clone', '[1]'
    UNION ALL SELECT 'usage.unverified', '[10]')
"""
FILL_ATTEMPTS = """
INSERT INTO delivery_attempt (alert_number, webhook_id, at_ms, took_ms, status, outcome)
SELECT number, 'ops', at_ms, 30, 204, 'taken' FROM alert
"""
NAME_DEVICES = "UPDATE device SET friendly_name = 'Till ' || substr(device_uuid, 1, 8) WHERE handshake_code = :code"
UNSEAT_SOME = """
UPDATE device SET license_id = NULL, is_unseated = 1 WHERE handshake_code = :code AND device_uuid IN (
    SELECT device_uuid FROM device WHERE handshake_code = :code ORDER BY device_uuid DESC LIMIT :count)
"""
FILL_ODDITIES = """
INSERT INTO oddity SELECT handshake_code, :kind, device_uuid, :now, :now, 1 FROM device
WHERE handshake_code = :code LIMIT :count
"""


def fill_for_dashboard(path: Path, devices: int) -> str:
    """Make a store and return an administration key of it."""
    fill(path, devices=devices, expired=0)
    key = _settings(path)
    now_ms = SystemClock().now_ms()
    end = slot_of(now_ms) + 1
    connection = apsw.Connection(str(path))
    for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
        connection.execute(f"PRAGMA {setting}")
    for code in (CODE, SCANS_CODE):
        _fill_code(connection, code, end)
    year = {"first": end - DAYS * SLOTS_IN_DAY, "end": end}
    connection.execute(FILL_CHARGES, year | {"code": SCANS_CODE, "item": SCANS_ITEM})
    connection.execute(FILL_ITEM_ACTIVITY, year | {"item": SCANS_ITEM})
    detail = json.dumps({"message": "License scans: 75 of 100 scans are used.", "used": 75, "quota": 100})
    connection.execute(FILL_ALERTS, {"first": 0, "end": ALERTS, "now": now_ms, "item": SCANS_ITEM, "detail": detail})
    connection.execute(FILL_DELIVERIES, {"later": now_ms + DAYS * 86_400_000})
    connection.execute(FILL_OPEN, {"now": now_ms})
    connection.execute(FILL_ATTEMPTS)
    connection.execute(NAME_DEVICES, {"code": CODE})
    connection.execute(UNSEAT_SOME, {"code": CODE, "count": min(UNSEATED, devices // 2)})
    for kind in ("gap", "clone"):
        odd = {"code": CODE, "kind": kind, "now": now_ms, "count": ODD_DEVICES}
        connection.execute(FILL_ODDITIES, odd)
    connection.execute("UPDATE license_item SET scans = (SELECT sum(scans) FROM charge) WHERE id = ?", (SCANS_ITEM,))
    connection.execute(
        "INSERT OR REPLACE INTO usage_day SELECT handshake_code, slot / ?, is_verified, symbology, sum(scans) "
        "FROM usage GROUP BY 1, 2, 3, 4",
        (SLOTS_IN_DAY,),
    )
    connection.execute(
        "INSERT OR REPLACE INTO charge_day SELECT handshake_code, license_id, slot / ?, sum(scans) "
        "FROM charge GROUP BY 1, 2, 3",
        (SLOTS_IN_DAY,),
    )
    connection.execute("ANALYZE")
    connection.close()
    return key


def _settings(path: Path) -> str:
    store = open_store(f"sqlite:///{path}")
    admin = Administration(store, SystemClock(), actor="benchmark")
    try:
        admin.add_license(LicenseSettings("per_scan", 10**9, id=SCANS_ITEM))
        admin.add_handshake(Handshake(SCANS_CODE, (SCANS_ITEM,)))
        store.write(_add_many).result()
        admin.add_webhook("ops", "https://example.com/hook")
        return admin.add_admin_key("bench")
    finally:
        store.close()


def _add_many(rows: Writing) -> None:
    """Add codes and audit entries in one commit, instead of one for each."""
    for number in range(OTHER_CODES):
        rows.put_handshake(Handshake(f"shop-{number:05}", (SCANS_ITEM,), customer=f"Customer {number % 50}"))
    for number in range(CHANGES):
        rows.add_audit(AuditEntry(number, "benchmark", "license.set", SCANS_ITEM, json.dumps({"quota": number})))


def _fill_code(connection: apsw.Connection, code: str, end: int) -> None:
    year = {"code": code, "first": end - DAYS * SLOTS_IN_DAY, "end": end}
    for place, name in enumerate(SYMBOLOGIES):
        connection.execute(FILL_USAGE, year | {"name": name, "size": 40 // (place + 1)})
    for sql in (FILL_UNVERIFIED, FILL_LOST, FILL_CODE_ACTIVITY):
        connection.execute(sql, year)
    today = end // SLOTS_IN_DAY
    connection.execute(FILL_AUTHORIZATIONS, {"code": code, "first": today - DAYS, "end": today + 1})
    arrivals = {"code": code, "day": today - DAYS, "first": 0, "end": DAYS * 100}
    connection.execute(FILL_ARRIVALS, arrivals)
    rows = f"""{SLOTS} INSERT INTO device_day SELECT :code, n, 0, 2000, 0, 2000, 1000 FROM slot WHERE true
               ON CONFLICT DO NOTHING"""
    connection.execute(rows, {"code": code, "first": today - DAYS, "end": today + 1})
