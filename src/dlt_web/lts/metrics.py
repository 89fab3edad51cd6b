"""Numbers for operators in Prometheus' format.

Whoever reaches the server may read them: none names a device, a handshake code or a license item, and every label has
a few values that are known beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from ..model import CHARGE_WAYS, AuthorizationAnswer, Problem, ReportAnswer
from . import quota
from .records import LicenseItem

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# Seconds: from a commit on a good disk to what a tracker takes for no answer.
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Seconds: a sweep beside serving rests most of its time.
_SWEEP_SECONDS = (0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0)
_WRITES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The numbers of one server, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._authorizations = self._counter("authorizations", "Authorization requests by outcome.", "outcome")
        self._requests = self._counter("report_requests", "Report requests by outcome.", "outcome")
        self._reports = self._counter("reports", "Usage reports by outcome.", "outcome")
        self._swept = self._counter("swept_devices", "Devices removed by sweeps.", "sweep")
        self._failed_sweeps = self._counter("failed_sweeps", "Sweeps that ended in an error and are tried again.")
        self._seconds = self._histogram("request_seconds", "Time to answer, in seconds.", _SECONDS, "endpoint")
        self._commit_seconds = self._histogram("commit_seconds", "Time of one commit of the store.", _SECONDS)
        self._commit_writes = self._histogram("commit_writes", "Writes that one commit brought to disk.", _WRITES)
        self._sweep_seconds = self._histogram(
            "sweep_seconds", "Time of one sweep, rests included.", _SWEEP_SECONDS, "sweep"
        )
        self._webhooks = self._counter(
            "webhook_attempts", "Attempts to tell a webhook of an alert, by outcome.", "outcome"
        )
        self._waiting = self._gauge("waiting_writes", "Writes that wait for the next commit.")
        self._ready = self._gauge("ready", "1 while new clients are welcome, 0 once the server is stopping.")
        self._up = self._gauge("store_up", "1 while the store can be read, 0 while it cannot.")
        self._epoch = self._gauge("store_epoch", "The store's epoch; it grows when a backup is restored.", "store")
        self._items = self._gauge("license_items", "License items that were not revoked.", "charge_way")
        self._full_items = self._gauge("used_up_license_items", "Those of them whose quota is used up.", "charge_way")
        self._seats = self._gauge("seats", "Seats taken at license items.", "charge_way")
        self._seconds_of = {name: self._seconds.labels(name) for name in ("authorizations", "usage-reports")}
        self._accepted, self._answered = self._reports.labels("accepted"), self._requests.labels("answered")
        ProcessCollector(registry=self._registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"dlt_lts_{name}", what, labels, registry=self._registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"dlt_lts_{name}", what, labels, registry=self._registry)

    def _histogram(self, name: str, what: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"dlt_lts_{name}", what, labels, registry=self._registry, buckets=buckets)

    def count_authorization(self, outcome: AuthorizationAnswer | Problem) -> None:
        """Count one authorization request."""
        self._authorizations.labels(outcome.code if isinstance(outcome, Problem) else "granted").inc()

    def count_reports(self, outcome: ReportAnswer | Problem) -> None:
        """Count one report request and each of its reports."""
        if isinstance(outcome, Problem):
            self._requests.labels(outcome.code).inc()
            return
        self._answered.inc()
        for result in outcome.results:
            if result.outcome == "accepted":
                self._accepted.inc()
            else:
                self._reports.labels(result.code or result.outcome).inc()

    def observe(self, endpoint: str, seconds: float) -> None:
        """Note how long an answer took."""
        self._seconds_of[endpoint].observe(seconds)

    def observe_commit(self, writes: int, seconds: float) -> None:
        """Note a commit: how many writes it held, and how long it took."""
        self._commit_writes.observe(writes)
        self._commit_seconds.observe(seconds)

    def observe_sweep(self, kind: str, devices: int, seconds: float) -> None:
        """Note a sweep: how many devices it removed, and how long it took."""
        self._swept.labels(kind).inc(devices)
        self._sweep_seconds.labels(kind).observe(seconds)

    def count_failed_sweep(self) -> None:
        """Count a sweep that ended in an error."""
        self._failed_sweeps.inc()

    def count_webhook_attempt(self, is_delivered: bool) -> None:
        """Count one attempt to deliver an alert."""
        self._webhooks.labels("delivered" if is_delivered else "failed").inc()

    def show_process(self, *, is_ready: bool, waiting_writes: int) -> None:
        """Set how the process stands now."""
        self._ready.set(is_ready)
        self._waiting.set(waiting_writes)

    def show_store(self, store_epoch: str, items: Iterable[LicenseItem]) -> None:
        """Set how the store stands now."""
        self._up.set(1)
        store, _, number = store_epoch.rpartition(":")
        self._epoch.labels(store).set(int(number))
        standing = [item for item in items if not item.is_revoked]
        for charge_way in CHARGE_WAYS:
            own = [item for item in standing if item.charge_way == charge_way]
            self._items.labels(charge_way).set(len(own))
            self._full_items.labels(charge_way).set(sum(quota.used(item) >= item.quota for item in own))
            self._seats.labels(charge_way).set(sum(item.seats for item in own))

    def show_store_away(self) -> None:
        """Say that the store cannot be used now; what was known of it stays."""
        self._up.set(0)

    def text(self) -> bytes:
        """Return all numbers as Prometheus scrapes them."""
        return generate_latest(self._registry)
