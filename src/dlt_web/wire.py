"""The protocol between tracker and LTS as JSON (spec §7): the only module that knows its keys.

Both ends use it: the tracker encodes requests and decodes answers, the LTS the other way round. Functions take and give
plain Python objects (dict, list, str, int, bool, None) as a JSON parser makes them; none of them touches bytes.
Decoding trusts nothing: whatever is wrong raises :class:`~dlt_web.errors.WireError` with the field's path. Unknown keys
are ignored, so that a newer tracker may say more than an older LTS understands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from .errors import WireError
from .model import (
    CHARGE_WAYS,
    AuthorizationAnswer,
    AuthorizationRequest,
    ChargeWay,
    Counts,
    Outcome,
    Problem,
    ReportAnswer,
    ReportRequest,
    ReportResult,
    StorageKind,
    StreamRow,
    UsageReport,
)
from .slots import SLOT_S, format_time, parse_time, slot_of, slot_start_ms

Json = Any
T = TypeVar("T")

STORAGE_KINDS = ("indexeddb", "memory", "file")
OUTCOMES = ("accepted", "duplicate", "rejected")

# A slot lasts 180 s; no device makes half a million scans a second, but a broken one may say so.
MAX_COUNT = 100_000_000
# More symbologies than any reader knows; bounds a row of the LTS.
MAX_COUNT_NAMES = 128
MAX_HANDSHAKE_CODE_LENGTH = 128
MAX_FRIENDLY_NAME_LENGTH = 120
# Spec §6 has a report token of at most 120 characters; what is longer is none of ours.
MAX_REPORT_TOKEN_LENGTH = 120
MAX_SESSION_PASSWORD_LENGTH = 1024
# Numbers fit JavaScript's exact integers.
MAX_NUMBER = 2**53 - 1
MAX_REPORTS_IN_REQUEST = 2_000

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
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
    fields = _object(body, "")
    raw = _value(fields, "reports", _list)
    if len(raw) > MAX_REPORTS_IN_REQUEST:
        raise WireError(f"expected at most {MAX_REPORTS_IN_REQUEST} reports, found {len(raw)}", field="reports")
    entries = tuple(_decode_entry(report, f"reports[{index}]") for index, report in enumerate(raw))
    invalid = [entry.error for entry in entries if isinstance(entry, InvalidReport)]
    if entries and len(invalid) == len(entries):
        raise invalid[0]
    request = ReportRequest(
        handshake_code=_value(fields, "handshakeCode", _handshake_code),
        device_uuid=_value(fields, "deviceUuid", _uuid),
        stream_id=_value(fields, "streamId", _uuid),
        report_token=_optional(fields, "reportToken", _text_up_to(MAX_REPORT_TOKEN_LENGTH)),
        store_epoch=_optional(fields, "storeEpoch", _text_up_to(120)),
        storage=cast("StorageKind", _value(fields, "storage", _one_of(STORAGE_KINDS))),
        partitioned=_optional(fields, "partitioned", _boolean) or False,
        sent_at_ms=_value(fields, "sentAt", _time),
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
    fields = _object(body, path)
    start_ms = _value(fields, "slot", _time, path)
    if start_ms % (SLOT_S * 1000):
        raise WireError(f"expected the start of a slot, a multiple of {SLOT_S} s", field=f"{path}.slot")
    return UsageReport(
        id=_value(fields, "id", _uuid, path),
        seq=_value(fields, "seq", _number_from(1), path),
        version=_value(fields, "version", _number_from(1), path),
        slot=slot_of(start_ms),
        counts=_value(fields, "counts", _counts(is_symbology_name, "a snake_case name of at most 64 characters"), path),
        lost=_optional(fields, "lost", _counts(_is_reason, "a reason such as purged or setBack"), path) or {},
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
    fields = _object(body, "")
    return AuthorizationRequest(
        handshake_code=_value(fields, "handshakeCode", _handshake_code),
        device_uuid=_value(fields, "deviceUuid", _uuid),
        product=_optional(fields, "product", _text_up_to(64)) or "barcode-reader",
        session_password=_optional(fields, "sessionPassword", _text_up_to(MAX_SESSION_PASSWORD_LENGTH)),
        friendly_name=_optional(fields, "deviceFriendlyName", _text_up_to(MAX_FRIENDLY_NAME_LENGTH)),
        storage=cast("StorageKind", _optional(fields, "storage", _one_of(STORAGE_KINDS)) or "indexeddb"),
        partitioned=_optional(fields, "partitioned", _boolean) or False,
        store_epoch=_optional(fields, "storeEpoch", _text_up_to(120)),
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
    fields = _object(body, "")
    return ReportAnswer(
        server_time_ms=_value(fields, "serverTime", _time),
        store_epoch=_value(fields, "storeEpoch", _text_up_to(120)),
        results=tuple(
            _decode_result(result, f"results[{index}]") for index, result in enumerate(_value(fields, "results", _list))
        ),
        last=_optional(fields, "last", _stream_row),
        token=_optional(fields, "token", _text_up_to(8192)),
        expires_at_ms=_optional(fields, "expiresAt", _time),
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
    fields = _object(body, "")
    item = _value(fields, "item", _object)
    return AuthorizationAnswer(
        token=_value(fields, "token", _text_up_to(8192)),
        expires_at_ms=_value(fields, "expiresAt", _time),
        server_time_ms=_value(fields, "serverTime", _time),
        item_id=_value(item, "id", _text_up_to(128), "item"),
        charge_way=cast("ChargeWay", _value(item, "chargeWay", _one_of(CHARGE_WAYS), "item")),
        over_quota=_value(item, "overQuota", _boolean, "item"),
        report_interval_s=_value(fields, "reportIntervalSeconds", _number_from(1)),
        report_token=_value(fields, "reportToken", _text_up_to(MAX_REPORT_TOKEN_LENGTH)),
        store_epoch=_value(fields, "storeEpoch", _text_up_to(120)),
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
    fields = _object(body, "")
    return Problem(
        status=status,
        code=_value(fields, "code", _text_up_to(64)),
        detail=_optional(fields, "detail", _text_up_to(2000)) or "",
        field=_optional(fields, "field", _text_up_to(500)),
        report_token=_optional(fields, "reportToken", _text_up_to(MAX_REPORT_TOKEN_LENGTH)),
        store_epoch=_optional(fields, "storeEpoch", _text_up_to(120)),
        server_time_ms=_optional(fields, "serverTime", _time),
    )


def _encode_result(result: ReportResult) -> dict[str, Json]:
    body: dict[str, Json] = {"seq": result.seq, "version": result.version, "outcome": result.outcome}
    return body if result.code is None else body | {"code": result.code}


def _decode_result(body: Json, path: str) -> ReportResult:
    fields = _object(body, path)
    return ReportResult(
        seq=_value(fields, "seq", _number_from(1), path),
        version=_value(fields, "version", _number_from(1), path),
        outcome=cast("Outcome", _value(fields, "outcome", _one_of(OUTCOMES), path)),
        code=_optional(fields, "code", _text_up_to(64), path),
    )


def _decode_entry(body: Json, path: str) -> UsageReport | InvalidReport:
    fields = _object(body, path)
    seq = _value(fields, "seq", _number_from(1), path)
    version = _value(fields, "version", _number_from(1), path)
    try:
        return decode_report(body, path)
    except WireError as error:
        return InvalidReport(seq, version, error)


# -- one field at a time --------------------------------------------------------------------------------------------

Reader = Callable[[Json, str], T]


def _value(fields: Mapping[str, Json], name: str, read: Reader[T], path: str = "") -> T:
    where = f"{path}.{name}" if path else name
    if name not in fields:
        raise WireError("expected a value, found none", field=where)
    return read(fields[name], where)


def _optional(fields: Mapping[str, Json], name: str, read: Reader[T], path: str = "") -> T | None:
    return None if fields.get(name) is None else _value(fields, name, read, path)


def _object(value: Json, path: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise WireError(f"expected an object, found {_kind(value)}", field=path)
    return value


def _list(value: Json, path: str) -> list[Json]:
    if not isinstance(value, list):
        raise WireError(f"expected a list, found {_kind(value)}", field=path)
    return value


def _boolean(value: Json, path: str) -> bool:
    if not isinstance(value, bool):
        raise WireError(f"expected true or false, found {_kind(value)}", field=path)
    return value


def _number_from(lowest: int, highest: int = MAX_NUMBER) -> Reader[int]:
    def read(value: Json, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise WireError(f"expected a whole number, found {_kind(value)}", field=path)
        if not lowest <= value <= highest:
            raise WireError(f"expected a number from {lowest} to {highest}, found {value}", field=path)
        return value

    return read


def _text(value: Json, path: str) -> str:
    if not isinstance(value, str):
        raise WireError(f"expected a text, found {_kind(value)}", field=path)
    if not value.isprintable():
        raise WireError("expected printable characters only", field=path)
    return value


def _text_up_to(length: int) -> Reader[str]:
    def read(value: Json, path: str) -> str:
        text = _text(value, path)
        if len(text) > length:
            raise WireError(f"expected at most {length} characters, found {len(text)}", field=path)
        return text

    return read


def _one_of(names: tuple[str, ...]) -> Reader[str]:
    def read(value: Json, path: str) -> str:
        if not isinstance(value, str) or value not in names:
            raise WireError(f"expected one of {', '.join(names)}, found {_kind(value)}", field=path)
        return value

    return read


def _handshake_code(value: Json, path: str) -> str:
    text = _text(value, path)
    if not is_handshake_code(text):
        raise WireError(
            f"expected 1 to {MAX_HANDSHAKE_CODE_LENGTH} printable ASCII characters without spaces", field=path
        )
    return text


def _uuid(value: Json, path: str) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise WireError(f"expected a lower-case UUID, found {_kind(value)}", field=path)
    return value


def _time(value: Json, path: str) -> int:
    if not isinstance(value, str):
        raise WireError(f"expected an RFC 3339 time, found {_kind(value)}", field=path)
    try:
        return parse_time(value)
    except WireError as error:
        raise WireError(error.message, field=path) from None


def _is_reason(text: str) -> bool:
    return _REASON.fullmatch(text) is not None


def _counts(is_name: Callable[[str], bool], what: str) -> Reader[Counts]:
    number = _number_from(0, MAX_COUNT)

    def read(value: Json, path: str) -> Counts:
        fields = _object(value, path)
        if len(fields) > MAX_COUNT_NAMES:
            raise WireError(f"expected at most {MAX_COUNT_NAMES} names, found {len(fields)}", field=path)
        for name in fields:
            if not is_name(name):
                raise WireError(f"expected {what}, found {name[:70]!a}", field=path)
        counted = {name: number(count, f"{path}.{name}") for name, count in fields.items()}
        return {name: count for name, count in counted.items() if count}

    return read


def _stream_row(value: Json, path: str) -> StreamRow:
    fields = _object(value, path)
    return StreamRow(
        id=_value(fields, "id", _uuid, path),
        seq=_value(fields, "seq", _number_from(1), path),
        version=_value(fields, "version", _number_from(1), path),
    )


def _kind(value: Json) -> str:
    """Describe a value for an error without repeating more than its start."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"{value!a:.40}"
