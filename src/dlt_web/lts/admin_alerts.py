"""What operators do about alerts: webhooks, levels, a test, and sending a message again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import OptionError
from ..slots import format_time
from .admin_checks import NAME
from .admin_keys import AdminError, AdminKeys
from .alert_records import Alert, Delivery, Webhook
from .alert_settings import MAX_PERCENT, AlertSettings, check_percents, put_settings, read_settings
from .reads import known_license
from .store import Reading, Writing
from .webhooks import MAX_WEBHOOKS, ROTATION_MS, check_url, new_message_id, new_secret, show_secret, show_url


class AlertOffice(AdminKeys):
    """Sets alerts on behalf of an operator. Blocking: for the command line and for threads."""

    def add_webhook(self, webhook_id: str, url: str) -> tuple[Webhook, str]:
        """Add a webhook; return it with its secret (``whsec_…``), the only time that this is seen.

        Raises:
            OptionError: name or URL is out of range.
            AdminError: the name is taken, or there are too many.
        """
        if not NAME.fullmatch(webhook_id):
            raise OptionError(f"A webhook's id has 1 to 64 letters, digits, dots or dashes; found {webhook_id!r:.80}.")
        check_url(url)
        webhook = Webhook(webhook_id, url, new_secret(), self._clock.now_ms())

        def add(rows: Writing) -> None:
            present = rows.webhooks()
            if any(other.id == webhook_id for other in present):
                raise AdminError(f"There is a webhook {webhook_id} already: choose another id.", code="ALREADY_EXISTS")
            if len(present) >= MAX_WEBHOOKS:
                raise AdminError(f"There are {MAX_WEBHOOKS} webhooks, and no more can be.", code="IN_USE")
            rows.put_webhook(webhook)
            self._audit(rows, "webhook.add", webhook_id, {"target": show_url(url)})

        self._write(add)
        return webhook, show_secret(webhook.secret)

    def rotate_webhook(self, webhook_id: str, *, is_at_once: bool = False) -> str:
        """Give a webhook a fresh secret and return it; for a day messages are signed with the old one, too.

        Args:
            webhook_id: whose secret.
            is_at_once: nothing is signed with any older secret from now on, as where one has leaked.

        Raises:
            AdminError: there is no such webhook, or its last rotation's day is not over: a receiver that still has the
                secret from before would lose it sooner than it was promised.
        """
        secret, now_ms = new_secret(), self._clock.now_ms()

        def rotate(rows: Writing) -> None:
            before = known_webhook(rows, webhook_id)
            if is_at_once:
                after = replace(before, secret=secret, old_secret=None, old_until_ms=None)
            elif (before.old_until_ms or 0) > now_ms:
                raise AdminError(
                    f"The webhook {webhook_id} was rotated less than a day ago: its secret from before is good until "
                    f"{format_time(before.old_until_ms or 0)}. Rotate then, or at once, which ends both.",
                    code="IN_USE",
                )
            else:
                after = replace(before, secret=secret, old_secret=before.secret, old_until_ms=now_ms + ROTATION_MS)
            rows.put_webhook(after)
            self._audit(rows, "webhook.rotate", webhook_id, {"atOnce": True} if is_at_once else {})

        self._write(rotate)
        return show_secret(secret)

    def remove_webhook(self, webhook_id: str) -> None:
        """Forget a webhook; what still waits for it is given up.

        Raises:
            AdminError: there is no such webhook.
        """

        def remove(rows: Writing) -> None:
            if not rows.delete_webhook(webhook_id):
                raise AdminError(f"There is no webhook {webhook_id}; lts alerts webhook list names them.")
            self._audit(rows, "webhook.remove", webhook_id, {})

        self._write(remove)

    def set_alerts(
        self, changes: Mapping[str, Any], thresholds: Mapping[str, tuple[int, ...] | None] | None = None
    ) -> AlertSettings:
        """Change settings for all, and thresholds of single items, all or nothing.

        Args:
            changes: new values by the names of :class:`~dlt_web.lts.alert_settings.AlertSettings`.
            thresholds: by item, its own in percent of its quota, ascending, or (None) those of all others.

        Raises:
            OptionError: a value is out of range.
            AdminError: there is no such item.
        """

        def change(rows: Writing) -> AlertSettings:
            for license_id, percents in (thresholds or {}).items():
                if percents is not None:
                    check_percents("thresholds", percents, MAX_PERCENT)
                known_license(rows, license_id)
                rows.put_alert_thresholds(license_id, percents)
                self._audit(rows, "alerts.set", license_id, {"percents": percents})
            after = put_settings(rows, changes)
            if changes:
                self._audit(rows, "alerts.set", "*", dict(changes))
            return after

        return self._write(change)

    def send_test(self, webhook_id: str | None = None, *, due_ms: int = 0) -> Alert:
        """Make a message that says nothing but that it came, for one webhook or (None) all; it is tried once.

        Args:
            webhook_id: to whom.
            due_ms: when the server is to send it; later than now for who sends it meanwhile.

        Raises:
            AdminError: there is no such webhook, or none at all, or webhooks are paused.
        """
        now_ms, detail = self._clock.now_ms(), json.dumps({"message": "A test of the license server's alerts."})

        def send(rows: Writing) -> Alert:
            _check_sending(rows)
            if webhook_id is not None:
                known_webhook(rows, webhook_id)
            elif not rows.webhooks():
                raise AdminError("There is no webhook to be tested: add one with lts alerts webhook add.")
            alert = rows.add_alert(Alert(now_ms, "test", "", None, detail, new_message_id()))
            for delivery in rows.deliveries(alert.number):
                is_meant = webhook_id in (None, delivery.webhook_id)
                rows.put_delivery(replace(delivery, state="waiting" if is_meant else "failed", next_ms=due_ms))
            self._audit(rows, "alerts.test", webhook_id or "*", {"alert": alert.number})
            return alert

        return self._write(send)

    def replay(self, number: int, webhook_id: str | None = None, *, due_ms: int = 0) -> list[Delivery]:
        """Send an alert again, under its old id, to one webhook or (None) to every one; return what waits.

        Args:
            number: of the alert.
            webhook_id: to whom.
            due_ms: as for :meth:`send_test`.

        Raises:
            AdminError: there is no such alert or webhook, or webhooks are paused.
        """

        def again(rows: Writing) -> list[Delivery]:
            _check_sending(rows)
            if rows.alert(number) is None:
                raise AdminError(f"There is no alert {number}; lts alerts list names them.")
            if webhook_id is not None:
                known_webhook(rows, webhook_id)
            ids = [webhook.id for webhook in rows.webhooks() if webhook_id in (None, webhook.id)]
            if not ids:
                raise AdminError("There is no webhook to send to: add one with lts alerts webhook add.")
            waiting = [Delivery(number, name, "waiting", 0, due_ms) for name in ids]
            for delivery in waiting:
                rows.put_delivery(delivery)
            self._audit(rows, "alert.replay", str(number), {"webhooks": ids})
            return waiting

        return self._write(again)


def _check_sending(rows: Reading) -> None:
    if read_settings(rows).is_paused:
        text = "Webhooks are paused, as after an import: lts alerts webhook resume lets messages go."
        raise AdminError(text, code="WEBHOOKS_PAUSED")


def known_webhook(rows: Reading, webhook_id: str) -> Webhook:
    """Return a webhook, or raise the error that says that there is none."""
    webhook = next((webhook for webhook in rows.webhooks() if webhook.id == webhook_id), None)
    if webhook is None:
        raise AdminError(f"There is no webhook {webhook_id}; lts alerts webhook list names them.")
    return webhook
