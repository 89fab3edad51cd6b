"""Alerts as SQL on one SQLite connection."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, replace
from typing import Any

from ..alert_records import Alert, AlertState, Attempt, Delivery, Oddities, OddityKind, Webhook
from . import sqlite_columns as columns

WEBHOOK = "id, url, secret, created_ms, old_secret, old_until_ms"
ALERT = "at_ms, kind, subject, level, detail, id"
DELIVERY = "alert_number, webhook_id, state, attempts, next_ms"
ATTEMPT = "alert_number, webhook_id, at_ms, took_ms, status, outcome"
STATE = "kind, subject, levels, at_ms"

NOTE_ODDITY = """
INSERT INTO oddity VALUES (?1, ?2, ?3, ?4, ?4, 1)
ON CONFLICT DO UPDATE SET last_ms = excluded.last_ms, times = times + 1
"""
FIRST_DUE = f"""
SELECT {DELIVERY} FROM delivery WHERE webhook_id = ? AND state = 'waiting' AND next_ms <= ?
ORDER BY next_ms, alert_number LIMIT 1
"""
OLD_ALERTS = "SELECT number FROM alert WHERE at_ms < ?1 ORDER BY number LIMIT ?2"
VERSION = """
SELECT (SELECT min(number) FROM alert), (SELECT max(number) FROM alert), (SELECT max(number) FROM delivery_attempt)
"""
WAITING = f"SELECT {DELIVERY} FROM delivery WHERE state = 'waiting' ORDER BY webhook_id, next_ms, alert_number"

# Above every number that there will be.
LAST = 2**62


class SqliteAlertReading:
    """Alerts as read through one connection; the methods are those of the contract."""

    # ruff: noqa: D102  (the contract in protocol_alerts.py says what each method means)

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def webhooks(self) -> list[Webhook]:
        return [Webhook(*row) for row in self._all(f"SELECT {WEBHOOK} FROM webhook ORDER BY id")]

    def alert_thresholds(self) -> dict[str, tuple[int, ...]]:
        rows = self._all("SELECT license_id, percents FROM alert_threshold ORDER BY license_id")
        return {license_id: tuple(json.loads(percents)) for license_id, percents in rows}

    def alert_states(self) -> list[AlertState]:
        rows = self._all(f"SELECT {STATE} FROM alert_state ORDER BY kind, subject")
        return [AlertState(kind, subject, tuple(json.loads(levels)), at_ms) for kind, subject, levels, at_ms in rows]

    def alert(self, number: int) -> Alert | None:
        rows = self._all(f"SELECT {ALERT}, number FROM alert WHERE number = ?", number)
        return Alert(*rows[0]) if rows else None

    def alerts(self, before: int | None, limit: int) -> list[Alert]:
        sql = f"SELECT {ALERT}, number FROM alert WHERE number < ? ORDER BY number DESC LIMIT ?"
        return [Alert(*row) for row in self._all(sql, LAST if before is None else before, limit)]

    def deliveries(self, alert_number: int) -> list[Delivery]:
        sql = f"SELECT {DELIVERY} FROM delivery WHERE alert_number = ? ORDER BY webhook_id"
        return [Delivery(*row) for row in self._all(sql, alert_number)]

    def due_deliveries(self, now_ms: int) -> list[Delivery]:
        ids = self._all("SELECT id FROM webhook ORDER BY id")
        return [Delivery(*row) for (webhook_id,) in ids for row in self._all(FIRST_DUE, webhook_id, now_ms)]

    def attempts(self, alert_number: int | None, before: int | None, limit: int) -> list[Attempt]:
        of_alert = "" if alert_number is None else f" AND alert_number = {alert_number:d}"
        sql = f"""SELECT {ATTEMPT}, number FROM delivery_attempt WHERE number < ?{of_alert}
                  ORDER BY number DESC LIMIT ?"""
        return [Attempt(*row) for row in self._all(sql, LAST if before is None else before, limit)]

    def alert_version(self) -> str:
        # Nothing else of these ever changes: numbers only grow, and what waits is all that is not final.
        seen = self._all(VERSION) + self._all(WAITING)
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:32]

    def oddities(self, since_ms: int) -> list[Oddities]:
        sql = """SELECT handshake_code, kind, count(*), max(last_ms) FROM oddity INDEXED BY oddity_by_time
                 WHERE last_ms >= ? GROUP BY handshake_code, kind ORDER BY handshake_code, kind"""
        return [Oddities(*row) for row in self._all(sql, since_ms)]


class SqliteAlertWriting(SqliteAlertReading):
    """Alerts as changed through the writer's connection."""

    def _do(self, sql: str, *values: object) -> int:
        raise NotImplementedError

    def put_webhook(self, webhook: Webhook) -> None:
        self._do(columns.upsert("webhook", WEBHOOK, 1), *astuple(webhook))

    def delete_webhook(self, webhook_id: str) -> bool:
        self._do("UPDATE delivery SET state = 'failed' WHERE webhook_id = ? AND state = 'waiting'", webhook_id)
        return self._do("DELETE FROM webhook WHERE id = ?", webhook_id) > 0

    def put_alert_thresholds(self, license_id: str, percents: tuple[int, ...] | None) -> None:
        if percents is None:
            self._do("DELETE FROM alert_threshold WHERE license_id = ?", license_id)
        else:
            text = json.dumps(percents)
            self._do(columns.upsert("alert_threshold", "license_id, percents", 1), license_id, text)

    def put_alert_state(self, state: AlertState) -> None:
        if state.levels:
            row = (state.kind, state.subject, json.dumps(state.levels), state.at_ms)
            self._do(columns.upsert("alert_state", STATE, 2), *row)
        else:
            self._do("DELETE FROM alert_state WHERE kind = ? AND subject = ?", state.kind, state.subject)

    def add_alert(self, alert: Alert) -> Alert:
        row = astuple(alert)[:-1]
        (number,) = self._all(f"INSERT INTO alert ({ALERT}) VALUES (?, ?, ?, ?, ?, ?) RETURNING number", *row)[0]
        self._do("INSERT INTO delivery SELECT ?, id, 'waiting', 0, 0 FROM webhook", number)
        return replace(alert, number=number)

    def put_delivery(self, delivery: Delivery) -> None:
        self._do(columns.upsert("delivery", DELIVERY, 2), *astuple(delivery))

    def give_up_deliveries(self) -> int:
        return self._do("UPDATE delivery SET state = 'failed' WHERE state = 'waiting'")

    def add_attempt(self, attempt: Attempt) -> None:
        sql = f"INSERT INTO delivery_attempt ({ATTEMPT}) VALUES (?, ?, ?, ?, ?, ?)"
        self._do(sql, *astuple(attempt)[:-1])

    def note_oddity(self, code: str, device_uuid: str, kind: OddityKind, now_ms: int) -> None:
        self._do(NOTE_ODDITY, code, kind, device_uuid, now_ms)

    def forget_alerts(self, before_ms: int, limit: int) -> int:
        self._do("DELETE FROM oddity WHERE last_ms < ?", before_ms)
        old: Sequence[tuple[Any, ...]] = self._all(OLD_ALERTS, before_ms, limit)
        for row in old:
            self._do("DELETE FROM delivery_attempt WHERE alert_number = ?", *row)
            self._do("DELETE FROM delivery WHERE alert_number = ?", *row)
            self._do("DELETE FROM alert WHERE number = ?", *row)
        return len(old)
