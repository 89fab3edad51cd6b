"""JSON Schemas of the messages in the OpenAPI description; the numbers come from where they are enforced."""

from __future__ import annotations

from typing import Any

from .. import json_value, model, wire, wire_answers

Schema = dict[str, Any]

UUID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
TIME: Schema = {"type": "string", "format": "date-time"}
UUID: Schema = {"type": "string", "pattern": UUID_PATTERN}
FLAG: Schema = {"type": "boolean"}


def text(longest: int, shortest: int = 0) -> Schema:
    """Return the schema of a printable text."""
    return {"type": "string", "minLength": shortest, "maxLength": longest}


def number(lowest: int = 0, highest: int = json_value.MAX_NUMBER) -> Schema:
    """Return the schema of a whole number."""
    return {"type": "integer", "minimum": lowest, "maximum": highest}


def choice(*names: str) -> Schema:
    """Return the schema of one of several names."""
    return {"type": "string", "enum": list(names)}


def nullable(schema: Schema) -> Schema:
    """Return a schema that null satisfies too."""
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema, **more: Any) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema, **more}


def record(required: Schema, optional: Schema | None = None) -> Schema:
    """Return the schema of an object with these members; it may have others."""
    return {"type": "object", "required": list(required), "properties": required | (optional or {})}


def table(pattern: str, highest: int = json_value.MAX_NUMBER) -> Schema:
    """Return the schema of names and numbers."""
    return {
        "type": "object",
        "propertyNames": {"pattern": pattern},
        "additionalProperties": number(0, highest),
    }


SYMBOLOGY = "^(?=.{1,64}$)[a-z0-9]+(_[a-z0-9]+)*$"
REASON = "^[A-Za-z][A-Za-z0-9]{0,63}$"
CODE: Schema = {"type": "string", "pattern": "^[!-~]{1,128}$"}
NAME: Schema = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}
VERSION: Schema = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
CHARGE_WAY = choice(*model.CHARGE_WAYS)
STORAGE = choice(*wire.STORAGE_KINDS)
SCOPE = choice("read", "manage", "customer")
POLICY = choice("refuse-all", "refuse-new", "allow")
TOTALS = table(".*")
PEAKS = many(record({"start": TIME, "end": TIME, "concurrentDevices": number(1)}))
AUTHORIZATIONS: Schema = {"granted": number(), "refused": TOTALS}

LICENSE = record(
    {
        "id": NAME,
        "product": NAME,
        "chargeWay": CHARGE_WAY,
        "quota": number(),
        "used": number(),
        "overrun": number(),
        "onExhausted": POLICY,
        "gracePercent": number(),
        "deviceLifetimeSeconds": number(1),
        "validFrom": nullable(TIME),
        "validUntil": nullable(TIME),
        "revoked": FLAG,
        "revokedAt": nullable(TIME),
        "version": VERSION,
    }
)
LICENSE_SETTINGS: Schema = {
    "product": NAME,
    "validFrom": nullable(TIME),
    "validUntil": nullable(TIME),
    "deviceLifetimeSeconds": number(1),
    "onExhausted": POLICY,
    "gracePercent": number(0, 1_000),
}
HANDSHAKE_SETTINGS: Schema = {
    "allowedOrigins": many({"type": "string"}),
    "allowNonBrowser": FLAG,
    "sessionPassword": nullable(text(wire.MAX_SESSION_PASSWORD_LENGTH)),
    "test": FLAG,
    "customer": nullable(text(80, 1)),
    "customerReleases": {"$ref": "#/components/schemas/CustomerReleases"},
}

DEVICE: Schema = {
    "handshakeCode": CODE,
    "deviceUuid": UUID,
    "licenseId": nullable(NAME),
    "firstSeen": TIME,
    "lastSeen": TIME,
    "removalTime": TIME,
    "storage": STORAGE,
    "partitioned": FLAG,
    "friendlyName": nullable(text(wire.MAX_FRIENDLY_NAME_LENGTH)),
    "seated": FLAG,
    "unseated": FLAG,
    "cloned": FLAG,
    "scans": number(),
}
STREAM = record(
    {
        "streamId": UUID,
        "lastSeq": number(1),
        "lastVersion": number(1),
        "lastSeen": TIME,
        "missingReports": number(),
        "shiftedReports": number(),
        "clampedReports": number(),
    }
)

SCHEMAS: dict[str, Schema] = {
    "AuthorizationRequest": record(
        {"handshakeCode": CODE, "deviceUuid": UUID},
        {
            "product": nullable(text(64, 1)),
            "sessionPassword": nullable(text(wire.MAX_SESSION_PASSWORD_LENGTH)),
            "deviceFriendlyName": nullable(text(wire.MAX_FRIENDLY_NAME_LENGTH)),
            "storage": nullable(STORAGE),
            "partitioned": nullable(FLAG),
            "storeEpoch": nullable(text(120)),
        },
    ),
    "AuthorizationAnswer": record(
        {
            "token": text(8192, 1),
            "expiresAt": TIME,
            "serverTime": TIME,
            "item": record({"id": NAME, "chargeWay": CHARGE_WAY, "overQuota": FLAG}),
            "reportIntervalSeconds": number(1),
            "reportToken": text(wire.MAX_REPORT_TOKEN_LENGTH, 1),
            "storeEpoch": text(120, 1),
        }
    ),
    "UsageReport": record(
        {
            "id": UUID,
            "seq": number(1),
            "version": number(1),
            "slot": TIME,
            "counts": table(SYMBOLOGY, json_value.MAX_COUNT) | {"maxProperties": json_value.MAX_COUNT_NAMES},
        },
        {"lost": nullable(table(REASON, json_value.MAX_COUNT) | {"maxProperties": json_value.MAX_COUNT_NAMES})},
    ),
    "ReportRequest": record(
        {
            "handshakeCode": CODE,
            "deviceUuid": UUID,
            "streamId": UUID,
            "storage": STORAGE,
            "sentAt": TIME,
            "reports": many({"$ref": "#/components/schemas/UsageReport"}, maxItems=wire.MAX_REPORTS_IN_REQUEST),
        },
        {
            "reportToken": nullable(text(wire.MAX_REPORT_TOKEN_LENGTH)),
            "storeEpoch": nullable(text(120)),
            "partitioned": nullable(FLAG),
        },
    ),
    "ReportAnswer": record(
        {
            "serverTime": TIME,
            "storeEpoch": text(120, 1),
            "results": many(
                record(
                    {"seq": number(1), "version": number(1), "outcome": choice(*wire_answers.OUTCOMES)},
                    {"code": choice("REPORT_CONFLICT", "REPORT_INVALID")},
                )
            ),
            "last": nullable(record({"id": UUID, "seq": number(1), "version": number(1)})),
        },
        {"token": text(8192, 1), "expiresAt": TIME},
    ),
    "Problem": record(
        {"type": {"type": "string"}, "title": {"type": "string"}, "status": number(400, 599), "code": text(64, 1)}
        | {"detail": {"type": "string"}},
        {"field": text(500), "reportToken": text(wire.MAX_REPORT_TOKEN_LENGTH), "storeEpoch": text(120)},
    ),
    "Jwks": record(
        {"keys": many(record({"kty": choice("OKP"), "crv": choice("Ed25519"), "x": text(64), "kid": NAME}))}
    ),
    "Status": record({"status": choice("ok", "ready")}),
    "License": LICENSE,
    "LicenseToAdd": record({"chargeWay": CHARGE_WAY, "quota": number(0, 10**12)}, {"id": NAME} | LICENSE_SETTINGS)
    | {"additionalProperties": False},
    "LicenseChanges": record({}, {"chargeWay": CHARGE_WAY, "quota": number(0, 10**12)} | LICENSE_SETTINGS)
    | {"additionalProperties": False},
    "Handshake": record(
        {
            "id": CODE,
            "handshakeCode": CODE,
            "licenses": many(NAME),
            "allowedOrigins": many({"type": "string"}),
            "allowNonBrowser": FLAG,
            "hasSessionPassword": FLAG,
            "test": FLAG,
            "customer": nullable(text(80, 1)),
            "customerReleases": {"$ref": "#/components/schemas/CustomerReleases"},
            "version": VERSION,
        }
    ),
    "HandshakeToAdd": record({"handshakeCode": CODE, "licenses": many(NAME, minItems=1)}, HANDSHAKE_SETTINGS)
    | {"additionalProperties": False},
    "HandshakeChanges": record(
        {},
        {"licenses": many(NAME, minItems=1), "customerFrom": nullable(TIME), "testFrom": nullable(TIME)}
        | HANDSHAKE_SETTINGS,
    )
    | {"additionalProperties": False},
    "AdminKey": record({"id": NAME, "scope": SCOPE, "customer": nullable(text(80, 1)), "createdAt": TIME}),
    "AdminKeyToAdd": record({"id": NAME}, {"scope": SCOPE, "customer": nullable(text(80, 1))})
    | {"additionalProperties": False},
    "AdminKeySecret": record({"id": NAME, "key": text(120, 1)}),
    "AdminKeyRevoked": record({"revoked": NAME}),
    "Device": record(DEVICE),
    "DeviceDetail": record(DEVICE | {"streams": many(STREAM)}),
    "Released": record({"released": UUID}),
    "ReleasedDevices": record({"devices": number(), "dryRun": FLAG}),
    "DevicesToRelease": record(
        {},
        {
            "handshakeCode": nullable(CODE),
            "license": nullable(NAME),
            "lastSeenBefore": nullable(TIME),
            "storage": nullable(STORAGE),
            "unseated": FLAG,
            "dryRun": FLAG,
        },
    )
    | {"additionalProperties": False},
    "Usage": record(
        {
            "handshakeCode": CODE,
            "devices": number(),
            "concurrentDevices": number(),
            "peakConcurrentDevices": number(),
            "scans": number(),
            "bySymbology": TOTALS,
            "unseatedDevices": number(),
            "unverifiedScans": number(),
            "lost": TOTALS,
            "rows": many(record({"start": TIME, "end": TIME, "scans": number(), "bySymbology": TOTALS})),
            "peaks": PEAKS,
            "items": many(record({"licenseId": NAME, "devices": number(), "scans": number(), "overage": number()})),
            "memoryDevices": number(),
            "partitionedDevices": number(),
            "clonedDevices": number(),
            "devicesWithGaps": number(),
            "authorizations": record(AUTHORIZATIONS | {"days": many(record({"day": TIME} | AUTHORIZATIONS))}),
        }
    ),
    "LicenseUsage": record(
        {
            "licenseId": NAME,
            "chargeWay": CHARGE_WAY,
            "quota": number(),
            "used": number(),
            "overage": number(),
            "devices": number(),
            "concurrentDevices": number(),
            "peakConcurrentDevices": number(),
            "scans": number(),
            "handshakeCodes": many(
                record({"handshakeCode": CODE, "devices": number(), "scans": number(), "test": FLAG})
            ),
            "billed": record({"used": number(), "overage": number(), "devices": number(), "scans": number()}),
            "rows": many(record({"start": TIME, "end": TIME, "scans": number(), "byHandshakeCode": TOTALS})),
            "peaks": PEAKS,
        }
    ),
}
