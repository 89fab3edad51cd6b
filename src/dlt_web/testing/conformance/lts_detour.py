"""Leads a tracker's requests to another license tracking server, whatever address the app configured."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from dlt_web.testing.faults import Answer
from dlt_web.testing.recorded_request import RecordedRequest

# What a tracker asks of its server (spec §7).
AUTHORIZATIONS = "/v1/authorizations"
REPORTS = "/v1/usage-reports"
KEYS = "/.well-known/jwks.json"


def lts_base(request: RecordedRequest) -> str | None:
    """Return the address of the license tracking server that a request speaks to; None where it is no tracker's.

    A tracker is known by what it says, since an app may have an interface of its own with such a path.
    """
    for path in (AUTHORIZATIONS, REPORTS):
        if request.method == "POST" and request.path.endswith(path):
            try:
                body = request.json()
            except (ValueError, RecursionError):
                return None
            if isinstance(body, dict) and {"handshakeCode", "deviceUuid"} <= set(body):
                return request.url.partition("?")[0].removesuffix(path)
    return None


def devices_told(requests: Iterable[RecordedRequest], code: str) -> set[str]:
    """Return the devices under which trackers of a handshake code spoke to a server."""
    said = [request.json() for request in requests if lts_base(request) is not None]
    return {str(body["deviceUuid"]) for body in said if body["handshakeCode"] == code}


def repeats(later: RecordedRequest, earlier: RecordedRequest) -> bool:
    """Tell whether a tracker asks once more for all that it asked for earlier, at whichever of its servers.

    Reports may be sent together with others, and again with more in them.
    """
    ask, asked = later.json(), earlier.json()
    is_same = all(ask[name] == asked[name] for name in ("handshakeCode", "deviceUuid"))
    is_same &= later.path.endswith(REPORTS) == earlier.path.endswith(REPORTS)
    return is_same and all(report in _numbers(ask) for report in _numbers(asked))


def _numbers(said: Any) -> list[object]:
    """Return the numbers of the reports in what a tracker said; an app's own may say anything."""
    reports = said.get("reports")
    told = [report for report in reports if isinstance(report, dict)] if isinstance(reports, list) else []
    return [report.get("seq") for report in told]


class LtsDetour:
    """A detour of a recording proxy.

    Attributes:
        target: base URL of the server that answers instead.
        bases: addresses of the servers that the app configured, as far as they were asked.
    """

    def __init__(self, target: str, *, met: Callable[[RecordedRequest], None] = lambda _request: None) -> None:
        """Lead to a server.

        Args:
            target: its base URL.
            met: called with each request of a tracker before it goes on.
        """
        self.target = target
        self.bases: set[str] = set()
        self._met = met
        self._lock = threading.Lock()

    def __call__(self, request: RecordedRequest) -> str | Answer | None:
        """Return the address at the target; None for what is no tracker's."""
        base = lts_base(request)
        if base is not None:
            with self._lock:
                self.bases.add(base)
                self._met(request)
        url = request.url.partition("?")[0]
        # The browser asks whether it may ask before the server is known by what it is asked.
        if request.method == "OPTIONS":
            for path in (AUTHORIZATIONS, REPORTS):
                if url.endswith(path):
                    return self.target + path
        for known in tuple(self.bases):
            if url in (known + AUTHORIZATIONS, known + REPORTS, known + KEYS):
                return self.target + url.removeprefix(known)
        return None
