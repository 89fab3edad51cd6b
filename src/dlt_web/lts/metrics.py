"""Counters for operators in Prometheus' format; no label names a device or a handshake code."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from ..model import AuthorizationAnswer, Problem, ReportAnswer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._authorizations = Counter(
            "dlt_lts_authorizations", "Authorization requests by outcome.", ["outcome"], registry=self._registry
        )
        self._requests = Counter(
            "dlt_lts_report_requests", "Report requests by outcome.", ["outcome"], registry=self._registry
        )
        self._reports = Counter("dlt_lts_reports", "Usage reports by outcome.", ["outcome"], registry=self._registry)
        self._seconds = Histogram(
            "dlt_lts_request_seconds", "Time to answer, in seconds.", ["endpoint"], registry=self._registry
        )

    def count_authorization(self, outcome: AuthorizationAnswer | Problem) -> None:
        """Count one authorization request."""
        self._authorizations.labels(outcome.code if isinstance(outcome, Problem) else "granted").inc()

    def count_reports(self, outcome: ReportAnswer | Problem) -> None:
        """Count one report request and each of its reports."""
        if isinstance(outcome, Problem):
            self._requests.labels(outcome.code).inc()
            return
        self._requests.labels("answered").inc()
        for result in outcome.results:
            self._reports.labels(result.code or result.outcome).inc()

    def observe(self, endpoint: str, seconds: float) -> None:
        """Note how long an answer took."""
        self._seconds.labels(endpoint).observe(seconds)

    def text(self) -> bytes:
        """Return all counters as Prometheus scrapes them."""
        return generate_latest(self._registry)
