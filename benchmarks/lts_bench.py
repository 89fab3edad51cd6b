"""How many durable reports a second the License Tracking Server takes, beside what else one might run.

    make bench-lts                               1 k, 1 M and 5 M devices, a sweep of 1 M
    make bench-lts ARGS="--devices 1000,100000 --expired 50000 --seconds 5"

All in one run, as ratios: the machine's own speed cancels out. So that it does even on a machine whose speed changes,
every server runs from the start, and they are asked in turn, round by round; a figure is the median of its rounds. Each
request carries one report of another device, a new number of that device's stream, with its report token; each answer
is counted only when it says ``accepted``, and afterwards the stores are asked how many scans they hold.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.lts_contender import Contender, say
from benchmarks.lts_fill import BYTES_PER_DEVICE, BYTES_PER_EXPIRED, LOG_BYTES, fill, let_sweep
from benchmarks.lts_load import Measured
from benchmarks.lts_servers import SQLITE_PAGE_BYTES


@dataclass(slots=True)
class Figures:
    """What one server came to, a round each: as fast as it answers, and at the shared rate, or half its own if less."""

    fastest: list[Measured] = field(default_factory=list)
    shared: list[Measured] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Reports a second."""
        return median(measured.rate for measured in self.fastest)


def p50(measured: Sequence[Measured]) -> float:
    """Return the median of the rounds' medians, in ms."""
    return median(one.p50_ms for one in measured)


def p99(measured: Sequence[Measured]) -> float:
    """Return the median of what one answer in a hundred passed in each round, in ms."""
    return median(one.p99_ms for one in measured)


class Bench:
    """Measures all servers in turn; the stores lie in one folder and are deleted with it."""

    def __init__(self, folder: Path, sizes: Sequence[int], expired: int) -> None:
        """``sizes`` are devices of the stores; the one of middle size has ``expired`` ones, too."""
        self.sizes = sorted(sizes)
        self._folder = folder
        self._client_us: list[float] = []
        small = self.sizes[0]
        self._contenders = {"bare": self._contender("bare", "bare", small)}
        for size in self.sizes:
            name = f"durable {size}"
            self._contenders[name] = self._contender(name, "durable", size, expired if size == self.middle else 0)
        self._contenders["single"] = self._contender("single", "single", small)

    @property
    def middle(self) -> int:
        """The size of the store that is swept."""
        return self.sizes[len(self.sizes) // 2]

    def _contender(self, name: str, kind: str, devices: int, expired: int = 0) -> Contender:
        path = self._folder / f"{name.replace(' ', '-')}.db"
        also = f" and {expired:,} that are to be removed in the end" if expired else ""
        with say(f"fill a store with {devices:,} devices{also}"):
            pages = SQLITE_PAGE_BYTES if kind == "single" else None
            fill(path, devices=devices, expired=expired, page_bytes=pages)
        return Contender(name, kind, path, devices)

    def compare(self, seconds: float, rounds: int) -> tuple[dict[str, Figures], float]:
        """Measure the bare endpoint, one commit a report, and the server at each size; return the shared rate, too."""
        figures = {name: Figures() for name in self._contenders}
        with ExitStack() as stack:
            for contender in self._contenders.values():
                stack.enter_context(contender.serving())
            for _round in range(rounds):
                for name, contender in self._contenders.items():
                    figures[name].fastest.append(self._note(contender.run(seconds)))
            rate = min(figures[f"durable {size}"].rate for size in self.sizes) / 2
            for _round in range(rounds):
                for name, contender in self._contenders.items():
                    own = min(rate, figures[name].rate / 2)
                    figures[name].shared.append(self._note(contender.run(seconds, own)))
        for contender in self._contenders.values():
            contender.check()
        return figures, rate

    def sweep(self, seconds: float, rounds: int, rate: float) -> tuple[list[Measured], int]:
        """Measure at a rate while expired devices are removed; return how many of them were left at the end."""
        contender = self._contenders[f"durable {self.middle}"]
        let_sweep(contender.path)
        with contender.serving():
            measured = [self._note(contender.run(seconds, rate)) for _round in range(rounds)]
            left = contender.left_to_sweep()
        contender.check()
        return measured, left

    @property
    def client_us(self) -> float:
        """Processor time of the clients for one request, in microseconds."""
        return median(self._client_us)

    def _note(self, measured: Measured) -> Measured:
        self._client_us.append(measured.client_us)
        return measured


def check_space(folder: Path, sizes: Sequence[int], expired: int) -> None:
    """Refuse to begin what the disk has no room for."""
    needed = sum(sizes) * BYTES_PER_DEVICE + expired * BYTES_PER_EXPIRED + LOG_BYTES
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise SystemExit(
            f"The stores need {needed / 2**30:.1f} GiB in {folder}; there are {free / 2**30:.1f} (--folder)."
        )


def run(bench: Bench, expired: int, seconds: float, rounds: int) -> None:
    """Measure everything and print the tables."""
    small, middle, large = bench.sizes[0], bench.middle, bench.sizes[-1]
    figures, rate = bench.compare(seconds, rounds)
    bare, single, first, quiet = (figures[n] for n in ("bare", "single", f"durable {small}", f"durable {middle}"))
    print(
        f"\n{'server':<30}{'reports/s':>10}{'p50 ms':>9}{'p99 ms':>9}   times at {rate:.0f} a second, or half its rate"
    )
    for name, found in figures.items():
        print(f"{name:<30}{found.rate:>10.0f}{p50(found.shared):>9.2f}{p99(found.shared):>9.2f}", flush=True)
    swept, left = bench.sweep(seconds, rounds, rate)
    print(f"{f'durable {middle}, sweeping':<30}{'':>10}{p50(swept):>9.2f}{p99(swept):>9.2f}")
    print(f"\nThe clients took {bench.client_us:.0f} us of a processor for each request.")
    if left == 0:
        print(f"The sweep of {expired} was over before the clients were: give it more to do (--expired).")
    ratios = [
        ("durable / bare, reports a second", first.rate / bare.rate, "at least 0.5"),
        ("durable / one commit a report, reports a second", first.rate / single.rate, "at least 3"),
        ("durable / bare, p99 at the same rate", p99(first.shared) / p99(bare.shared), "at most 3"),
        (
            f"{large} / {small} devices, reports a second",
            figures[f"durable {large}"].rate / first.rate,
            "at least 0.67",
        ),
        (f"sweep of {expired} running / not, p99", p99(swept) / p99(quiet.shared), "at most 2"),
    ]
    print()
    for name, ratio, goal in ratios:
        print(f"{name:<52}{ratio:>7.2f}   {goal}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Benchmark the License Tracking Server.")
    parser.add_argument("--devices", default="1000,1000000,5000000", help="sizes of the stores, with commas")
    parser.add_argument("--expired", type=int, default=1_000_000, help="devices to be swept while it serves")
    parser.add_argument("--seconds", type=float, default=10, help="each measurement takes about so long")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each figure")
    parser.add_argument("--folder", help="where the stores are made; the durability measured is that of its disk")
    given = parser.parse_args()
    sizes = [int(size) for size in given.devices.split(",")]
    with tempfile.TemporaryDirectory(prefix="bench-lts-", dir=given.folder) as folder:
        check_space(Path(folder), sizes, given.expired)
        run(Bench(Path(folder), sizes, given.expired), given.expired, given.seconds, given.rounds)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
