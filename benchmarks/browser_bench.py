"""How fast and how small the tracker is in real browsers, beside its fallback, stock Pyodide, and plain JavaScript.

    make bench-browser                                   everything in both browsers; a quarter of an hour
    make bench-browser ARGS="--engines chromium --rounds 1 --only cold"      a look: a minute, writes nothing

All variants take turns within each round, so that a machine whose speed changes is unfair to none; a figure is the
median of its rounds, and only figures of one run are compared. A start is always a new browser process; *cold* is a new
profile, too. Sites and license server are real ones on this machine, and afterwards the server is asked whether it has
booked what the pages were told.

A run of at least five rounds writes its figures into ``docs/performance.json``, and draws from that file the tables of
``docs/performance.md`` and the charts in ``docs/images``. What it did not measure stays there from the run before.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from playwright.sync_api import Playwright, sync_playwright

from benchmarks.browser.figures import Figures, of_starts
from benchmarks.browser.host import Host
from benchmarks.browser.link import SlowLine
from benchmarks.browser.machine import about_this_machine
from benchmarks.browser.report import charts, document, plain_text, render
from benchmarks.browser.scan_path import scan_path
from benchmarks.browser.sizes import gzip_bytes, loaded_with, scripts_of
from benchmarks.browser.starts import SCENARIOS, Start, Starts, World
from benchmarks.browser.variants import BAKED, JS, Variant, bundle_folder, lay_out, variants_of
from benchmarks.browser.visit import Place
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.lts_process import LtsProcess
from wasm.workshop import ROOT

ENGINES = ("chromium", "firefox")
PARTS = (*SCENARIOS, "plain", "scans", "soak")
# Below, a median says little: such a run is a look and writes nothing.
ROUNDS_TO_WRITE = 5
SLOW_BITS_PER_S = 20e6
SLOW_ROUND_TRIP_S = 0.040
# A new device for each cold start.
QUOTA = 1_000_000
# As many as an hour of ten barcodes a second.
SOAK_SCANS = 36_000

DOCUMENT = ROOT / "docs" / "performance.md"
FIGURES = ROOT / "docs" / "performance.json"
IMAGES = ROOT / "docs" / "images"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: which parts, how often, and how long the soak is (``soak_minutes`` 0: as fast as it goes)."""

    parts: tuple[str, ...]
    rounds: int
    soak_scans: int
    soak_minutes: float

    @property
    def scenarios(self) -> list[str]:
        """The parts that are starts."""
        return [part for part in SCENARIOS if part in self.parts]


class Bench:
    """Measures one engine after the other on one set of servers."""

    def __init__(
        self, playwright: Playwright, world: World, lts: LtsProcess, variants: Sequence[Variant], folder: Path
    ) -> None:
        self._playwright = playwright
        self._world = world
        self._lts = lts
        self._variants = variants
        self._folder = folder

    def measure(self, engine: EngineName, plan: Plan) -> Figures:
        """Return an engine's figures of all planned parts."""
        loader = gzip_bytes(loaded_with(bundle_folder() / "dlt-web.js"))
        scripts = gzip_bytes(scripts_of(bundle_folder()))
        sizes = {"loaderGzipBytes": loader, "scriptsGzipBytes": scripts}
        figures: Figures = {"measured": {}, "machine": about_this_machine(), **sizes}
        if plan.scenarios or "plain" in plan.parts:
            figures |= self._starts(engine, plan)
        if "scans" in plan.parts or "soak" in plan.parts:
            figures |= self._scans(engine, plan)
        now = datetime.now(UTC)
        for part in ("starts", "latencies", "soak"):
            if part in figures:
                figures["measured"][part] = {"at": f"{now:%Y-%m-%d}", "rounds": plan.rounds}
        return figures

    def _starts(self, engine: EngineName, plan: Plan) -> Figures:
        starts = Starts(self._playwright, engine, self._world, self._folder)
        found: dict[str, list[dict[str, Start]]] = {variant.name: [] for variant in self._variants}
        for number in range(plan.rounds if plan.scenarios else 0):
            for variant in self._variants:
                one = starts.round(variant, plan.scenarios)
                found[variant.name].append(one)
                times = {name: f"{start['firstVerdictMs']:.0f} ms" for name, start in one.items()}
                _say(engine, f"round {number + 1}, {variant.title}", times)
        figures: Figures = {}
        if plan.scenarios:
            figures["starts"] = {name: of_starts(rounds) for name, rounds in found.items()}
        if "plain" in plan.parts:
            figures["plainBytes"] = {variant.name: starts.plain_bytes(variant) for variant in self._variants}
        return figures | {"version": starts.version}

    def _scans(self, engine: EngineName, plan: Plan) -> Figures:
        keeping = [variant for variant in self._variants if variant.keeps]
        # Of its own, so that a last report of an earlier start is not taken for one of these scans.
        code = {variant.name: self._lts.add_code(quota=QUOTA) for variant in keeping}
        figures: Figures = {}
        with scan_path(self._playwright, engine, self._world.near, self._folder, keeping, code) as path:
            figures["version"] = path.version
            if "scans" in plan.parts:
                figures["latencies"] = path.latencies(plan.rounds)
                _say(engine, "latencies", figures["latencies"])
                path.watch()
                figures["framesPerSecond"] = path.frames_per_second(plan.rounds)
                figures["longTasks"] = path.long_tasks()
                _say(engine, "frames per second", figures["framesPerSecond"])
                figures["cpuPer1000Ms"] = path.cpu_per_1000_scans(plan.rounds)
                _say(engine, "processor time", figures["cpuPer1000Ms"])
            if "soak" in plan.parts:
                figures["soak"] = {
                    variant.name: path.soak(variant.name, plan.soak_scans, plan.soak_minutes) for variant in (BAKED, JS)
                }
                _say(engine, "soak", figures["soak"])
            counted = path.counted()
        for name, count in counted.items():
            booked = self._lts.usage(code[name]).scans
            if booked != count:
                raise SystemExit(f"{name}: the server booked {booked} scans, the page was told of {count}.")
        return figures


@contextmanager
def benching(folder: Path) -> Iterator[Bench]:
    """Run sites, license server and slow line meanwhile."""
    bundle = bundle_folder()
    for name in ("site", "lts", "profiles"):
        (folder / name).mkdir()
    mounts = lay_out(bundle, folder / "site")
    variants = variants_of(bundle)
    print("compress the sites' files, once", file=sys.stderr, flush=True)
    with (
        Host(mounts) as host,
        Host(mounts, compresses=False) as plain,
        LtsProcess(folder / "lts", test_clock=False) as lts,
        SlowLine(bits_per_s=SLOW_BITS_PER_S, round_trip_s=SLOW_ROUND_TRIP_S) as line,
        sync_playwright() as playwright,
    ):
        world = World(
            host=host,
            near=Place.at(host.port, lts.port),
            far=Place.at(line.to(host.port), line.to(lts.port)),
            plain=(plain, Place.at(plain.port, lts.port)),
            code={variant.name: lts.add_code(quota=QUOTA) for variant in variants},
        )
        yield Bench(playwright, world, lts, variants, folder / "profiles")


def merged(before: Mapping[str, Figures], found: Mapping[str, Figures]) -> dict[str, Figures]:
    """Return what is known with what was found: an engine's parts, and scenarios of starts, replace those of before."""
    engines = dict(before)
    for name, figures in found.items():
        known = engines.get(name, {})
        engines[name] = known | figures | {"measured": known.get("measured", {}) | figures["measured"]}
        if "starts" in known and "starts" in figures:
            starts = {variant: known["starts"].get(variant, {}) | one for variant, one in figures["starts"].items()}
            engines[name]["starts"] = starts
    return {name: engines[name] for name in ENGINES if name in engines}


def write(found: Mapping[str, Figures]) -> None:
    """Take a run's figures into the documentation."""
    before = json.loads(FIGURES.read_text()) if FIGURES.is_file() else {}
    engines = merged(before, found)
    FIGURES.write_text(json.dumps(engines, indent=1) + "\n")
    DOCUMENT.write_text(document(DOCUMENT.read_text(), engines))
    for name, picture in charts(engines).items():
        (IMAGES / name).write_text(picture)
    print(f"\nwritten: {DOCUMENT.relative_to(ROOT)}, {FIGURES.relative_to(ROOT)} and the charts")


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    given = parse(argv)
    plan = Plan(given.only, given.rounds, given.soak_scans, given.soak_minutes)
    with (
        tempfile.TemporaryDirectory(prefix="bench-browser-", ignore_cleanup_errors=True) as folder,
        benching(Path(folder)) as bench,
    ):
        found = {engine: bench.measure(cast("EngineName", engine), plan) for engine in given.engines}
    print(plain_text(render(found)))
    if plan.rounds >= ROUNDS_TO_WRITE and not given.no_write:
        write(found)
    else:
        print("\nNothing was written.")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Benchmark the tracker in real browsers.")
    parser.add_argument(
        "--engines", type=_names_of(ENGINES), default=ENGINES, help=f"with commas: {', '.join(ENGINES)}"
    )
    parser.add_argument("--only", type=_names_of(PARTS), default=PARTS, help=f"with commas: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS_TO_WRITE, help="measurements of each figure")
    parser.add_argument("--soak-scans", type=int, default=SOAK_SCANS, help="scans of the soak, as fast as they go")
    parser.add_argument("--soak-minutes", type=float, default=0, help="or: ten scans a second for so long, e.g. 60")
    parser.add_argument("--no-write", action="store_true", help="leave the documentation as it is")
    return parser.parse_args(argv)


def _names_of(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return tuple(name for name in known if name in names)

    return read


def _say(engine: str, what: str, found: object) -> None:
    print(f"{engine}, {what}: {found}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
