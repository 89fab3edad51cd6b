"""Paths of a customer's own interface in the OpenAPI description, and their schemas."""

from __future__ import annotations

from . import openapi_schemas as schemas
from .admin_checks import MAX_RELEASE_TERM_S, MAX_RELEASES
from .openapi_schemas import CODE, FLAG, TIME, UUID, Schema, nullable, number, record

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
            "firstSeen": TIME,
            "lastSeen": TIME,
            "removalTime": TIME,
            "storage": schemas.STORAGE,
            "seated": FLAG,
        }
    ),
}
