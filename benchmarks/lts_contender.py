"""One server of the benchmark: a process on a store of its own, and the reports that its devices send."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.lts_fill import CODE, EXPIRED_CODE, REPORT, STREAM, report_key, report_token, uuid_of
from benchmarks.lts_load import Measured, as_http, run_clients
from dlt_web.lts.clock import SystemClock
from dlt_web.lts.reads import Reads
from dlt_web.lts.records import Key
from dlt_web.lts.store import open_store
from dlt_web.slots import format_time, slot_of, slot_start_ms

# Enough to keep the server busy while a commit is under way; each asks again as soon as it is answered.
CLIENTS = 128
WARM_UP = 500


class Contender:
    """A server as a process, asked for every device in turn; what it acknowledges is counted."""

    def __init__(self, name: str, kind: str, path: Path, devices: int) -> None:
        self.name = name
        self._kind = kind
        self.path = path
        self._key: Key = report_key(path)
        self._turns = _turns_of(devices)
        self._port = 0
        self._accepted = 0
        # What it answers a second, as far as is known: how many requests to make ready.
        self._expected_rate = 0.0

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run the server meanwhile, warm."""
        command = [sys.executable, "-m", "benchmarks.lts_servers", self._kind, "--store", str(self.path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            try:
                self._port = int(process.stdout.readline().rpartition(":")[2])
                self._expected_rate = self._send(WARM_UP, None).rate
                yield
            finally:
                process.terminate()
                process.wait(timeout=60)

    def run(self, seconds: float, rate: float | None = None) -> Measured:
        """Send reports for about so long: at a rate, or (None) as fast as they are answered."""
        measured = self._send(int(seconds * (rate or self._expected_rate)), rate)
        if rate is None:
            self._expected_rate = measured.rate
        at = "" if rate is None else f" at {rate:.0f}/s"
        print(
            f"{self.name}{at}: {measured.rate:.0f}/s, p50 {measured.p50_ms:.1f} ms, p99 {measured.p99_ms:.1f} ms",
            file=sys.stderr, flush=True,
        )  # fmt: skip
        return measured

    def check(self) -> None:
        """Compare what the store holds with what was acknowledged."""
        if self._kind == "bare":
            return
        store = open_store(f"sqlite:///{self.path}")
        try:
            scans = Reads(store).usage(CODE).scans
        finally:
            store.close()
        if scans != self._accepted:
            raise SystemExit(f"{self.name}: the store holds {scans} scans, {self._accepted} were acknowledged.")

    def left_to_sweep(self) -> int:
        """Count the expired devices that still hold a seat."""
        store = open_store(f"sqlite:///{self.path}")
        try:
            return store.read(lambda rows: rows.device_counts(EXPIRED_CODE)).result().seated
        finally:
            store.close()

    def _send(self, count: int, rate: float | None) -> Measured:
        requests = self._take(max(count, CLIENTS))
        measured = run_clients(self._port, requests, clients=CLIENTS, rate=rate)
        self._accepted += measured.accepted
        return measured

    def _take(self, count: int) -> list[bytes]:
        """Return so many requests, each of another device, with one new report of one scan."""
        now_ms = SystemClock().now_ms()
        slot = format_time(slot_start_ms(slot_of(now_ms)))
        chosen = itertools.islice(self._turns, count)
        return [_request_of(number, seq, self._key, slot, format_time(now_ms)) for number, seq in chosen]


def _turns_of(devices: int) -> Iterator[tuple[int, int]]:
    """Give devices in random order, and which of its reports each sends: 2 in the first round, 3 in the next."""
    order = random.Random(devices).sample(range(devices), min(devices, 500_000))
    return ((number, seq) for seq in itertools.count(2) for number in order)


def _request_of(number: int, seq: int, key: Key, slot: str, sent_at: str) -> bytes:
    """Return a device's report as HTTP."""
    report = {"id": uuid_of(number, REPORT + seq), "seq": seq, "version": 1, "slot": slot, "counts": {"qr_code": 1}}
    body = {
        "handshakeCode": CODE, "deviceUuid": uuid_of(number), "streamId": uuid_of(number, STREAM),
        "reportToken": report_token(key, number), "storeEpoch": None, "storage": "indexeddb", "partitioned": False,
        "sentAt": sent_at, "reports": [report | {"lost": {}}],
    }  # fmt: skip
    return as_http("/v1/usage-reports", body)


@contextmanager
def say(what: str) -> Iterator[None]:
    """Say what is done, and how long it took."""
    started_s = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - started_s:.0f} s", file=sys.stderr, flush=True)
