"""Figures as a run of both engines would give them, small enough to be reckoned by hand."""

from __future__ import annotations

from benchmarks.browser.figures import Figures, of_starts

SCENARIOS = ("cold", "warm", "third", "second", "slow")
# First verdict of stock Pyodide, ms; the others take a part of it.
STOCK_MS = {"cold": 4000.0, "warm": 3000.0, "third": 3200.0, "second": 3000.0, "slow": 6000.0}
PARTS = {"baked": 0.08, "pyodide": 0.4, "stock": 1.0, "js": 0.01}


def starts(name: str, off: float) -> dict[str, dict[str, float | None]]:
    """Return one round of a variant, its times off by a factor."""
    return {
        scenario: {
            "firstVerdictMs": STOCK_MS[scenario] * PARTS[name] * off,
            "wireBytes": 6_000_000 * PARTS[name] * (scenario in {"cold", "slow"}),
            "memoryBytes": 100_000_000 * PARTS[name] * off * (-1 if scenario == "second" else 1),
            "othersPercent": 4.0 * off,
            "longTasks": 0 if name == "baked" else None,
        }
        for scenario in SCENARIOS
    }


def engine_figures() -> Figures:
    """Return an engine's figures."""
    latency = {kind: {"p50": p50, "p99": 3 * p50} for kind, p50 in (("verdict", 0.5), ("durable", 3.0), ("put", 1.0))}
    frames = {f"{size} {kind}": 1000 / size for size in (1, 10, 100) for kind in ("new", "known")}
    return {
        "version": "156.0",
        "machine": "2 processors, Linux x86_64",
        "measured": {part: {"at": "2026-11-29", "rounds": 3} for part in ("starts", "latencies", "soak")},
        "starts": {name: of_starts([starts(name, off) for off in (1.0, 0.9, 1.2)]) for name in PARTS},
        "loaderGzipBytes": 7000,
        "scriptsGzipBytes": 29_000,
        "plainBytes": {"baked": 600_000, "stock": 9_000_000},
        "latencies": {"baked": latency, "js": latency},
        "framesPerSecond": {"baked": frames, "js": frames},
        "longTasks": {"baked": 0, "js": 0},
        "cpuPer1000Ms": {"baked": 900.0, "js": 300.0, "filter": 0.7},
        "soak": {
            "baked": {
                "scans": 36000,
                "minutes": 0,
                "memoryBytes": [200_000_000, 210_000_000, 211_000_000],
                "growthPer1000ScansBytes": 55.0,
            }
        },
    }
