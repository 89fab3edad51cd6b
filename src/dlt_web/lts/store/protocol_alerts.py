"""The part of the contract that is about alerts: rows that no rule of counting depends on."""

from __future__ import annotations

from typing import Protocol

from ..alert_records import Alert, AlertState, Attempt, Delivery, Oddities, OddityKind, Webhook


class AlertReading(Protocol):
    """Alerts as one transaction sees them."""

    def webhooks(self) -> list[Webhook]:
        """Return the webhooks by id."""
        ...

    def alert_thresholds(self) -> dict[str, tuple[int, ...]]:
        """Return the thresholds of the items that have their own, in percent, ascending."""
        ...

    def alert_states(self) -> list[AlertState]:
        """Return what was told, by kind and subject."""
        ...

    def alert(self, number: int) -> Alert | None:
        """Return one alert."""
        ...

    def alerts(self, before: int | None, limit: int) -> list[Alert]:
        """Return up to ``limit`` alerts with a number below ``before`` (None: from the last), newest first."""
        ...

    def deliveries(self, alert_number: int) -> list[Delivery]:
        """Return an alert's deliveries by webhook."""
        ...

    def due_deliveries(self, now_ms: int) -> list[Delivery]:
        """Return of each webhook the waiting delivery that is due longest, if there is one, by webhook."""
        ...

    def attempts(self, alert_number: int | None, before: int | None, limit: int) -> list[Attempt]:
        """Return up to ``limit`` attempts numbered below ``before``, of one alert or (None) all, newest first."""
        ...

    def alert_version(self) -> str:
        """Return a short text that is another one after any change of alerts, deliveries or attempts."""
        ...

    def oddities(self, since_ms: int) -> list[Oddities]:
        """Return what was noted from a time on, by handshake code and kind."""
        ...


class AlertWriting(AlertReading, Protocol):
    """Alerts as one transaction changes them."""

    def put_webhook(self, webhook: Webhook) -> None:
        """Keep a webhook."""
        ...

    def delete_webhook(self, webhook_id: str) -> bool:
        """Forget a webhook and give up what waits for it; tell whether there was one."""
        ...

    def put_alert_thresholds(self, license_id: str, percents: tuple[int, ...] | None) -> None:
        """Keep an item's own thresholds, or (None) forget them."""
        ...

    def put_alert_state(self, state: AlertState) -> None:
        """Remember what was told; without levels, that it was not."""
        ...

    def add_alert(self, alert: Alert) -> Alert:
        """Keep an alert for every webhook that there is, due at once; return it with its number."""
        ...

    def put_delivery(self, delivery: Delivery) -> None:
        """Keep how far an alert has come with a webhook."""
        ...

    def give_up_deliveries(self) -> int:
        """Give up all that waits for any webhook; return how many deliveries those were."""
        ...

    def add_attempt(self, attempt: Attempt) -> None:
        """Append to the delivery log."""
        ...

    def note_oddity(self, code: str, device_uuid: str, kind: OddityKind, now_ms: int) -> None:
        """Note that a device showed a gap, or reported as a copy."""
        ...

    def forget_alerts(self, before_ms: int, limit: int) -> int:
        """Forget up to ``limit`` alerts of before a time with all about them, and oddities; return how many alerts."""
        ...
