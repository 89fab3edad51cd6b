"""Alerts as people see them: the JSON of command line and administration interface, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from ..slots import format_time
from .admin_keys import AdminError
from .alert_records import Alert, AlertState, Attempt, Delivery, Webhook
from .alert_settings import AlertSettings, read_settings
from .alerts import is_quiet, worst_level
from .list_versions import Versioned, read_unless_known
from .store import Reading, Store
from .webhooks import show_url

Json = dict[str, Any]
MAX_ALERT_ROWS = 200
# Of those that are open the newest ones; how many there are is told beside them.
MAX_OPEN_ROWS = 20


def alert_json(alert: Alert, deliveries: list[Delivery]) -> Json:
    """Return an alert with how far it has come with each webhook."""
    detail = json.loads(alert.detail)
    return {
        "number": alert.number,
        "id": alert.id,
        "at": format_time(alert.at_ms),
        "kind": alert.kind,
        "subject": alert.subject,
        "level": alert.level,
        "message": detail.pop("message"),
        "detail": detail,
        "deliveries": [delivery_json(delivery) for delivery in deliveries],
    }


def delivery_json(delivery: Delivery) -> Json:
    """Return how far an alert has come with one webhook; ``nextAt`` only where an attempt is still to come."""
    is_waiting = delivery.state == "waiting"
    return {
        "webhook": delivery.webhook_id,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "nextAt": format_time(delivery.next_ms) if is_waiting and delivery.next_ms else None,
    }


def attempt_json(attempt: Attempt) -> Json:
    """Return an entry of the delivery log."""
    return {
        "number": attempt.number,
        "alert": attempt.alert_number,
        "webhook": attempt.webhook_id,
        "at": format_time(attempt.at_ms),
        "tookMs": attempt.took_ms,
        "status": attempt.status,
        "outcome": attempt.outcome,
    }


def webhook_json(webhook: Webhook) -> Json:
    """Return a webhook without its secret, and without the path of its URL, which may be one."""
    return {"id": webhook.id, "target": show_url(webhook.url), "createdAt": format_time(webhook.created_ms)}


def settings_json(settings: AlertSettings, thresholds: dict[str, tuple[int, ...]]) -> Json:
    """Return the settings, and the thresholds of the items that have their own."""
    names = {"percents": "thresholds", "unverified_percent": "unverifiedPercent", "disk_percents": "diskPercents"}
    names |= {"is_paused": "paused"}
    shown = {names.get(name, name): _plain(value) for name, value in asdict(settings).items()}
    return shown | {"licenses": {license_id: list(percents) for license_id, percents in thresholds.items()}}


def open_json(state: AlertState) -> Json:
    """Return what is so now, by the worst of its levels; None where there are no levels."""
    return {
        "kind": state.kind,
        "subject": state.subject,
        "level": worst_level(state),
        "since": format_time(state.at_ms),
    }


class _Open:
    """Tells whether somebody should still look at what was told: of what has ended, or is for tests, nobody need.

    Each code and item is read once, however many kinds of alerts it has open: there may be thousands.
    """

    def __init__(self, rows: Reading, now_ms: int) -> None:
        self._rows, self._now_ms = rows, now_ms
        self._known: dict[tuple[bool, str], bool] = {}

    def has(self, state: AlertState) -> bool:
        if state.kind == "disk.usage":
            return True
        if is_quiet(state, self._now_ms):
            return False
        key = state.kind in ("license.threshold", "license.expiry"), state.subject
        if key not in self._known:
            self._known[key] = self._is_item_valid(state.subject) if key[0] else self._is_code_real(state.subject)
        return self._known[key]

    def _is_item_valid(self, license_id: str) -> bool:
        item = self._rows.license(license_id)
        return item is not None and not item.is_revoked and (item.valid_until_ms or self._now_ms + 1) > self._now_ms

    def _is_code_real(self, code: str) -> bool:
        handshake = self._rows.handshake(code)
        return handshake is not None and not handshake.is_test


class AlertReads:
    """Read-only views of a store's alerts. Blocking, a few milliseconds; callable from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def alerts(
        self, before: int | None = None, limit: int = MAX_ALERT_ROWS, known: Collection[str] = ()
    ) -> Versioned[list[Json]]:
        """Return up to ``limit`` alerts numbered below ``before``, newest first; none in a version that is known."""

        def look(rows: Reading) -> list[Json]:
            return [alert_json(alert, rows.deliveries(alert.number)) for alert in rows.alerts(before, limit)]

        return read_unless_known(self._store, lambda rows: rows.alert_version(), look, known)

    def alert(self, number: int) -> Json:
        """Return one alert with its latest attempts.

        Raises:
            AdminError: there is no such alert.
        """

        def look(rows: Reading) -> Json:
            alert = rows.alert(number)
            if alert is None:
                raise AdminError(f"There is no alert {number}; lts alerts list names them.")
            log = [attempt_json(attempt) for attempt in rows.attempts(number, None, MAX_ALERT_ROWS)]
            return alert_json(alert, rows.deliveries(number)) | {"log": log}

        return self._store.read(look).result()

    def attempts(
        self, before: int | None = None, limit: int = MAX_ALERT_ROWS, known: Collection[str] = ()
    ) -> Versioned[list[Json]]:
        """Return up to ``limit`` entries of the delivery log numbered below ``before``, newest first, as above."""

        def look(rows: Reading) -> list[Json]:
            return [attempt_json(attempt) for attempt in rows.attempts(None, before, limit)]

        return read_unless_known(self._store, lambda rows: rows.alert_version(), look, known)

    def open(self, now_ms: int) -> Json:
        """Return how many alerts are open, the newest of them, and the levels that they are told at."""

        def look(rows: Reading) -> Json:
            settings, is_open = read_settings(rows), _Open(rows, now_ms)
            states = [state for state in rows.alert_states() if is_open.has(state)]
            states.sort(key=lambda state: (-state.at_ms, state.kind, state.subject))
            return {
                "count": len(states),
                "alerts": [open_json(state) for state in states[:MAX_OPEN_ROWS]],
                "thresholds": list(settings.percents),
                "paused": settings.is_paused,
            }

        return self._store.read(look).result()

    def webhooks(self) -> list[Json]:
        """Return all webhooks."""
        return self._store.read(lambda rows: [webhook_json(webhook) for webhook in rows.webhooks()]).result()

    def settings(self) -> Json:
        """Return the settings."""
        return self._store.read(lambda rows: settings_json(read_settings(rows), rows.alert_thresholds())).result()


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
