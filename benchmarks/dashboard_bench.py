"""How long the server takes for each view of the dashboard, with 1 M devices and a year of usage.

    make bench-dashboard
    make bench-dashboard ARGS="--devices 100000 --rounds 10"

A real server answers over the loopback, to one browser's worth of requests, one after another and each as the page
sends it. What is printed is the 95th percentile of the whole request in milliseconds; the end is an error where one
passes the limit.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import quantiles

import httpx

from benchmarks.dashboard_fill import SCANS_CODE, fill_for_dashboard
from benchmarks.lts_contender import say
from benchmarks.lts_fill import CODE, uuid_of
from dlt_web.lts.devices import MAX_LOOKS
from dlt_web.slots import format_time
from tests.lts.server_process import ServerProcess

LIMIT_MS = 200
DAY_MS = 86_400_000


def views(devices: int) -> Iterator[tuple[str, str]]:
    """Yield what the page asks for, by view."""
    now_ms = time.time_ns() // 1_000_000
    spans = {"24 h": (1, "hour"), "7 days": (7, "day"), "30 days": (30, "day"), "12 months": (365, "day")}
    yield "codes and items", "/overview?limit=50"
    yield "codes and items, searched", "/overview?limit=50&search=customer%2049"
    yield "items", "/items?limit=50"
    for code in (CODE, SCANS_CODE):
        for name, (days, by) in spans.items():
            since = format_time((now_ms // DAY_MS - days) * DAY_MS)
            yield f"usage of {name}, {code}", f"/usage?handshake={code}&by={by}&from={since}&show=scans"
            yield f"advisor of {name}, {code}", f"/advice?handshake={code}&from={since}&days=true"
        yield f"usage of all time, undivided, {code}", f"/usage?handshake={code}"
        yield (
            f"usage of a year, undivided, {code}",
            f"/usage?handshake={code}&from={format_time(now_ms - 366 * DAY_MS)}",
        )
    listed = f"/devices?handshake={CODE}&limit=50&looks={MAX_LOOKS}"
    yield "devices, first page", listed
    yield "devices, a page in the middle", f"{listed}&after={CODE}/{uuid_of(devices // 2)}"
    yield "devices by UUID", f"{listed}&uuid={uuid_of(devices * 3 // 4)[:8]}"
    yield "devices by a name that none has, one step", f"{listed}&search=nobody"
    yield "devices unseated, one step", f"{listed}&unseated=true"
    yield "devices with gaps", f"/devices?handshake={CODE}&limit=50&oddity=gap"
    yield "count of devices", f"/devices/count?handshake={CODE}"
    yield "one device", f"/devices/{uuid_of(devices // 3)}?handshake={CODE}"
    yield "alerts", "/alerts?limit=50"
    yield "open alerts", "/alerts/open"
    yield "alert settings", "/alerts/settings"
    yield "delivery log", "/alerts/deliveries?limit=50"
    yield "webhooks", "/webhooks"
    yield "audit", "/audit/latest?limit=50"
    yield "audit log's chain, one piece", "/audit/chain"


def measured(client: httpx.Client, path: str, rounds: int) -> list[float]:
    """Return how long each of some answers took, in ms."""
    took = []
    for _round in range(rounds):
        started_s = time.perf_counter()
        response = client.get(f"/v1/admin{path}")
        took.append((time.perf_counter() - started_s) * 1000)
        response.raise_for_status()
    return took


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--devices", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=30, help="answers of each view")
    parser.add_argument("--store", type=Path, help="keep the store here, and fill it only if it is not there")
    options = parser.parse_args(argv)
    slow = 0
    with tempfile.TemporaryDirectory() as scratch:
        path = options.store or Path(scratch) / "lts.db"
        key_path = path.with_suffix(".key")
        if not path.exists():
            with say(f"fill a store with {options.devices:,} devices and a year of usage"):
                key_path.write_text(fill_for_dashboard(path, options.devices))
        with ServerProcess(path) as server, server.client() as client:
            client.headers["Authorization"] = f"Bearer {key_path.read_text()}"
            for name, asked in views(options.devices):
                took = measured(client, asked, options.rounds)
                p95 = quantiles(took, n=20, method="inclusive")[-1]
                slow += p95 >= LIMIT_MS
                print(f"{p95:7.1f} ms  {name}", flush=True)
    print(f"{slow} views took {LIMIT_MS} ms or more" if slow else f"Every view: p95 below {LIMIT_MS} ms")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
