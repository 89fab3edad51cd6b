"""The way of a scan once a tracker runs: latency, frames per second, processor time, memory after many."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright

from dlt_web.testing.browser_launch import EngineName

from .stats import clock_median, percentile, slope_per_1000
from .variants import Variant
from .visit import Place, Visit, visiting

Figures = dict[str, Any]

# A turn of one variant is short, and each has many: the machine's better and worse moments are then everybody's.
LATENCY_COUNT = 20
LATENCY_TURNS = 5
# Until browsers have compiled for speed what runs often.
WARM_UP_COUNT = 100
FRAME_SIZES = (1, 10, 100)
FRAMES_MS = 1000
CPU_SCAN_COUNT = 500
FILTER_COUNT = 200_000
IDLE_S = 1.0
# How often memory is looked at, and at what pace an hour in real time scans.
SOAK_LOOKS = 20
SOAK_PER_SECOND = 10
SOAK_UNDERWAY = 4
# Where the duplicate filter in plain JavaScript lies.
FILTER_MODULE = "/js/filter.js"


class ScanPath:
    """Browsers that run at the same time, one a variant, and take turns.

    Attributes:
        version: of the browser.
    """

    def __init__(self, visits: dict[str, Visit]) -> None:
        self._visits = visits
        self.version = next(iter(visits.values())).version

    def latencies(self, rounds: int) -> Figures:
        """Measure ``scan()`` → verdict and → durable, beside a bare put; median and 99th percentile in ms."""
        times: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in self._visits}
        for visit in self._visits.values():
            visit.call("latencies", WARM_UP_COUNT)
        for _turn in range(rounds * LATENCY_TURNS):
            for name, visit in self._visits.items():
                for what, values in visit.call("latencies", LATENCY_COUNT).items():
                    times[name][what] += values
        return {
            name: {what: {"p50": clock_median(v), "p99": percentile(v, 99)} for what, v in by_kind.items()}
            for name, by_kind in times.items()
        }

    def watch(self) -> None:
        """Look out for tasks of over 50 ms on the pages' main threads from now on."""
        for visit in self._visits.values():
            visit.call("watch")

    def long_tasks(self) -> Figures:
        """Return how many there were, without those whose browser does not say."""
        found = {name: visit.call("longTasks") for name, visit in self._visits.items()}
        return {name: count for name, count in found.items() if count is not None}

    def frames_per_second(self, rounds: int) -> Figures:
        """Measure how many frames of 1, 10 and 100 barcodes are answered, all of them new, or all in view."""
        found: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in self._visits}
        for _round in range(rounds):
            for size in FRAME_SIZES:
                for kind in ("new", "known"):
                    for name, visit in self._visits.items():
                        rate = visit.call("framesPerSecond", size, kind == "new", FRAMES_MS)
                        found[name][f"{size} {kind}"].append(rate)
        return {name: {what: percentile(v, 50) for what, v in rates.items()} for name, rates in found.items()}

    def cpu_per_1000_scans(self, rounds: int) -> Figures:
        """Measure what one scan after the other costs all of the browser, without what it takes idle, in ms."""
        found: dict[str, list[float]] = defaultdict(list)
        for _round in range(rounds):
            for name, visit in self._visits.items():
                idle = _cpu_of(visit, lambda: time.sleep(IDLE_S)) / IDLE_S
                began_s = time.perf_counter()
                taken_s = _cpu_of(visit, lambda visit=visit: visit.call("scanMany", CPU_SCAN_COUNT, 1))
                taken_s -= idle * (time.perf_counter() - began_s)
                found[name].append(1000 * taken_s / (CPU_SCAN_COUNT / 1000))
        figures: Figures = {name: percentile(values, 50) for name, values in found.items()}
        visit = next(iter(self._visits.values()))
        filtering = [visit.call("plainFilter", FILTER_MODULE, FILTER_COUNT) for _round in range(rounds)]
        # On one thread and without a pause: its time is the processor's.
        return figures | {"filter": percentile(filtering, 50) / (FILTER_COUNT / 1000)}

    def soak(self, name: str, scans: int, minutes: float) -> Figures:
        """Scan for long, looking at the memory: so many scans as fast as they go, or some minutes at a steady pace."""
        visit = self._visits[name]
        counted, memory = [0.0], [float(visit.memory_bytes())]
        for _look in range(SOAK_LOOKS):
            if minutes:
                part = minutes * 60 * SOAK_PER_SECOND / SOAK_LOOKS
                visit.call("scanSteadily", SOAK_PER_SECOND, 60_000 * minutes / SOAK_LOOKS)
            else:
                part = scans / SOAK_LOOKS
                visit.call("scanMany", int(part), SOAK_UNDERWAY)
            counted.append(counted[-1] + part)
            memory.append(float(visit.memory_bytes()))
        half = len(counted) // 2
        return {
            "scans": int(counted[-1]),
            "minutes": minutes,
            "memoryBytes": [int(value) for value in memory],
            "growthPer1000ScansBytes": slope_per_1000(counted[half:], memory[half:]),
        }

    def counted(self) -> dict[str, int]:
        """Send everything, and return what each page was told that it has counted."""
        return {name: int(visit.call("flush")) for name, visit in self._visits.items()}


@contextmanager
def scan_path(
    playwright: Playwright,
    engine: EngineName,
    place: Place,
    folder: Path,
    variants: Sequence[Variant],
    code: Mapping[str, str],
) -> Iterator[ScanPath]:
    """Start a browser for each variant, with a tracker that is ready, under the variant's handshake code."""
    with ExitStack() as stack:
        visits = {}
        for variant in variants:
            profile = folder / f"{engine}-scans-{variant.name}"
            visit = stack.enter_context(visiting(playwright, engine, profile, place))
            visit.start(variant, code[variant.name])
            visits[variant.name] = visit
        yield ScanPath(visits)


def _cpu_of(visit: Visit, run: Any) -> float:
    began_s = visit.cpu_s()
    run()
    return visit.cpu_s() - began_s
