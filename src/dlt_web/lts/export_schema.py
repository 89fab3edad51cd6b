"""What an export holds, table by table and column by column, as JSON Schema; a test holds it to the store's tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .store.sqlite_dump import Column, Table

TABLES = {
    "store_info": "Settings of the store itself: its id and epoch, the audit log's end, levels of alerts.",
    "store_key": "Secret keys of auth tokens (Ed25519 seeds) and of report tokens (HMAC-SHA256).",
    "admin_key": "Bearer keys of the administration interface; of their secrets only the hash is kept.",
    "license_item": "What was bought.",
    "handshake": "What apps are configured with.",
    "handshake_item": "Which license items a handshake code uses, in which order.",
    "device": "Devices: seated, unseated, or without a seat and listed for their scans.",
    "stream": "The last report of each report stream, by which repetitions are known.",
    "usage": "Scans per handshake code, slot and symbology.",
    "usage_day": "Scans per handshake code, day and symbology: the sums of the slots.",
    "lost": "Scans that trackers say they lost, per handshake code, slot and reason.",
    "charge": "Scans charged to per-scan items, per handshake code and slot.",
    "charge_day": "Scans charged to per-scan items, per handshake code and day: the sums of the slots.",
    "audit": "Administrative changes, each chained to the one before by its hash.",
    "authorization_count": "Authorizations per handshake code, day and outcome.",
    "device_count": "How many devices each handshake code has at each license item.",
    "code_activity": "How many devices of a handshake code were active at once, by slot.",
    "item_activity": "How many devices of a license item were active at once, by slot.",
    "activity_mark": "Up to when devices that ceased to be active are taken off these series.",
    "exhausted": "Whose refusal has put a refuse-all mark on an item.",
    "webhook": "Whom alerts are told, with the secrets that messages are signed with.",
    "alert_threshold": "Thresholds of items that have their own.",
    "alert_state": "What was told and has not become untrue since.",
    "alert": "What the operator was told.",
    "delivery": "How far each alert has come with each webhook.",
    "delivery_attempt": "Each try to deliver an alert.",
    "handshake_owner": "To which customer a handshake code belongs, from a slot on.",
    "handshake_purpose": "Whether a handshake code is for tests, from a slot on; before its first row it is not.",
    "statement": "Frozen months of customers, each form to the byte.",
    "usage_credit": "What was credited to customers.",
    "seat_series": "Seats of a handshake code at a license item, in the slots in which they changed.",
    "device_day": "Devices of a handshake code by day, whatever they are charged by, for the license advisor.",
    "gone_device": "When devices were last seen that never scanned and lost their seat.",
    "arrival_count": "How often a device became active as the so many-th one of its handshake code, by day.",
    "customer_release": "When customers released devices of their handshake codes.",
    "oddity": "Devices with report numbers that never came, and those that report as copies of one database.",
}

# By column, or by table and column where a name means different things.
COLUMNS = {
    "action": "What was done.",
    "actor": "Who did it.",
    "alert_number": "Which alert.",
    "allow_non_browser": "1: clients without an Origin may ask although there is an origin list.",
    "arrivals": "How often.",
    "at_ms": "When.",
    "attempts": "How many tries have ended.",
    "booked_ms": "When it was booked.",
    "booked_slot": "The slot that its counts are booked in.",
    "charge_way": "per_scan, per_device or concurrent_device.",
    "clamped_reports": "Reports whose slot lay too far back or ahead.",
    "code": "The handshake code.",
    "counted_ms": "Up to then.",
    "counts": "JSON object: scans per symbology.",
    "created_ms": "When it was made.",
    "csv": "The statement as CSV.",
    "customer": "The customer's name; of an owner empty for nobody, of a key null but for a customer's.",
    "day": "Days since the epoch, UTC.",
    "detail": "JSON object with more about it.",
    "device_lifetime_s": "Seconds from a device's last sign of life to its removal.",
    "device_uuid": "The device's random UUID.",
    "stream.device_uuid": "The device's random UUID; empty where the device was forgotten.",
    "devices": "How many devices.",
    "device_day.devices": "How many devices had their last sign of life then.",
    "arrival_count.devices": "The so many-th one; above 256 rounded up by less than 1 %.",
    "end_slot": "The first slot after it.",
    "first_ms": "When that was first seen.",
    "first_seen_ms": "First granted authorization or verified report.",
    "first_slot": "The first slot.",
    "frozen_ms": "When it was frozen.",
    "friendly_name": "A name for people, as the app gave it.",
    "grace_percent": "How far past the quota requests are still granted, in percent of it.",
    "handshake_code": "The handshake code.",
    "hash": "SHA-256, in hex, over the entry and the hash before it.",
    "html": "The statement as a page.",
    "id": "Its name.",
    "alert.id": "Names the message in every delivery (webhook-id).",
    "usage_credit.id": "What it is known by to whoever booked it, so that it is booked once.",
    "stream.id": "The last report's id.",
    "in_memory": "Those of them that cannot keep their UUID.",
    "is_cloned": "1: copies of one database have reported under this UUID.",
    "is_partitioned": "1: in a third-party frame with storage of its own.",
    "is_test": "1: a test code.",
    "is_unseated": "1: reported usage while no item had room.",
    "is_verified": "1: with a good report token; 0: apart from all others.",
    "joined_366": "How many came that were never seen before, or not for 366 days.",
    "joined_90": "How many came that were never seen before, or not for 90 days.",
    "json": "The statement as JSON.",
    "key_hash": "SHA-256, in hex, of the bearer key.",
    "kind": "What it is about.",
    "store_key.kind": "signing or report.",
    "last_ms": "When that was last seen.",
    "last_seen_ms": "Last sign of life.",
    "left_366": "How many that came back later had not been seen for 366 days by then.",
    "left_90": "How many that came back later had not been seen for 90 days by then.",
    "level": "The level that was crossed, in percent or days; null where there are none.",
    "levels": "JSON list of the levels that were told.",
    "license_id": "The license item; of a device the one whose seat it holds, null while it holds none.",
    "device_count.license_id": "The license item; empty for unseated devices.",
    "lost": "JSON object: lost scans per reason.",
    "missing_numbers": "Report numbers that never came.",
    "month": "A month such as 2026-11; of a credit null if it is for none.",
    "name": "Its name.",
    "net": "By how much the number changed in the slot.",
    "next_ms": "When the next try is due.",
    "number": "Its place in the order, from 1.",
    "old_secret": "The secret before the last rotation, base64.",
    "old_until_ms": "Up to when messages are signed with that one, too.",
    "on_exhausted": "refuse-all, refuse-new or allow.",
    "origins": "JSON list of the only origins that may ask; empty means any.",
    "outcome": "What came of it.",
    "authorization_count.outcome": "GRANTED, or the problem code of the refusal.",
    "partitioned": "Those of them in third-party frames.",
    "password_changed_ms": "When the session password was last set or taken away.",
    "password_hash": "Slow hash of the session password; null where there is none.",
    "peak": "The largest number in the slot after a device became active; null where none did.",
    "seat_series.peak": "The most after a change in the slot.",
    "percents": "JSON list of thresholds in percent of the quota.",
    "position": "Place in the order of use, from 0.",
    "product": "What a device asks for.",
    "quantity": "How many; below 0 a credit is taken back.",
    "quota": "Scans or seats that were bought.",
    "reason": "Why they were lost.",
    "usage_credit.reason": "Why, for the customer to read.",
    "release_limit": "How many devices its customer may release in a term; null for none.",
    "release_term_s": "That term, in seconds.",
    "removal_ms": "When the seat ends unless the device is seen again.",
    "requests": "How many.",
    "revoked_ms": "When the operator took it back; null while it stands.",
    "scans": "How many scans.",
    "device.scans": "Verified scans booked for it, ever.",
    "scope": "What the key may do: read, manage, or release a customer's devices.",
    "seats": "Devices that hold a seat here.",
    "seat_series.seats": "How many, as the slot ended.",
    "secret": "The secret, base64.",
    "seq": "The last report's number.",
    "shifted_reports": "Reports booked in a slot that was shifted by the clock's offset.",
    "slot": "The slot: number of 180 s since the epoch, UTC.",
    "stream.slot": "The last report's slot as the device said.",
    "start": "The number as the slot began; null where no device became active.",
    "stated_month": "The month of the statement that shows it; null until one does.",
    "state": "waiting, delivered or failed.",
    "status": "HTTP status of the answer; null where there was none.",
    "storage": "Where the device keeps its queue.",
    "stream_id": "The report stream's random name; of a forgotten device, a hash of it with the code and the device.",
    "subject": "What, or whom, it is about.",
    "symbology": "Canonical symbology.",
    "time_zone": "By whose clocks the month ends.",
    "times": "How often.",
    "token_expires_ms": "End of its last token's online life.",
    "token_issued_ms": "Start of its last token's life.",
    "took_ms": "How long it took.",
    "unit": "scans or devices.",
    "url": "Where messages are posted.",
    "valid_from_ms": "First moment of validity; null means always begun.",
    "valid_until_ms": "First moment after validity; null means without end.",
    "value": "Its value.",
    "version": "The last report's version.",
    "webhook_id": "To which webhook.",
}
_TYPES = {"INTEGER": "integer", "REAL": "number", "TEXT": "string", "BLOB": "string"}


def describe(table: str, column: str) -> str:
    """Return what a column means; empty for one that is not described."""
    text = COLUMNS.get(f"{table}.{column}") or COLUMNS.get(column, "")
    return f"{text} Milliseconds since the epoch, UTC." if column.endswith("_ms") and column != "took_ms" else text


def json_schema(tables: Iterable[Table]) -> dict[str, Any]:
    """Return the JSON Schema of a line of each table, under ``$defs`` by table."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Export of a license tracking server: one JSON object a line, in tables/NAME.jsonl",
        "$defs": {table.name: _row_schema(table) for table in tables},
    }


def _row_schema(table: Table) -> dict[str, Any]:
    return {
        "description": TABLES.get(table.name, ""),
        "type": "object",
        "properties": {column.name: _column_schema(table, column) for column in table.columns},
        "required": [column.name for column in table.columns],
        "additionalProperties": False,
        "x-primaryKey": [column.name for column in table.columns if column.is_key],
    }


def _column_schema(table: Table, column: Column) -> dict[str, Any]:
    kind = _TYPES[column.type]
    schema: dict[str, Any] = {"type": [kind, "null"] if column.is_nullable else kind}
    if column.type == "BLOB":
        schema["contentEncoding"] = "base64"
    return schema | {"description": describe(table.name, column.name)}
