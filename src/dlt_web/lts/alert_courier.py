"""Takes alerts to webhooks, beside everything else: no receiver that hangs or fails keeps anybody else waiting.

What is to be delivered stands in the store with the alert. An attempt first moves its own due time to when it would
count as lost; so a process that is killed meanwhile, or another one beside it, goes on with the same message id.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from ..errors import DltError
from .alert_records import Alert, Attempt, Delivery, Webhook
from .alert_settings import read_settings
from .clock import SECOND_MS, Clock
from .request_log import log
from .store import Reading, Store, Writing
from .webhook_post import DEADLINE_S, Outcome, post
from .webhooks import MAX_WEBHOOKS, backoff_ms, body_of, headers_of, signing_secrets

# How late a delivery may begin, in seconds.
POLL_S = 1.0
# Attempts at once: one to each webhook there may be, so that those that hang take no place of any other's.
MAX_AT_ONCE = MAX_WEBHOOKS
# A name's look-up comes before the deadline of the exchange.
LEASE_MS = int(DEADLINE_S + 45) * SECOND_MS


@dataclass(frozen=True, slots=True)
class Parcel:
    """An attempt that its taker has claimed: what is posted, and where; ``delivery`` is as the claim left it."""

    delivery: Delivery
    alert: Alert
    webhook: Webhook
    networks: tuple[str, ...]


class Courier:
    """Delivers what waits in a store, in threads that never keep a process from ending."""

    def __init__(
        self, store: Store, clock: Clock, observe: Callable[[bool], None] = lambda _is_delivered: None
    ) -> None:
        """``observe`` is told of each attempt whether it delivered, in any thread."""
        self._store = store
        self._clock = clock
        self._observe = observe
        self._busy: set[str] = set()
        self._gate = threading.Lock()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to deliver, until :meth:`stop`."""
        threading.Thread(target=self._run, name="lts-alerts", daemon=True).start()

    def stop(self) -> None:
        """Begin no further attempt. One that is under way counts as lost, and comes again after the next start."""
        self._stopped.set()

    def deliver(self, wanted: Delivery, *, is_held: bool = False) -> Outcome | None:
        """Make one attempt now and write down what came of it; None where it is not due (any more).

        Args:
            wanted: what to deliver.
            is_held: its due time was set to later by the caller, who keeps everybody else from it until then.

        Raises:
            StoreUnavailableError: the store cannot be used.
        """
        parcel = self._store.write(lambda rows: _claim(rows, wanted, self._clock.now_ms(), is_held=is_held)).result()
        if parcel is None:
            return None
        outcome = _send(parcel, self._clock.now_ms())
        self._store.write(lambda rows: _note(rows, parcel, outcome, self._clock.now_ms())).result()
        return outcome

    def _run(self) -> None:
        while not self._stopped.wait(POLL_S):
            # A store that is away is somebody else's to report; what waits there goes on waiting.
            with suppress(DltError):
                self._begin_due()

    def _begin_due(self) -> None:
        now_ms = self._clock.now_ms()
        for delivery in self._store.read(lambda rows: _due(rows, now_ms)).result():
            with self._gate:
                if delivery.webhook_id in self._busy or len(self._busy) >= MAX_AT_ONCE:
                    continue
                self._busy.add(delivery.webhook_id)
            threading.Thread(target=self._work, args=[delivery], name="lts-webhook", daemon=True).start()

    def _work(self, first: Delivery) -> None:
        """Attempt one delivery after the other that is due to a webhook."""
        due: Delivery | None = first
        try:
            while due is not None and not self._stopped.is_set():
                self._attempt(due)
                due = self._next_due(first.webhook_id)
        except DltError:
            pass  # the store is away, or closed: the lease runs out
        except Exception as error:
            log.error("webhook attempt broke", webhook=first.webhook_id, exc_info=error)
        finally:
            with self._gate:
                self._busy.discard(first.webhook_id)

    def _attempt(self, delivery: Delivery) -> None:
        outcome = self.deliver(delivery)
        if outcome is None:
            return
        self._observe(outcome.is_delivered)
        if not outcome.is_delivered:
            named = {"webhook": delivery.webhook_id, "alert": delivery.alert_number}
            log.warning("webhook failed", **named, outcome=outcome.text)

    def _next_due(self, webhook_id: str) -> Delivery | None:
        now_ms = self._clock.now_ms()
        due = self._store.read(lambda rows: _due(rows, now_ms)).result()
        return next((delivery for delivery in due if delivery.webhook_id == webhook_id), None)


def _due(rows: Reading, now_ms: int) -> list[Delivery]:
    return [] if read_settings(rows).is_paused else rows.due_deliveries(now_ms)


def _claim(rows: Writing, wanted: Delivery, now_ms: int, *, is_held: bool) -> Parcel | None:
    """Return a delivery that is due, put off until its attempt would be lost; None where somebody else has it."""
    settings, alert = read_settings(rows), rows.alert(wanted.alert_number)
    delivery = _delivery(rows, wanted)
    webhook = next((webhook for webhook in rows.webhooks() if webhook.id == wanted.webhook_id), None)
    if alert is None or webhook is None or delivery is None or settings.is_paused:
        return None
    is_mine = is_held and delivery == wanted
    if delivery.state != "waiting" or (delivery.next_ms > now_ms and not is_mine):
        return None
    claimed = replace(delivery, next_ms=now_ms + LEASE_MS)
    rows.put_delivery(claimed)
    return Parcel(claimed, alert, webhook, settings.networks)


def _send(parcel: Parcel, now_ms: int) -> Outcome:
    body = body_of(parcel.alert)
    # The real time, also beside a clock that stands still: receivers refuse what seems old.
    headers = headers_of(parcel.alert.id, body, signing_secrets(parcel.webhook, now_ms), int(time.time()))
    return post(parcel.webhook.url, body, headers, parcel.networks)


def _note(rows: Writing, parcel: Parcel, outcome: Outcome, now_ms: int) -> None:
    """Write an attempt down, and when the next one is due, unless somebody has asked for another one meanwhile."""
    before = parcel.delivery
    attempt = Attempt(before.alert_number, before.webhook_id, now_ms, outcome.took_ms, outcome.status, outcome.text)
    if rows.alert(before.alert_number) is None:
        return  # forgotten meanwhile
    rows.add_attempt(attempt)
    if _delivery(rows, before) != before:
        return  # given up, since the webhook is gone, or to be sent again: what was asked for later stands
    rows.put_delivery(_after(replace(before, attempts=before.attempts + 1), parcel.alert, outcome, now_ms))


def _delivery(rows: Reading, wanted: Delivery) -> Delivery | None:
    own = (d for d in rows.deliveries(wanted.alert_number) if d.webhook_id == wanted.webhook_id)
    return next(own, None)


def _after(delivery: Delivery, alert: Alert, outcome: Outcome, now_ms: int) -> Delivery:
    if outcome.is_delivered:
        return replace(delivery, state="delivered")
    # Whoever tests is looking at the outcome; a message that comes hours later would tell nothing.
    wait_ms = None if alert.kind == "test" else backoff_ms(delivery.attempts, outcome.retry_after_ms, random.random())
    if wait_ms is None:
        return replace(delivery, state="failed")
    return replace(delivery, next_ms=now_ms + wait_ms)
