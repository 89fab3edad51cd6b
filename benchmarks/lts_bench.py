"""How many durable reports a second the License Tracking Server takes, beside what else one might run.

    make bench-lts                               1 k, 1 M and 5 M devices
    make bench-lts ARGS="--devices 1000,100000"

All in one run, as ratios: the machine's own speed cancels out. Each request carries one report of another device, a
new number of that device's stream, with its report token; each answer is counted only when it says ``accepted``, and
afterwards the store is asked how many scans it holds.
"""

from __future__ import annotations

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lts_fill import CODE, EXPIRED_CODE, device_uuid, fill, report_key, report_token
from benchmarks.lts_load import Measured, as_http, run_clients
from dlt_web.lts.clock import SystemClock
from dlt_web.lts.reads import Reads
from dlt_web.lts.records import Key
from dlt_web.lts.store import open_store
from dlt_web.slots import format_time, slot_of, slot_start_ms

CLIENTS = 32
WARM_UP = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: a server with its file, as fast as it answers and at a fixed rate."""

    name: str
    closed: Measured
    paced: Measured


class Bench:
    """Measures servers one after another; every device is asked for once only."""

    def __init__(self, folder: Path, requests: int) -> None:
        self._folder = folder
        self._requests = requests
        self._sent = 0

    def store(self, devices: int, *, expired: int = 0) -> Path:
        """Make a store; it is deleted with the folder."""
        path = self._folder / f"{devices}-{expired}-{self._sent}.db"
        say(
            f"filling a store with {devices} devices"
            + (f" and {expired} that are due to be removed" if expired else "")
        )
        fill(path, devices=devices, expired=expired)
        return path

    def measure(self, name: str, kind: str, path: Path, devices: int, *, paced_rate: float | None = None) -> Line:
        """Run a server on a store: as fast as it answers, then at a fixed rate (by default half of that)."""
        key, turns = report_key(path), turns_of(devices)
        with serving(kind, path) as port:
            run_clients(port, take(turns, key, WARM_UP), clients=CLIENTS)
            closed = run_clients(port, take(turns, key, self._requests), clients=CLIENTS)
            rate = paced_rate or closed.rate / 2
            paced = run_clients(port, take(turns, key, self._requests), clients=CLIENTS, rate=rate)
        if kind != "bare":
            check_scans(path, WARM_UP + 2 * self._requests)
        say(f"{name}: {closed.rate:.0f}/s; at {rate:.0f}/s p50 {paced.p50_ms:.1f} ms, p99 {paced.p99_ms:.1f} ms")
        return Line(name, closed, paced)

    def measure_while_sweeping(self, path: Path, devices: int, rate: float) -> Measured:
        """Run the server at a fixed rate while it removes the expired devices of its store."""
        key, turns = report_key(path), turns_of(devices)
        with serving("durable", path) as port:
            run_clients(port, take(turns, key, WARM_UP), clients=CLIENTS)
            measured = run_clients(port, take(turns, key, self._requests), clients=CLIENTS, rate=rate)
            left = left_to_sweep(path)
        check_scans(path, WARM_UP + self._requests)
        if left == 0:
            raise SystemExit("The sweep was over before the clients were: give it more to do (--expired).")
        say(f"while sweeping ({left} left): at {rate:.0f}/s p50 {measured.p50_ms:.1f} ms, p99 {measured.p99_ms:.1f} ms")
        return measured


def turns_of(devices: int) -> Iterator[tuple[int, int]]:
    """Give devices in random order, and which of its reports each sends: 2 in the first round, 3 in the next."""
    order = random.Random(devices).sample(range(devices), min(devices, 200_000))
    return ((number, seq) for seq in itertools.count(2) for number in order)


def take(turns: Iterator[tuple[int, int]], key: Key, count: int) -> list[bytes]:
    """Return so many requests, each of another device, with one new report of one scan."""
    now_ms = SystemClock().now_ms()
    slot = format_time(slot_start_ms(slot_of(now_ms)))
    chosen = itertools.islice(turns, count)
    return [request_of(number, seq, key, slot, format_time(now_ms)) for number, seq in chosen]


def request_of(number: int, seq: int, key: Key, slot: str, sent_at: str) -> bytes:
    """Return a device's report as HTTP."""
    name = device_uuid(number, f"report-{seq}")
    report = {"id": name, "seq": seq, "version": 1, "slot": slot, "counts": {"qr_code": 1}}
    body = {
        "handshakeCode": CODE, "deviceUuid": device_uuid(number), "streamId": device_uuid(number, "stream"),
        "reportToken": report_token(key, number), "storeEpoch": None, "storage": "indexeddb", "partitioned": False,
        "sentAt": sent_at, "reports": [report | {"lost": {}}],
    }  # fmt: skip
    return as_http("/v1/usage-reports", body)


@contextmanager
def serving(kind: str, path: Path) -> Iterator[int]:
    """Run a server as a process of its own; gives its port."""
    command = [sys.executable, "-m", "benchmarks.lts_servers", kind, "--store", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().rpartition(":")[2])
        finally:
            process.terminate()
            process.wait(timeout=60)


def check_scans(path: Path, expected: int) -> None:
    """Compare what the store holds with what was acknowledged."""
    store = open_store(f"sqlite:///{path}")
    try:
        scans = Reads(store).usage(CODE).scans
    finally:
        store.close()
    if scans != expected:
        raise SystemExit(f"The store holds {scans} scans, {expected} were acknowledged.")


def left_to_sweep(path: Path) -> int:
    """Count the expired devices that still hold a seat."""
    store = open_store(f"sqlite:///{path}")
    try:
        return store.read(lambda rows: rows.device_counts(EXPIRED_CODE)).result().seated
    finally:
        store.close()


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


def run(sizes: Sequence[int], expired: int, requests: int) -> None:
    """Measure everything and print the tables."""
    with tempfile.TemporaryDirectory(prefix="bench-lts-") as folder:
        bench = Bench(Path(folder), requests)
        durable = {}
        for devices in sizes:
            path = bench.store(devices)
            durable[devices] = bench.measure(f"durable, {devices} devices", "durable", path, devices)
            path.unlink()
        small, large = min(sizes), max(sizes)
        rate = durable[small].closed.rate / 2
        path = bench.store(small)
        single = bench.measure(f"one commit a report, {small} devices", "single", path, small)
        bare = bench.measure("bare: parses and answers", "bare", path, small, paced_rate=rate)
        path.unlink()
        middle = sorted(sizes)[len(sizes) // 2]
        quiet_rate = durable[middle].closed.rate / 2
        sweeping = bench.measure_while_sweeping(bench.store(middle, expired=expired), middle, quiet_rate)
    lines = [bare, *durable.values(), single]
    print(f"{'server':<36}{'reports/s':>10}{'p50 ms':>9}{'p99 ms':>9}   (times at half its rate)")
    for line in lines:
        print(f"{line.name:<36}{line.closed.rate:>10.0f}{line.paced.p50_ms:>9.2f}{line.paced.p99_ms:>9.2f}")
    first = durable[small]
    ratios = [
        ("durable / bare, reports a second", first.closed.rate / bare.closed.rate, "at least 0.5"),
        ("durable / one commit a report, reports a second", first.closed.rate / single.closed.rate, "at least 3"),
        ("durable / bare, p99 at the same rate", first.paced.p99_ms / bare.paced.p99_ms, "at most 3"),
        (
            f"{large} / {small} devices, reports a second",
            durable[large].closed.rate / first.closed.rate,
            "at least 0.67",
        ),
        (f"sweep of {expired} running / not, p99", sweeping.p99_ms / durable[middle].paced.p99_ms, "at most 2"),
    ]
    print()
    for name, ratio, goal in ratios:
        print(f"{name:<52}{ratio:>7.2f}   {goal}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Benchmark the License Tracking Server.")
    parser.add_argument("--devices", default="1000,1000000,5000000", help="sizes of the stores, with commas")
    parser.add_argument("--expired", type=int, default=1_000_000, help="devices to be swept while it serves")
    parser.add_argument("--requests", type=int, default=20_000, help="in each measurement")
    given = parser.parse_args()
    run([int(size) for size in given.devices.split(",")], given.expired, given.requests)


if __name__ == "__main__":
    main()
