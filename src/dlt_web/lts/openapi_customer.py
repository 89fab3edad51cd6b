"""Paths of a customer's own interface in the OpenAPI description, and their schemas."""

from __future__ import annotations

from . import openapi_schemas as schemas
from .admin_checks import MAX_RELEASE_TERM_S, MAX_RELEASES
from .devices import MAX_PAGE_ROWS
from .openapi_operations import BAD_QUERY, NOT_FOUND, admin, parameter, ref
from .openapi_schemas import CODE, FLAG, TIME, UUID, UUID_PATTERN, Schema, many, nullable, number, record

CUSTOMER_RELEASES = nullable(
    record({"limit": number(1, MAX_RELEASES)}, {"termSeconds": number(1, MAX_RELEASE_TERM_S)})
    | {"additionalProperties": False}
)
_ALLOWANCE: Schema = {
    "handshakeCode": CODE,
    "limit": number(1),
    "termSeconds": number(1),
    "left": number(),
    "nextAt": nullable(TIME),
}

CUSTOMER_SCHEMAS: dict[str, Schema] = {
    "CustomerReleases": CUSTOMER_RELEASES,
    "Allowance": record(_ALLOWANCE),
    "OwnReleased": record({"released": UUID} | _ALLOWANCE),
    "OwnDevice": record(
        {
            "handshakeCode": CODE,
            "deviceUuid": UUID,
            "friendlyName": schemas.DEVICE["friendlyName"],
            "firstSeen": nullable(TIME),
            "lastSeen": nullable(TIME),
            "removalTime": nullable(TIME),
            "storage": nullable(schemas.STORAGE),
            "seated": FLAG,
        }
    ),
}


def customer_paths() -> Schema:
    """Return the paths of a customer's own interface."""
    needed_code = parameter("handshake", CODE, required=True)
    paging = [
        parameter("search", {"type": "string", "pattern": "^[0-9A-Fa-f-]{1,36}$"}),
        parameter("after", {"type": "string", "pattern": f"^[!-~]{{1,128}}/{UUID_PATTERN[1:]}"}),
        parameter("limit", number(1, MAX_PAGE_ROWS)),
    ]
    refused = NOT_FOUND | BAD_QUERY
    return {
        "/v1/customer/codes": {"get": _customers("ownCodes", "What a customer may release", many(ref("Allowance")))},
        "/v1/customer/devices": {
            "get": _customers("ownDevices", "A customer's devices by page", many(ref("OwnDevice")), refused)
            | {"parameters": [needed_code, *paging]}
        },
        "/v1/customer/devices/{uuid}/release": {
            "post": _customers(
                "releaseOwnDevice", "Release a customer's device", "OwnReleased",
                refused | {409: "So many were released in this term."},
            )
            | {"parameters": [needed_code]},
            "parameters": [parameter("uuid", UUID, "path")],
        },
    }  # fmt: skip


def _customers(name: str, summary: str, answer: str | Schema, problems: dict[int, str] | None = None) -> Schema:
    not_theirs = {403: "The key is an operator's."}
    return admin(name, summary, answer, None, not_theirs | (problems or {}))
