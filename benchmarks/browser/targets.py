"""What is to be reached, and whether it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .figures import Figures, median_of, value_at

Read = Callable[[Figures], float | None]


@dataclass(frozen=True, slots=True)
class Target:
    """One figure with a limit.

    Attributes:
        engine: whose.
        title: what it is.
        limit: what it may be at most, or must be at least.
        is_floor: it must be at least that.
        read: takes it from an engine's figures; None where it was not measured.
    """

    engine: str
    title: str
    limit: float
    read: Read
    is_floor: bool = False

    def is_reached(self, found: float) -> bool:
        """Tell whether a figure is good enough."""
        return found >= self.limit if self.is_floor else found <= self.limit


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a target came to; ``found`` is None where it was not measured."""

    target: Target
    found: float | None

    @property
    def is_reached(self) -> bool | None:
        """Tell whether it was; None where it was not measured."""
        return None if self.found is None else self.target.is_reached(self.found)


def against_stock(scenario: str, quantity: str = "firstVerdictMs", variant: str = "baked") -> Read:
    """Return a reader of a start's figure as a part of stock Pyodide's in the same scenario."""

    def read(engine: Figures) -> float | None:
        ours, stock = (median_of(engine, name, scenario, quantity) for name in (variant, "stock"))
        return None if ours is None or not stock else ours / stock

    return read


def _durable_against_put(engine: Figures) -> float | None:
    ours = value_at(engine, "latencies", "baked", "durable", "p50")
    put = value_at(engine, "latencies", "baked", "put", "p50")
    return None if ours is None or not put else ours / put


def _frames(engine: Figures) -> float | None:
    return value_at(engine, "framesPerSecond", "baked", "10 new")


def _loader(engine: Figures) -> float | None:
    return value_at(engine, "loaderGzipBytes")


def _long_tasks(engine: Figures) -> float | None:
    """Return the most that any start of ours has made, or all frames together."""
    starts = engine.get("starts", {}).get("baked", {})
    counts = [float(one["longTasks"]["most"]) for one in starts.values() if "longTasks" in one]
    scanning = value_at(engine, "longTasks", "baked")
    return max([*counts, *([] if scanning is None else [scanning])], default=None)


def _plain_against_brotli(engine: Figures) -> float | None:
    plain, brotli = value_at(engine, "plainBytes", "baked"), median_of(engine, "baked", "cold", "wireBytes")
    return None if plain is None or not brotli else plain / brotli


TARGETS = (
    Target("chromium", "first verdict cold / stock", 1 / 10, against_stock("cold")),
    Target("chromium", "first verdict at the third load / stock", 1 / 8, against_stock("third")),
    Target("chromium", "first verdict on the second page / stock", 1 / 100, against_stock("second")),
    Target("chromium", "first verdict over the slow line / stock", 1 / 3, against_stock("slow")),
    Target("chromium", "bytes on the wire / stock", 0.50, against_stock("cold", "wireBytes")),
    Target("chromium", "first verdict cold, fallback / stock", 1 / 3, against_stock("cold", variant="pyodide")),
    Target("chromium", "`scan()` → durable / bare put, p50", 2, _durable_against_put),
    Target("chromium", "frames per second of 10 new barcodes", 300, _frames, is_floor=True),
    Target("chromium", "long tasks of the main thread", 0, _long_tasks),
    Target("chromium", "JavaScript that loads with the page, gzip, bytes", 6 * 1024, _loader),
    Target("chromium", "bytes from a host that compresses nothing / Brotli", 1.25, _plain_against_brotli),
    Target("firefox", "first verdict cold / stock", 1 / 8, against_stock("cold")),
)


def outcomes(engines: Mapping[str, Figures]) -> list[Outcome]:
    """Return what each target came to, of the engines that were measured."""
    return [Outcome(target, target.read(engines[target.engine])) for target in TARGETS if target.engine in engines]
