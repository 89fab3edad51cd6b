"""The JSON of reads, for the command line and the administration interface (spec §10)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..slots import SLOT_MS, format_time
from . import quota
from .billing_records import Credit, StatementHead
from .item_usage import ItemUsage
from .records import AdminKey, AuditEntry, Device, Handshake, Key, LicenseItem, Stream
from .usage_reads import Authorizations, Peak, Period, UsageView
from .versions import version_of

Json = dict[str, Any]


def license_json(item: LicenseItem) -> Json:
    """Return a license item with what it has counted."""
    return {
        "id": item.id,
        "product": item.product,
        "chargeWay": item.charge_way,
        "quota": item.quota,
        "used": quota.used(item),
        "overrun": quota.overrun(item),
        "onExhausted": item.on_exhausted,
        "gracePercent": item.grace_percent,
        "deviceLifetimeSeconds": item.device_lifetime_s,
        "validFrom": _time(item.valid_from_ms),
        "validUntil": _time(item.valid_until_ms),
        "revoked": item.is_revoked,
        "revokedAt": _time(item.revoked_ms),
        "version": version_of(item),
    }


def handshake_json(handshake: Handshake) -> Json:
    """Return a handshake code; of its session password only whether there is one. ``id`` is the code."""
    return {
        "id": handshake.code,
        "handshakeCode": handshake.code,
        "licenses": list(handshake.license_ids),
        "allowedOrigins": list(handshake.origins),
        "allowNonBrowser": handshake.allow_non_browser,
        "hasSessionPassword": handshake.password_hash is not None,
        "test": handshake.is_test,
        "customer": handshake.customer,
        "customerReleases": None
        if handshake.release_limit is None
        else {"limit": handshake.release_limit, "termSeconds": handshake.release_term_s},
        "version": version_of(handshake),
    }


def device_json(device: Device) -> Json:
    """Return a device; of one that was removed, the removal time is the one that it had last."""
    return {
        "handshakeCode": device.handshake_code,
        "deviceUuid": device.device_uuid,
        "licenseId": device.license_id,
        "firstSeen": format_time(device.first_seen_ms),
        "lastSeen": format_time(device.last_seen_ms),
        "removalTime": format_time(device.removal_ms),
        "storage": device.storage,
        "partitioned": device.is_partitioned,
        "friendlyName": device.friendly_name,
        "seated": device.license_id is not None,
        "unseated": device.is_unseated,
        "cloned": device.is_cloned,
        "scans": device.scans,
    }


def stream_json(stream: Stream) -> Json:
    """Return a report stream: its last report, and what was odd about the reports so far."""
    return {
        "streamId": stream.key.stream_id,
        "lastSeq": stream.seq,
        "lastVersion": stream.version,
        "lastSeen": format_time(stream.last_seen_ms),
        "missingReports": stream.missing_numbers,
        "shiftedReports": stream.shifted_reports,
        "clampedReports": stream.clamped_reports,
    }


def usage_json(usage: UsageView) -> Json:
    """Return a handshake code's usage, without what is divided by time."""
    return {
        "handshakeCode": usage.handshake_code,
        "devices": usage.devices,
        "concurrentDevices": usage.concurrent_devices,
        "peakConcurrentDevices": usage.peak_concurrent_devices,
        "scans": usage.scans,
        "bySymbology": dict(usage.by_symbology),
        "unseatedDevices": usage.unseated_devices,
        "unverifiedScans": usage.unverified_scans,
        "lost": dict(usage.lost),
        "items": [
            {
                "licenseId": share.license_id,
                "devices": share.devices,
                "scans": share.scans,
                "overage": usage.overage.get(share.license_id, 0),
            }
            for share in usage.items
        ],
        "memoryDevices": usage.memory_devices,
        "partitionedDevices": usage.partitioned_devices,
        "clonedDevices": usage.odd_devices.get("clone", 0),
        "devicesWithGaps": usage.odd_devices.get("gap", 0),
        "authorizations": _authorizations(usage.authorizations)
        | {
            "days": [
                {"day": format_time(start_ms)} | _authorizations(counted)
                for start_ms, counted in usage.authorization_days.items()
            ]
        },
    }


def _authorizations(counted: Authorizations) -> Json:
    return {"granted": counted.granted, "refused": dict(counted.refused)}


def item_usage_json(usage: ItemUsage) -> Json:
    """Return a license item's usage, without what is divided by time.

    ``used`` and ``overage`` are all that it has counted; scans are those of the asked time. ``billed`` says the same
    without test codes.
    """
    item = usage.item
    return {
        "licenseId": item.id,
        "chargeWay": item.charge_way,
        "quota": item.quota,
        "used": quota.used(item),
        "overage": quota.overrun(item),
        "devices": item.seats,
        "concurrentDevices": usage.concurrent_devices,
        "peakConcurrentDevices": usage.peak_concurrent_devices,
        "scans": usage.scans,
        "handshakeCodes": [
            {
                "handshakeCode": share.handshake_code,
                "devices": share.devices,
                "scans": share.scans,
                "test": share.is_test,
            }
            for share in usage.shares
        ],
        "billed": {
            "used": usage.billed_used,
            "overage": usage.billed_overage,
            "devices": usage.billed_devices,
            "scans": usage.billed_scans,
        },
    }


def period_json(period: Period, scans_name: str) -> Json:
    """Return the scans of a period; ``scans_name`` says what they are told apart by."""
    return {
        "start": format_time(period.start_ms),
        "end": format_time(period.end_ms),
        "scans": sum(period.scans.values()),
        scans_name: dict(period.scans),
    }


def peak_json(peak: Peak) -> Json:
    """Return the largest number of active devices of a period."""
    return {
        "start": format_time(peak.start_ms),
        "end": format_time(peak.end_ms),
        "concurrentDevices": peak.devices,
    }


def statement_head_json(head: StatementHead) -> Json:
    """Return which month a statement has frozen."""
    return {
        "customer": head.customer,
        "month": head.month,
        "timeZone": head.time_zone,
        "start": format_time(head.slots.first * SLOT_MS),
        "end": format_time(head.slots.end * SLOT_MS),
        "frozenAt": format_time(head.frozen_ms),
    }


def credit_json(credit: Credit) -> Json:
    """Return a credit; ``statement`` is the month of the statement that shows it."""
    return {
        "number": credit.number,
        "id": credit.id,
        "bookedAt": format_time(credit.booked_ms),
        "actor": credit.actor,
        "customer": credit.customer,
        "handshakeCode": credit.handshake_code,
        "unit": credit.unit,
        "quantity": credit.quantity,
        "month": credit.month,
        "reason": credit.reason,
        "statement": credit.stated_month,
    }


def admin_key_json(key: AdminKey) -> Json:
    """Return what is known of an administration key; its secret is not."""
    return {
        "id": key.name,
        "scope": key.scope,
        "customer": key.customer,
        "createdAt": format_time(key.created_ms),
    }


def store_keys_json(keys: Sequence[Key]) -> list[Json]:
    """Return what is known of keys that tokens are made with, the newest of each kind first; no secret."""
    newest = {key.kind: key.id for key in reversed(keys)}
    return [
        {
            "id": key.id,
            "kind": key.kind,
            "createdAt": format_time(key.created_ms),
            "inUse": newest[key.kind] == key.id,
        }
        for key in keys
    ]


def audit_json(entry: AuditEntry) -> Json:
    """Return an entry of the audit log."""
    return {
        "number": entry.number,
        "at": format_time(entry.at_ms),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": json.loads(entry.detail),
    }


def _time(wall_ms: int | None) -> str | None:
    return None if wall_ms is None else format_time(wall_ms)
