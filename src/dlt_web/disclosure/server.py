"""What the license tracking server keeps about devices, column by column, and what its other tables hold."""

from __future__ import annotations

from ..lts.alert_watch import KEPT_MS as ALERTS_KEPT_MS
from ..lts.quota import DEVICE_LIFETIME_S
from ..lts.sweeps import STREAM_RETENTION_MS
from ..slots import SLOT_S
from .tables import DAY_MS, Table

RETENTION_DAYS = STREAM_RETENTION_MS // DAY_MS

KEPT = (
    Table(
        "device",
        "table `device`, a row for each device of a handshake code",
        "quotas are numbers of devices",
        f"its removal time comes ({DEVICE_LIFETIME_S // 86_400} days after the last sign of life, or as the license "
        f"item says), or the operator releases it; one that has scanned stays without a seat for {RETENTION_DAYS} "
        "days, so that a late report counts once",
        (
            ("handshake_code", "as the app is configured"),
            ("device_uuid", "the device's UUID"),
            ("license_id", "the license item that it is charged to"),
            ("is_unseated", "whether no item had room for it"),
            ("product", "as the app asked for"),
            ("first_seen_ms", "first sign of life"),
            ("last_seen_ms", "last sign of life"),
            ("removal_ms", "when it is removed"),
            ("storage", "whether the browser's storage lasts"),
            ("is_partitioned", "whether the page was in a frame of another site's page"),
            ("friendly_name", "as the app gave it"),
            ("is_cloned", "whether two copies of its database have reported"),
            ("scans", "how many scans it has reported"),
            ("token_issued_ms", "when it last got a license"),
            ("token_expires_ms", "until when that holds"),
        ),
    ),
    Table(
        "gone_device",
        "table `gone_device`, a row for each device that never scanned and whose removal time has come",
        "the advice which license to choose says how many devices would have been counted over a longer time",
        f"it comes back, or {RETENTION_DAYS} days after its last sign of life",
        (
            ("handshake_code", "as the app is configured"),
            ("device_uuid", "the device's UUID"),
            ("last_seen_ms", "last sign of life"),
        ),
    ),
    Table(
        "stream",
        "table `stream`, a row for each series of reports",
        "a report that comes twice counts once",
        f"nothing has come for {RETENTION_DAYS} days",
        (
            ("handshake_code", "as the app is configured"),
            ("device_uuid", "the device's UUID; empty once it is forgotten"),
            ("stream_id", "random name of the series; once its device is forgotten, a hash that leads back to neither"),
            ("is_verified", "whether its reports had a good proof"),
            ("id", "random name of the last report"),
            ("seq", "its number"),
            ("version", "how often it had grown"),
            ("slot", f"the period of {SLOT_S} s that it is about"),
            ("booked_slot", "the period under which it was booked"),
            ("counts", "scans per symbology"),
            ("lost", "scans known to be lost, per reason"),
            ("missing_numbers", "how many reports never came"),
            ("shifted_reports", "how many came from a clock that was wrong"),
            ("clamped_reports", "how many were of long ago, or of the future"),
            ("last_seen_ms", "when the last one came"),
        ),
    ),
    Table(
        "oddity",
        "table `oddity`, a row for each device with report numbers that never came, or with copies of its database",
        "the operator is to know of cloned devices and lost reports",
        f"nothing of the kind has come for {ALERTS_KEPT_MS // DAY_MS} days",
        (
            ("handshake_code", "as the app is configured"),
            ("kind", "`gap` or `clone`"),
            ("device_uuid", "the device's UUID"),
            ("first_ms", "when it was first seen"),
            ("last_ms", "when it was last seen"),
            ("times", "how often"),
        ),
    ),
)

# Sums, settings and keys: no row of these is about a device, but for the audit's.
OTHERS = {
    "usage": "scans per handshake code, slot and symbology",
    "usage_day": "scans per handshake code, day and symbology",
    "lost": "lost scans per handshake code, slot and reason",
    "charge": "scans per handshake code, license item and slot",
    "charge_day": "scans per handshake code, license item and day",
    "code_activity": "concurrent devices per handshake code and slot",
    "item_activity": "concurrent devices per license item and slot",
    "activity_mark": "until when concurrent devices are counted",
    "device_count": "devices per handshake code and license item",
    "authorization_count": "requests for a license per handshake code, day and outcome",
    "exhausted": "handshake codes whose quota was used up",
    "seat_series": "seats per handshake code, license item and slot",
    "device_day": "devices per handshake code and day",
    "arrival_count": "devices that became active per handshake code, day and number of active devices",
    "handshake_owner": "which customer a handshake code belongs to, and since when",
    "handshake_purpose": "whether a handshake code is for tests, and since when",
    "customer_release": "when a customer released devices of a handshake code; not which",
    "statement": "customers' months as they were frozen for the invoice",
    "usage_credit": "credits, with their reasons",
    "license_item": "license items",
    "handshake": "handshake codes, with a hash of the session password",
    "handshake_item": "which license items a code uses",
    "admin_key": "names and hashes of administration keys",
    "store_key": "the server's own keys",
    "store_info": "the store's name, epoch and clock, and when sweeps ran",
    "audit": "what operators have changed; the UUID of a device that one has released, too",
    "webhook": "addresses that alerts go to, and their secrets",
    "alert_threshold": "percentages of a quota at which alerts are told",
    "alert_state": "what is told already",
    "alert": "alerts; none names a device",
    "delivery": "to which addresses alerts have yet to go",
    "delivery_attempt": "tries to deliver an alert, and what came of them",
    "schema_migration": "versions of these tables",
}
