"""What a tracker says to the LTS, as JSON (spec §7); :mod:`~dlt_web.wire_answers` is what it hears.

The two are the only modules that know the protocol's keys. Both ends use them: the tracker encodes requests and decodes
answers, the LTS the other way round. Functions take and give plain Python objects (dict, list, str, int, bool, None) as
a JSON parser makes them; none of them touches bytes. Decoding trusts nothing: whatever is wrong raises
:class:`~dlt_web.errors.WireError` with the field's path. Unknown keys are ignored, so that a newer tracker may say more
than an older LTS understands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

from .errors import WireError
from .json_value import (
    counts_of,
    number_from,
    one_of,
    optional,
    read_boolean,
    read_list,
    read_object,
    read_text,
    read_time,
    read_uuid,
    required,
    text_up_to,
)
from .model import AuthorizationRequest, ReportRequest, StorageKind, UsageReport
from .slots import SLOT_S, format_slot, format_time, slot_of

Json = Any

STORAGE_KINDS = ("indexeddb", "memory", "file")

MAX_HANDSHAKE_CODE_LENGTH = 128
MAX_FRIENDLY_NAME_LENGTH = 120
# Spec §6 has a report token of at most 120 characters; what is longer is none of ours.
MAX_REPORT_TOKEN_LENGTH = 120
MAX_STORE_EPOCH_LENGTH = 120
MAX_SESSION_PASSWORD_LENGTH = 1024
MAX_REPORTS_IN_REQUEST = 2_000

_SNAKE_NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_REASON = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_PRINTABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class InvalidReport:
    """A report that names its number but cannot be booked; its neighbours can (spec §7)."""

    seq: int
    version: int
    error: WireError


@dataclass(frozen=True, slots=True)
class DecodedReportRequest:
    """A report request as the LTS received it.

    Attributes:
        request: the request with its valid reports only.
        entries: every report in the order sent, valid or not.
    """

    request: ReportRequest
    entries: tuple[UsageReport | InvalidReport, ...]


def is_symbology_name(text: str) -> bool:
    """Tell whether a text is a snake_case name of at most 64 characters, as reports may carry."""
    return len(text) <= 64 and _SNAKE_NAME.fullmatch(text) is not None


def is_handshake_code(text: str) -> bool:
    """Tell whether a text can be a handshake code: printable ASCII without spaces, at most 128 characters."""
    return len(text) <= MAX_HANDSHAKE_CODE_LENGTH and _PRINTABLE.fullmatch(text) is not None


def _is_reason(text: str) -> bool:
    return _REASON.fullmatch(text) is not None


_SCAN_COUNTS = counts_of(is_symbology_name, "a snake_case name of at most 64 characters")
_LOST_COUNTS = counts_of(_is_reason, "a reason such as purged or setBack")


def encode_report_request(request: ReportRequest, *, held: list[Json] | None = None) -> dict[str, Json]:
    """Return the JSON body of a report request.

    Args:
        request: what it says.
        held: the request's reports as JSON, where a page shall hold it, which says itself when it sends it.
    """
    return {
        "handshakeCode": request.handshake_code,
        "deviceUuid": request.device_uuid,
        "streamId": request.stream_id,
        "reportToken": request.report_token,
        "storeEpoch": request.store_epoch,
        "storage": request.storage,
        "partitioned": request.partitioned,
        "sentAt": format_time(request.sent_at_ms) if held is None else "",
        "reports": [encode_report(report) for report in request.reports] if held is None else held,
    }


def decode_report_request(body: Json) -> DecodedReportRequest:
    """Return the request that a JSON body says.

    A report that is wrong in itself becomes an :class:`InvalidReport`, so that its neighbours can be booked; when no
    report of a non-empty list is valid, the request as a whole is.

    Raises:
        WireError: the request itself is wrong, or each of its reports is.
    """
    fields = read_object(body, "")
    raw = required(fields, "reports", read_list)
    if len(raw) > MAX_REPORTS_IN_REQUEST:
        raise WireError(f"expected at most {MAX_REPORTS_IN_REQUEST} reports, found {len(raw)}", field="reports")
    entries = tuple(_decode_entry(report, f"reports[{index}]") for index, report in enumerate(raw))
    invalid = [entry.error for entry in entries if isinstance(entry, InvalidReport)]
    if entries and len(invalid) == len(entries):
        raise invalid[0]
    request = ReportRequest(
        handshake_code=required(fields, "handshakeCode", _handshake_code),
        device_uuid=required(fields, "deviceUuid", read_uuid),
        stream_id=required(fields, "streamId", read_uuid),
        report_token=optional(fields, "reportToken", text_up_to(MAX_REPORT_TOKEN_LENGTH)),
        store_epoch=optional(fields, "storeEpoch", text_up_to(MAX_STORE_EPOCH_LENGTH)),
        storage=cast("StorageKind", required(fields, "storage", one_of(STORAGE_KINDS))),
        partitioned=optional(fields, "partitioned", read_boolean) or False,
        sent_at_ms=required(fields, "sentAt", read_time),
        reports=tuple(entry for entry in entries if isinstance(entry, UsageReport)),
    )
    return DecodedReportRequest(request, entries)


def encode_report(report: UsageReport) -> dict[str, Json]:
    """Return the JSON form of one report."""
    return {
        "id": report.id,
        "seq": report.seq,
        "version": report.version,
        "slot": format_slot(report.slot),
        "counts": dict(report.counts),
        "lost": dict(report.lost),
    }


def decode_report(body: Json, path: str = "report") -> UsageReport:
    """Return the report that a JSON object says.

    Raises:
        WireError: anything in it is wrong; ``path`` begins the named field.
    """
    fields = read_object(body, path)
    start_ms = required(fields, "slot", read_time, path)
    if start_ms % (SLOT_S * 1000):
        raise WireError(f"expected the start of a slot, a multiple of {SLOT_S} s", field=f"{path}.slot")
    return UsageReport(
        id=required(fields, "id", read_uuid, path),
        seq=required(fields, "seq", number_from(1), path),
        version=required(fields, "version", number_from(1), path),
        slot=slot_of(start_ms),
        counts=required(fields, "counts", _SCAN_COUNTS, path),
        lost=optional(fields, "lost", _LOST_COUNTS, path) or {},
    )


def encode_authorization_request(request: AuthorizationRequest) -> dict[str, Json]:
    """Return the JSON body of an authorization request."""
    return {
        "handshakeCode": request.handshake_code,
        "deviceUuid": request.device_uuid,
        "product": request.product,
        "sessionPassword": request.session_password,
        "deviceFriendlyName": request.friendly_name,
        "storage": request.storage,
        "partitioned": request.partitioned,
        "storeEpoch": request.store_epoch,
    }


def decode_authorization_request(body: Json) -> AuthorizationRequest:
    """Return the authorization request that a JSON body says.

    Raises:
        WireError: anything in it is wrong.
    """
    fields = read_object(body, "")
    return AuthorizationRequest(
        handshake_code=required(fields, "handshakeCode", _handshake_code),
        device_uuid=required(fields, "deviceUuid", read_uuid),
        product=optional(fields, "product", _product) or "barcode-reader",
        session_password=optional(fields, "sessionPassword", text_up_to(MAX_SESSION_PASSWORD_LENGTH)),
        friendly_name=optional(fields, "deviceFriendlyName", text_up_to(MAX_FRIENDLY_NAME_LENGTH)),
        storage=cast("StorageKind", optional(fields, "storage", one_of(STORAGE_KINDS)) or "indexeddb"),
        partitioned=optional(fields, "partitioned", read_boolean) or False,
        store_epoch=optional(fields, "storeEpoch", text_up_to(MAX_STORE_EPOCH_LENGTH)),
    )


def _decode_entry(body: Json, path: str) -> UsageReport | InvalidReport:
    fields = read_object(body, path)
    seq = required(fields, "seq", number_from(1), path)
    version = required(fields, "version", number_from(1), path)
    try:
        return decode_report(body, path)
    except WireError as error:
        return InvalidReport(seq, version, error)


def _product(value: Json, path: str) -> str:
    # An empty name must not pass for none, which means the default: it would be granted what nobody asked for.
    text = text_up_to(64)(value, path)
    if not text:
        raise WireError("expected 1 to 64 characters, found 0", field=path)
    return text


def _handshake_code(value: Json, path: str) -> str:
    text = read_text(value, path)
    if not is_handshake_code(text):
        raise WireError(
            f"expected 1 to {MAX_HANDSHAKE_CODE_LENGTH} printable ASCII characters without spaces", field=path
        )
    return text
