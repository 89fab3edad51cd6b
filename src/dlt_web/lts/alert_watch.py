"""Looks at intervals for what alerts are about. What it reads is small, whatever the number of devices."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial

from ..errors import DltError
from ..slots import slot_of
from . import alerts, quota
from .activity import Subject
from .alert_records import Alert, AlertState, Oddities
from .alert_settings import AlertSettings, read_settings
from .alerts import Finding, Verdict
from .clock import DAY_MS, MINUTE_MS, Clock
from .records import SLOTS_IN_DAY, LicenseItem, SlotRange
from .request_log import log
from .store import Reading, Store, Writing
from .webhooks import new_message_id

# Half of the ten minutes that operators are promised, so that one check that fails breaks no promise.
CHECK_S = 300
# What was booked with a time before the last check may have come to the store after it.
OVERLAP_MS = 10 * MINUTE_MS
# Alerts are kept, with their delivery log, as long as the report streams that they may be about.
KEPT_MS = 400 * DAY_MS
FORGOTTEN_AT_ONCE = 200

_LAST_CHECK = "last_alert_check_ms"

Told = Mapping[tuple[str, str], AlertState]


class Watch:
    """Checks one store. Blocking: for threads and the command line."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def check(self) -> list[Alert]:
        """Look at everything once, and return the alerts that came of it; they wait for their webhooks in the store.

        Raises:
            StoreUnavailableError: the store cannot be used.
        """
        now_ms = self._clock.now_ms()
        findings = [*self._item_findings(now_ms), *self._unverified(now_ms), *self._disk()]
        oddities = self._oddities(now_ms)
        found = self._store.write(lambda rows: _tell(rows, findings, oddities, now_ms)).result()
        while self._store.write(lambda rows: rows.forget_alerts(now_ms - KEPT_MS, FORGOTTEN_AT_ONCE)).result():
            pass
        return found

    def check_and_log(self) -> None:
        """Check once, on behalf of a server: each alert is a line of its log, too."""
        for alert in self.check():
            # "level" is the line's own.
            log.warning("alert", alert=alert.number, kind=alert.kind, subject=alert.subject, reached=alert.level)

    def moments(self, until_ms: int) -> list[int]:
        """Return the moments from now on at which time alone brings an alert: for a clock that jumps."""
        items = self._store.read(lambda rows: rows.licenses()).result()
        return alerts.expiry_moments(items, self._clock.now_ms(), until_ms)

    async def run_for_ever(self) -> None:
        """Check at intervals, whatever happens to one check: the store may be away for a while."""
        while True:
            try:
                await asyncio.to_thread(self.check_and_log)
            except DltError as error:
                log.error("alert check failed", error=error.message)
            except Exception as error:
                log.error("alert check failed", exc_info=error)
            await asyncio.sleep(CHECK_S)

    def _item_findings(self, now_ms: int) -> list[Finding]:
        def look(rows: Reading) -> list[Finding]:
            settings, own = read_settings(rows), rows.alert_thresholds()
            since_ms = min(_last_ms(rows) or now_ms, now_ms)
            found: list[Finding] = []
            for item in rows.licenses():
                found.append(alerts.expiry_finding(item, now_ms))
                if not item.is_revoked:
                    used = _used(rows, item, since_ms, now_ms)
                    found.append(alerts.threshold_finding(item, used, own.get(item.id, settings.percents)))
            return found

        return self._store.read(look).result()

    def _unverified(self, now_ms: int) -> Iterator[Finding]:
        """Yield how large the share of unverified scans is, each code in a read of its own, as there may be many."""
        settings, handshakes = self._store.read(lambda rows: (read_settings(rows), rows.handshakes())).result()
        for code in [handshake.code for handshake in handshakes if not handshake.is_test]:
            look = partial(_unverified_of, code=code, settings=settings, now_ms=now_ms)
            yield self._store.read(look).result()

    def _disk(self) -> Iterator[Finding]:
        folder = self._store.folder
        if folder is None:
            return
        settings = self._store.read(read_settings).result()
        with suppress(OSError):
            usage = shutil.disk_usage(folder)
            yield alerts.disk_finding(usage.used, usage.free, settings.disk_percents)

    def _oddities(self, now_ms: int) -> list[Oddities]:
        def look(rows: Reading) -> list[Oddities]:
            tests = {handshake.code for handshake in rows.handshakes() if handshake.is_test}
            since_ms = min(_last_ms(rows) or now_ms, now_ms) - OVERLAP_MS
            return [found for found in rows.oddities(since_ms) if found.handshake_code not in tests]

        return self._store.read(look).result()


def _used(rows: Reading, item: LicenseItem, since_ms: int, now_ms: int) -> int:
    """Return how much of an item is used; of concurrent devices the most since the last look, for they come and go."""
    used = quota.used(item)
    if item.charge_way != "concurrent_device":
        return used
    since_ms = max(since_ms, now_ms - DAY_MS)
    slots = SlotRange(slot_of(since_ms), slot_of(now_ms) + 1)
    return max(used, rows.active_peak(Subject("item", item.id), slots, now_ms))


def _unverified_of(rows: Reading, code: str, settings: AlertSettings, now_ms: int) -> Finding:
    slots = SlotRange(slot_of(now_ms) - SLOTS_IN_DAY + 1, slot_of(now_ms) + 2)

    def scans(*, is_verified: bool) -> int:
        found = rows.usage(code, is_verified=is_verified, slots=slots, period_slots=None)
        return sum(row.scans for row in found)

    unverified = scans(is_verified=False)
    verified = scans(is_verified=True) if unverified else 0
    return alerts.unverified_finding(code, unverified, verified, settings.unverified_percent)


def _tell(rows: Writing, findings: list[Finding], oddities: list[Oddities], now_ms: int) -> list[Alert]:
    """Write down what is new, in one transaction with what was told before: two that check at once tell it once."""
    told: Told = {(state.kind, state.subject): state for state in rows.alert_states()}
    found: list[Alert] = []
    for finding in findings:
        verdict = alerts.judge(finding, told.get((finding.kind, finding.subject)), now_ms)
        found += _put(rows, verdict, finding.data, now_ms)
    for oddity in oddities:
        kind = "device.gap" if oddity.kind == "gap" else "device.clone"
        verdict = alerts.judge_oddity(oddity, told.get((kind, oddity.handshake_code)))
        found += _put(rows, verdict, alerts.oddity_data(oddity), now_ms, is_levelled=False)
    rows.put_info(_LAST_CHECK, str(now_ms))
    return found


def _put(
    rows: Writing, verdict: Verdict | None, data: Mapping[str, object], now_ms: int, *, is_levelled: bool = True
) -> list[Alert]:
    if verdict is None:
        return []
    rows.put_alert_state(verdict.state)
    kind, subject, detail = verdict.state.kind, verdict.state.subject, json.dumps(data, sort_keys=True)
    return [
        rows.add_alert(Alert(now_ms, kind, subject, level if is_levelled else None, detail, new_message_id()))
        for level in verdict.levels
    ]


def _last_ms(rows: Reading) -> int | None:
    text = rows.info(_LAST_CHECK)
    return None if text is None else int(text)
