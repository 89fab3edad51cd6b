"""What the LTS answers to a tracker, as JSON (spec §7); :mod:`~dlt_web.wire` is what a tracker says to it."""

from __future__ import annotations

from typing import Any, cast

from .json_value import (
    number_from,
    one_of,
    optional,
    read_boolean,
    read_list,
    read_object,
    read_time,
    read_uuid,
    required,
    text_up_to,
)
from .model import (
    CHARGE_WAYS,
    AuthorizationAnswer,
    ChargeWay,
    Outcome,
    Problem,
    ReportAnswer,
    ReportResult,
    StreamRow,
)
from .slots import format_time
from .wire import MAX_REPORT_TOKEN_LENGTH, MAX_STORE_EPOCH_LENGTH

Json = Any

OUTCOMES = ("accepted", "duplicate", "rejected")
MAX_TOKEN_LENGTH = 8192


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
        store_epoch=required(fields, "storeEpoch", text_up_to(MAX_STORE_EPOCH_LENGTH)),
        results=tuple(_decode_result(result, f"results[{index}]") for index, result in enumerate(results)),
        last=optional(fields, "last", _stream_row),
        token=optional(fields, "token", text_up_to(MAX_TOKEN_LENGTH)),
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
        token=required(fields, "token", text_up_to(MAX_TOKEN_LENGTH)),
        expires_at_ms=required(fields, "expiresAt", read_time),
        server_time_ms=required(fields, "serverTime", read_time),
        item_id=required(item, "id", text_up_to(128), "item"),
        charge_way=cast("ChargeWay", required(item, "chargeWay", one_of(CHARGE_WAYS), "item")),
        over_quota=required(item, "overQuota", read_boolean, "item"),
        report_interval_s=required(fields, "reportIntervalSeconds", number_from(1)),
        report_token=required(fields, "reportToken", text_up_to(MAX_REPORT_TOKEN_LENGTH)),
        store_epoch=required(fields, "storeEpoch", text_up_to(MAX_STORE_EPOCH_LENGTH)),
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
        store_epoch=optional(fields, "storeEpoch", text_up_to(MAX_STORE_EPOCH_LENGTH)),
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


def _stream_row(value: Json, path: str) -> StreamRow:
    fields = read_object(value, path)
    return StreamRow(
        id=required(fields, "id", read_uuid, path),
        seq=required(fields, "seq", number_from(1), path),
        version=required(fields, "version", number_from(1), path),
    )
