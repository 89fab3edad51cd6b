"""What stands between the browsers and the license server: a main and a standby proxy, each of which can be broken."""

from __future__ import annotations

import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.utils import formatdate
from types import TracebackType
from typing import Self

from dlt_web.testing.faults import Fault
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from tests.chaos.schedule import Main

REPORTS = "/v1/usage-reports"
MAX_REPLAYS = 40
# Above a request with two reports and their envelope, so that a longer one has to be split.
SMALL_BODY_BYTES = 900
REFUSED, TOO_LARGE = "refused", "too-large"


def _in_two_seconds() -> str:
    return formatdate(time.time() + 2, usegmt=True)


# Made anew for each use: a fault that holds requests back does so once.
FAULTS: dict[str, Callable[[], Fault] | None] = {
    "lost-request": Fault.drop,
    "lost-answer": Fault.lose_answer,
    "captive-portal": Fault.html_page,
    "html-403": lambda: Fault.html_page(403),
    "server-error": lambda: Fault.status(500),
    "429-seconds": lambda: Fault.status(429, retry_after="1"),
    "429-date": lambda: Fault.status(429, retry_after=_in_two_seconds()),
    "503-seconds": lambda: Fault.status(503, retry_after="1"),
    "503-date": lambda: Fault.status(503, retry_after=_in_two_seconds()),
    "not-found": lambda: Fault.problem(404, "HANDSHAKE_CODE_UNKNOWN"),
    "redirect": lambda: Fault.redirect("/elsewhere"),
    "slow": lambda: Fault.delay(0.7),
    "hang": Fault.hang,
    TOO_LARGE: lambda: Fault.problem(413, "PAYLOAD_TOO_LARGE"),
    REFUSED: None,
}


class Network:
    """Two ways to one server; a context manager."""

    def __init__(self, lts: LtsProcess) -> None:
        self._lts = lts
        self._proxies = {name: RecordingProxy(upstream=lts.url) for name in ("main", "standby")}

    def __enter__(self) -> Self:
        for proxy in self._proxies.values():
            proxy.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for proxy in self._proxies.values():
            proxy.__exit__(kind, error, tb)

    def servers(self, main: Main) -> list[str]:
        """Return what a tracker is configured with."""
        first, second = (proxy.url for proxy in self._proxies.values())
        return {
            "proxy": [first, second],
            "alone": [first],
            "dns": ["http://lts.invalid", second],
            # It speaks HTTP only.
            "tls": [self._lts.url.replace("http:", "https:"), second],
        }[main]

    def break_(self, which: str, kind: str) -> None:
        """Have requests to the main server, to the standby or to both suffer a fault from now on."""
        for name, proxy in self._proxies.items():
            if which not in (name, "both"):
                continue
            make = FAULTS[kind]
            if make is None:
                proxy.refuse()
                continue
            # First what holds now; where two are in force the first one made decides.
            proxy.inject(make(), path=REPORTS, above_bytes=SMALL_BODY_BYTES if kind == TOO_LARGE else -1)
            if kind != TOO_LARGE:
                proxy.inject(make(), path="/v1/authorizations")
                proxy.inject(make(), path="/.well-known/", method="GET")

    def heal(self) -> None:
        """End every fault."""
        for proxy in self._proxies.values():
            proxy.heal()

    def forget(self) -> None:
        """Drop all records."""
        for proxy in self._proxies.values():
            proxy.forget()

    def journal(self) -> str:
        """One line for each request."""
        return "\n\n".join(f"{name}\n{proxy.journal()}" for name, proxy in self._proxies.items())

    def replay(self, rng: random.Random) -> int:
        """Send the server copies of reports that were sent before, in any order; return how many it answered."""
        sent = [request for proxy in self._proxies.values() for request in proxy.requests(path=REPORTS, method="POST")]
        return sum(self._send_again(request.body) for request in rng.sample(sent, min(len(sent), MAX_REPLAYS)))

    def _send_again(self, body: bytes) -> bool:
        request = urllib.request.Request(f"{self._lts.url}{REPORTS}", data=body, headers={"Content-Type": "text/plain"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return False  # of an epoch that is over: books nothing
