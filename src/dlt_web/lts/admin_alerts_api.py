"""``/v1/admin/alerts`` and ``/v1/admin/webhooks``: alerts by page, the delivery log, replay, and whom they are told."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ..errors import WireError
from .admin import Administration
from .admin_bodies import UNSET, Unset, convert
from .admin_query import known_versions, number_value, one_of_values
from .alert_views import MAX_ALERT_ROWS, AlertReads, delivery_json, webhook_json
from .clock import Clock
from .http import JsonResponse
from .pages_api import answer_by_version

MAX_NUMBER = 10**15 - 1


class WebhookBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A webhook to be added."""

    id: str
    url: str


class AlertSettingsBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Changes of settings; what is left out stays. Thresholds of an item that are null are those of all others.

    In which networks webhooks may lie is set on the server's machine only.
    """

    thresholds: tuple[int, ...] | Unset = UNSET
    unverified_percent: int | Unset = UNSET
    disk_percents: tuple[int, ...] | Unset = UNSET
    licenses: dict[str, tuple[int, ...] | None] | Unset = UNSET


class TestBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Whom to send a test; everybody if nobody is named."""

    webhook: str | None = None


class AlertApi:
    """The endpoints; each blocks."""

    def __init__(self, reads: AlertReads, clock: Clock) -> None:
        self._reads = reads
        self._clock = clock

    def list_page(self, request: Request) -> Response:
        """List alerts numbered below ``before``, newest first; nothing to whoever has the list's version."""
        return answer_by_version(self._reads.alerts(*_page(request), known_versions(request)), JsonResponse)

    def open(self, _request: Request) -> Any:
        """Tell how many alerts are open, and which are the newest of them."""
        return self._reads.open(self._clock.now_ms())

    def show(self, request: Request) -> Any:
        """Show an alert with its attempts."""
        return self._reads.alert(_number(request))

    def log_page(self, request: Request) -> Response:
        """List attempts to deliver numbered below ``before``, newest first; nothing to whoever has the version."""
        return answer_by_version(self._reads.attempts(*_page(request), known_versions(request)), JsonResponse)

    def settings(self, _request: Request) -> Any:
        """Show the settings."""
        return self._reads.settings()

    def webhooks(self, _request: Request) -> Any:
        """List webhooks; their secrets are not shown."""
        return self._reads.webhooks()

    def set(self, admin: Administration, _request: Request, body: Any) -> Any:
        """Change settings."""
        wanted = convert(body, AlertSettingsBody)
        given = {"percents": wanted.thresholds, "unverified_percent": wanted.unverified_percent}
        given |= {"disk_percents": wanted.disk_percents}
        changes = {name: value for name, value in given.items() if not isinstance(value, Unset)}
        licenses = {} if isinstance(wanted.licenses, Unset) else wanted.licenses
        admin.set_alerts(changes, licenses)
        return self._reads.settings()

    def test(self, admin: Administration, _request: Request, body: Any) -> Any:
        """Send a test; what came of it is in the alert's log, some moments later."""
        return self._reads.alert(admin.send_test(convert(body, TestBody).webhook).number)

    def replay(self, admin: Administration, request: Request, body: Any) -> Any:
        """Send an alert again."""
        waiting = admin.replay(_number(request), convert(body, TestBody).webhook)
        return [delivery_json(delivery) for delivery in waiting]

    def add_webhook(self, admin: Administration, _request: Request, body: Any) -> Any:
        """Add a webhook and show its secret, the only time."""
        wanted = convert(body, WebhookBody)
        webhook, secret = admin.add_webhook(wanted.id, wanted.url)
        return webhook_json(webhook) | {"secret": secret}

    def rotate_webhook(self, admin: Administration, request: Request) -> Any:
        """Give a webhook a fresh secret and show it, the only time."""
        name = request.path_params["id"]
        is_at_once = one_of_values(request, "atOnce", ("false", "true")) == "true"
        return {"id": name, "secret": admin.rotate_webhook(name, is_at_once=is_at_once)}

    def remove_webhook(self, admin: Administration, request: Request) -> Any:
        """Forget a webhook."""
        admin.remove_webhook(request.path_params["id"])
        return {"removed": request.path_params["id"]}


def _page(request: Request) -> tuple[int, int]:
    before = number_value(request, "before", MAX_NUMBER, 1, MAX_NUMBER)
    return before, number_value(request, "limit", MAX_ALERT_ROWS, 1, MAX_ALERT_ROWS)


def _number(request: Request) -> int:
    text = request.path_params["number"]
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise WireError("expected the number of an alert", field="number")
    return int(text)
