"""The OpenAPI 3.1 description of the server, served at ``/openapi.json``; tests hold it to the routes and answers."""

from __future__ import annotations

from typing import Any

from .devices import MAX_LOOKS, MAX_PAGE_ROWS, MAX_SEARCH_LENGTH
from .exports import MEDIA_TYPES
from .openapi_advice import ADVICE_SCHEMAS, RATES
from .openapi_alerts import ALERT_SCHEMAS, alert_paths
from .openapi_billing import BILLING_SCHEMAS, billing_paths
from .openapi_customer import CUSTOMER_SCHEMAS, customer_paths
from .openapi_dashboard import DASHBOARD_SCHEMAS, dashboard_paths
from .openapi_operations import BAD_QUERY, CHANGED, IF_MATCH, NOT_FOUND, PUBLIC_PROBLEMS, TAKEN
from .openapi_operations import admin as _admin
from .openapi_operations import operation as _operation
from .openapi_operations import parameter as _parameter
from .openapi_operations import ref as _ref
from .openapi_schemas import CODE, NAME, SCHEMAS, TIME, UUID, UUID_PATTERN, Schema, choice, many, number, text

API_VERSION = "1.0.0"


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
        | _admin_handshake_paths()
        | _admin_device_paths()
        | _admin_reading_paths()
        | billing_paths()
        | _admin_key_paths()
        | customer_paths()
        | dashboard_paths()
        | alert_paths(_admin, _parameter),
        "components": {
            "schemas": SCHEMAS
            | BILLING_SCHEMAS
            | CUSTOMER_SCHEMAS
            | ADVICE_SCHEMAS
            | ALERT_SCHEMAS
            | DASHBOARD_SCHEMAS,
            # The dashboard's own page has a session instead, in a cookie that is good for it alone.
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
                "setLicense",
                "Change a license item",
                "License",
                "LicenseChanges",
                NOT_FOUND | TAKEN | CHANGED,
                is_change=True,
            )
            | IF_MATCH,
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
        _parameter("uuid", {"type": "string", "pattern": "^[0-9a-f-]{1,36}$"}),
        _parameter("unseated", choice("false", "true")),
        _parameter("oddity", choice("gap", "clone")),
        _parameter("looks", number(1, MAX_LOOKS)),
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


def _admin_handshake_paths() -> Schema:
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
                NOT_FOUND | CHANGED | {409: "A frozen statement stands in the way."},
                is_change=True,
            )
            | IF_MATCH,
            "parameters": [_parameter("code", CODE, "path")],
        },
    }


def _admin_device_paths() -> Schema:
    needed_code = _parameter("handshake", CODE, required=True)
    return {
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
    }


def _admin_reading_paths() -> Schema:
    needed_code = _parameter("handshake", CODE, required=True)
    usage_query = [
        _parameter("handshake", CODE),
        _parameter("license", NAME),
        _parameter("format", choice("json", "csv")),
        _parameter("show", choice("all", "scans")),
        _parameter("by", choice("total", "slot", "hour", "day")),
        _parameter("from", TIME),
        _parameter("to", TIME),
    ]
    return {
        "/v1/admin/usage": {
            "get": _usage_or_csv(_admin("usage", "Usage of a code or an item", {}, None, NOT_FOUND | BAD_QUERY))
            | {"parameters": usage_query}
        },
        "/v1/admin/advice": {
            "get": _admin("advise", "What each charge way would count", "Advice", None, NOT_FOUND | BAD_QUERY)
            | {
                "parameters": [
                    needed_code,
                    *usage_query[-2:],
                    _parameter("refusalPercent", RATES),
                    _parameter("days", choice("false", "true")),
                ]
            }
        },
        "/v1/admin/audit": {
            "get": _admin("audit", "Administrative changes", many(_ref("AuditEntry")), None, BAD_QUERY)
            | {"parameters": [_parameter("after", number(0, 10**15 - 1))]}
        },
    }


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
