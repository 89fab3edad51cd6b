"""Alerts in the tables of the reference store."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from ..alert_records import Alert, AlertState, Attempt, Delivery, Oddities, OddityKind, Webhook
from .memory_tables import Tables


class MemoryAlerts:
    """Alerts over the tables of one transaction; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol_alerts.py says what each method means)

    _t: Tables

    def webhooks(self) -> list[Webhook]:
        return [webhook for _, webhook in sorted(self._t.webhooks.items())]

    def alert_thresholds(self) -> dict[str, tuple[int, ...]]:
        return dict(sorted(self._t.alert_thresholds.items()))

    def alert_states(self) -> list[AlertState]:
        return [state for _, state in sorted(self._t.alert_states.items())]

    def alert(self, number: int) -> Alert | None:
        return self._t.alerts.get(number)

    def alerts(self, before: int | None, limit: int) -> list[Alert]:
        newest = sorted(self._t.alerts.values(), key=lambda alert: -alert.number)
        return [alert for alert in newest if before is None or alert.number < before][:limit]

    def deliveries(self, alert_number: int) -> list[Delivery]:
        return [delivery for key, delivery in sorted(self._t.deliveries.items()) if key[0] == alert_number]

    def due_deliveries(self, now_ms: int) -> list[Delivery]:
        due = [d for d in self._t.deliveries.values() if d.state == "waiting" and d.next_ms <= now_ms]
        due.sort(key=lambda d: (d.next_ms, d.alert_number))
        return [own[0] for name in sorted(self._t.webhooks) if (own := [d for d in due if d.webhook_id == name])]

    def attempts(self, alert_number: int | None, before: int | None, limit: int) -> list[Attempt]:
        newest = sorted(self._t.attempts.values(), key=lambda attempt: -attempt.number)
        own = (attempt for attempt in newest if alert_number in (None, attempt.alert_number))
        return [attempt for attempt in own if before is None or attempt.number < before][:limit]

    def alert_version(self) -> str:
        seen = repr((self._t.alerts, self._t.deliveries, self._t.attempts))
        return hashlib.sha256(seen.encode()).hexdigest()[:32]

    def oddities(self, since_ms: int) -> list[Oddities]:
        found: dict[tuple[str, OddityKind], list[int]] = {}
        for (code, kind, _device), last_ms in sorted(self._t.oddities.items()):
            if last_ms >= since_ms:
                found.setdefault((code, kind), []).append(last_ms)
        return [Oddities(code, kind, len(times), max(times)) for (code, kind), times in found.items()]

    def put_webhook(self, webhook: Webhook) -> None:
        self._t.webhooks[webhook.id] = webhook

    def delete_webhook(self, webhook_id: str) -> bool:
        for key, delivery in self._t.deliveries.items():
            if key[1] == webhook_id and delivery.state == "waiting":
                self._t.deliveries[key] = replace(delivery, state="failed")
        return self._t.webhooks.pop(webhook_id, None) is not None

    def put_alert_thresholds(self, license_id: str, percents: tuple[int, ...] | None) -> None:
        if percents is None:
            self._t.alert_thresholds.pop(license_id, None)
        else:
            self._t.alert_thresholds[license_id] = percents

    def put_alert_state(self, state: AlertState) -> None:
        if state.levels:
            self._t.alert_states[state.kind, state.subject] = state
        else:
            self._t.alert_states.pop((state.kind, state.subject), None)

    def add_alert(self, alert: Alert) -> Alert:
        numbered = replace(alert, number=self._next("alerts"))
        self._t.alerts[numbered.number] = numbered
        for webhook_id in self._t.webhooks:
            self._t.deliveries[numbered.number, webhook_id] = Delivery(numbered.number, webhook_id, "waiting", 0, 0)
        return numbered

    def put_delivery(self, delivery: Delivery) -> None:
        self._t.deliveries[delivery.alert_number, delivery.webhook_id] = delivery

    def give_up_deliveries(self) -> int:
        waiting = {key: one for key, one in self._t.deliveries.items() if one.state == "waiting"}
        self._t.deliveries |= {key: replace(one, state="failed") for key, one in waiting.items()}
        return len(waiting)

    def add_attempt(self, attempt: Attempt) -> None:
        number = self._next("attempts")
        self._t.attempts[number] = replace(attempt, number=number)

    def note_oddity(self, code: str, device_uuid: str, kind: OddityKind, now_ms: int) -> None:
        self._t.oddities[code, kind, device_uuid] = now_ms

    def forget_alerts(self, before_ms: int, limit: int) -> int:
        self._t.oddities = {key: last_ms for key, last_ms in self._t.oddities.items() if last_ms >= before_ms}
        old = {number for number, alert in sorted(self._t.alerts.items()) if alert.at_ms < before_ms}
        old = set(sorted(old)[:limit])
        self._t.alerts = {number: alert for number, alert in self._t.alerts.items() if number not in old}
        self._t.deliveries = {key: one for key, one in self._t.deliveries.items() if key[0] not in old}
        self._t.attempts = {key: one for key, one in self._t.attempts.items() if one.alert_number not in old}
        return len(old)

    def _next(self, counter: str) -> int:
        self._t.numbers[counter] = self._t.numbers.get(counter, 0) + 1
        return self._t.numbers[counter]
