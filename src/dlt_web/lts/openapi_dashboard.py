"""Paths of the dashboard's sessions and lists in the OpenAPI description, and their schemas."""

from __future__ import annotations

from . import openapi_schemas as schemas
from .devices import MAX_SEARCH_LENGTH
from .openapi_operations import (
    BAD_QUERY,
    BODY_PROBLEMS,
    IF_NONE_MATCH,
    NOT_FOUND,
    admin,
    by_version,
    operation,
    parameter,
    ref,
)
from .openapi_schemas import CODE, NAME, TIME, Schema, choice, many, nullable, number, record, text
from .pages_api import MAX_AUDIT_NUMBER, MAX_LISTED

_ITEM: Schema = schemas.LICENSE | {
    "properties": schemas.LICENSE["properties"] | {"thresholds": many(number())},
    "required": [*schemas.LICENSE["required"], "thresholds"],
}
_CODE: Schema = schemas.SCHEMAS["Handshake"] | {
    "properties": schemas.SCHEMAS["Handshake"]["properties"] | {"items": many(ref("ListedItem"))},
    "required": [*schemas.SCHEMAS["Handshake"]["required"], "items"],
}

DASHBOARD_SCHEMAS: dict[str, Schema] = {
    "SignIn": record({"key": text(1_000)}) | {"additionalProperties": False},
    "Session": record(
        {
            "key": NAME,
            "scope": choice("read", "manage"),
            "csrfToken": {"type": "string"},
            "hostBound": {"type": "boolean"},
            "expiresAt": TIME,
            "serverTime": TIME,
        }
    ),
    "DeviceCount": record(
        {
            "devices": number(),
            "unseatedDevices": number(),
            "devicesWithGaps": number(),
            "clonedDevices": number(),
            # All that are listed, those that hold no seat any more too; null for more than one answer looks at.
            "listedDevices": nullable(number()),
        }
    ),
    "SignedOut": record({"signedOut": {"const": True}}),
    "AuditEntry": record(
        {
            "number": number(1),
            "at": TIME,
            "actor": {"type": "string"},
            "action": {"type": "string"},
            "subject": {"type": "string"},
            "detail": {"type": "object"},
        }
    ),
    "AuditChain": record(
        {
            "state": choice("checking", "intact", "broken"),
            "entries": number(),
            "held": number(),
            "checkedAt": nullable(TIME),
            "readWholeAt": nullable(TIME),
            "breakCount": number(),
            "breaks": many({"type": "string"}),
        }
    ),
    "ListedItem": _ITEM,
    "ListedCode": _CODE,
}
_NOBODY: Schema = {"anyOf": [ref("Session"), {"type": "null"}]}
_SESSION_OVER = {401: "The session is over."}
_WRONG_KEY = {401: "This key is none of this server's.", 429: "Too many wrong keys from this address."}
_OTHER_PAGE = {403: "Not from the dashboard's own page, or without its token; or the key is a customer's."}
_AWAY = {503: "The store cannot be used now; see Retry-After."}


def dashboard_paths() -> Schema:
    """Return the paths."""
    search = parameter("search", text(MAX_SEARCH_LENGTH, 1))
    limit = parameter("limit", number(1, MAX_LISTED))
    after = parameter("after", {"type": "string"})
    before = parameter("before", number(1, MAX_AUDIT_NUMBER))
    return {
        "/v1/session": {
            "post": operation(
                "signIn", "Begin a session", 201, "Session", "SignIn", BODY_PROBLEMS | _WRONG_KEY | _OTHER_PAGE | _AWAY
            ),
            "get": operation(
                "showSession", "Whose session it is", 200, _NOBODY, problems=_SESSION_OVER | _OTHER_PAGE | _AWAY
            ),
            "delete": operation("signOut", "End the session", 200, "SignedOut", problems=_OTHER_PAGE | _AWAY),
        },
        "/v1/admin/overview": {
            "get": admin("listOverview", "Codes with their items, by page", many(ref("ListedCode")), None, BAD_QUERY)
            | {"parameters": [search, after, limit]}
        },
        "/v1/admin/devices/count": {
            "get": admin("countDevices", "How many devices a code has", "DeviceCount", None, NOT_FOUND | BAD_QUERY)
            | {"parameters": [parameter("handshake", CODE, required=True)]}
        },
        "/v1/admin/items": {
            "get": admin("listItems", "License items by page", many(ref("ListedItem")), None, BAD_QUERY)
            | {"parameters": [search, after, limit]}
        },
        "/v1/admin/audit/latest": {
            "get": by_version(
                admin("latestAudit", "Audit entries, newest first", many(ref("AuditEntry")), None, BAD_QUERY)
            )
            | {"parameters": [before, limit, IF_NONE_MATCH]}
        },
        "/v1/admin/audit/chain": {
            "get": admin("auditChain", "Whether the audit log is as it was written, as far as was read", "AuditChain")
        },
    }
