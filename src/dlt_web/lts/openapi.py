"""The OpenAPI 3.1 description of the server, served at ``/openapi.json``; tests hold it to the routes and answers."""

from __future__ import annotations

from typing import Any

from .devices import MAX_PAGE_ROWS, MAX_SEARCH_LENGTH
from .exports import MEDIA_TYPES
from .openapi_billing import BILLING_SCHEMAS, CUSTOMER, MONTH
from .openapi_customer import CUSTOMER_SCHEMAS
from .openapi_schemas import CODE, NAME, SCHEMAS, TIME, UUID, UUID_PATTERN, Schema, choice, many, number, text

API_VERSION = "1.0.0"

BODY_PROBLEMS = {400: "Not JSON.", 413: "The body is too large.", 422: "The body breaks the protocol; names the field."}
PUBLIC_PROBLEMS = BODY_PROBLEMS | {
    403: "Refused; the code says why.",
    404: "No such handshake code.",
    409: "The store was restored, or the report token is of another store; nothing was booked.",
    429: "Too many requests; see Retry-After.",
    503: "The store cannot be used now; see Retry-After.",
}
ADMIN_PROBLEMS = {
    401: "No valid bearer key.",
    403: "The key has another scope.",
    503: "The store cannot be used now; see Retry-After.",
}
NOT_FOUND = {404: "No such object."}
TAKEN = {409: "The id is taken, or the object is in use."}
SCOPE = {403: "The key may not change anything."}
# Of every path, and of an id with a slash in it, which is another path.
OTHER_METHOD = {405: "Not with this method; Allow names those that there are."}
BAD_QUERY = {422: "A value in the query is missing or out of range; names it."}


def openapi_document() -> dict[str, Any]:
    """Return the description as JSON-ready objects."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "License Tracking Server",
            "version": API_VERSION,
            "description": "Authorizes devices and counts their barcode scans. Times are UTC in RFC 3339; refusals are "
            "RFC 9457 problems with a stable `code`. `POST /v1/test/clock` exists under a test clock only.",
        },
        "paths": _device_paths()
        | _operator_paths()
        | _admin_license_paths()
        | _admin_devices_paths()
        | _admin_other_paths()
        | _admin_billing_paths()
        | _admin_key_paths()
        | _customer_paths(),
        "components": {
            "schemas": SCHEMAS | BILLING_SCHEMAS | CUSTOMER_SCHEMAS,
            "securitySchemes": {"adminKey": {"type": "http", "scheme": "bearer"}},
        },
    }


def _device_paths() -> Schema:
    text_too = ("application/json", "text/plain")
    return {
        "/v1/authorizations": {
            "post": _operation(
                "authorize", "Ask for a token", 201, "AuthorizationAnswer", "AuthorizationRequest", PUBLIC_PROBLEMS
            )
        },
        "/v1/usage-reports": {
            "post": _operation(
                "report", "Report usage", 200, "ReportAnswer", "ReportRequest", PUBLIC_PROBLEMS, media_types=text_too
            )
        },
        "/.well-known/jwks.json": {"get": _operation("jwks", "Public keys of the tokens", 200, "Jwks")},
    }


def _operator_paths() -> Schema:
    unready = {503: "The store cannot be used now."}
    metrics = {"description": "Counters.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    document = {"description": "This page.", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "/healthz": {"get": _operation("healthz", "The process answers", 200, "Status")},
        "/readyz": {"get": _operation("readyz", "The store answers", 200, "Status", problems=unready)},
        "/metrics": {
            "get": {"operationId": "metrics", "summary": "Counters for Prometheus", "responses": {"200": metrics}}
        },
        "/openapi.json": {
            "get": {"operationId": "openapi", "summary": "This description", "responses": {"200": document}}
        },
    }


def _admin_license_paths() -> Schema:
    by_id = [_parameter("id", NAME, "path")]
    return {
        "/v1/admin/licenses": {
            "get": _admin("listLicenses", "List license items", many(_ref("License"))),
            "post": _admin(
                "addLicense", "Add a license item", "License", "LicenseToAdd", TAKEN, status=201, is_change=True
            ),
        },
        "/v1/admin/licenses/{id}": {
            "get": _admin("showLicense", "Show a license item", "License", None, NOT_FOUND),
            "patch": _admin(
                "setLicense", "Change a license item", "License", "LicenseChanges", NOT_FOUND | TAKEN, is_change=True
            ),
            "parameters": by_id,
        },
        "/v1/admin/licenses/{id}/revoke": {
            "post": _admin("revokeLicense", "Take a license item back", "License", None, NOT_FOUND, is_change=True),
            "parameters": by_id,
        },
    }


def _admin_devices_paths() -> Schema:
    chosen = [_parameter("handshake", CODE), _parameter("license", NAME)]
    paging = [
        _parameter("search", text(MAX_SEARCH_LENGTH, 1)),
        _parameter("after", {"type": "string", "pattern": f"^[!-~]{{1,128}}/{UUID_PATTERN[1:]}"}),
        _parameter("limit", number(1, MAX_PAGE_ROWS)),
    ]
    return {
        "/v1/admin/devices": {
            "get": _admin("listDevices", "List devices by page", many(_ref("Device")), None, NOT_FOUND | BAD_QUERY)
            | {"parameters": chosen + paging}
        },
        "/v1/admin/devices/export": {
            "get": _exporting(
                _admin("exportDevices", "Export all devices", {"type": "string"}, None, NOT_FOUND | BAD_QUERY)
            )
            | {"parameters": [*chosen, _parameter("format", choice(*MEDIA_TYPES))]}
        },
        "/v1/admin/devices/release": {
            "post": _admin(
                "releaseDevices", "Free seats by filter", "ReleasedDevices", "DevicesToRelease", NOT_FOUND,
                is_change=True,
            )
        },
    }  # fmt: skip


def _exporting(operation: Schema) -> Schema:
    """Return a read whose answer is text: JSON lines or CSV."""
    answer = operation["responses"]["200"]
    answer["content"] = {media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()}
    return operation


def _usage_or_csv(operation: Schema) -> Schema:
    """Return the read whose answer depends on what is asked for: exactly one of a handshake code and an item."""
    operation["responses"]["200"]["content"] = {
        "application/json": {"schema": {"anyOf": [_ref("Usage"), _ref("LicenseUsage")]}},
        "text/csv": {"schema": {"type": "string"}},
    }
    return operation


def _admin_other_paths() -> Schema:
    needed_code = _parameter("handshake", CODE, required=True)
    usage_query = [
        _parameter("handshake", CODE),
        _parameter("license", NAME),
        _parameter("format", choice("json", "csv")),
        _parameter("by", choice("total", "slot", "hour", "day")),
        _parameter("from", TIME),
        _parameter("to", TIME),
    ]
    return {
        "/v1/admin/handshakes": {
            "get": _admin("listHandshakes", "List handshake codes", many(_ref("Handshake"))),
            "post": _admin(
                "addHandshake",
                "Add a handshake code",
                "Handshake",
                "HandshakeToAdd",
                NOT_FOUND | TAKEN,
                status=201,
                is_change=True,
            ),
        },
        "/v1/admin/handshakes/{code}": {
            "get": _admin("showHandshake", "Show a handshake code", "Handshake", None, NOT_FOUND),
            "patch": _admin(
                "setHandshake",
                "Change a handshake code",
                "Handshake",
                "HandshakeChanges",
                NOT_FOUND | {409: "A frozen statement stands in the way."},
                is_change=True,
            ),
            "parameters": [_parameter("code", CODE, "path")],
        },
        "/v1/admin/devices/{uuid}": {
            "get": _admin("showDevice", "Show a device with its streams", "DeviceDetail", None, NOT_FOUND | BAD_QUERY)
            | {"parameters": [needed_code]},
            "parameters": [_parameter("uuid", UUID, "path")],
        },
        "/v1/admin/devices/{uuid}/release": {
            "post": _admin(
                "releaseDevice", "Free a device's seat", "Released", None, NOT_FOUND | BAD_QUERY, is_change=True
            )
            | {"parameters": [needed_code]},
            "parameters": [_parameter("uuid", UUID, "path")],
        },
        "/v1/admin/usage": {
            "get": _usage_or_csv(_admin("usage", "Usage of a code or an item", {}, None, NOT_FOUND | BAD_QUERY))
            | {"parameters": usage_query}
        },
        "/v1/admin/audit": {
            "get": _admin("audit", "Administrative changes", many(_ref("AuditEntry")), None, BAD_QUERY)
            | {"parameters": [_parameter("after", number(0, 10**15 - 1))]}
        },
    }


def _admin_billing_paths() -> Schema:
    whose, refused = [_parameter("customer", CUSTOMER)], {409: "The month, or its statement, stands in the way."}
    frozen = _admin("showStatement", "A frozen month, byte for byte", "Statement", None, NOT_FOUND | BAD_QUERY)
    frozen["responses"]["200"]["content"] |= {
        kind: {"schema": {"type": "string"}} for kind in ("text/csv", "text/html")
    }
    query = [_parameter("customer", CUSTOMER, required=True), _parameter("format", choice("json", "csv", "html"))]
    return {
        "/v1/admin/statements": {
            "get": _admin("listStatements", "List frozen months", many(_ref("StatementHead")), None, BAD_QUERY)
            | {"parameters": whose},
            "post": _admin(
                "freezeStatement", "Freeze a month", "StatementHead", "StatementToFreeze", NOT_FOUND | refused,
                is_change=True,
            ),
        },
        "/v1/admin/statements/{month}": {
            "get": frozen | {"parameters": query},
            "parameters": [_parameter("month", MONTH, "path")],
        },
        "/v1/admin/credits": {
            "get": _admin("listCredits", "List credits", many(_ref("Credit")), None, BAD_QUERY) | {"parameters": whose},
            "post": _admin(
                "bookCredit", "Book a credit", "Credit", "CreditToBook", NOT_FOUND | refused, status=201,
                is_change=True,
            ),
        },
    }  # fmt: skip


def _admin_key_paths() -> Schema:
    by_id = [_parameter("id", NAME, "path")]
    return {
        "/v1/admin/keys": {
            "get": _admin("listKeys", "List administration keys", many(_ref("AdminKey"))),
            "post": _admin(
                "addKey", "Make a key", "AdminKeySecret", "AdminKeyToAdd", TAKEN, status=201, is_change=True
            ),
        },
        "/v1/admin/keys/{id}": {
            "delete": _admin("revokeKey", "Revoke a key", "AdminKeyRevoked", None, NOT_FOUND, is_change=True),
            "parameters": by_id,
        },
        "/v1/admin/keys/{id}/rotate": {
            "post": _admin("rotateKey", "Replace a key's secret", "AdminKeySecret", None, NOT_FOUND, is_change=True),
            "parameters": by_id,
        },
    }


def _customer_paths() -> Schema:
    needed_code = _parameter("handshake", CODE, required=True)
    paging = [
        _parameter("search", text(MAX_SEARCH_LENGTH, 1)),
        _parameter("after", {"type": "string", "pattern": f"^[!-~]{{1,128}}/{UUID_PATTERN[1:]}"}),
        _parameter("limit", number(1, MAX_PAGE_ROWS)),
    ]
    refused = NOT_FOUND | BAD_QUERY
    return {
        "/v1/customer/codes": {"get": _customers("ownCodes", "What a customer may release", many(_ref("Allowance")))},
        "/v1/customer/devices": {
            "get": _customers("ownDevices", "A customer's devices by page", many(_ref("OwnDevice")), refused)
            | {"parameters": [needed_code, *paging]}
        },
        "/v1/customer/devices/{uuid}/release": {
            "post": _customers(
                "releaseOwnDevice", "Release a customer's device", "OwnReleased",
                refused | {409: "So many were released in this term."},
            )
            | {"parameters": [needed_code]},
            "parameters": [_parameter("uuid", UUID, "path")],
        },
    }  # fmt: skip


def _customers(name: str, summary: str, answer: str | Schema, problems: dict[int, str] | None = None) -> Schema:
    not_theirs = {403: "The key is an operator's."}
    return _admin(name, summary, answer, None, not_theirs | (problems or {}))


def _admin(
    name: str,
    summary: str,
    answer: str | Schema,
    body: str | None = None,
    problems: dict[int, str] | None = None,
    *,
    status: int = 200,
    is_change: bool = False,
) -> Schema:
    refusals = ADMIN_PROBLEMS | (problems or {}) | (BODY_PROBLEMS if body else {}) | (SCOPE if is_change else {})
    return _operation(name, summary, status, answer, body, refusals) | {"security": [{"adminKey": []}]}


def _operation(
    name: str,
    summary: str,
    status: int,
    answer: str | Schema,
    body: str | None = None,
    problems: dict[int, str] | None = None,
    *,
    media_types: tuple[str, ...] = ("application/json",),
) -> Schema:
    schema = _ref(answer) if isinstance(answer, str) else answer
    responses = {str(status): {"description": summary, "content": {"application/json": {"schema": schema}}}}
    for refused, why in sorted((OTHER_METHOD | (problems or {})).items()):
        content = {"application/problem+json": {"schema": _ref("Problem")}}
        responses[str(refused)] = {"description": why, "content": content}
    operation: Schema = {"operationId": name, "summary": summary, "responses": responses}
    if body is not None:
        content = {media_type: {"schema": _ref(body)} for media_type in media_types}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameter(name: str, schema: Schema, place: str = "query", *, required: bool = False) -> Schema:
    return {"name": name, "in": place, "required": required or place == "path", "schema": schema}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
