"""The protocol between tracker and LTS as JSON (spec §7): the only module that knows its keys.

Both ends use it: the tracker encodes requests and decodes answers, the LTS the other way round. Functions take and give
plain Python objects (dict, list, str, int, bool, None) as a JSON parser makes them; none of them touches bytes.
Decoding trusts nothing: whatever is wrong raises :class:`~dlt_web.errors.WireError` with the field's path. Unknown keys
are ignored, so that a newer tracker may say more than an older LTS understands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

from .errors import WireError
from .json_value import MAX_COUNT as MAX_COUNT
from .json_value import MAX_COUNT_NAMES as MAX_COUNT_NAMES
from .json_value import MAX_NUMBER as MAX_NUMBER
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
from .model import (
    CHARGE_WAYS,
    AuthorizationAnswer,
    AuthorizationRequest,
    ChargeWay,
    Outcome,
    Problem,
    ReportAnswer,
    ReportRequest,
    ReportResult,
    StorageKind,
    StreamRow,
    UsageReport,
)
from .slots import SLOT_S, format_time, slot_of, slot_start_ms

Json = Any

STORAGE_KINDS = ("indexeddb", "memory", "file")
OUTCOMES = ("accepted", "duplicate", "rejected")

MAX_HANDSHAKE_CODE_LENGTH = 128
MAX_FRIENDLY_NAME_LENGTH = 120
# Spec §6 has a report token of at most 120 characters; what is longer is none of ours.
MAX_REPORT_TOKEN_LENGTH = 120
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


# -- requests -------------------------------------------------------------------------------------------------------


def encode_report_request(request: ReportRequest) -> dict[str, Json]:
    """Return the JSON body of a report request."""
    return {
        "handshakeCode": request.handshake_code,
        "deviceUuid": request.device_uuid,
        "streamId": request.stream_id,
        "reportToken": request.report_token,
        "storeEpoch": request.store_epoch,
        "storage": request.storage,
        "partitioned": request.partitioned,
        "sentAt": format_time(request.sent_at_ms),
        "reports": [encode_report(report) for report in request.reports],
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
        store_epoch=optional(fields, "storeEpoch", text_up_to(120)),
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
        "slot": format_time(slot_start_ms(report.slot)),
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
        counts=required(
            fields, "counts", counts_of(is_symbology_name, "a snake_case name of at most 64 characters"), path
        ),
        lost=optional(fields, "lost", counts_of(_is_reason, "a reason such as purged or setBack"), path) or {},
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
        product=optional(fields, "product", text_up_to(64)) or "barcode-reader",
        session_password=optional(fields, "sessionPassword", text_up_to(MAX_SESSION_PASSWORD_LENGTH)),
        friendly_name=optional(fields, "deviceFriendlyName", text_up_to(MAX_FRIENDLY_NAME_LENGTH)),
        storage=cast("StorageKind", optional(fields, "storage", one_of(STORAGE_KINDS)) or "indexeddb"),
        partitioned=optional(fields, "partitioned", read_boolean) or False,
        store_epoch=optional(fields, "storeEpoch", text_up_to(120)),
    )


# -- answers --------------------------------------------------------------------------------------------------------


def encode_report_answer(answer: ReportAnswer) -> dict[str, Json]:
    """Return the JSON body of the 200 answer to a report request."""
    body: dict[str, Json] = {
        "serverTime": format_time(answer.server_time_ms),
        "storeEpoch": answer.store_epoch,
        "results": [_encode_result(result) for result in answer.results],
        "last": None
        if answer.last is None
        else {"id": answer.last.id, "seq": answer.last.seq, "version": answer.last.version},
    }
    if answer.token is not None and answer.expires_at_ms is not None:
        body |= {"token": answer.token, "expiresAt": format_time(answer.expires_at_ms)}
    return body


def decode_report_answer(body: Json) -> ReportAnswer:
    """Return the report answer that a JSON body says.

    Raises:
        WireError: anything in it is wrong, as when a proxy answers in the LTS's place.
    """
    fields = read_object(body, "")
    results = required(fields, "results", read_list)
    return ReportAnswer(
        server_time_ms=required(fields, "serverTime", read_time),
        store_epoch=required(fields, "storeEpoch", text_up_to(120)),
        results=tuple(_decode_result(result, f"results[{index}]") for index, result in enumerate(results)),
        last=optional(fields, "last", _stream_row),
        token=optional(fields, "token", text_up_to(8192)),
        expires_at_ms=optional(fields, "expiresAt", read_time),
    )


def encode_authorization_answer(answer: AuthorizationAnswer) -> dict[str, Json]:
    """Return the JSON body of the 201 answer to an authorization request."""
    return {
        "token": answer.token,
        "expiresAt": format_time(answer.expires_at_ms),
        "serverTime": format_time(answer.server_time_ms),
        "item": {"id": answer.item_id, "chargeWay": answer.charge_way, "overQuota": answer.over_quota},
        "reportIntervalSeconds": answer.report_interval_s,
        "reportToken": answer.report_token,
        "storeEpoch": answer.store_epoch,
    }


def decode_authorization_answer(body: Json) -> AuthorizationAnswer:
    """Return the authorization answer that a JSON body says.

    Raises:
        WireError: anything in it is wrong.
    """
    fields = read_object(body, "")
    item = required(fields, "item", read_object)
    return AuthorizationAnswer(
        token=required(fields, "token", text_up_to(8192)),
        expires_at_ms=required(fields, "expiresAt", read_time),
        server_time_ms=required(fields, "serverTime", read_time),
        item_id=required(item, "id", text_up_to(128), "item"),
        charge_way=cast("ChargeWay", required(item, "chargeWay", one_of(CHARGE_WAYS), "item")),
        over_quota=required(item, "overQuota", read_boolean, "item"),
        report_interval_s=required(fields, "reportIntervalSeconds", number_from(1)),
        report_token=required(fields, "reportToken", text_up_to(MAX_REPORT_TOKEN_LENGTH)),
        store_epoch=required(fields, "storeEpoch", text_up_to(120)),
    )


def encode_problem(problem: Problem) -> dict[str, Json]:
    """Return the RFC 9457 body of a refusal; members without a value are left out."""
    body: dict[str, Json] = {
        "type": "about:blank",
        "title": problem.code.replace("_", " ").capitalize(),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "field": problem.field,
        "reportToken": problem.report_token,
        "storeEpoch": problem.store_epoch,
        "serverTime": None if problem.server_time_ms is None else format_time(problem.server_time_ms),
    }
    return {name: value for name, value in body.items() if value is not None}


def decode_problem(status: int, body: Json) -> Problem:
    """Return the problem that a JSON body says.

    Raises:
        WireError: it is no problem of an LTS, as when a proxy answers in its place.
    """
    fields = read_object(body, "")
    return Problem(
        status=status,
        code=required(fields, "code", text_up_to(64)),
        detail=optional(fields, "detail", text_up_to(2000)) or "",
        field=optional(fields, "field", text_up_to(500)),
        report_token=optional(fields, "reportToken", text_up_to(MAX_REPORT_TOKEN_LENGTH)),
        store_epoch=optional(fields, "storeEpoch", text_up_to(120)),
        server_time_ms=optional(fields, "serverTime", read_time),
    )


def _encode_result(result: ReportResult) -> dict[str, Json]:
    body: dict[str, Json] = {"seq": result.seq, "version": result.version, "outcome": result.outcome}
    return body if result.code is None else body | {"code": result.code}


def _decode_result(body: Json, path: str) -> ReportResult:
    fields = read_object(body, path)
    return ReportResult(
        seq=required(fields, "seq", number_from(1), path),
        version=required(fields, "version", number_from(1), path),
        outcome=cast("Outcome", required(fields, "outcome", one_of(OUTCOMES), path)),
        code=optional(fields, "code", text_up_to(64), path),
    )


def _decode_entry(body: Json, path: str) -> UsageReport | InvalidReport:
    fields = read_object(body, path)
    seq = required(fields, "seq", number_from(1), path)
    version = required(fields, "version", number_from(1), path)
    try:
        return decode_report(body, path)
    except WireError as error:
        return InvalidReport(seq, version, error)


def _stream_row(value: Json, path: str) -> StreamRow:
    fields = read_object(value, path)
    return StreamRow(
        id=required(fields, "id", read_uuid, path),
        seq=required(fields, "seq", number_from(1), path),
        version=required(fields, "version", number_from(1), path),
    )


def _handshake_code(value: Json, path: str) -> str:
    text = read_text(value, path)
    if not is_handshake_code(text):
        raise WireError(
            f"expected 1 to {MAX_HANDSHAKE_CODE_LENGTH} printable ASCII characters without spaces", field=path
        )
    return text
