"""Records as SQLite rows and back: column lists, upserts, and the few columns that hold JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import msgspec
from msgspec.structs import astuple

from ...model import Counts
from ..records import Device, Handshake, LicenseItem, Stream, StreamKey

Row = Sequence[Any]

HANDSHAKE_SETTINGS = (
    "code, origins, allow_non_browser, password_hash, password_changed_ms, is_test, release_limit, release_term_s"
)
# Nobody's code belongs to ''.
HANDSHAKE = f"""{HANDSHAKE_SETTINGS}, (
    SELECT nullif(customer, '') FROM handshake_owner WHERE handshake_code = code ORDER BY first_slot DESC LIMIT 1)"""
LICENSE_SETTINGS = (
    "id, product, charge_way, quota, valid_from_ms, valid_until_ms, device_lifetime_s, on_exhausted, "
    "grace_percent, revoked_ms"
)
# An item is exhausted while a code has a mark on it.
LICENSE = (
    f"{LICENSE_SETTINGS}, seats, scans, EXISTS (SELECT 1 FROM exhausted WHERE exhausted.license_id = license_item.id)"
)
DEVICE = (
    "handshake_code, device_uuid, license_id, is_unseated, product, first_seen_ms, last_seen_ms, removal_ms, storage, "
    "is_partitioned, friendly_name, is_cloned, scans, token_issued_ms, token_expires_ms"
)
STREAM = (
    "handshake_code, device_uuid, stream_id, is_verified, id, seq, version, slot, booked_slot, counts, lost, "
    "missing_numbers, shifted_reports, clamped_reports, last_seen_ms"
)
AUDIT = "at_ms, actor, action, subject, detail, number, hash"


def upsert(table: str, columns: str, key: int) -> str:
    """Return the statement that inserts a row, or sets all but its first ``key`` columns where it exists."""
    names = columns.split(", ")
    places = ", ".join("?" * len(names))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[key:])
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({places}) "
        f"ON CONFLICT ({', '.join(names[:key])}) DO UPDATE SET {changes}"
    )


def update(table: str, columns: str, key: int, kept: Sequence[str]) -> str:
    """Return the statement that sets a row's columns but for its first ``key`` ones and those that are ``kept``.

    It takes the values of all columns, as :func:`upsert` does.
    """
    places = {name: f"{name} = ?{number}" for number, name in enumerate(columns.split(", "), 1)}
    names = list(places)
    changes = ", ".join(places[name] for name in names[key:] if name not in kept)
    return f"UPDATE {table} SET {changes} WHERE {' AND '.join(places[name] for name in names[:key])}"


PUT_HANDSHAKE = upsert("handshake", HANDSHAKE_SETTINGS, 1)
# The counters are left out: settings may change at any time, counts only with their rows.
PUT_LICENSE = upsert("license_item", LICENSE_SETTINGS, 1)
PUT_DEVICE = upsert("device", DEVICE, 2)
# What most signs of life are. SQLite would look up the item of a seat that is set, even to what it was.
SEE_DEVICE = update("device", DEVICE, 2, ["license_id"])
# Nothing refers to a stream and it has no further index: to replace the row is to overwrite it.
PUT_STREAM = f"REPLACE INTO stream ({STREAM}) VALUES ({', '.join('?' * len(STREAM.split(', ')))})"


def handshake(row: Row, license_ids: Sequence[str]) -> Handshake:
    """Return a handshake code from its row and its items' ids."""
    code, origins, allow_non_browser, password_hash, password_changed_ms, is_test, *rest = row
    release_limit, release_term_s, customer = rest
    return Handshake(
        code=code,
        license_ids=tuple(license_ids),
        origins=tuple(json.loads(origins)),
        allow_non_browser=bool(allow_non_browser),
        password_hash=password_hash,
        password_changed_ms=password_changed_ms,
        is_test=bool(is_test),
        release_limit=release_limit,
        release_term_s=release_term_s,
        customer=customer,
    )


def handshake_row(record: Handshake) -> Row:
    """Return a handshake code's row, without its items."""
    return (
        record.code,
        json.dumps(record.origins),
        record.allow_non_browser,
        record.password_hash,
        record.password_changed_ms,
        record.is_test,
        record.release_limit,
        record.release_term_s,
    )


def license_item(row: Row) -> LicenseItem:
    """Return a license item from its row."""
    return LicenseItem(*[*row[:-1], bool(row[-1])])


def license_row(item: LicenseItem) -> Row:
    """Return a license item's settings; its counters are not among them."""
    return (
        item.id,
        item.product,
        item.charge_way,
        item.quota,
        item.valid_from_ms,
        item.valid_until_ms,
        item.device_lifetime_s,
        item.on_exhausted,
        item.grace_percent,
        item.revoked_ms,
    )


def device(row: Row) -> Device:
    """Return a device from its row."""
    code, name, seat, is_unseated, product, first, last, removal, storage, is_partitioned, label, is_cloned, *rest = row
    return Device(
        code, name, seat, bool(is_unseated), product, first, last, removal, storage, bool(is_partitioned), label,
        bool(is_cloned), *rest,
    )  # fmt: skip


def device_row(record: Device) -> Row:
    """Return a device's row, whose columns are the record's fields."""
    return astuple(record)


def _counts(text: str) -> Counts:
    # Read and written with each report: the standard library's json would take twelve times as long.
    return cast("Counts", msgspec.json.decode(text))


def stream(row: Row) -> Stream:
    """Return a stream from its row."""
    code, device_uuid, stream_id, is_verified, report_id, seq, version, slot, booked_slot, counts, lost, *rest = row
    key = StreamKey(code, device_uuid, stream_id, bool(is_verified))
    return Stream(key, report_id, seq, version, slot, booked_slot, _counts(counts), _counts(lost), *rest)


def stream_row(record: Stream) -> Row:
    """Return a stream's row."""
    key, report_id, seq, version, slot, booked_slot, counts, lost, *rest = astuple(record)
    numbers = msgspec.json.encode(counts).decode(), msgspec.json.encode(lost).decode()
    return (*astuple(key), report_id, seq, version, slot, booked_slot, *numbers, *rest)
