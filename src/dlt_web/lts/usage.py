"""Booking usage in the store: a request's reports, the charges they cause, and the device that made them."""

from __future__ import annotations

from msgspec.structs import replace

from ..model import ReportRequest
from ..slots import total_of
from ..wire import DecodedReportRequest
from . import quota, seats
from .booking import Booked, book
from .forgotten_streams import known_stream
from .records import Device, Stream, StreamKey
from .store import Writing


def book_request(rows: Writing, decoded: DecodedReportRequest, *, is_verified: bool, now_ms: int) -> Booked:
    """Book a request's reports: the stream's row and the usage of its slots. Charges and seats come apart."""
    request = decoded.request
    key = StreamKey(request.handshake_code, request.device_uuid, request.stream_id, is_verified)
    before = known_stream(rows, key)
    booked = book(key, before, decoded.entries, now_ms=now_ms, sent_at_ms=request.sent_at_ms)
    for addition in booked.additions:
        rows.add_usage(request.handshake_code, addition.slot, addition.counts, addition.lost, is_verified=is_verified)
    if booked.stream is not None and booked.stream != before:
        rows.put_stream(booked.stream)
    if is_verified:
        _note_oddities(rows, key, before, booked, now_ms)
    return booked


def _note_oddities(rows: Writing, key: StreamKey, before: Stream | None, booked: Booked, now_ms: int) -> None:
    """Note what needs a look, as it happens: nobody could find it among all streams later. It is seldom."""
    if booked.is_conflict:
        rows.note_oddity(key.handshake_code, key.device_uuid, "clone", now_ms)
    if booked.stream is not None and booked.stream.missing_numbers > (before.missing_numbers if before else 0):
        rows.note_oddity(key.handshake_code, key.device_uuid, "gap", now_ms)


def see_device(rows: Writing, request: ReportRequest, booked: Booked, now_ms: int) -> Device:
    """Take note of a verified report's device: its sign of life, a seat if it lacks one and there is room, charges."""
    device = _seated(rows, request, now_ms)
    if booked.is_conflict:
        device = replace(device, is_cloned=True)
    item = rows.license(device.license_id) if device.license_id is not None else None
    if item is not None and item.charge_way == "per_scan":
        _charge(rows, device, booked)
    lifetime_s = quota.DEVICE_LIFETIME_S if item is None else item.device_lifetime_s
    device = replace(
        device,
        last_seen_ms=now_ms,
        removal_ms=now_ms + lifetime_s * 1000,
        storage=request.storage,
        is_partitioned=request.partitioned,
        scans=device.scans + sum(total_of(addition.counts) for addition in booked.additions),
    )
    rows.put_device(device)
    return device


def _seated(rows: Writing, request: ReportRequest, now_ms: int) -> Device:
    """Return the reporting device, with a seat if it has one or an item has room; else unseated."""
    device = rows.device(request.handshake_code, request.device_uuid)
    if device is not None and device.license_id is not None:
        return device
    valid = seats.usable_items(rows, request.handshake_code, device.product if device else None, now_ms)
    item = None
    if not isinstance(valid, seats.Refusal):
        item = seats.seat_for_report(rows, seats.Asking(request.handshake_code, device, now_ms), valid)
    fresh = device or Device(
        handshake_code=request.handshake_code,
        device_uuid=request.device_uuid,
        license_id=None,
        is_unseated=False,
        product=None,
        first_seen_ms=now_ms,
        last_seen_ms=now_ms,
        removal_ms=now_ms,
        storage=request.storage,
        is_partitioned=request.partitioned,
    )
    return replace(fresh, license_id=item.id if item else None, is_unseated=item is None)


def _charge(rows: Writing, device: Device, booked: Booked) -> None:
    """Let each addition fill the product's per-scan items that were valid in its slot, in order."""
    code = device.handshake_code
    for addition in booked.additions:
        scans = total_of(addition.counts)
        if scans:
            items = [item for item in rows.items_of(code) if device.product in (None, item.product)]
            for charge in quota.fill(items, addition.slot, scans):
                rows.charge(code, charge.license_id, addition.slot, charge.scans)
