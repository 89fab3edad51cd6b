"""Alerts and webhooks in the OpenAPI description."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from .alert_records import AlertKind, DeliveryState
from .alert_settings import MAX_LEVELS, MAX_PERCENT
from .alert_views import MAX_ALERT_ROWS, MAX_OPEN_ROWS
from .openapi_operations import IF_NONE_MATCH, by_version
from .openapi_schemas import FLAG, NAME, TIME, Schema, choice, many, nullable, number, record, text
from .webhooks import MAX_URL_LENGTH

HIGHEST = 10**15 - 1
DELIVERY = record(
    {
        "webhook": NAME,
        "state": choice(*get_args(DeliveryState)),
        "attempts": number(),
        "nextAt": nullable(TIME),
    }
)
ATTEMPT = record(
    {
        "number": number(1),
        "alert": number(1),
        "webhook": NAME,
        "at": TIME,
        "tookMs": number(),
        "status": nullable(number(100, 999)),
        "outcome": text(500),
    }
)
ALERT: Schema = {
    "number": number(1),
    "id": text(64, 1),
    "at": TIME,
    "kind": choice(*get_args(AlertKind)),
    "subject": text(128),
    "level": nullable(number(1)),
    "message": text(1_000, 1),
    "detail": {"type": "object"},
    "deliveries": many(DELIVERY),
}
OPEN_ALERT = record(
    {"kind": choice(*get_args(AlertKind)), "subject": text(128), "level": nullable(number(1)), "since": TIME}
)
WEBHOOK: Schema = {"id": NAME, "target": text(MAX_URL_LENGTH, 1), "createdAt": TIME}
PERCENTS = many(number(1, MAX_PERCENT), minItems=1, maxItems=MAX_LEVELS)
DISK_PERCENTS = many(number(1, 99), minItems=1, maxItems=MAX_LEVELS)
SETTINGS: Schema = {"thresholds": PERCENTS, "unverifiedPercent": number(1, 100), "diskPercents": DISK_PERCENTS}
_MISSING, _BAD = {404: "No such object."}, {422: "A value is out of range."}
CLOSED: Schema = {"additionalProperties": False}

ALERT_SCHEMAS: dict[str, Schema] = {
    "Alert": record(ALERT),
    "AlertDetail": record(ALERT | {"log": many(ATTEMPT)}),
    "OpenAlerts": record(
        {
            "count": number(),
            "alerts": many(OPEN_ALERT, maxItems=MAX_OPEN_ROWS),
            "thresholds": PERCENTS,
            "paused": FLAG,
        }
    ),
    "Delivery": DELIVERY,
    "DeliveryAttempt": ATTEMPT,
    "AlertSettings": record(
        SETTINGS
        | {
            "networks": many({"type": "string"}),
            "paused": FLAG,
            "licenses": {"type": "object", "additionalProperties": PERCENTS},
        }
    ),
    "AlertSettingsChanges": record(
        {}, SETTINGS | {"licenses": {"type": "object", "additionalProperties": nullable(PERCENTS)}}
    )
    | CLOSED,
    "Webhook": record(WEBHOOK),
    "WebhookToAdd": record({"id": NAME, "url": text(MAX_URL_LENGTH, 1)}) | CLOSED,
    "WebhookAdded": record(WEBHOOK | {"secret": text(120, 1)}),
    "WebhookSecret": record({"id": NAME, "secret": text(120, 1)}),
    "WebhookRemoved": record({"removed": NAME}),
    "ToWebhook": record({}, {"webhook": nullable(NAME)}) | CLOSED,
}


def alert_paths(admin: Callable[..., Schema], parameter: Callable[..., Schema]) -> Schema:
    """Return the paths; ``admin`` and ``parameter`` describe an operation and a value as for all others."""
    paused = _MISSING | {409: "Webhooks are paused."}
    paging = {
        "parameters": [
            parameter("before", number(1, HIGHEST)),
            parameter("limit", number(1, MAX_ALERT_ROWS)),
            IF_NONE_MATCH,
        ]
    }
    by_number = {"parameters": [parameter("number", number(0, HIGHEST), "path")]}

    def change(name: str, summary: str, answer: Any, body: str | None = None, **more: Any) -> Schema:
        return admin(name, summary, answer, body, more.pop("problems", _MISSING), is_change=True, **more)

    return {
        "/v1/admin/alerts": {
            "get": by_version(admin("listAlerts", "List alerts, newest first", _many("Alert"), None, _BAD)) | paging
        },
        "/v1/admin/alerts/settings": {
            "get": admin("alertSettings", "Levels of alerts", "AlertSettings"),
            "patch": change("setAlerts", "Change levels of alerts", "AlertSettings", "AlertSettingsChanges"),
        },
        "/v1/admin/alerts/deliveries": {
            "get": by_version(
                admin("deliveryLog", "List deliveries, newest first", _many("DeliveryAttempt"), None, _BAD)
            )
            | paging
        },
        "/v1/admin/alerts/open": {"get": admin("openAlerts", "What is so now, and was told", "OpenAlerts")},
        "/v1/admin/alerts/test": {
            "post": change("testAlerts", "Send a test", "AlertDetail", "ToWebhook", problems=paused)
        },
        "/v1/admin/alerts/{number}": by_number
        | {"get": admin("showAlert", "Show an alert with its deliveries", "AlertDetail", None, _MISSING | _BAD)},
        "/v1/admin/alerts/{number}/replay": by_number
        | {"post": change("replayAlert", "Send an alert again", _many("Delivery"), "ToWebhook", problems=paused)},
    } | _webhook_paths(admin, parameter, change)


def _webhook_paths(
    admin: Callable[..., Schema], parameter: Callable[..., Schema], change: Callable[..., Schema]
) -> Schema:
    taken, recent = {409: "The id is taken."}, _MISSING | {409: "The last rotation's day is not over."} | _BAD
    by_id = {"parameters": [parameter("id", NAME, "path")]}
    return {
        "/v1/admin/webhooks": {
            "get": admin("listWebhooks", "List webhooks", _many("Webhook")),
            "post": change("addWebhook", "Add a webhook", "WebhookAdded", "WebhookToAdd", problems=taken, status=201),
        },
        "/v1/admin/webhooks/{id}": by_id | {"delete": change("removeWebhook", "Forget a webhook", "WebhookRemoved")},
        "/v1/admin/webhooks/{id}/rotate": by_id
        | {
            "post": change("rotateWebhook", "Replace a webhook's secret", "WebhookSecret", problems=recent)
            | {"parameters": [parameter("atOnce", choice("false", "true"))]}
        },
    }


def _many(name: str) -> Schema:
    return many({"$ref": f"#/components/schemas/{name}"})
